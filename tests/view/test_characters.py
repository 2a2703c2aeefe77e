"""Whatever characters are in a chart: a picture is drawn, or Vega says why not, and the process lives."""

import json
import subprocess
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfusage_lab.view.characters import replace_pairs, replace_undrawable

NEVER = {*map(chr, range(0x20)), "\ufffe", "\uffff"} - {"\t", "\n", "\r"}
"""What XML can't hold."""
DRAW = r"""
import sys, unicodedata
import altair as alt, polars as pl
from cfusage_lab.view import show, svg

every = {}
for code in [*range(0x10000), *range(0x1FFF0, 0x20010), 0x10FFFE, 0x10FFFF]:
    every.setdefault(unicodedata.category(chr(code)), []).append(chr(code))
some = [one for category in every.values() for one in category[:3] + category[-3:]]
some += [chr(code) for code in range(0x20)] + [chr(code) for code in range(0x7F, 0xA0)]
text = "".join(one for one in some if one not in "\n\r\u2028\u2029\\")
packed = "".join(one for one in text if not "\ud800" <= one <= "\udfff")
table = pl.DataFrame({"x": [packed, "b"], "y": [1.0, 2.0], f"c{packed}": [packed, "d"]})
bars = alt.Chart(table, title=alt.Title(text, subtitle=[text]), description=text, name="bars").mark_bar()
bars = bars.encode(
    x=alt.X("x:N", title=text),
    y=alt.Y("y", axis=alt.Axis(labelExpr="datum.label + 'z\\u000b\\v\\x00\\ufffe'")),
    tooltip=alt.Tooltip("x:N", title=text), color=alt.Color("z:N", legend=alt.Legend(title=text)),
)
bars = bars.transform_calculate(z="'q\\u0000\\b' + datum.x").add_params(alt.param(name="p", value=text))
inline = alt.Chart(alt.Data(values=[{"x": text, f"c{text}": 1}])).mark_text(text=text).encode(x="x:N")
for chart in (bars, inline, bars & inline):
    drawn = svg(chart)
    data, _ = show(chart)._repr_mimebundle_()
    assert "image/png" in data
cut = alt.Chart(table, title=alt.Title("👩‍💻" * 200, limit=100)).mark_bar().encode(x="y:N")
assert "□" in svg(cut)
print("drawn")
"""


@pytest.mark.slow
def test_no_character_in_any_text_of_a_chart_ends_the_process() -> None:
    """Some of each category of Unicode, and all controls: in a process of its own."""
    done = subprocess.run([sys.executable, "-c", DRAW], check=False, capture_output=True, text=True)  # noqa: S603

    assert (done.returncode, done.stdout) == (0, "drawn\n"), done.stderr[-2000:]


@given(st.text(st.characters()))
def test_what_is_drawn_has_nothing_that_a_picture_cannot_hold(text: str) -> None:
    """And everything else as it was."""
    ((key, value),) = json.loads(replace_undrawable(json.dumps({text: text}))).items()

    assert key == value
    assert not NEVER & set(value)
    assert value.encode().decode() == value
    if not NEVER & set(text) and not any(unicodedata.category(one) == "Cs" for one in text):
        assert value == text


@pytest.mark.parametrize(
    ("written", "drawn"),
    [
        (r"'a\u000bb'", "'a␋b'"),
        (r"'a\vb\0'", "'a␋b␀'"),
        (r"'a\x1bb' + \"\"", r"'a␛b' + \"\""),
        (r"'a\\vb'", r"'a\\vb'"),
        (r"'a\nb\u2028'", r"'a\nb\u2028'"),
        (r"'\ud83d\ude00'", r"'\ud83d\ude00'"),
        (r"datum['a\"\v']", r"datum['a\"␋']"),
    ],
)
def test_an_expression_makes_no_such_character_itself(written: str, drawn: str) -> None:
    """Elsewhere, the same is a text with a backslash."""
    spec = {"calculate": written, "as": r"a\v\u000b"}

    assert json.loads(replace_undrawable(json.dumps(spec))) == {"calculate": drawn, "as": r"a\v\u000b"}


def test_what_takes_two_units_becomes_a_box_where_it_would_be_parted() -> None:
    text = json.dumps({"a": "x😀y\\ud83d", "b": "é"})

    assert json.loads(replace_pairs(text)) == {"a": "x□y\\ud83d", "b": "é"}
