"""What does AI Gateway cost, and is it going up? The charts in marimo, with controls of its own.

Run ``marimo run notebooks/in_marimo.py`` to read it as an app, ``marimo edit notebooks/in_marimo.py`` to
change it. ipywidgets, and with them the explorer, are not for marimo; :func:`cfusage_lab.show` is.
"""

import marimo

__generated_with = "0.25.2"
app = marimo.App(width="medium", app_title="AI Gateway cost")


@app.cell
def _():
    import marimo as mo

    import cfusage_lab as cfu

    NOW = None  # or a moment, as in "2026-11-18T09:30Z": the sandbox's present
    client = cfu.connect() if NOW is None else cfu.UsageClient.sandbox(now=NOW)
    mo.md(f"# What does AI Gateway cost, and is it going up?\n\n{client.label}")
    return NOW, cfu, client, mo


@app.cell
def _(client, mo):
    named = client.accounts()
    names = {one: name for one, name in named.select("account_id", "name").iter_rows() if name}
    ids = {f"{names.get(one, 'Account')} ({one[-4:]})": one for one in named["account_id"]}
    account = mo.ui.dropdown(ids, value=next(iter(ids)), label="Account")
    days = mo.ui.slider(7, 84, value=28, step=7, label="Days", show_value=True)
    zones = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Tokyo"]
    zone = mo.ui.dropdown(zones, value="UTC", label="Time zone")
    mo.hstack([account, days, zone], justify="start", gap=2)
    return account, days, names, zone


@app.cell
def _(NOW, account, cfu, client, days, zone):
    asked = cfu.last_days(days.value, time_zone=zone.value, now=NOW)
    history = client.usage_history(asked, accounts=account.value)
    daily = cfu.daily_usage(history, time_zone=zone.value)
    return daily, history


@app.cell
def _(cfu, history, names, zone):
    cfu.show(cfu.usage_chart(history, time_zone=zone.value, names=names))


@app.cell
def _(cfu, daily, names, zone):
    changes = cfu.day_over_day(daily)
    cfu.show(cfu.day_over_day_chart(changes, time_zone=zone.value, names=names))


@app.cell
def _(cfu, history, names, zone):
    slots = cfu.weekly_heatmap(history, time_zone=zone.value)
    cfu.show(cfu.weekly_heatmap_chart(slots, time_zone=zone.value, names=names))


@app.cell
def _(cfu, history, names, zone):
    events = cfu.anomalies(history, time_zone=zone.value)
    cfu.show(cfu.anomalies_chart(events, time_zone=zone.value, names=names))


if __name__ == "__main__":
    app.run()
