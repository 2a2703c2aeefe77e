"""The notebooks: short, without loops; what is committed, charts included, is what they give today."""

import ast
import importlib.util
import json
from pathlib import Path
from types import ModuleType

import nbformat
import pytest
from engines import JVM_OPTIONS, require_java

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
ON_SPARK = {"at_scale"}
by_name = pytest.mark.parametrize(
    "path",
    [pytest.param(path, marks=[pytest.mark.spark] * (path.stem in ON_SPARK)) for path in NOTEBOOKS],
    ids=lambda path: path.stem,
)


@pytest.fixture(scope="session")
def regenerate() -> ModuleType:
    """Return the script that makes what is committed."""
    spec = importlib.util.spec_from_file_location("regenerate", FOLDER / "regenerate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def code_cells(path: Path) -> list[nbformat.NotebookNode]:
    return [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]


def seen(notebook: nbformat.NotebookNode) -> list[object]:
    """Return what is compared: sources, texts, tables, and where pictures stand; never their pixels."""
    return [
        (
            cell.source,
            [
                (
                    output.get("text"),
                    sorted(output.get("data", {})),
                    [
                        text
                        for kind, text in sorted(output.get("data", {}).items())
                        if kind.startswith("text/")
                    ],
                    output.get("metadata"),
                )
                for output in cell.get("outputs", [])
            ],
        )
        for cell in notebook.cells
    ]


@pytest.mark.slow
@by_name
def test_what_is_committed_is_what_the_notebook_gives(
    path: Path, regenerate: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if path.stem in ON_SPARK:
        require_java()
        (tmp_path / "spark-defaults.conf").write_text(f"spark.driver.extraJavaOptions {JVM_OPTIONS}\n")
        monkeypatch.setenv("SPARK_CONF_DIR", str(tmp_path))
    committed = nbformat.read(path, as_version=4)
    charts = json.loads(regenerate.specs(path.stem).read_text(encoding="utf-8"))

    now = regenerate.executed(path)

    assert seen(committed) == seen(now.notebook), "run: python notebooks/regenerate.py"
    assert charts == json.loads(json.dumps(now.charts)), "run: python notebooks/regenerate.py"
    assert charts


@by_name
def test_a_reader_without_a_kernel_sees_tables_and_pictures_and_no_dead_widget(
    path: Path, regenerate: ModuleType
) -> None:
    text = path.read_text(encoding="utf-8")

    assert "image/png" in text
    assert "widget" not in str(nbformat.read(path, as_version=4).metadata)
    assert "application/vnd.jupyter.widget" not in text
    assert len(text) <= regenerate.LARGEST


@by_name
def test_a_notebook_is_short_and_has_no_loop_and_no_function(path: Path) -> None:
    cells = code_cells(path)
    tree = ast.parse("\n".join(cell.source for cell in cells))
    kinds = {type(node) for node in ast.walk(tree)}

    assert len(cells) <= 12
    assert max(len(cell.source.splitlines()) for cell in cells) <= 8
    assert not kinds & {ast.FunctionDef, ast.ClassDef, ast.For, ast.While}


@by_name
def test_parameters_stand_in_one_cell_and_the_present_is_left_open(path: Path) -> None:
    tagged = [cell for cell in code_cells(path) if "parameters" in cell.metadata.get("tags", [])]

    assert len(tagged) == 1
    assert "NOW = None" in tagged[0].source
