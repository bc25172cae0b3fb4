"""Python files of extensions: how they are read, run once, checked, and identified by the SHA-256 of their text.

Code runs only if a person names its file, by --extension or `extensions=`. A scenario holds only an extension's name,
its parameters, and the SHA-256 that the program fills in, by which every process finds the same code. What an extension
may do is in `sim.extension`; how it takes part in a trial, in `sim.processes.extensions`.

Attributes:
    Given: how a person may name an extension: a file, the name of one that comes with the program, a module or its
        name, or a class in a module.
    Extensions: one of these, or several.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
import sys
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

from sim.errors import InputError, Problem, nearest, refusal
from sim.extension import Extension, Measure, Parameter
from sim.scenario.layers import library
from sim.scenario.schema.extensions import ExtensionUse
from sim.scenario.yaml_source import Document

# A file, the name of one that comes with the program, a module or its name, or a class in a module.
Given = str | Path | ModuleType | type[Extension]
Extensions = Iterable[Given] | Given

_MOST_BYTES = 1_000_000
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_WHERE = "--extension"


@dataclass(frozen=True)
class ExtensionFile:
    """A file of extensions.

    Attributes:
        file: the file as the person named it.
        text: its text.
        sha256: SHA-256 of the text.
        kinds: classes of its extensions, by name.
    """

    file: str
    text: str
    sha256: str
    kinds: dict[str, type[Extension]] = field(default_factory=dict)

    def document(self) -> Document:
        """What a scenario file would say of its extensions: their default parameters, with sources.

        Returns:
            A document to merge below a scenario; parameters without a default are left out, so that a scenario must
            give them.
        """
        uses: dict[str, Any] = {}
        sources: dict[str, Any] = {}
        for name, kind in self.kinds.items():
            known = {key: entry.default for key, entry in kind.parameters.items() if entry.default is not None}
            uses[name] = {"sha256": self.sha256, "parameters": known}
            for key in known:
                entry = kind.parameters[key]
                path = f"extensions.{name}.parameters.{key}"
                sources[path] = {"grade": entry.grade, "source": entry.source}
        return Document({"extensions": uses} | ({"sources": sources} if sources else {}), self.file)


_FILES: dict[str, ExtensionFile] = {}  # files that this process has read, by SHA-256
_COMPILED: set[str] = set()  # names under which code was run


_given: ContextVar[tuple[ExtensionFile, ...]] = ContextVar("given", default=())


@contextmanager
def extensions_given(extensions: Extensions) -> Iterator[None]:
    """Context in which extensions take part in every scenario that is read.

    Args:
        extensions: as for `read_extensions`.

    Yields:
        Once; afterwards the extensions of before take part again.

    Raises:
        InputError: as `read_extensions` does.
    """
    before = _given.set((*_given.get(), *read_extensions(extensions)))
    try:
        yield
    finally:
        _given.reset(before)


def given_files() -> list[str]:
    """Files of the extensions that take part now, as they were named.

    Returns:
        Paths, in the order in which they were given.
    """
    return [one.file for one in _given.get()]


def documents_below(extensions: Extensions = ()) -> tuple[Document, ...]:
    """Documents of extensions, to merge below a scenario: those that take part now, and others.

    Args:
        extensions: the others; see `Given`.

    Returns:
        One document for each file.

    Raises:
        InputError: as `read_extensions` does.
    """
    files = {one.sha256: one for one in (*_given.get(), *read_extensions(extensions))}
    return tuple(one.document() for one in files.values())


def read_extensions(given: Extensions) -> list[ExtensionFile]:
    """Read and run the files of extensions; this process then knows their classes.

    Args:
        given: files, modules or names of modules, or classes; a class stands for the file that defines it.

    Returns:
        The files, each once.

    Raises:
        InputError: a file cannot be read or run, or has no valid extension, with the line; or two files have an
            extension of the same name.
    """
    each = [given] if isinstance(given, (str, Path, ModuleType, type)) else list(given)
    found = [_read(one) for one in each]
    names: dict[str, str] = {}
    for one in found:
        for name in one.kinds:
            if names.setdefault(name, one.file) != one.file:
                raise InputError(Problem(f"'{name}' is also an extension of {names[name]}", one.file))
    return list({one.sha256: one for one in found}.values())


def texts() -> list[tuple[str, str]]:
    """File and text of each extension that this process knows, to pass to another process."""
    return [(one.file, one.text) for one in _FILES.values()]


def take_over(known: Sequence[tuple[str, str]]) -> None:
    """Read the extensions that another process knows.

    Args:
        known: result of `texts` in the other process.

    Raises:
        InputError: a text cannot be run here.
    """
    for file, text in known:
        _known(file, text)


def extension_of(name: str, sha256: str) -> type[Extension]:
    """The class of an extension.

    Args:
        name: name in the scenario.
        sha256: SHA-256 of its file, of which line ends do not count.

    Returns:
        The class, as this process has run it.

    Raises:
        InputError: this process has not read its file, or has read a different one.
    """
    one = _FILES.get(sha256)
    if one is not None and name in one.kinds:
        return one.kinds[name]
    other = next((known for known in _FILES.values() if name in known.kinds), None)
    path = f"extensions.{name}"
    if other is None:
        raise InputError(Problem("needs its Python file: give it by --extension FILE", path=path))
    message = f"is not as it is in {other.file}: the file was changed since, or it is another one"
    raise InputError(Problem(message, path=f"{path}.sha256", value=f"{other.sha256[:16]}..., not {sha256[:16]}..."))


def known_extension(name: str, use: ExtensionUse) -> type[Extension] | None:
    """The class of an extension that a scenario names.

    Args:
        name: name in the scenario.
        use: its entry in the scenario, with the SHA-256 of its file.

    Returns:
        None if this process has not read its file.
    """
    one = _FILES.get(use.sha256)
    return None if one is None else one.kinds.get(name)


def blamed(error: BaseException) -> InputError | None:
    """The error to show for an exception from an extension's file.

    Args:
        error: the exception, with its traceback.

    Returns:
        An error with file and line; None if the exception did not come from an extension.
    """
    if isinstance(error, InputError):
        return error
    inside = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in _COMPILED]
    if not inside:
        return None
    return InputError(Problem(f"{type(error).__name__}: {error}", inside[-1].filename, inside[-1].lineno))


def _read(given: Given) -> ExtensionFile:
    """Read and run one file of extensions."""
    path = _path(given)
    shown = str(path)
    try:
        if not path.is_file():
            near = [str(other) for other in path.parent.glob("*.py")] if path.parent.is_dir() else []
            raise InputError(Problem(f"there is no such file: {nearest(shown, near)}", _WHERE, value=shown))
        if path.stat().st_size > _MOST_BYTES:
            raise InputError(Problem(f"is larger than an extension may be ({_MOST_BYTES:,} bytes)", shown))
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(Problem("is not a text in UTF-8", shown)) from None
    except (OSError, ValueError) as error:
        raise InputError(Problem(refusal(error), shown)) from None
    return _known(shown, text)


def _path(given: Given) -> Path:
    """The file of an extension: a path, an example of the library, or the file of a module or class."""
    if isinstance(given, Path):
        return given
    if isinstance(given, str):
        if given.endswith(".py") or not given.replace(".", "").isidentifier():
            return Path(given)
        example = library() / "extensions" / f"{given}.py"
        if example.is_file():
            return example
        try:
            spec = importlib.util.find_spec(given)
        except (ImportError, ValueError):
            spec = None
        return Path(given) if spec is None or not spec.has_location else Path(str(spec.origin))
    module = sys.modules.get(given.__module__) if isinstance(given, type) else given
    file = getattr(module, "__file__", None)
    if file is None or getattr(module, "__name__", "") == "__main__":
        message = "is defined in the program that is run: write it into a file of its own, and give that"
        raise InputError(Problem(message, "extensions", value=str(getattr(given, "__name__", given))))
    return Path(file)


def _known(file: str, text: str) -> ExtensionFile:
    """The file as this process knows it: run once for each text; again only if it is given under another name."""
    digest = hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()
    if digest not in _FILES or _FILES[digest].file != file:
        one = ExtensionFile(file, text, digest, _kinds(file, text, digest))
        _FILES[digest] = one
    return _FILES[digest]


def _kinds(file: str, text: str, digest: str) -> dict[str, type[Extension]]:
    """Run a file and collect its extensions by name."""
    try:
        code = compile(text, file, "exec")
    except SyntaxError as error:
        raise InputError(Problem(f"is not Python: {error.msg}", file, error.lineno)) from None
    except ValueError as error:  # a null byte
        raise InputError(Problem(f"is not Python: {error}", file)) from None
    module = ModuleType(f"trialclock_extension_{digest[:16]}")
    module.__file__ = file
    sys.modules[module.__name__] = module  # dataclasses and pickle look for it there
    _COMPILED.add(file)
    try:
        exec(code, vars(module))
    except Exception as error:
        raise blamed(error) or InputError(Problem(f"{type(error).__name__}: {error}", file)) from None
    classes = [found for found in vars(module).values() if _is_extension(found, module)]
    if not classes:
        message = "has no extension: a class that is made of sim.extension.Extension and has a 'name'"
        raise InputError(Problem(message, file))
    kinds: dict[str, type[Extension]] = {}
    for kind in classes:
        wrong = next(_wrong(kind, kinds), None)
        if wrong is not None:
            raise InputError(Problem(wrong, file, _line_of(kind, text), kind.__name__))
        kinds[kind.name] = kind
    return kinds


def _is_extension(found: object, module: ModuleType) -> bool:
    return isinstance(found, type) and issubclass(found, Extension) and found.__module__ == module.__name__


def _line_of(kind: type, text: str) -> int | None:
    """Line of a class in a text, from 1; None where it is not written as a statement of its own."""
    lines = enumerate(text.splitlines(), 1)
    return next((line for line, said in lines if re.match(rf"class\s+{kind.__name__}\b", said)), None)


def _wrong(kind: type[Extension], others: Mapping[str, object]) -> Iterator[str]:
    """Errors in the declaration of an extension."""
    form = "small letters, digits and _, a letter first"
    if not isinstance(kind.name, str) or not _NAME.fullmatch(kind.name):
        yield f"needs a 'name' of {form}, not {kind.name!r}"
        return
    if kind.name in others:
        yield f"two extensions of this file are named '{kind.name}'"
    for what, wanted in (("parameters", Parameter), ("events", str), ("measures", Measure)):
        table = getattr(kind, what)
        if not isinstance(table, Mapping):
            yield f"'{what}' must be a dict"
            return
        for name, entry in table.items():
            if not isinstance(name, str) or not _NAME.fullmatch(name):
                yield f"'{what}' has the name {name!r}: it must be of {form}"
            elif not isinstance(entry, wanted):
                yield f"'{what}' must have a {wanted.__name__} for '{name}', not {entry!r}"
    if isinstance(kind.listens_to, str) or not all(isinstance(name, str) for name in kind.listens_to):
        yield "'listens_to' must be a list of kinds of event"
    for name, parameter in kind.parameters.items():
        if parameter.default is not None and not parameter.low <= parameter.default <= parameter.high:
            yield f"the default of '{name}' is not from {parameter.low:g} to {parameter.high:g}"
