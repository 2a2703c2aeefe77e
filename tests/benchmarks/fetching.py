"""How fast usage history comes, beside the official SDK: ratios of one run, on this machine.

Run ``python tests/benchmarks/fetching.py``. Three questions: a year of hours from a loopback server to a
table, in CPU time and in peak memory; a thousand accounts behind 50 ms of latency; the cost of
``import cfusage_lab``. Every figure stands beside the one it is compared with, taken in turn.
"""

import atexit
import json
import os
import random
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn

HOUR = 3_600
START = datetime(2025, 1, 1, tzinfo=UTC)
YEAR = 8_760
ACCOUNT = "0" * 32
TOKEN = "a-token-for-the-loopback-server-only"


def body(hours: int, *, every: int = 1) -> bytes:
    """Return an answer with one in ``every`` of so many windows, newest first, ids as long as real ones."""
    chance = random.Random(1)  # noqa: S311
    first = int(START.timestamp())
    history = [
        {
            "id": f"mtrusg_test_61{'x' * 140}{chance.getrandbits(160):040x}",
            "aggregated_value": round(chance.uniform(0, 9), 6),
            "start_time": first + hour * HOUR,
            "end_time": first + (hour + 1) * HOUR,
        }
        for hour in reversed(range(0, hours, every))
    ]
    answer = {"success": True, "errors": [], "messages": [], "result": {"history": history}}
    return json.dumps(answer, separators=(",", ":")).encode()


class Server(ThreadingMixIn, TCPServer):
    """Answers everything with one body, after ``latency`` seconds."""

    daemon_threads = True
    request_queue_size = 256

    def __init__(self, answer: bytes, latency: float) -> None:
        self.head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(
            answer
        )
        self.answer = answer
        self.latency = latency
        super().__init__(("127.0.0.1", 0), Handler)


class Handler(BaseHTTPRequestHandler):
    """Reads a request's head, and sends the body."""

    server: Server
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def handle(self) -> None:
        while self.rfile.readline(65_537):
            while self.rfile.readline(65_537) not in {b"\r\n", b""}:
                pass
            time.sleep(self.server.latency)
            self.wfile.write(self.server.head + self.server.answer)


def served(answer: bytes, latency: float = 0.0) -> str:
    """Serve in a process of its own, so that its work is not counted; return the base URL."""
    server = Server(answer, latency)
    child = os.fork()
    if not child:
        server.serve_forever()
    atexit.register(os.kill, child, signal.SIGTERM)
    server.server_close()
    return f"http://127.0.0.1:{server.server_address[1]}/client/v4"


def sdk_year(base_url: str, *, hours: int = YEAR) -> Callable[[], object]:
    """Return the official SDK's way to a DataFrame, of a year or of so many hours."""
    import cloudflare  # noqa: PLC0415
    import polars as pl  # noqa: PLC0415

    client = cloudflare.Cloudflare(api_token=TOKEN, base_url=base_url)

    def run() -> object:
        answer = client.ai_gateway.billing.usage_history(
            account_id=ACCOUNT,
            value_grouping_window="hour",
            start_time=int(START.timestamp()) * 1_000,
            end_time=int(START.timestamp() + hours * HOUR) * 1_000,
        )
        return pl.DataFrame([row.model_dump() for row in answer.history])

    return run


def our_year(base_url: str, *, with_ids: bool = True, hours: int = YEAR) -> Callable[[], object]:
    """Return ours: gaps filled, states set."""
    import cfusage_lab as cfu  # noqa: PLC0415

    client = cfu.UsageClient(cfu.Credentials(token=TOKEN, accounts=ACCOUNT), base_url=base_url)
    span = cfu.TimeRange(START, START + timedelta(hours=hours))
    return lambda: client.usage_history(span, with_ids=with_ids, progress=cfu.Quiet())


