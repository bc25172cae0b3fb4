"""What the site adds to the pages: those beside `docs`, and tables for diagrams, which need a script to be drawn.

MkDocs calls the functions named `on_...`. A link from a page to a file beside `docs` leads to the copy of that file in
the site's folder `project`; a link to source code, which the site does not have, becomes its text.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

from sim.lessons.reading import diagrams_as_tables

ROOT = Path(__file__).resolve().parent.parent.parent
PROJECT = "project"
_BESIDE = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "LICENSE")
_CODE = re.compile(r"(```.*?```)", re.DOTALL)
_LINK = re.compile(r"(!?)\[([^\]]*)\]\(([^)\s:]+?)(#[^)\s]*)?\)")


def on_files(files: Files, config: Any) -> Files:
    """Add the pages and scenarios beside `docs`."""
    beside = [ROOT / name for name in _BESIDE]
    for path in [*beside, *sorted((ROOT / "scenarios").rglob("*.yaml"))]:
        inside = f"{PROJECT}/{path.relative_to(ROOT).as_posix()}"
        files.append(File.generated(config, inside, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Any, files: Files, **_: Any) -> str:
    """A page with links that lead to what the site has, and without diagrams."""
    here = page.file.src_uri
    in_repository = here.removeprefix(f"{PROJECT}/") if here.startswith(f"{PROJECT}/") else f"docs/{here}"
    parts = _CODE.split(diagrams_as_tables(markdown))
    for i in range(0, len(parts), 2):
        parts[i] = _LINK.sub(lambda link: _led(link, in_repository, here, files), parts[i])
    return "".join(parts)


def _led(link: re.Match[str], in_repository: str, here: str, files: Files) -> str:
    """A link of a page as the site has it."""
    picture, text, target, anchor = link[1], link[2], link[3], link[4] or ""
    path = posixpath.normpath(posixpath.join(posixpath.dirname(in_repository), target))
    inside = path.removeprefix("docs/") if path.startswith("docs/") else f"{PROJECT}/{path}"
    if (ROOT / path).exists() and files.get_file_from_path(inside) is None:
        return text
    return f"{picture}[{text}]({posixpath.relpath(inside, posixpath.dirname(here) or '.')}{anchor})"
