"""Every public function, with options and tables of any kind: a result, or an error of ours."""

import inspect
from datetime import UTC, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from searching import tries
from test_options import NOW, Calls, calls, options_of, public  # noqa: F401 - calls is a fixture

import cfusage_lab as cfu

pytestmark = pytest.mark.slow

_WRITES = {"path", "location"}
"""Any text is a fine name of a file: none is written here."""
_SLOW = {"UsageExplorer", "explore", "report", "backtest", "UsageArchive.update", "in_account_blocks"}
"""What takes long where an option is right; ``contract/test_options.py`` tries each of them."""
TRIED = [
    (name, option)
    for name in public()
    if name not in _SLOW and not name.startswith("UsageExplorer")
    for option in options_of(name)
    if option not in _WRITES
]
MOMENTS = st.datetimes(timezones=st.none() | st.just(UTC)) | st.dates()
WORDS = st.sampled_from(
    [
        *("hour", "day", "mean", "median", "total", "share", "light", "dark", "prepaid", "invoiced", "all"),
        *("UTC", "Europe/Berlin", "Asia/Kolkata", "2026-11-01", "2026-W45", "2026-11-01T00:00Z"),
        *("1" * 32, "none", "None", ""),
    ]
)
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-3, 40)
    | st.integers()
    | st.floats()
    | st.text(max_size=12)
    | st.binary(max_size=4)
    | WORDS
    | MOMENTS
    | st.timedeltas(timedelta(days=-4000), timedelta(days=4000))
    | st.decimals()
    | st.complex_numbers()
)
ANYTHING = st.recursive(
    PLAIN,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(WORDS | st.text(max_size=5) | st.integers(-3, 40), inner, max_size=3)
        | st.sets(WORDS, max_size=3)
    ),
    max_leaves=5,
)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("API_TOKEN", "ACCOUNT_ID", "EMAIL", "API_KEY", "BASE_URL"):
        monkeypatch.delenv(f"CLOUDFLARE_{name}", raising=False)


@tries(400)
@given(which=st.sampled_from(TRIED), value=ANYTHING)
def test_any_option_is_taken_or_refused(
    calls: Calls,  # noqa: F811 - the fixture
    which: tuple[str, str],
    value: object,
) -> None:
    name, option = which
    function, needed = calls[name]
    try:
        made = function(**{**needed, option: value})
        if inspect.isgenerator(made):
            next(made, None)
    except (cfu.ConfigError, cfu.FrameError) as error:
        assert len(str(error)) < 2_000  # noqa: PT017 - a result is as good
