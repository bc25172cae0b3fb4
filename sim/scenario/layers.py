"""One scenario merged from several layers: the files that it extends, the file itself, and command-line overrides.

Mappings are merged key by key; any other value replaces the one below. A distribution replaces the whole value below
if it has `dist` or `uncertain`, and changes single parameters if not. Each value remembers its layer. Nothing is
validated here but names that a layer switches off or `--set` misspells.

Attributes:
    MAX_LAYERS: maximum number of files that extend one another.
    COLLECTIONS: paths of mappings from which `name: off` takes a part out.
    NAMED: paths of mappings whose keys are names of the planner's.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sim.errors import Problem, ScenarioError, nearest
from sim.scenario.names import is_bare, is_file, named_file
from sim.scenario.yaml_source import MAX_BYTES, Document, KeyPath, parse, parse_value, read_file
from sim.scenario.yaml_source import shown as shown_value

MAX_LAYERS = 20
COLLECTIONS: tuple[KeyPath, ...] = (
    ("arms",),
    ("sites",),
    ("countries",),
    ("site_defaults", "start_up"),
    ("caps",),
    ("amendments",),
    ("risks",),
    ("interims",),
    ("calendar", "periods"),
    ("patients", "sometimes"),
    ("screening", "criteria"),
    ("follow_up", "leaving"),
    ("extensions",),
)
NAMED: tuple[KeyPath, ...] = (*COLLECTIONS, ("patients", "attributes"), ("patients", "conditions"))
_LIBRARY = ("scenarios", "_scenarios")  # beside `sim` in a checkout, inside it when installed


@dataclass
class Layered:
    """Merged data, with the layer of each value.

    Attributes:
        data: the merged document.
        layers: the documents from the bottom up; overrides, if any, are last.
        origin: index into `layers` by path, for every value and every mapping above it.
    """

    data: dict[str, Any]
    layers: list[Document]
    origin: dict[KeyPath, int] = field(default_factory=dict)

    def layer_of(self, path: KeyPath) -> Document | None:
        """The layer of the value at a path, or of the nearest section around it; None if there is none.

        Args:
            path: keys from the top of the document.
        """
        while path and path not in self.origin:
            path = path[:-1]
        index = self.origin.get(path)
        return None if index is None else self.layers[index]


def library() -> Path:
    """Folder of the scenarios that come with the program.

    Returns:
        `scenarios` beside the package in a checkout, or the copy inside the package when it is installed.
    """
    package = Path(__file__).resolve().parent.parent
    beside = package.parent / _LIBRARY[0]
    return beside if (beside / "base.yaml").is_file() else package / _LIBRARY[1]


def library_names() -> list[str]:
    """Names of the scenarios that come with the program; the base scenario is first."""
    names = sorted(path.stem for path in library().glob("*.yaml"))
    return sorted(names, key=lambda name: name != "base")


def find(name: str, near: Path | None = None) -> Path:
    """The file that a name stands for: a file, or else a scenario of the library with or without its extension.

    Args:
        name: name as written.
        near: folder that relative paths start from; default: the current folder.

    Returns:
        The file; it need not exist if the name has a folder or an ending, or `near` is given.

    Raises:
        ScenarioError: it is a plain name, and no scenario has it.
    """
    path = named_file(name, library(), near)
    if not name or (near is None and is_bare(name) and not path.suffix and not _is_there(path)):
        raise ScenarioError(Problem(f"there is no such scenario: {nearest(name, library_names())}", name))
    return path


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return True  # reading it gives the reason


def _is_distribution(value: object) -> bool:
    return isinstance(value, dict) and ("dist" in value or "uncertain" in value)


def _switched_off(value: object, path: KeyPath) -> bool:
    """Whether `name: off` removes a named part: a site group, a cap, an amendment, a criterion, and so on."""
    return value is False and any(path[:-1] == collection for collection in COLLECTIONS)


def _merge(layered: Layered, target: dict[str, Any], source: dict[str, Any], path: KeyPath, layer: int) -> None:
    """Merge a mapping over another, key by key, and note the layer of each value."""
    for key, value in source.items():
        here = (*path, key)
        current = target.get(key)
        if isinstance(value, dict) and isinstance(current, dict) and not _is_distribution(value):
            layered.origin[here] = layer
            _merge(layered, current, value, here, layer)
            continue
        if isinstance(current, dict):
            for known in [known for known in layered.origin if known[: len(here)] == here]:
                del layered.origin[known]
        if _switched_off(value, here) and layer > 0:
            _take_out(layered, target, here, layer)
            continue
        target[key] = _copied(value)
        _mark(layered, here, value, layer)


def _take_out(layered: Layered, target: dict[str, Any], path: KeyPath, layer: int) -> None:
    """Remove a named part that a layer switches off."""
    if path[-1] not in target:
        document = layered.layers[layer]
        message = f"nothing of this name to switch off: {nearest(path[-1], target)}"
        raise ScenarioError(Problem(message, document.file, document.line(path), ".".join(path)))
    del target[path[-1]]
    layered.origin[path] = layer


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copied(item) for key, item in value.items()}
    return [_copied(item) for item in value] if isinstance(value, list) else value


def _mark(layered: Layered, path: KeyPath, value: Any, layer: int) -> None:
    layered.origin[path] = layer
    if isinstance(value, dict):
        for key, item in value.items():
            _mark(layered, (*path, key), item, layer)


def _parent(document: Document) -> str | None:
    """What a document extends, after a check that it is a scenario at all."""
    shown = document.file
    if document.data is None:
        raise ScenarioError(Problem("is empty; a scenario needs at least 'name' and 'extends: base.yaml'", shown))
    if not isinstance(document.data, dict):
        raise ScenarioError(Problem("is not a scenario: expected 'key: value' lines", shown, 1))
    parent = document.data.get("extends")
    if parent is not None and (not isinstance(parent, str) or not parent.strip()):
        raise ScenarioError(Problem("must be a file name", shown, document.line(("extends",)), "extends", str(parent)))
    return parent


def _documents(
    path: Path, shown: str, seen: tuple[Path, ...] = (), extended_by: tuple[str, int | None] = ("", None)
) -> list[Document]:
    """A file and everything it extends, the most basic first.

    Args:
        path: the file.
        shown: its name in messages.
        seen: files that extend it, the first of them first.
        extended_by: name and line of the file that names it, for messages.

    Raises:
        ScenarioError: a file is missing or no scenario, extends itself, or too many extend one another.
    """
    document = read_file(path, shown)
    resolved = path.resolve()
    if resolved in seen:
        chain = " -> ".join([*(p.name for p in seen), resolved.name])
        raise ScenarioError(Problem(f"a scenario must not extend itself: {chain}", *extended_by, path="extends"))
    if len(seen) >= MAX_LAYERS:
        message = f"more than {MAX_LAYERS} files extend one another"
        raise ScenarioError(Problem(message, *extended_by, path="extends"))
    parent = _parent(document)
    if parent is None:
        return [document]
    parent_path = find(parent, resolved.parent)
    if not is_file(parent_path):
        siblings = {p.name for folder in (resolved.parent, library()) for p in folder.glob("*.yaml") if is_file(p)}
        message = f"there is no such file: {nearest(Path(parent).name, siblings)}"
        raise ScenarioError(Problem(message, shown, document.line(("extends",)), "extends", parent))
    parent_shown = str(Path(shown).parent / parent) if parent_path.parent == resolved.parent else parent_path.name
    here = (shown, document.line(("extends",)))
    return [*_documents(parent_path, parent_shown, (*seen, resolved), here), document]


def _override(text: str) -> tuple[KeyPath, Any]:
    """Path and value of a `PATH=VALUE` text."""
    path, equals, value = text.partition("=")
    if not equals or not path.strip():
        raise ScenarioError(Problem("write PATH=VALUE, as in sites.general_hospital.count=4", "--set", value=text))
    try:
        parsed = parse_value(value)
    except ScenarioError as error:
        message = f"this value {error.problems[0].message}"
        raise ScenarioError(Problem(message, "--set", path=path.strip(), value=value)) from None
    return tuple(part.strip() for part in path.strip().split(".")), parsed


def unknown_name(path: KeyPath, value: object, data: Any) -> tuple[int, str] | None:
    """A name that a change would silently add as a site group, criterion or way of leaving, if it is misspelt.

    Args:
        path: path of the change.
        value: its value; a section at the name itself is a new one on purpose.
        data: what is changed.

    Returns:
        Position of the name in the path, and the nearest known one in words; None if there is no such name.
    """
    for depth, key in enumerate(path):
        if path[:depth] in NAMED and isinstance(data, dict) and key not in data:
            is_new = depth == len(path) - 1 and isinstance(value, dict)
            return None if is_new else (depth, nearest(key, data))
        data = data.get(key) if isinstance(data, dict) else None
    return None


def _check_name(path: KeyPath, value: Any, below: dict[str, Any]) -> None:
    """Refuse a misspelt name in a --set; a name at the end that is like no other is a new one."""
    found = unknown_name(path, value, below)
    if found is None or (found[0] == len(path) - 1 and not found[1].startswith("did")):
        return
    message = f"there is no '{path[found[0]]}' here; {found[1]} (a new one is written as NAME={{...}})"
    raise ScenarioError(Problem(message, "--set", path=".".join(path), value=shown_value(value)))


def _as_document(overrides: tuple[str, ...], below: dict[str, Any]) -> Document:
    for text in overrides:
        _check_name(*_override(text), below)
    return Document(override_data(overrides), "--set")


def override_data(overrides: tuple[str, ...]) -> dict[str, Any]:
    """Read `PATH=VALUE` texts as the data that a file would have.

    Args:
        overrides: the texts; later ones win.

    Returns:
        Nested mappings; dots separate their keys.

    Raises:
        ScenarioError: a text is not PATH=VALUE, or its value is not valid YAML.
    """
    merged = Layered({}, [])
    for text in overrides:
        path, value = _override(text)
        for key in reversed(path):
            value = {key: value}
        _merge(merged, merged.data, value, (), 0)  # layer 0: an `off` stays, and acts on the files below later
    return merged.data


def stack(
    path: Path, overrides: tuple[str, ...] = (), shown: str | None = None, below: tuple[Document, ...] = ()
) -> Layered:
    """Merge a scenario file with everything that it extends and with overrides.

    Args:
        path: the scenario file.
        overrides: `PATH=VALUE` texts; later ones win.
        shown: name of the file in messages; default: the path.
        below: documents to merge below all files.

    Returns:
        The merged data, not validated.

    Raises:
        ScenarioError: a file is missing, empty, not YAML, or extends itself, or an override is not PATH=VALUE.
    """
    return _overridden([*below, *_documents(path, shown or str(path))], overrides)


def stack_text(
    text: str, overrides: tuple[str, ...] = (), shown: str = "scenario", below: tuple[Document, ...] = ()
) -> Layered:
    """Merge a scenario that was sent as text. It may extend scenarios of the library only, not other files.

    Args:
        text: the scenario, as a file would have it.
        overrides: `PATH=VALUE` texts; later ones win.
        shown: name of the text in messages.
        below: documents to merge below all files.

    Returns:
        The merged data, not validated.

    Raises:
        ScenarioError: it is empty, too large, not YAML, or extends something that is not in the library.
    """
    if len(text.encode()) > MAX_BYTES:
        message = f"is larger than a scenario may be ({MAX_BYTES:,} bytes)"
        raise ScenarioError(Problem(message, shown, value=f"{len(text.encode()):,}"))
    document = parse(text, shown)
    parent = _parent(document)
    if parent is None:
        return _overridden([*below, document], overrides)
    name = parent.removesuffix(".yaml")
    if name not in library_names():
        line = document.line(("extends",))
        message = f"must be an included scenario: {nearest(name, library_names())}"
        raise ScenarioError(Problem(message, shown, line, "extends", parent))
    return _overridden([*below, *_documents(library() / f"{name}.yaml", f"{name}.yaml"), document], overrides)


def _overridden(documents: list[Document], overrides: tuple[str, ...]) -> Layered:
    if overrides:
        documents.append(_as_document(overrides, merge(documents).data))
    return merge(documents)


def merge(documents: list[Document]) -> Layered:
    """Merge documents, the first at the bottom; `extends` is ignored.

    Args:
        documents: what the files, overrides and extensions say.

    Returns:
        The merged data; the documents themselves are not changed.

    Raises:
        ScenarioError: a document switches off a name that the ones below do not have.
    """
    layered = Layered({}, documents)
    for index, document in enumerate(documents):
        said = {key: value for key, value in document.data.items() if key != "extends"}
        _merge(layered, layered.data, said, (), index)
    return layered
