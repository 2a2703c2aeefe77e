"""Text from outside, shown as text."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfusage_lab.wording import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Larkspur Research", "Larkspur Research"),
        ("Müller & Söhne, 株式会社, 👩‍💻", "Müller & Söhne, 株式会社, 👩‍💻"),
        ("two\nlines", "two␊lines"),
        ("\x1b[31mred", "␛[31mred"),
        ("nul\x00", "nul␀"),
        ("\x7f", "␡"),
        ("\x85", "<U+0085>"),
        ("a\u2028b", "a<U+2028>b"),
        ("\u202egpj.exe", "<U+202E>gpj.exe"),
        ("half \ud83d", "half <U+D83D>"),
        ("", ""),
    ],
)
def test_a_text_is_itself_or_a_visible_substitute(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(st.text(st.characters()))
def test_nothing_shown_acts_and_nothing_harmless_changes(text: str) -> None:
    shown = visible(text)

    assert not {"Cc", "Cs", "Zl", "Zp"} & {unicodedata.category(one) for one in shown}
    assert visible(shown) == shown
    assert shown.encode().decode() == shown


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_what_only_reads_stays_as_it_is(text: str) -> None:
    assert visible(text) == text
