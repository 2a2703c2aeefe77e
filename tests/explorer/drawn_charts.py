"""Charts that lines of Python draw, beside those that they should draw."""

import json
import math
from typing import Any

import altair as alt

from cfusage_lab.sandbox import SANDBOX_TOKEN

__all__ = ["assert_draws", "drawn", "is_same", "spec"]


def drawn(code: str, **given: object) -> alt.VConcatChart:
    """Execute the lines as somebody would who has pasted them."""
    names: dict[str, object] = dict(given)
    exec(code, names)  # noqa: S102 - that is what is promised of them
    chart = names["chart"]
    assert isinstance(chart, alt.VConcatChart)
    return chart


def is_same(one: Any, other: Any) -> bool:  # noqa: ANN401 - any JSON
    """Whether two specs are the same, but for the last digit of a sum."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(is_same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(is_same, one, other))
    if isinstance(one, float) and isinstance(other, float):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-12)
    return bool(one == other)


def spec(written: str) -> Any:  # noqa: ANN401 - Vega-Lite
    """Read a chart with the rows in place: altair calls tables by their last digit."""
    found = json.loads(written)
    tables = found.pop("datasets")
    for view in (found, *found["vconcat"]):
        if "data" in view:
            view["data"] = tables[view["data"]["name"]]
    return found


def assert_draws(code: str, expected: alt.VConcatChart, **given: object) -> None:
    assert is_same(spec(drawn(code, **given).to_json()), spec(expected.to_json()))
    assert max(map(len, code.splitlines())) <= 120
    assert SANDBOX_TOKEN not in code
