"""How fast a chart and the explorer answer in a real JupyterLab: figures of one run, on this machine.

Run ``python tests/benchmarks/interacting.py``. There is a year of hours of one account: a chart alone that
is drawn anew, then the explorer, of which controls are changed. Wants JupyterLab and Chromium; needs no
network.
"""

import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError

import nbformat
from playwright.sync_api import Page, sync_playwright

CHANGES = 20
MANY = 200
PATIENCE = 60_000
READY = '.cfusage-chart[data-state="ready"]'

PREPARE = """
import itertools, random
from datetime import UTC, datetime, timedelta
import ipywidgets, polars as pl
from cfusage_lab.charts import usage_chart
from cfusage_lab.schema import HISTORY
from cfusage_lab.view import ChartView
chance, start = random.Random(1), datetime(2025, 1, 1, tzinfo=UTC)
starts = [start + timedelta(hours=n) for n in range(8_760)]
history = pl.DataFrame({
    "account_id": ["a"] * len(starts), "start_time": starts,
    "end_time": [one + timedelta(hours=1) for one in starts],
    "aggregated_value": [round(chance.uniform(0, 9), 6) for _ in starts], "id": [None] * len(starts),
    "is_reported": [True] * len(starts), "state": ["complete"] * 8_710 + ["provisional"] * 50,
}, schema=HISTORY)
zones = itertools.cycle(["Europe/Berlin", "Asia/Tokyo", "America/New_York"])
def drawn(): return usage_chart(history, time_zone=next(zones), names={"a": "Alpha"})
"""
ONE = """
view, go = ChartView(drawn()), ipywidgets.Button(description="Go")
go.add_class("go")
go.on_click(lambda _: view.draw(drawn()))
ipywidgets.VBox([go, view])
"""
PEER = """
import altair as alt
alt.data_transformers.disable_max_rows()
alt.JupyterChart.enable_offline()
numbers = itertools.count()
def numbered(): return drawn().properties(title=f"Change {next(numbers)}")
peer, go = alt.JupyterChart(numbered()), ipywidgets.Button(description="Go")
go.add_class("go")
go.on_click(lambda _: setattr(peer, "chart", numbered()))
ipywidgets.VBox([go, peer])
"""
PEER_READY = "svg.marks .mark-text"
START = "import cfusage_lab as cfu\ncfu.explore()"
SIX = "ipywidgets.VBox([ChartView(drawn()) for _ in range(6)])"

ALONE = """
explored, brushed, last = history.with_columns(account_id=pl.lit("a" * 32)), timedelta(days=28), 300
"""
FLEET = """
ids = pl.DataFrame({"account_id": [f"{n:032x}" for n in range(1_000)], "size": range(1, 1_001)})
explored, brushed, last = (
    ids.join(history.head(672).drop("account_id"), how="cross")
    .with_columns(aggregated_value=pl.col("aggregated_value") * pl.col("size"))
    .select(history.columns), timedelta(days=3), 20)
"""
EXPLORE = """
import cfusage_lab as cfu
explorer = cfu.explore(explored)
assert explorer.wait(60)
start_of_brush = itertools.cycle(range(1, last, 7))
def zone(_): explorer.time_zone.value = next(zones)
def granularity(_): explorer.granularity.value = "day" if explorer.state.granularity == "hour" else "hour"
def brush(_):
    first = start + timedelta(days=next(start_of_brush))
    explorer.select(first, first + brushed)
def button(name, act):
    one = ipywidgets.Button(description=name)
    one.add_class(name)
    one.on_click(act)
    return one
buttons = [button(act.__name__, act) for act in (zone, granularity, brush)]
ipywidgets.VBox([*buttons, explorer.widget])
"""
PLACES = {"time line": [0], "other views": [1, 2, 3]}
EXPLORER_CHANGE = """async ([name, places, times]) => {
  const all = document.querySelectorAll(".cfusage-chart"), took = [];
  const roots = places.map((place) => all[place]);
  const isReady = () => [...all].every((root) => root.dataset.state === "ready");
  const go = document.querySelector(`.${name}`);
  for (let n = 0; n < times; n++) {
    const start = performance.now();
    const painted = roots.map((root) => new Promise((resolve) => {
      let isBegun = false;
      const observer = new MutationObserver((changes) => {
        isBegun ||= root.dataset.state === "drawing" || changes.length > 1;
        if (!isBegun || root.dataset.state !== "ready") return;
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(resolve)); // once the frame is out
      });
      observer.observe(root, {attributeFilter: ["data-state"]});
    }));
    go.click();
    await Promise.all(painted);
    took.push(performance.now() - start);
    do await new Promise((resolve) => setTimeout(resolve, 600)); while (!isReady()); // the rest is not timed
  }
  return took;
}"""