def cpu_in_turn(rounds: int, **runs: Callable[[], object]) -> dict[str, float]:
    """Return the median CPU milliseconds of each, taken A B, B A, A B and so on after a warm-up."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for number in range(rounds + 1):
        for name in sorted(runs, reverse=bool(number % 2)):
            begun = time.process_time()
            runs[name]()
            if number:
                taken[name].append((time.process_time() - begun) * 1_000)
    return {name: statistics.median(values) for name, values in taken.items()}


def peak_of(kind: str, base_url: str, small_url: str) -> int:
    """Return the bytes that a fresh process needs for a year, beyond those after an answer of two rows."""
    code = (
        "import re, benchmark\n"
        "from pathlib import Path\n"
        "def memory(name):\n"
        "    return int(re.search(name + r':\\s+(\\d+)', Path('/proc/self/status').read_text())[1])\n"
        f"benchmark.{kind.replace('BASE', 'SMALL')}()\n"
        f"run = benchmark.{kind}\n"
        "Path('/proc/self/clear_refs').write_text('5')\n"
        "before = memory('VmRSS')\n"
        "table = run()\n"
        "print(memory('VmHWM') - before)\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "benchmark.py").write_text(Path(__file__).read_text())
        done = subprocess.run(  # noqa: S603
            [sys.executable, "-c", code.replace("BASE", repr(base_url)).replace("SMALL", repr(small_url))],
            env=os.environ | {"PYTHONPATH": folder},
            capture_output=True,
            text=True,
            check=True,
        )
    return int(done.stdout) * 1_024


def year() -> None:
    """Print CPU time and memory of a year of hours."""
    answer = body(YEAR)
    base_url, small_url = served(answer), served(body(YEAR, every=YEAR - 1))
    cpu = cpu_in_turn(
        11,
        sdk=sdk_year(base_url),
        ours=our_year(base_url),
        ours_without_ids=our_year(base_url, with_ids=False),
    )
    print(f"a year of hours, {len(answer) / 1e6:.2f} MB, from loopback to a DataFrame, median CPU")
    for name, value in cpu.items():
        print(f"  {name:18} {value:8.1f} ms   {cpu['sdk'] / value:5.1f} x")
    print("peak memory above a ready process, in bodies, median of 5")
    for name, kind in {
        "sdk": "sdk_year(BASE)",
        "ours": "our_year(BASE)",
        "ours_without_ids": "our_year(BASE, with_ids=False)",
    }.items():
        peak = statistics.median(peak_of(kind, base_url, small_url) for _ in range(5))
        print(f"  {name:18} {peak / 1e6:8.1f} MB   {peak / len(answer):5.1f} x the body")


def many(count: int) -> dict[str, tuple[float, float]]:
    """Return seconds, and CPU ms a request, of so many accounts, a hundred hours each, behind 50 ms.

    The SDK asks a hundred of them at the most, which is scaled up.
    """
    import cloudflare  # noqa: PLC0415

    import cfusage_lab as cfu  # noqa: PLC0415

    base_url = served(body(100), 0.05)
    accounts = [f"{number:032x}" for number in range(count)]
    hours = cfu.TimeRange(START, START + timedelta(hours=100))
    with cfu.UsageClient(cfu.Credentials(token=TOKEN), base_url=base_url) as client:
        begun, cpu = time.perf_counter(), time.process_time()
        client.usage_history(hours, accounts=accounts, progress=cfu.Quiet())
        ours, cpu = time.perf_counter() - begun, time.process_time() - cpu
    sdk = cloudflare.Cloudflare(api_token=TOKEN, base_url=base_url)
    begun, sdk_cpu, part = time.perf_counter(), time.process_time(), accounts[:100]
    for account in part:
        sdk.ai_gateway.billing.usage_history(account_id=account, value_grouping_window="hour")
    theirs, sdk_cpu = time.perf_counter() - begun, time.process_time() - sdk_cpu
    return {
        "sdk": (theirs * count / len(part), sdk_cpu / len(part) * 1_000),
        "ours": (ours, cpu / count * 1_000),
    }


def thousand() -> None:
    """Print the wall time of a thousand accounts, a hundred hours each, behind 50 ms."""
    found = many(1_000)
    (theirs, sdk_cpu), (ours, cpu) = found["sdk"], found["ours"]
    print("1,000 accounts x 100 hours at 50 ms (the SDK measured on 100 accounts)")
    print(f"  sdk, one by one    {theirs:8.1f} s   {sdk_cpu:6.2f} ms of CPU a request")
    print(f"  ours               {ours:8.1f} s   {cpu:6.2f} ms of CPU a request   {theirs / ours:5.1f} x")


def imports(rounds: int = 21) -> tuple[float, float, float]:
    """Return the CPU ms of an interpreter that does nothing and of one that imports, and the ratio."""

    def run(code: str) -> Callable[[], object]:
        return lambda: subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603

    def spent(run_it: Callable[[], object]) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        run_it()
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1_000

    pairs = [(spent(run("pass")), spent(run("import cfusage_lab"))) for _ in range(rounds)]
    bare, ours = (statistics.median(values) for values in zip(*pairs, strict=True))
    return bare, ours, statistics.median(b / a for a, b in pairs)


def importing() -> None:
    """Print what the import of the package costs beside an interpreter that does nothing."""
    bare, ours, ratio = imports()
    print("import, CPU of a whole process, median of 21")
    print(f"  python -c pass     {bare:8.1f} ms")
    print(f"  import cfusage_lab {ours:8.1f} ms   {ratio:5.2f} x")


if __name__ == "__main__":
    year()
    thousand()
    importing()
