"""The documentation as a site: README, changelog, the notebooks as they were executed, and the docstrings.

``sphinx-build -W .docs build/site`` builds it. No network is needed for that, nor for reading it.
"""

import re
import shutil
from pathlib import Path

import polars as pl
from docutils import nodes
from pygments.lexers.shell import BashLexer
from sphinx.application import Sphinx

import cfusage_lab as cfu

HERE = Path(__file__).parent
ROOT = HERE.parent
SCHEMA = re.compile(r"``(schema\.[A-Z_]+)``")
PICTURE = re.compile(r'<picture>\s*<source [^>]*srcset="(.+?)">\s*<img alt="(.+?)" src="(.+?)">\s*</picture>')

# Pages have to stand below this folder: what README links to is brought here beside it, and the links hold.
# Of its pairs of pictures, a reader sees the one of the theme that was chosen on the site.
shutil.rmtree(HERE / "notebooks", ignore_errors=True)
shutil.copytree(ROOT / "notebooks", HERE / "notebooks")
shutil.copy(ROOT / "CHANGELOG.md", HERE)
readme = (ROOT / "README.md").read_text(encoding="utf-8")
for linked in filter(Path.is_file, (ROOT / link for link in re.findall(r"\]\(([\w/.-]+)\)", readme))):
    (HERE / linked.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(linked, HERE / linked.relative_to(ROOT))
pair = r"![\2](\3){.only-light}\n![\2](\1){.only-dark}"
(HERE / "README.md").write_text(PICTURE.sub(pair, readme), encoding="utf-8")

project = "cfusage_lab"
version = release = cfu.__version__
copyright = "the authors of cfusage_lab, MIT licence"  # noqa: A001 - Sphinx's name
exclude_patterns = ["README.md", "notebooks/__marimo__"]

extensions = ["myst_nb", "sphinx.ext.autodoc", "numpydoc"]
myst_enable_extensions = ["attrs_inline"]
myst_heading_anchors = 3
nb_execution_mode = "off"
autodoc_default_options = {"members": True}
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_maximum_signature_line_length = 140
python_use_unqualified_type_names = True
add_module_names = False
numpydoc_show_class_members = False
numpydoc_xref_param_type = True
numpydoc_xref_aliases = {name: f"cfusage_lab.{name}" for name in cfu.__all__ if name[0].isupper()}
numpydoc_xref_aliases["bool"] = "bool"  # left alone, it would lead to a page of Python's that is not here
toc_object_entries_show_parents = "hide"

html_theme = "furo"
pygments_dark_style = "github-dark"
html_title = f"{project} {version}"
html_static_path = ["site.css"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_search_summary = False  # it would fetch pages, which browsers refuse where they are files
html_use_index = False
html_domain_indices = False


def described(
    _app: Sphinx, _what: str, _name: str, thing: object, _options: object, lines: list[str]
) -> None:
    """Lead from a table's name to where it is described, and list its columns there."""
    lines[:] = [SCHEMA.sub(r":data:`\1 <cfusage_lab.\1>`", line) for line in lines]
    if isinstance(thing, pl.Schema):
        lines += ["", ".. csv-table::", "   :header: column, type", "   :widths: auto", ""]
        lines += [f'   ``{column}``, "``{kind}``"' for column, kind in thing.items()]


def pictures_told(_app: Sphinx, page: nodes.document) -> None:
    """Let a picture's text be what the same output says in words."""
    for output in page.findall(nodes.container):
        told = {kind.get("mime_type"): kind for kind in output.children if isinstance(kind, nodes.container)}
        for image in told["image/png"].findall(nodes.image) if "image/png" in told else ():
            image["alt"] = told["text/plain"].astext().strip("<>\n ")


def setup(app: Sphinx) -> None:
    """Register what is done to docstrings and to outputs, and a language that Pygments does not know."""
    app.connect("autodoc-process-docstring", described)
    app.connect("doctree-read", pictures_told)
    app.add_lexer("crontab", BashLexer)