RUN_ALL = """async (ready) => {
  const context = window.jupyterapp.shell.currentWidget.context;
  await context.ready; await context.sessionContext.ready;
  const isIdle = () => context.sessionContext.session?.kernel?.status === "idle";
  while (!isIdle()) await new Promise((resolve) => setTimeout(resolve, 50));
  const start = performance.now();
  const painted = new Promise((resolve) => {
    const observer = new MutationObserver(() => {
      if (!document.querySelector(ready)) return;
      observer.disconnect();
      requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - start))); // the frame is out
    });
    observer.observe(document, {subtree: true, childList: true, attributeFilter: ["data-state"]});
  });
  await window.jupyterapp.commands.execute("notebook:run-all-cells"); // goes on after the chart is there
  return painted;
}"""
CHANGE = """async times => {
  const root = document.querySelector(".cfusage-chart"), go = document.querySelector(".go"), took = [];
  const before = root.querySelector("canvas");
  for (let n = 0; n < times; n++) {
    const start = performance.now();
    await new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        if (root.dataset.state !== "ready") return;
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(resolve)); // once the frame is out
      });
      observer.observe(root, {attributeFilter: ["data-state"]});
      go.click();
    });
    took.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {took, isSame: before === root.querySelector("canvas")};
}"""

PEER_CHANGE = """async ([times, first]) => {
  const go = document.querySelector(".go"), took = [];
  const isPainted = (n) => [...document.querySelectorAll("svg.marks text")]
    .some((text) => text.textContent === `Change ${n}`);
  for (let n = first; n < first + times; n++) {
    const start = performance.now();
    await new Promise((resolve) => {
      const observer = new MutationObserver(() => {
        if (!isPainted(n)) return;
        observer.disconnect();
        requestAnimationFrame(() => setTimeout(resolve)); // once the frame is out
      });
      observer.observe(document, {subtree: true, childList: true, characterData: true});
      go.click();
    });
    took.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return took;
}"""


@contextmanager
def lab(home: Path) -> Iterator[str]:
    """Serve JupyterLab with no configuration of anybody's."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    own = {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "RUNTIME", "DATA")}
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(home / "settings"), "XDG_CACHE_HOME": str(home / "cache")}
    quiet = home / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False, "doNotDisturbMode": True}))
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += [f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    command += ["--LabApp.expose_app_in_browser=True", f"--ServerApp.root_dir={home}"]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, env=os.environ | own, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as server:
        try:
            url = f"http://127.0.0.1:{port}"
            for _ in range(300):
                try:
                    urllib.request.urlopen(f"{url}/api").close()  # noqa: S310 - loopback
                    break
                except URLError:
                    time.sleep(0.1)
            yield url
        finally:
            server.terminate()


def opened(page: Page, url: str, home: Path, *cells: str, ready: str = READY) -> float:
    """Open a notebook of these cells and run it; return the seconds from there to its first chart."""
    path = home / f"{time.monotonic_ns()}.ipynb"
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(
        nbformat.v4.new_notebook(cells=[*map(nbformat.v4.new_code_cell, cells)], metadata=kernel), path
    )
    page.goto(f"{url}/lab/tree/{path.name}?reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=PATIENCE)
    return float(page.evaluate(RUN_ALL, ready)) / 1_000


def closed(page: Page) -> None:
    """End the notebook's kernel."""
    page.evaluate("() => window.jupyterapp.shell.currentWidget.context.sessionContext.shutdown()")


def heap(page: Page) -> float:
    """Return the megabytes of JavaScript that are in use."""
    session = page.context.new_cdp_session(page)
    session.send("HeapProfiler.enable")
    for _ in range(3):  # what the first pass frees may hold something else
        session.send("HeapProfiler.collectGarbage")
    return float(page.evaluate("performance.memory.usedJSHeapSize")) / 1e6


