"""Look at charts in a real browser: their pixels, their texts."""

from typing import Protocol

from playwright.sync_api import Page

READY = '.cfusage-chart[data-state="ready"]'
CANVAS = ".cfusage-drawing:not(.cfusage-unseen) canvas"
PATIENCE = 40_000
PIXELS = """canvas => {
  const {width, height} = canvas;
  const data = canvas.getContext("2d").getImageData(0, 0, width, height).data;
  const counts = {};
  for (let at = 0; at < data.length; at += 4) {
    if (data[at + 3] < 255) continue;
    const colour = [data[at], data[at + 1], data[at + 2]].join();
    counts[colour] = (counts[colour] ?? 0) + 1;
  }
  return counts;
}"""
READ_TEXTS = """() => {
  const write = CanvasRenderingContext2D.prototype.fillText;
  const isRead = window.written !== undefined;
  window.written = [];
  if (isRead) return;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    window.written.push(String(text));
    return write.call(this, text, ...rest);
  };
}"""


class Notebook(Protocol):
    """What the fixture ``notebook`` gives."""

    page: Page
    complaints: list[str]

    def run(self, *cells: str, theme: str = "JupyterLab Light") -> Page:
        """Run the cells in a new notebook."""


def pixels(page: Page, colour: str, nth: int = 0) -> int:
    """Count the pixels of exactly that colour ("r,g,b") in a chart."""
    return int(page.locator(CANVAS).nth(nth).evaluate(PIXELS).get(colour, 0))


def wait_for_pixels(page: Page, colour: str, least: int, most: int) -> None:
    """Wait until the first chart has so many pixels of that colour."""
    page.wait_for_function(
        f"""([colour, least, most]) => {{
          const canvas = document.querySelector('{CANVAS}');
          const count = canvas ? ({PIXELS})(canvas)[colour] ?? 0 : -1;
          return least <= count && count <= most;
        }}""",
        arg=[colour, least, most],
        timeout=PATIENCE,
    )


def written(page: Page) -> list[str]:
    """Return every text drawn since the last call."""
    texts: list[str] = page.evaluate("() => window.written.splice(0)")
    return texts


def wait_until_written(page: Page, text: str) -> None:
    """Wait until a chart has drawn that text."""
    page.wait_for_function("text => window.written.includes(text)", arg=text, timeout=PATIENCE)


def switch_theme(page: Page, theme: str) -> None:
    """Choose a theme of JupyterLab's."""
    page.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
