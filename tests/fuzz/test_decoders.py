"""Answers, bent in every way: each is read as Python's json reads it, or refused by an error of ours."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from searching import tries

from cfusage_lab.errors import ApiError, PayloadError
from cfusage_lab.redaction import Redactor
from cfusage_lab.sandbox import SANDBOX_TOKEN, Sandbox
from cfusage_lab.source import SANDBOX_ACCOUNTS
from cfusage_lab.wire import answers, invoices, refusals
from cfusage_lab.wire.pacing import Pacer
from cfusage_lab.wire.retries import retry_after

pytestmark = pytest.mark.slow

HOUR = 3_600
START, END = 1_795_132_800, 1_795_132_800 + 24 * HOUR
PATH = "/accounts/a/ai-gateway/billing/x"
SECRET = "v1.0-token-that-nobody-may-see"
_BILLING = f"/accounts/{next(iter(SANDBOX_ACCOUNTS))}/ai-gateway/billing"


def answered(target: str) -> Any:  # noqa: ANN401 - JSON
    """Return an answer of the sandbox."""
    transport = httpx.WSGITransport(app=Sandbox(now="2026-11-22T09:30Z"))
    headers = {"Authorization": f"Bearer {SANDBOX_TOKEN}"}
    with httpx.Client(transport=transport, base_url="http://inside/client/v4", headers=headers) as client:
        return client.get(target).json()


SPAN = f"value_grouping_window=hour&start_time={START}000&end_time={END}000"
DECODERS: dict[str, tuple[str, Callable[..., object]]] = {
    "usage": (
        f"{_BILLING}/usage-history?{SPAN}",
        partial(answers.usage_rows, path=PATH, start=START, end=END, width=HOUR, with_ids=True),
    ),
    "usage without ids": (
        f"{_BILLING}/usage-history?{SPAN}",
        partial(answers.usage_rows, path=PATH, start=START, end=END, width=HOUR, with_ids=False),
    ),
    "accounts": ("/accounts", partial(answers.account_page, path=PATH)),
    "credit": (f"{_BILLING}/credit-balance", partial(answers.balance, path=PATH)),
    "preview": (f"{_BILLING}/invoice-preview", partial(invoices.preview_lines, path=PATH)),
    "invoices": (f"{_BILLING}/invoice-history", partial(invoices.past_invoices, path=PATH)),
    "a refusal": (
        "/accounts/x/y",
        lambda body: (_ for _ in ()).throw(refusals.error(403, body, path=PATH)),
    ),
}
NUMBERS = st.sampled_from(
    [0, -0.0, 1, -1, 1e11, 1e12, -1e12, 1e300, 5e-324, 2**53, 2**63, 2**64, 10**40, 0.1, START, START * 1000]
)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return where something stands in a JSON value."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, inner in items for place in places(inner, (*path, key)))]


@st.composite
def bent(draw: st.DrawFn, whole: Any) -> bytes:  # noqa: ANN401 - JSON
    """Return an answer in which values are other ones, gone or there twice, or bytes are."""
    value = json.loads(json.dumps(whole))
    for _ in range(draw(st.integers(0, 3))):
        *way, last = draw(st.sampled_from(places(value)[1:] or [("result",)]))
        at = value
        for key in way:
            at = at[key]
        deed = draw(st.sampled_from(["replace", "drop", "double"]))
        if deed == "replace":
            at[last] = draw(VALUES)
        elif deed == "drop":
            del at[last]
        elif isinstance(at, list):
            at.insert(draw(st.integers(0, len(at))), at[last])
    body = bytearray(json.dumps(value, ensure_ascii=draw(st.booleans())).encode("utf-8", "surrogatepass"))
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        first, last = sorted(draw(st.tuples(*[st.integers(0, len(body))] * 2)))
        piece = draw(
            st.binary(max_size=4) | st.sampled_from([b"", b"\\", b'"', b"[", b"{", b",", b"1e9", b"\xff"])
        )
        deed = draw(st.sampled_from(["cut", "put", "double"]))
        body[first : first if deed == "put" else min(last, first + 40)] = (
            piece if deed != "double" else body[first : min(last, first + 40)] * 2
        )
    return bytes(body)


WHOLE = {name: answered(target) for name, (target, _) in DECODERS.items()}


@pytest.mark.parametrize("name", DECODERS)
@tries(100)
@given(data=st.data())
def test_an_answer_is_read_or_refused(name: str, data: st.DataObject) -> None:
    body = data.draw(bent(WHOLE[name]))
    told = ""
    try:
        DECODERS[name][1](body)
    except (PayloadError, ApiError) as error:
        told = str(error)

    assert PATH in told or not told
    assert len(told) < 10_000


def as_python_reads(body: bytes) -> dict[float, float]:
    """Return what each hour costs, by a reader that knows nothing of ours."""
    rows = json.loads(body.decode("utf-8", "replace"), strict=False)["result"]["history"]
    times = [row["start_time"] / (1_000 if row["start_time"] >= 1e11 else 1) for row in rows]
    return dict(zip(times, [float(row["aggregated_value"]) for row in rows], strict=True))


@tries(300)
@given(data=st.data())
def test_dollars_are_those_that_another_reader_finds(data: st.DataObject) -> None:
    body = data.draw(bent(WHOLE["usage"]))
    try:
        rows = DECODERS["usage"][1](body)
    except (PayloadError, ApiError):
        return
    assert isinstance(rows, answers.Rows)

    assert dict(zip(rows.starts, rows.values, strict=True)) == as_python_reads(body)
    assert rows.starts.n_unique() == len(rows.starts)
    assert all(START <= start < END and start % HOUR == 0 for start in rows.starts)
    assert rows.values.is_finite().all()


@tries(150)
@given(data=st.data())
def test_a_secret_in_an_answer_changes_nothing_but_itself(data: st.DataObject) -> None:
    whole = json.loads(json.dumps(WHOLE["usage"]).replace("mtrusg_", f"{SECRET}_"))
    body = data.draw(bent(whole))
    hidden = bytes(Redactor([SECRET]).in_json(bytearray(body)))

    assert SECRET.encode() not in hidden
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        return
    assert json.dumps(json.loads(hidden)) == json.dumps(value).replace(SECRET, "(hidden)")


TEXTS = st.text(max_size=40) | st.from_regex(r'"[a-z]{0,3}";r=-?[0-9.e]{0,4};t=[0-9nai]{0,5}(, .{0,9})?')
DATES = st.from_regex(
    r"[A-Z][a-z]{2}, [0-9]{1,2} [A-Z][a-z]{2} [0-9]{1,6} [0-9]{2}:[0-9]{2}:[0-9]{2} [-+A-Z0-9]{1,5}"
)


@tries(150)
@given(TEXTS | DATES, TEXTS | DATES)
def test_any_header_is_a_wait_or_none(one: str, other: str) -> None:
    headers = [(b"retry-after", one.encode("utf-8", "replace")), (b"date", other.encode("utf-8", "replace"))]
    seconds = retry_after(httpx.Response(429, headers=headers))
    Pacer().observe({"ratelimit": one, "ratelimit-policy": other})

    assert seconds is None or 0 <= seconds <= 1e9
