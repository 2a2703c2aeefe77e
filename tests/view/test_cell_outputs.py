"""What a cell's outputs are: the live view first, then a picture that a live page shows as nothing."""

import base64
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

VIEW = "application/vnd.jupyter.widget-view+json"
CHART = """
import altair as alt, polars as pl
import cfusage_lab as cfu
from cfusage_lab.view import picture
chart = alt.Chart(pl.DataFrame({"x": ["a", "b"], "y": [1.0, 2.0]})).mark_bar().encode(x="x", y="y")
"""


@pytest.fixture(scope="module")
def ran() -> tuple[list[Any], dict[str, Any]]:
    """Show a chart, the explorer, and a chart that Vega can't draw, and return outputs and widgets."""
    cells = [
        CHART + "cfu.show(chart)",
        "cfu.explore(now='2026-11-18T09:30Z')",
        "cfu.show(chart.transform_calculate(z='datum.y +'))",
        "import base64\nprint(base64.b64encode(picture(chart)).decode())",
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    client = NotebookClient(notebook, timeout=120)
    client.execute()
    outputs = [[one for one in cell.outputs if one.output_type != "stream"] for cell in notebook.cells[:3]]
    return [*outputs, notebook.cells[3].outputs[0].text.strip()], client.widget_state


def views(outputs: list[Any], widgets: dict[str, Any]) -> list[dict[str, Any]]:
    return [widgets[one.data[VIEW]["model_id"]] for one in outputs]


@pytest.mark.slow
def test_a_chart_comes_before_its_picture(ran: tuple[list[Any], dict[str, Any]]) -> None:
    (outputs, *_, picture), widgets = ran
    live, behind = outputs

    assert "image/png" not in live.data
    assert behind.data["image/png"].strip() == picture
    assert live.data["text/plain"] == behind.data["text/plain"] == "<ChartView: a chart>"
    assert "_spec" in views(outputs, widgets)[0]


def test_the_explorer_comes_before_its_picture(ran: tuple[list[Any], dict[str, Any]]) -> None:
    """The bar of its first fetching comes before both."""
    (_, outputs, *_), widgets = ran
    live, behind = outputs[-2:]

    assert live.data["text/plain"].startswith("<UsageExplorer: Sandbox: made-up data")
    assert behind.data["text/plain"] == live.data["text/plain"]
    assert "image/png" not in live.data
    assert base64.b64decode(behind.data["image/png"])[1:4] == b"PNG"
    assert "cfusage-explorer" in views([live], widgets)[0]["_dom_classes"]


def test_a_picture_takes_no_place_beside_what_is_live(ran: tuple[list[Any], dict[str, Any]]) -> None:
    """One unseen widget stands for all of them."""
    (chart, explorer, *_), widgets = ran
    unseen = [output[-1].data[VIEW]["model_id"] for output in (chart, explorer)]
    layout = widgets[widgets[unseen[0]]["layout"].removeprefix("IPY_MODEL_")]

    assert unseen[0] == unseen[1]
    assert layout["display"] == "none"


def test_what_can_not_be_drawn_has_its_view_alone(ran: tuple[list[Any], dict[str, Any]]) -> None:
    """It says why, in the browser."""
    (_, _, outputs, _), _ = ran

    assert len(outputs) == 1
    assert "image/png" not in outputs[0].data
