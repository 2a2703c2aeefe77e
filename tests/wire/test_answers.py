"""From bytes to checked values: every row of the answer's table, and what does not fit it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfusage_lab.errors import ApiError, PayloadError
from cfusage_lab.wire import answers
from cfusage_lab.wire.answers import Rows

HOUR = 3_600
START = 1_795_132_800  # 2026-11-20 00:00 UTC
PATH = "/accounts/a/ai-gateway/billing/usage-history"


def window(hour: int, value: float = 1.0, **other: object) -> dict[str, object]:
    start = START + hour * HOUR
    return {
        "id": f"id {hour}",
        "aggregated_value": value,
        "start_time": start,
        "end_time": start + HOUR,
        **other,
    }


def body(*windows: object, **envelope: object) -> bytes:
    answer = {"success": True, "errors": [], "messages": [], "result": {"history": windows}, **envelope}
    return json.dumps(answer).encode()


def decoded(text: bytes, *, hours: int = 24, with_ids: bool = True, width: int = HOUR) -> Rows:
    end = START + hours * HOUR
    return answers.usage_rows(text, path=PATH, start=START, end=end, width=width, with_ids=with_ids)


def test_rows_come_back_in_seconds_and_dollars() -> None:
    got = decoded(body(window(5, 0.8123), window(2, -1.5)))

    assert got.starts.to_list() == [START + 5 * HOUR, START + 2 * HOUR]
    assert got.values.to_list() == [0.8123, -1.5]
    assert got.ids is not None
    assert got.ids.to_list() == ["id 5", "id 2"]
    assert (got.count, got.first, got.last) == (2, START + 2 * HOUR, START + 5 * HOUR)
    assert not got.claims_more


def test_an_empty_history_is_a_valid_answer() -> None:
    got = decoded(body())

    assert (got.count, len(got.starts), got.claims_more) == (0, 0, False)


def test_ids_are_not_asked_for_where_they_are_not_kept() -> None:
    without = {name: value for name, value in window(1).items() if name != "id"}

    assert decoded(body(without), with_ids=False).ids is None
    with pytest.raises(PayloadError, match=r"missing required field `id`.*history\[0\]"):
        decoded(body(without))


@pytest.mark.parametrize("factor", [1, 1_000])
@pytest.mark.parametrize("number", [int, float])
def test_times_in_seconds_or_milliseconds_as_ints_or_floats_mean_the_same(factor: int, number: type) -> None:
    times = {"start_time": number(START * factor), "end_time": number((START + HOUR) * factor)}

    assert decoded(body(window(0, **times))).starts.to_list() == [START]


def test_150_whole_zeros_do_not_turn_dollars_and_cents_into_dollars() -> None:
    """Inferring a type from the first rows would make whole numbers of the column, and 1 of 1.23."""
    windows = [window(hour, 0) for hour in range(150)]

    assert decoded(body(*windows, window(150, 1.23)), hours=200).values[150] == 1.23


@pytest.mark.parametrize(
    ("info", "claims_more"),
    [
        ({"has_more": True}, True),
        ({"has_more": False, "total_count": 1}, False),
        ({"has_more": False, "total_count": 7}, True),
        ({"has_more": None}, False),
        ({"page": 1, "per_page": 100}, False),
        (None, False),
    ],
)
def test_the_info_block_can_say_that_an_answer_was_cut(info: object, claims_more: bool) -> None:  # noqa: FBT001
    assert decoded(body(window(0), result_info=info)).claims_more is claims_more


def test_duplicates_that_agree_collapse_and_still_count_for_the_page() -> None:
    got = decoded(body(window(0, 2.0), window(0, 2.0), window(1)))

    assert sorted(got.starts) == [START, START + HOUR]
    assert got.values.sum() == 3.0
    assert got.count == 3


WRONG = [
    (body(window(0, 2.0), window(0, 2.5)), "is a duplicate with other dollars"),
    (body(window(0, "1.5")), r"Expected `float`, got `str` - at `\$.result.history\[0\].aggregated_value`"),
    (body(window(0), window(1, None)), r"got `null` - at `\$.result.history\[1\].aggregated_value`"),
    (body({"id": "x"}), r"missing required field.*history\[0\]"),
    (body(window(0, start_time="2026-11-20")), r"history\[0\].start_time"),
    (body(window(-1)), r"history\[0\].*outside the range that was asked for"),
    (body(window(23), window(24)), r"history\[1\].*outside the range"),
    (body(window(0, start_time=START + 1, end_time=START + HOUR + 1)), "off the grid"),
    (body(window(0, end_time=START + 2 * HOUR)), "is not 3600 s wide"),
    (body(window(0), window(1, start_time=(START + HOUR) * 1000)), "in seconds in some windows"),
    (body(window(0)).replace(b"1.0", b"1e999"), "out of range"),
    (body(window(0)).replace(b"1.0", b"NaN"), "no JSON"),
    (b'{"success": true, "result": {}}', "missing required field `history`"),
    (b'{"success": true, "result": {"history": null}}', r"\$.result.history"),
    (b'{"result": {"history": []}}', "missing required field `success`"),
    (
        b'{"success": true, "errors": [], "result": null}',
        r"`\$.result` is null; perhaps the account has no usage",
    ),
    (b'{"success": true, "errors": []}', r"`\$.result` is null"),
    (b"[]", "Expected `object`, got `array`"),
    (b"", "is empty"),
    (b"<!DOCTYPE html><title>502</title>", "a page of HTML"),
    (body(window(0), window(1))[:80], "no JSON"),
]


@pytest.mark.parametrize(("text", "why"), WRONG)
def test_what_cannot_be_the_promised_table_is_an_error_that_names_the_place(text: bytes, why: str) -> None:
    with pytest.raises(PayloadError, match=why) as caught:
        decoded(text)

    assert PATH in str(caught.value)


def test_day_windows_are_a_day_wide() -> None:
    day = window(0, end_time=START + 24 * HOUR)

    assert decoded(body(day), width=24 * HOUR).starts.to_list() == [START]
    with pytest.raises(PayloadError, match="is not 86400 s wide"):
        decoded(body(window(0)), width=24 * HOUR)
    with pytest.raises(PayloadError, match="off the grid"):
        decoded(body(window(6, end_time=START + 30 * HOUR)), hours=48, width=24 * HOUR)


def test_success_false_is_a_refusal_whatever_the_status() -> None:
    text = (
        b'{"success": false, "errors": [{"code": 10000, "message": "Authentication error"}], "result": null}'
    )

    with pytest.raises(ApiError, match="Authentication error") as caught:
        decoded(text)

    assert caught.value.codes == (10000,)


def test_a_code_among_the_messages_of_a_success_is_no_refusal() -> None:
    """Code 10000 stands in the messages of successful token checks."""
    noted = body(window(0), messages=[{"code": 10000, "message": "This API Token is valid and active"}])

    assert decoded(noted).count == 1


def test_a_balance_is_in_cents_and_may_be_negative() -> None:
    text = b'{"success": true, "result": {"balance": -428.07, "topup_config": {"amount": 2000}}}'
    got = answers.balance(text, path=PATH)

    assert (got.balance, got.topup_config and got.topup_config.amount) == (-428.07, 2000)
    assert got.has_default_payment_method is None


@given(
    st.dictionaries(
        st.integers(0, 500), st.floats(-1e9, 1e9, allow_nan=False, allow_subnormal=False), max_size=60
    ),
    st.randoms(use_true_random=False),
)
def test_any_history_comes_back_whole_to_the_last_bit(usage: dict[int, float], random: object) -> None:
    windows = [window(hour, value) for hour, value in usage.items()]
    random.shuffle(windows)  # type: ignore[attr-defined]

    got = decoded(body(*windows), hours=501)

    assert dict(zip(got.starts, got.values, strict=True)) == {
        START + hour * HOUR: value for hour, value in usage.items()
    }
