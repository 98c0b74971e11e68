"""Sphinx: sphinx-build -W --keep-going -b html python/docs target/docs"""

import shutil
import sys
from pathlib import Path

import deeplimit
import jupytext

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
sys.path.insert(0, str(HERE / "_ext"))

project = "deeplimit"
author = "the authors of deeplimit"
copyright = f"2026, {author}"
version = release = deeplimit.__version__

extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "offline_math", "numpydoc", "myst_nb"]
html_math_renderer = "mathml"
exclude_patterns = ["_build", "_ext"]
html_theme = "pydata_sphinx_theme"
html_title = "deeplimit"
html_static_path = ["_static"]
html_css_files = ["deeplimit.css"]
# pages without pages below them have nothing to list at the side
html_sidebars = {page: [] for page in ("index", "install", "tour", "sklearn", "many-machines", "neural-tangents", "api")}
html_theme_options = {"navigation_with_keys": False, "show_toc_level": 2}

myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence"]
myst_heading_anchors = 3
# Notebooks are run by `.ci/python`, and not once more.
nb_execution_mode = "off"
numpydoc_show_class_members = False
autodoc_typehints = "none"
autosummary_generate = False
suppress_warnings = ["mystnb.unknown_mime_type"]


def _stories():
    """The notebooks are kept as text at the root of the repository; here is a copy, which git does not see: with outputs where
    `.ci/python` has just run them."""
    there = HERE / "notebooks"
    shutil.rmtree(there, ignore_errors=True)
    there.mkdir()
    names = sorted(p for p in (ROOT / "notebooks").glob("[0-9]*.py"))
    executed = ROOT / "target" / "python" / "notebooks"
    for story in names:
        ready = executed / f"{story.stem}.ipynb"
        if ready.exists():
            shutil.copy(ready, there)
            continue
        notebook = jupytext.read(story)
        notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        notebook.metadata["language_info"] = {"name": "python", "pygments_lexer": "ipython3"}
        jupytext.write(notebook, there / f"{story.stem}.ipynb")
    pages = "\n".join(p.stem for p in names)
    (there / "index.md").write_text(
        f"# Notebooks\n\nThe theory as stories that run. Each is a text file in `notebooks/` (jupytext), under two minutes on two cores.\n\n"
        f"```{{toctree}}\n:maxdepth: 1\n\n{pages}\n```\n",
        encoding="utf-8",
    )


_stories()
