"""A real JupyterLab and a headless Chromium, one of each a test session, and one page for nearly all tests.

No request may leave this machine and nothing may be written to the browser's error console: either fails
the test that was running.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Route, ViewportSize, sync_playwright
from servers import answering, free_port

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
WINDOW: ViewportSize = {"width": 1280, "height": 800}
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
SCHEMES_WITHOUT_A_HOST = {"data", "blob", "about", "chrome"}
QUIET_LAB = {
    "@jupyterlab/apputils-extension/notification.jupyterlab-settings": {
        "fetchNews": "false",
        "checkForUpdates": False,
        "doNotDisturbMode": True,
    },
    "@jupyterlab/extensionmanager-extension/plugin.jupyterlab-settings": {"enabled": False},
}
START_LAB = """async () => {
  for (let tries = 0; !window.jupyterapp?.shell; tries++) {
    if (tries === 1200) throw new Error("JupyterLab does not start within a minute");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await window.jupyterapp.restored;
}"""
OPEN = """async (path) => {
  await window.jupyterapp.commands.execute("docmanager:open", {path, factory: "Notebook"});
}"""
RUN_ALL = """async () => {
  const context = window.jupyterapp.shell.currentWidget.context;
  await context.ready; await context.sessionContext.ready;
  for (let tries = 0; context.sessionContext.session?.kernel?.status !== "idle"; tries++) {
    if (tries === 600) throw new Error("the kernel is not idle after 30 seconds");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await window.jupyterapp.commands.execute("notebook:run-all-cells");
}"""
CLOSE = """async () => {
  const shown = window.jupyterapp?.shell.currentWidget;
  await shown?.context?.sessionContext.shutdown();
  shown?.dispose();
}"""

collect_ignore = [] if os.environ.get("CFUSAGE_PICTURES") else ["test_pictures.py"]


@dataclass(frozen=True)
class Lab:
    """A running JupyterLab server."""

    url: str
    root: Path


@dataclass
class Notebook:
    """A page in the browser that holds one notebook at a time."""

    page: Page
    lab: Lab
    is_lab_running: bool = False
    leaks: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def run(self, *cells: str, theme: str = "JupyterLab Light", place: str = "lab/tree") -> Page:
        """Write the cells into a notebook, open it, run all of it."""
        notebook = nbformat.v4.new_notebook(
            cells=[nbformat.v4.new_code_cell(cell) for cell in cells],
            metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        )
        path = self.lab.root / f"{time.monotonic_ns()}.ipynb"
        nbformat.write(notebook, path)
        return self.open(path.name, theme=theme, place=place)

    def open(self, name: str, *, theme: str = "JupyterLab Light", place: str = "lab/tree") -> Page:
        """Open a notebook of the server's folder and run all of it."""
        if self.is_lab_running:
            self.page.evaluate(OPEN, name)
        else:
            self.page.goto(f"{self.lab.url}/{place}/{name}?reset")
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        self.page.evaluate(
            "theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme
        )
        self.page.evaluate(RUN_ALL)
        return self.page


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Start a headless Chromium; without one, skip locally and fail where CI is set."""
    if CHROMIUM is None:
        reason = "no chromium, chromium-browser or google-chrome on PATH"
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
    quiet += ["--disable-background-networking", "--disable-component-update"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, headless=True, args=quiet)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    """Start a JupyterLab server on a free port, with no configuration but this."""
    home = tmp_path_factory.mktemp("lab")
    for name, settings in QUIET_LAB.items():
        path = home / "settings" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(settings))
    root = home / "notebooks"
    root.mkdir()
    port = free_port()
    own = {f"JUPYTER_{kind}_DIR": str(home / kind.lower()) for kind in ("CONFIG", "RUNTIME", "DATA")}
    own |= {"JUPYTERLAB_SETTINGS_DIR": str(home / "settings"), "XDG_CACHE_HOME": str(home / "cache")}
    own |= {"JUPYTERLAB_WORKSPACES_DIR": str(home / "workspaces"), "TZ": "America/New_York"}
    credentials = ("CLOUDFLARE_",)
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(credentials)}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
    command += [
        f"--port={port}",
        "--ServerApp.port_retries=0",
        "--IdentityProvider.token=",
        "--ServerApp.password=",
    ]
    command += [f"--{app}.expose_app_in_browser=True" for app in ("LabApp", "JupyterNotebookApp")]
    command += [f"--ServerApp.root_dir={root}"]
    log = (home / "server.log").open("w")
    with subprocess.Popen(command, env=inherited | own, stdout=log, stderr=log, cwd=root) as server:  # noqa: S603 - our own command
        try:
            yield Lab(answering(f"http://127.0.0.1:{port}", server), root)
        finally:
            server.terminate()
            log.close()


@contextmanager
def watched_page(browser: Browser, lab: Lab) -> Iterator[Notebook]:
    """Open a page, and list the requests that would leave this machine, and what the console complains of."""
    context = browser.new_context(viewport=WINDOW, timezone_id="Asia/Tokyo")
    notebook = Notebook(context.new_page(), lab)

    def watch(route: Route) -> None:
        parts = urlsplit(route.request.url)
        if parts.scheme in SCHEMES_WITHOUT_A_HOST or parts.hostname in LOOPBACK:
            route.continue_()
        else:
            notebook.leaks.append(route.request.url)
            route.abort()

    def listen(message: ConsoleMessage) -> None:
        # JupyterLab and Notebook 7 have fonts of one name; the server finds only the ones first asked for
        is_font = message.location.get("url", "").endswith(".woff2")
        if message.type == "error" and not is_font:
            notebook.complaints.append(f"{message.text} ({message.location})")

    context.route("**/*", watch)
    notebook.page.on("console", listen)
    notebook.page.on("pageerror", lambda error: notebook.complaints.append(str(error)))
    yield notebook
    context.close()


def close(notebook: Notebook) -> None:
    """End the kernel and close the notebook; fail if it asked for the network, or complained."""
    try:
        assert notebook.leaks == []
        assert notebook.complaints == []
    finally:
        notebook.page.evaluate(CLOSE)


@pytest.fixture(scope="session")
def lab_page(browser: Browser, lab: Lab) -> Iterator[Notebook]:
    """Start JupyterLab in a page once: that takes most of the time of a small test."""
    with watched_page(browser, lab) as notebook:
        notebook.page.goto(f"{lab.url}/lab?reset")
        notebook.page.evaluate(START_LAB)
        notebook.is_lab_running = True
        yield notebook


@contextmanager
def emptied(lab_page: Notebook) -> Iterator[Notebook]:
    """Give room for one notebook, with a kernel of its own, in the JupyterLab that all tests share."""
    lab_page.leaks.clear()
    lab_page.complaints.clear()
    lab_page.page.set_viewport_size(WINDOW)
    lab_page.page.mouse.move(0, 0)
    yield lab_page
    close(lab_page)


@pytest.fixture
def notebook(lab_page: Notebook) -> Iterator[Notebook]:
    """Give room for the notebook of one test."""
    with emptied(lab_page) as notebook:
        yield notebook


@pytest.fixture(scope="module")
def shared_notebook(lab_page: Notebook) -> Iterator[Notebook]:
    """Give room for a notebook that stays open for all tests of a file."""
    with emptied(lab_page) as notebook:
        yield notebook


@pytest.fixture
def fresh_page(browser: Browser, lab: Lab) -> Iterator[Notebook]:
    """Open a page of a test's own, for one that loads it again, weighs it, or needs no JupyterLab."""
    with watched_page(browser, lab) as notebook:
        yield notebook
        close(notebook)