def explored(page: Page, url: str, home: Path, received: list[int], *, table: str, what: str) -> None:
    """Measure the explorer of a table, and print."""
    first = opened(page, url, home, PREPARE, table, EXPLORE)
    print(f"explorer of {what}, table made and Run All to the first chart: {first:.1f} s")
    page.set_viewport_size({"width": 1280, "height": 2400})
    page.wait_for_function(f"document.querySelectorAll('{READY}').length === 4", timeout=PATIENCE)
    page.evaluate(EXPLORER_CHANGE, ["zone", PLACES["time line"], 3])
    changes = [("zone", "time line"), ("granularity", "time line"), ("brush", "other views")]
    for name, place in changes:
        received.clear()
        took = page.evaluate(EXPLORER_CHANGE, [name, PLACES[place], CHANGES])
        size = sum(received) / CHANGES / 1_000
        told = f"median {statistics.median(took):.0f} ms, longest {max(took):.0f} ms, {size:.0f} kB"
        print(f"{what}, {name} to {place} painted: {told}")
    before = heap(page)
    page.evaluate(EXPLORER_CHANGE, [name, PLACES[place], MANY])
    print(f"{what}, JavaScript before and after {MANY} of these: {before:.1f} and {heap(page):.1f} MB")


def redrawn(page: Page, url: str, home: Path, received: list[int]) -> None:
    """Measure the same chart, drawn anew by us and by altair's own widget, and print them side by side."""
    first, took, size, heaps = {}, {}, {}, {}
    for name in ("ours", "JupyterChart"):
        is_ours = name == "ours"
        cell, ready = (ONE, READY) if is_ours else (PEER, PEER_READY)

        def changed(times: int, number: int, *, is_ours: bool = is_ours) -> list[float]:
            if is_ours:
                done = page.evaluate(CHANGE, times)
                assert done["isSame"], "the canvas was made anew"
                return list(done["took"])
            return list(page.evaluate(PEER_CHANGE, [times, number]))

        received.clear()
        first[name] = opened(page, url, home, PREPARE, cell, ready=ready)
        first_bytes = sum(received) / 1e6
        changed(3, 1)
        received.clear()
        took[name] = changed(CHANGES, 4)
        size[name] = sum(received) / CHANGES / 1_000
        before = heap(page)
        changed(MANY, 4 + CHANGES)
        heaps[name] = (before, heap(page))
        closed(page)
        print(
            f"{name}: Run All to the first chart {first[name]:.1f} s, {first_bytes:.2f} MB; "
            f"a change, median {statistics.median(took[name]):.0f} ms, longest {max(took[name]):.0f} ms, "
            f"{size[name]:.0f} kB; JavaScript in use before and after {MANY} changes: "
            f"{before:.1f} and {heaps[name][1]:.1f} MB"
        )
    ours, theirs = (statistics.median(took[name]) for name in took)
    print(f"a change: {theirs / ours:.1f} x as fast as JupyterChart")


def main() -> None:
    """Measure, and print."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    quiet = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--enable-precise-memory-info"]
    with tempfile.TemporaryDirectory() as folder, lab(Path(folder)) as url, sync_playwright() as playwright:
        home = Path(folder)
        browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=quiet)
        page = browser.new_page(viewport={"width": 1280, "height": 900})
        received: list[int] = []
        page.on(
            "websocket", lambda socket: socket.on("framereceived", lambda frame: received.append(len(frame)))
        )

        opened(page, url, home, PREPARE, ONE)  # the server, the browser and the disk are warm from now on
        closed(page)
        redrawn(page, url, home, received)
        print(f"Run All to the explorer's first chart: {opened(page, url, home, START):.1f} s")
        closed(page)

        received.clear()
        opened(page, url, home, PREPARE, SIX)
        page.wait_for_function(f"document.querySelectorAll('{READY}').length === 6", timeout=PATIENCE)
        print(f"six charts on a page: {sum(received) / 1_000_000:.2f} MB, the library in it")
        closed(page)

        explored(page, url, home, received, table=ALONE, what="an account over a year")
        closed(page)
        explored(page, url, home, received, table=FLEET, what="1,000 accounts over four weeks")
        closed(page)
        browser.close()


if __name__ == "__main__":
    main()
