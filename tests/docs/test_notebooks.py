"""The notebooks run from top to bottom, and are kept without outputs."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

NOTEBOOKS = sorted((ROOT / "docs" / "notebooks").glob("*.ipynb"))
SAID = {  # what their cells must have printed, among other things
    "plan-a-trial": [r"last of the 20 participants is randomised by \d{4}-\d\d-\d\d", r"^four is earlier by \d+ days"],
    "forecast-a-running-trial": [r"^17 randomised from 2026-01-12 to 2026-07-31", r"last of the 40 participants"],
    "your-own-rule": [r"^min +4\.0$", r"^max +4\.0$", r"last randomisation: it is later by|^audits is later by"],
}


def cells(path: Path, kind: str) -> list[dict[str, Any]]:
    """Cells of one kind of a notebook."""
    return [cell for cell in json.loads(path.read_text(encoding="utf-8"))["cells"] if cell["cell_type"] == kind]


def test_every_notebook_says_something() -> None:
    """What each notebook is expected to print is written here."""
    assert {path.stem for path in NOTEBOOKS} == set(SAID)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_are_kept_without_outputs(path: Path) -> None:
    """A notebook has no outputs and no counts, so that its changes can be read."""
    assert [cell["source"] for cell in cells(path, "code") if cell["outputs"] or cell["execution_count"]] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_links_of_notebooks_lead_somewhere(path: Path) -> None:
    """Every relative link of a notebook's text points to a file that exists."""
    links = re.findall(r"\]\(([^)#:]+)[)#]", "".join("".join(cell["source"]) for cell in cells(path, "markdown")))
    assert [link for link in links if not (path.parent / link).is_file()] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebooks_run(path: Path, tmp_path: Path) -> None:
    """Made small, each notebook runs in a kernel of its own, in an empty folder, and says what it promises."""
    text, n = re.subn(r"REPLICATIONS = \d+", "REPLICATIONS = 40", path.read_text(encoding="utf-8"))
    assert n == 1
    (tmp_path / path.name).write_text(text, encoding="utf-8")
    program = (
        "import sys, nbclient, nbformat; book = nbformat.read(sys.argv[1], 4);"
        f"sys.path.insert(0, {str(ROOT)!r});"
        "nbclient.NotebookClient(book, kernel_name='python3').execute(); nbformat.write(book, sys.argv[1])"
    )
    place = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program, path.name]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=place)
    assert done.returncode == 0, done.stderr[-3000:]
    printed = [output for cell in cells(tmp_path / path.name, "code") for output in cell["outputs"]]
    texts = ["".join(output.get("text") or output.get("data", {}).get("text/plain", [])) for output in printed]
    assert [said for said in SAID[path.stem] if not re.search(said, "\n".join(texts), re.MULTILINE)] == [], texts
