"""The structure of the package: no circle of imports, no local import without a reason, no crowded folder or file."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest
from conftest import ROOT

Imports = dict[str, tuple[set[str], set[str]]]

PACKAGE = ROOT / "sim"
MOST = 15  # modules side by side in a folder
MOST_LINES = 400  # of a file, without its docstrings and empty lines
CROWDED = {
    "sim.core": "what simulates decides the identity of runs by its path; see decision 0025",
    "sim.analysis": "likewise",
    "sim.processes": "likewise",
    "sim.scenario": "likewise: its checks, schema and distributions are imported by what simulates",
    "sim.scenario.schema": "likewise: a module for each section of the scenario file",
    "sim.compiled.kernel": "a module for each family of rules, beside the module of `sim.processes` that it follows",
}
EVERY_COMMAND = "each command imports what it needs when it runs, so that --help and a refusal are quick"
PLOTLY = "needs plotly, which tables and sentences do not"
LOCAL: dict[str, str] = {  # imports of this package inside functions, by module, with the reason
    "sim": "public names are imported at their first use, so that `import sim` costs nothing",
    "sim.api.answers": PLOTLY,
    "sim.api.comparison": PLOTLY,
    "sim.api.explanation": PLOTLY,
    "sim.api.forecast_folders": PLOTLY,
    "sim.api.plan": PLOTLY,
    "sim.api.run": PLOTLY,
    "sim.api.sweep": PLOTLY,
    "sim.compiled.choice": "needs the model, half a second, which a command starts to import elsewhere first",
    "sim.experiment.run.assemble": "needs pandas, which a run under way does not",
    "sim.forecast": "the name of a function of the API too, so that the package can be called",
    "sim.web.app": "needs what only the extra `group` installs",
}


def _name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {_name_of(path): path for path in sorted(PACKAGE.rglob("*.py"))}


def _called(call: ast.Call) -> str:
    """Name of the function that is called, without what it is an attribute of."""
    return str(getattr(call.func, "attr", getattr(call.func, "id", "")))


def imported(tree: ast.AST) -> Iterator[str]:
    """Modules of this package that are imported somewhere in a piece of source, for types alone left out."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ImportFrom) and node.module:
            for name in node.names:
                inner = f"{node.module}.{name.name}"
                yield inner if inner in MODULES else node.module
        elif isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.Call) and _called(node) == "import_module" and node.args:
            argument = node.args[0]
            if isinstance(argument, ast.Constant):
                yield str(argument.value)
        yield from imported(node)


def ours(tree: ast.AST) -> set[str]:
    """Modules of this package that a piece of source imports."""
    return {name for name in imported(tree) if name in MODULES}


def local(tree: ast.Module) -> set[str]:
    """Modules of this package that are imported inside functions."""
    functions = [node for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))]
    return {name for function in functions for name in ours(function)}


@pytest.fixture(scope="module")
def imports() -> Imports:
    """What each module imports anywhere, and what inside functions; no tree is kept for the tests that follow."""
    found = {}
    for name, path in MODULES.items():
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found[name] = ours(tree), local(tree)
    return found


def circle(arrows: Mapping[str, set[str]]) -> list[str]:
    """Some circle of a graph, empty where there is none."""
    try:
        TopologicalSorter(arrows).prepare()
    except CycleError as found:
        return list(found.args[1])
    return []


def test_no_module_imports_in_a_circle(imports: Imports) -> None:
    """Imports at the top and inside functions count alike, those for types alone do not."""
    arrows = {name: anywhere - {name} for name, (anywhere, _) in imports.items() if name != "sim"}
    assert circle(arrows) == []


@pytest.mark.parametrize("package", sorted(name for name in MODULES if name.count(".") <= 2))
def test_no_rooms_of_a_package_import_in_a_circle(package: str, imports: Imports) -> None:
    """What is side by side in a folder, module or package, has an order."""

    def room(module: str) -> str:
        head = f"{package}."
        return module.removeprefix(head).split(".")[0] if module.startswith(head) else ""

    arrows: dict[str, set[str]] = {}
    for name, (anywhere, _) in imports.items():
        if room(name) and name != "sim.forecast":  # see LOCAL: `sim.forecast(...)` is a call of the API
            arrows.setdefault(room(name), set()).update({room(other) for other in anywhere} - {room(name), ""})
    assert circle(arrows) == []


def test_circles_are_found() -> None:
    assert circle({"a": {"b"}, "b": {"c"}, "c": {"a"}}) != []
    assert circle({"a": {"b"}, "b": {"c"}}) == []


def test_local_imports_have_a_reason(imports: Imports) -> None:
    """A new one is put at the top, or measured and listed."""
    found = {name for name, (_, inside) in imports.items() if inside and not name.startswith("sim.cli")}
    assert found <= set(LOCAL), "imports inside functions"
    assert set(LOCAL) - found <= {"sim", "sim.forecast"}, "listed, and no longer there"


def test_folders_are_not_crowded() -> None:
    """More than about fifteen side by side and nobody finds anything."""
    crowded = set()
    for folder in sorted(path.parent for path in PACKAGE.rglob("__init__.py")):
        if len([path for path in folder.glob("*.py") if path.name != "__init__.py"]) > MOST:
            crowded.add(".".join(folder.relative_to(ROOT).parts))
    assert crowded <= set(CROWDED)


def n_lines(text: str) -> int:
    """Number of lines that are neither empty nor part of a docstring."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    documented = [node for node in ast.walk(ast.parse(text)) if isinstance(node, kinds) and ast.get_docstring(node)]
    spans = [range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1) for node in documented]
    lines = {number for number, line in enumerate(text.splitlines(), start=1) if line.strip()}
    return len(lines.difference(*spans))


def test_files_are_not_long() -> None:
    """A file that needs more has two reasons to change; tests are held to it as well."""
    files = [file for folder in (PACKAGE, ROOT / "tests") for file in folder.rglob("*.py")]
    long = {file.name: n for file in files if (n := n_lines(file.read_text(encoding="utf-8"))) > MOST_LINES}
    assert len(files) > 500
    assert long == {}


def test_docstrings_and_empty_lines_do_not_count() -> None:
    text = '"""Why.\n\nMore.\n"""\n\n\ndef f():\n    """Doc."""\n    x = """text\n    of two"""\n    return x  # why\n'
    assert n_lines(text) == 4
