"""Code is compiled again once a source that is compiled in has changed, so all of these must be known."""

from __future__ import annotations

import ast
from pathlib import Path

import sim.compiled
from sim.compiled.ready import _OF_CORE, sources


def _imported(file: Path) -> set[str]:
    """Modules of `sim.core` that a file imports, as paths below `sim`."""
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module == "sim.core":
            found |= {f"core/{name.name}.py" for name in node.names}
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("sim.core."):
            found.add(f"core/{str(node.module).removeprefix('sim.core.')}.py")
    return found


def test_every_source_of_compiled_code_is_known() -> None:
    files = sources(Path(sim.compiled.__file__).parent)
    imported = set().union(*map(_imported, files))
    assert imported, "the kernel takes constants from the core"
    assert imported <= set(_OF_CORE)


def test_all_of_the_kernel_is_compiled() -> None:
    """Also where a module in Python has the same name."""
    compiled = Path(sim.compiled.__file__).parent
    assert set((compiled / "kernel").glob("*.py")) <= set(sources(compiled))
