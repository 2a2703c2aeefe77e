"""What 5,000 changes of an explorer leave behind in one kernel: memory, objects, threads, comms, widgets.

Run ``python tests/benchmarks/refreshing.py``, with ``--changes 500`` for fewer. A real kernel holds an
explorer of four weeks, with the sandbox behind it. Zone, granularity, selection, comparison, accounts and
time range are changed in turn, each as a hand would, and waited for; with each tenth of them a line says what
there is. Nothing that stays may grow: the last line is compared with the first.
"""

import argparse
import sys

from jupyter_client.manager import start_new_kernel

NOW = "2026-11-18T09:30Z"
PATIENCE = 600
STAYS = ("objects", "threads", "comms", "widgets")

PREPARE = f"""
import gc, itertools, resource, sys, threading
from pathlib import Path
import cfusage_lab as cfu
from ipywidgets.widgets import widget as registry
explorer = cfu.explore(cfu.UsageClient.sandbox(now="{NOW}"), now="{NOW}", time_zone="Europe/Berlin")
assert explorer.wait(60)
first, second, *_ = sorted(cfu.SANDBOX_ACCOUNTS)
def to(control, *values):
    values = itertools.cycle(values)
    return lambda: setattr(getattr(explorer, control), "value", next(values))
days = itertools.cycle(range(12, 16))
def select():
    day = next(days)
    explorer.select(f"2026-11-{{day:02}}T00:00Z", f"2026-11-{{day + 2:02}}T00:00Z")
changes = itertools.cycle([
    to("time_zone", "Asia/Kolkata", "America/New_York", "UTC", "Europe/Berlin"),
    to("granularity", "day", "hour", "auto"),
    select,
    to("comparison", "weekdays", "month", "previous"),
    to("chart_days", "day", "week", "month", "range"),
    to("accounts", (first,), (first, second)),
    to("time_range", "Last 7 days", "Last 28 days"),
])
def change(times):
    for one in itertools.islice(changes, times):
        one()
        assert explorer.wait(60), explorer
def what_there_is():
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text().split()[1]) if sys.platform == "linux" else 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    comms = len(get_ipython().kernel.comm_manager.comms)
    print(pages * resource.getpagesize() / 1e6, peak, len(gc.get_objects()), threading.active_count(),
          comms, len(registry._instances))
explorer
"""


def main() -> None:
    """Change, count, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--changes", type=int, default=5_000, help="how many in all")
    step = parser.parse_args().changes // 10
    manager, client = start_new_kernel(kernel_name="python3", startup_timeout=PATIENCE)
    try:

        def run(code: str) -> str:
            heard: list[str] = []

            def hear(message: dict) -> None:  # type: ignore[type-arg] # as jupyter_client has it
                heard.append(message["content"].get("text", ""))
                if message["msg_type"] == "error":
                    sys.exit("\n".join(message["content"]["traceback"]))

            client.execute_interactive(code, timeout=PATIENCE, output_hook=hear)
            return "".join(heard)

        run(PREPARE)
        print(
            "| changes | MB | peak, MB | objects | threads | comms | widgets |\n|---|---|---|---|---|---|---|"
        )
        lines = []
        for number in range(1, 11):
            run(f"change({step})")
            told = run("what_there_is()").split()
            held, peak, *counts = (float(one) for one in told)
            cells = (number * step, held, peak, *counts)
            print(f"| {' | '.join(f'{one:,.0f}' for one in cells)} |", flush=True)
            lines.append((held, *counts))
        growth = [
            f"{name} {last / first:.3f}"
            for name, first, last in zip(("MB", *STAYS), lines[0], lines[-1], strict=True)
        ]
        print(f"\nthe last over the first: {', '.join(growth)}")
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


if __name__ == "__main__":
    main()
