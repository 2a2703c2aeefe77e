"""Execute the notebooks on the sandbox at a fixed moment, and keep what a reader without a kernel sees.

``python notebooks/regenerate.py`` rewrites all of them, ``python notebooks/regenerate.py explore`` one. What
is kept is sources, texts, tables and pictures; not the state of widgets, which a reader's JupyterLab would
take for charts that are gone. What the charts were made of goes to ``specs``, for whoever wants to see what a
change did to them.
"""

import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import nbformat
from nbclient import NotebookClient

FOLDER: Final = Path(__file__).parent
NOW: Final = "2026-11-18T09:30Z"
LARGEST: Final = 300_000
_WIDGET: Final = "application/vnd.jupyter.widget-view+json"
_WHOLE: Final = r"explorer = \g<0>\nexplorer.wait()\nexplorer"
"""An explorer whose picture has all that comes a moment after it."""


@dataclass(frozen=True, slots=True)
class Executed:
    """A notebook as it comes out now, and its charts in the order of the page, without their rows."""

    notebook: nbformat.NotebookNode
    charts: list[dict[str, Any]]


def executed(path: Path) -> Executed:
    """Execute a notebook, with the fixed moment for the present."""
    notebook = nbformat.read(path, as_version=4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    sources = [cell.source for cell in cells]
    for cell in cells:
        cell.source = re.sub(r"^NOW = None\b", f"NOW = {NOW!r}", cell.source, flags=re.MULTILINE)
        cell.source = re.sub(r"^cfu\.explore\(.*\)$", _WHOLE, cell.source, flags=re.MULTILINE)
    with tempfile.TemporaryDirectory() as elsewhere:
        client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": elsewhere}})
        client.execute(env=_environment())
    shown = [output.get("data", {}).get(_WIDGET) for cell in cells for output in cell.outputs]
    charts = [chart for view in shown if view for chart in _charts(client.widget_state, view["model_id"])]
    for cell, source in zip(cells, sources, strict=True):
        cell.source = source
        cell.metadata.pop("execution", None)
        cell.outputs = [kept for output in cell.outputs if (kept := _kept(output)) is not None]
    notebook.metadata = nbformat.from_dict(
        {
            "kernelspec": {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        }
    )
    return Executed(notebook, charts)


def specs(name: str) -> Path:
    """Return where the charts of a notebook are kept."""
    return FOLDER / "specs" / f"{name}.json"


def _charts(widgets: dict[str, Any], model: str) -> Iterator[dict[str, Any]]:
    """Find the charts of a widget and of what it holds."""
    state = widgets.get(model, {})
    if "_spec" in state:
        tables = {
            name: [column["name"] for column in table["columns"]] for name, table in state["_tables"].items()
        }
        yield {"spec": state["_spec"], "values": state["_values"], "columns": tables}
    for child in state.get("children", []):
        yield from _charts(widgets, child.removeprefix("IPY_MODEL_"))


def _environment() -> dict[str, str]:
    """Return an environment without credentials: what is published is made up."""
    return {name: value for name, value in os.environ.items() if not name.startswith("CLOUDFLARE_")}


def _kept(output: Any) -> Any:  # noqa: ANN401 - nbformat's nodes are untyped
    """Return what a reader sees of an output, or None for what is only seen while it runs."""
    if output.output_type == "stream" and output.name == "stderr":
        return None
    if "data" not in output:
        return output
    is_live = output.data.pop(_WIDGET, None) is not None
    is_seen = (
        "image/png" in output.data if is_live else bool(output.data)
    )  # a bar that is gone leaves nothing
    return output if is_seen else None


def main() -> None:
    """Rewrite the notebooks that are named, or all."""
    names = sys.argv[1:] or sorted(path.stem for path in FOLDER.glob("*.ipynb"))
    for name in names:
        path = FOLDER / f"{name}.ipynb"
        done = executed(path)
        text = nbformat.writes(done.notebook) + "\n"
        if len(text) > LARGEST:
            raise SystemExit(f"{path.name} is {len(text):,} bytes, more than {LARGEST:,}: draw less in it")
        path.write_text(text, encoding="utf-8")
        specs(name).parent.mkdir(exist_ok=True)
        specs(name).write_text(json.dumps(done.charts, indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
