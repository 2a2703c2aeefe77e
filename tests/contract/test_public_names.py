"""What ``import cfusage_lab`` promises: these names, typed for editors, loaded on first use."""

import ast
import importlib
import inspect
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import cfusage_lab as cfu

HEAVY = ["polars", "httpx", "altair", "ipywidgets", "narwhals", "msgspec", "tqdm", "anywidget", "deltalake"]


def test_the_names_that_editors_see_are_those_that_are_loaded() -> None:
    """The stub is parsed as an editor does it, and not line by line."""
    tree = ast.parse(Path(cfu.__file__).with_suffix(".pyi").read_text(encoding="utf-8"))
    typed = {
        alias.asname: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("cfusage_lab.")
        for alias in node.names
    }

    assert typed == cfu._HOMES
    assert sorted(typed) == cfu.__all__
    assert len(typed) > 60
    assert set(cfu.__all__) < set(dir(cfu))
    assert all(getattr(cfu, name) is getattr(importlib.import_module(typed[name]), name) for name in typed)


def test_names_are_found_in_a_zip_file(tmp_path: Path) -> None:
    package = Path(cfu.__file__).parent
    with zipfile.ZipFile(tmp_path / "lib.zip", "w") as archive:
        for path in (*package.glob("*.py*"), *package.glob("ranges/*.py")):
            archive.write(path, path.relative_to(package.parent))
    code = (
        "import cfusage_lab; print(cfusage_lab.__file__, cfusage_lab.last_days(7, now='2026-11-18T09:30Z'))"
    )

    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path / "lib.zip")},
    )

    assert "lib.zip" in done.stdout


@pytest.mark.parametrize("name", cfu.__all__)
def test_every_public_name_loads_and_says_what_it_is(name: str) -> None:
    value = getattr(cfu, name)

    if inspect.isclass(value) or callable(value):
        assert inspect.getdoc(value)


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'usage_histroy'"):
        cfu.usage_histroy  # noqa: B018


def test_importing_the_package_loads_nothing_heavy() -> None:
    code = f"import sys, cfusage_lab; print([name for name in {HEAVY!r} if name in sys.modules])"

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert done.stdout.strip() == "[]"


def test_fetching_does_not_load_what_draws() -> None:
    code = (
        "import sys, cfusage_lab as cfu; cfu.UsageClient.sandbox().usage_history(cfu.last_hours(2));"
        "print([name for name in ('altair', 'ipywidgets', 'anywidget', 'vl_convert') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert done.stdout.strip() == "[]"


def test_a_function_is_not_hidden_by_a_module_of_its_name() -> None:
    """Importing a module sets its name on the package; a function of that name would be lost."""
    modules = {path.stem for path in Path(cfu.__file__).parent.iterdir()}

    assert not modules & set(cfu.__all__)


@pytest.mark.parametrize("package", ["charts", "view", "explorer", "reports"])
def test_drawing_does_not_wait_for_a_grammar_of_addresses(package: str) -> None:
    """JupyterLab brings a check for jsonschema that takes a second to import; it is there when it is used."""
    code = (
        f"import sys, cfusage_lab.{package}, altair\n"
        "assert 'rfc3987_syntax' not in sys.modules\n"
        "from jsonschema import FormatChecker\n"
        "texts = ('https://ä.example/?é', 'a b', 7)\n"
        "for format in ('iri', 'iri-reference'):\n"
        "    print(*(FormatChecker().conforms(text, format) for text in texts))\n"
        "from rfc3987_syntax import is_valid_syntax, parse\n"
        "print(is_valid_syntax.__module__, parse('iri', 'https://ä.example/').data)"
    )

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    told = done.stdout.splitlines()
    assert told == ["True False True"] * 2 + ["rfc3987_syntax.syntax_helpers iri"]
