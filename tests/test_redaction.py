"""A secret is taken out of a text, however the text spells it."""

import html
import json
from base64 import b64encode, urlsafe_b64encode
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cfusage_lab.redaction import Redactor, without_frames

SECRET = 'v1.0-To/ken+that"no\\body=may&see'
JSON_SECRET = "v1.0-token-that-nobody-may-see"
EVERY = "".join(f"%{code:02x}" for code in SECRET.encode())

SPELLINGS = {
    "plain": SECRET,
    "in quotes": repr(SECRET),
    "lower case": SECRET.lower(),
    "JSON": json.dumps(SECRET),
    "JSON in JSON": json.dumps(json.dumps(SECRET)),
    "JSON, all escaped": "".join(f"\\u{code:04x}" for code in SECRET.encode()),
    "JSON, upper case": "".join(f"\\u{code:04X}" for code in SECRET.encode()),
    "Python": "".join(f"\\x{code:02x}" for code in SECRET.encode()),
    "JavaScript": "".join(f"\\u{{{code:x}}}" for code in SECRET.encode()),
    "address": quote(SECRET, safe=""),
    "address, all escaped": EVERY,
    "address in an address": EVERY.replace("%", "%25"),
    "HTML": html.escape(SECRET),
    "HTML, all escaped": "".join(f"&#{code};" for code in SECRET.encode()),
    "HTML, hexadecimal": "".join(f"&#x{code:X};" for code in SECRET.encode()),
    "half of it each way": SECRET[:9] + quote(SECRET[9:], safe=""),
    "UTF-16": repr(SECRET.encode("utf-16-le").decode("latin-1")),
    "hexadecimal": SECRET.encode().hex(),
    "the first half": SECRET[: len(SECRET) // 2],
    "the second half": SECRET[len(SECRET) // 2 :],
    **{f"Base64 after {n}": b64encode(b"x" * n + SECRET.encode()).decode() for n in range(4)},
    **{f"Base64 before {n}": urlsafe_b64encode(SECRET.encode() + b"x" * n).decode() for n in range(3)},
}


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS)
def test_no_spelling_is_left(spelling: str) -> None:
    told = Redactor([SECRET])(f"before {spelling} after")

    assert told.startswith("before ")
    assert told.endswith(" after")
    assert "(hidden)" in told
    assert len(told) < 50


def test_what_is_left_is_as_it_was() -> None:
    told = "100% of &amp; \\n \\u0041 %41 no secret, v1.0 and ken+"

    assert Redactor([SECRET])(told) == told
    assert Redactor([])(told) == told
    assert Redactor([SECRET])("") == ""


def test_an_address_is_hidden_as_a_whole_only() -> None:
    redacted = Redactor([], whole=["analyst@example.com"])

    assert redacted("who is Analyst%40example.com? ask example.com") == "who is (hidden)? ask example.com"


SPELT = {
    "plain": json.dumps(["a", f"b {JSON_SECRET} c"]),
    "all escaped": '["' + "".join(f"\\u{code:04x}" for code in JSON_SECRET.encode()) + '"]',
    "upper case": '["' + "".join(f"\\u{code:04X}" for code in JSON_SECRET.encode()) + '"]',
    "half escaped": f'["{JSON_SECRET[:9]}' + "".join(f"\\u{ord(one):04x}" for one in JSON_SECRET[9:]) + '"]',
    "behind a backslash": f'["\\\\{JSON_SECRET}"]',
}


@pytest.mark.parametrize("text", SPELT.values(), ids=SPELT)
def test_a_json_text_keeps_everything_but_the_secret(text: str) -> None:
    told = Redactor([JSON_SECRET]).in_json(bytearray(text.encode()))

    assert json.loads(told) == [part.replace(JSON_SECRET, "(hidden)") for part in json.loads(text)]
    assert JSON_SECRET not in str(json.loads(told))


ENCODED = {
    "hexadecimal": JSON_SECRET.encode().hex(),
    "hexadecimal, upper case": JSON_SECRET.encode().hex().upper(),
    "address, all escaped": "".join(f"%{code:02X}" for code in JSON_SECRET.encode()),
    **{f"Base64 after {n}": b64encode(b"x" * n + JSON_SECRET.encode()).decode() for n in range(4)},
    **{f"Base64 before {n}": urlsafe_b64encode(JSON_SECRET.encode() + b"x" * n).decode() for n in range(3)},
}


@pytest.mark.parametrize("encoded", ENCODED.values(), ids=ENCODED)
def test_a_json_text_keeps_no_encoding_of_the_secret(encoded: str) -> None:
    (told,) = json.loads(Redactor([JSON_SECRET]).in_json(bytearray(json.dumps([f"b {encoded} c"]).encode())))

    assert told.startswith("b ")
    assert told.endswith(" c")
    assert "(hidden)" in told
    assert len(told) < 25  # a character or two beside it may be others' as well


@given(st.recursive(st.none() | st.floats(allow_nan=False) | st.text(), st.lists), st.booleans())
def test_a_json_text_without_it_means_what_it_meant(value: object, is_ascii: bool) -> None:  # noqa: FBT001
    text = json.dumps(value, ensure_ascii=is_ascii).encode("utf-8", "surrogatepass")

    assert (
        json.loads(Redactor([JSON_SECRET]).in_json(bytearray(text)).decode("utf-8", "surrogatepass")) == value
    )


@given(st.text(max_size=60), st.text(max_size=60))
def test_whatever_stands_around_it_the_secret_goes(before: str, after: str) -> None:
    told = Redactor([SECRET])(before + SECRET + after)

    assert SECRET not in told
    assert "(hidden)" in told


def test_an_error_and_those_behind_it_lose_their_frames() -> None:
    def fail() -> None:
        try:
            {}["first"]
        except KeyError as first:
            raise ValueError("second") from first

    with pytest.raises(ValueError, match="second") as caught:
        fail()
    error = without_frames(caught.value)

    assert error.__traceback__ is None
    assert error.__context__ is error.__cause__
    assert error.__cause__ is not None
    assert error.__cause__.__traceback__ is None
