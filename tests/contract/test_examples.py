"""Every public name has an example, and every example does what it says: offline, without credentials."""

import doctest
import inspect
from pathlib import Path

import pytest

import cfusage_lab as cfu

PUBLIC = [name for name in cfu.__all__ if callable(getattr(cfu, name))]


@pytest.fixture
def empty_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Work in an empty folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("empty_folder")
@pytest.mark.parametrize("name", PUBLIC)
def test_the_example_of_a_public_name_does_what_it_says(name: str) -> None:
    example = doctest.DocTestParser().get_doctest(
        inspect.getdoc(getattr(cfu, name)) or "", {}, name, None, None
    )
    said: list[str] = []

    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=said.append)

    assert result.attempted, f"{name} has no example"
    assert not result.failed, "".join(said)
