"""Examples in the pages: run as a reader would run them, and written back with what they really print.

    ```console              commands after `$ `, and what they print; run in order, a page at a time, in one folder
    ```python               run in the page's folder
    any, with `<!-- file: NAME -->` before it: a file that the page's commands use
    ```bash                 setting up; not run

`<!-- lines: 1-8; Primary completion; Funnel..randomised -->` before a console block shows these lines of the output, by
number, by a text in them, or from one text to another, with `...` for the rest;
`<!-- exit: 2 -->` says that the command is meant to fail. `<!-- data: NAME.csv, ... -->` before the first block names
files of real trials, which are not part of the project: without them the page's examples are not run.
`python tests/docs/examples.py --write` renews all outputs.
"""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from unittest import mock

ROOT = Path(__file__).resolve().parent.parent.parent
ELLIPSIS = "..."
FEW = "20"  # replications in a quick run
FEWEST = {"run": "4", "explain": "96", "plan": "820"}  # and of commands that need fewer or more

_FENCE = re.compile(r"^```(\w*)\s*$")
_NOTE = re.compile(r"^<!-- (file|lines|exit): (.+) -->$")
_DATA = re.compile(r"^<!-- data: (.+) -->$", re.MULTILINE)
REAL_TRIALS = ROOT / ".." / "shared" / "data"
_SIMULATES = re.compile(r"\btrialclock (run|compare|sweep|explain|forecast|plan)\b")
_ALONE = re.compile(r"trialclock [^|<>;&*$`()]+")  # one command, which needs no shell
_HAS_ITS_SIZE = re.compile(r"--(resume|until)\b")  # from its folder, or from what it is to find
_DEPENDS_ON_SIZE = re.compile(rf"{_SIMULATES.pattern}|^python |--export \S+\.(csv|xlsx)$|\bresults/\S+\.csv\b")
_HAS_REPORT = ("run", "compare", "sweep", "plan")
_SIZE = re.compile(r"(--replications|-n) \d+")
_RUN_ID = re.compile(r"(results/[a-z0-9-]+)-[0-9a-f]{8}\b")


@dataclass
class Block:
    """One fenced block of a page.

    Attributes:
        kind: the word after the fence.
        first: index of the first line inside it.
        lines: what is inside.
        notes: what stands before it: `file`, `lines`, `exit`.
    """

    kind: str
    first: int
    lines: list[str] = field(default_factory=list)
    notes: dict[str, str] = field(default_factory=dict)


def pages() -> list[Path]:
    """All pages of the project."""
    tops = [
        ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md", "SECURITY.md", "results/README.md")
    ]
    return [*tops, *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page in order."""
    notes: dict[str, str] = {}
    block: Block | None = None
    for i, line in enumerate(text.splitlines()):
        fence, note = _FENCE.match(line), _NOTE.match(line)
        if block is None and fence:
            block, notes = Block(fence[1], i + 1, notes=notes), {}
        elif block is not None and fence:
            yield block
            block = None
        elif block is not None:
            block.lines.append(line)
        elif note:
            notes[note[1]] = note[2]
        elif line.strip():
            notes = {}


def commands(block: Block) -> list[tuple[str, list[str]]]:
    """The commands of a console block, each with what it is said to print."""
    found: list[tuple[str, list[str]]] = []
    for line in block.lines:
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    return found


def _small(command: re.Match[str]) -> str:
    """The beginning of a command that simulates, made small."""
    without = "--no-report " if command[1] in _HAS_REPORT else ""
    alone = "--workers 1 "  # starting processes takes longer than so few trials
    return f"{command[0]} {without}{alone}--replications {FEWEST.get(command[1], FEW)}"


class Reader:
    """Someone who follows a page in a folder of their own.

    Args:
        folder: an empty folder.
        quick: whether simulations are made small, and no report is written.
    """

    def __init__(self, folder: Path, quick: bool) -> None:
        self.folder = folder
        self.quick = quick
        shutil.copytree(ROOT / "scenarios", folder / "scenarios")
        (folder / "bin").mkdir()
        for name, script in (("trialclock", f'"{ROOT / "run_sim.py"}"'), ("python", "")):
            door = folder / "bin" / name
            door.write_text(f'#!/bin/sh\nexec "{sys.executable}" {script} "$@"\n')
            door.chmod(0o755)
        self._environment = os.environ | {
            "PATH": f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(ROOT),
            "NO_COLOR": "1",
        }

    def command(self, text: str) -> tuple[int, list[str]]:
        """Run a command; its exit code, and what it prints (its complaints, where it fails)."""
        if self.quick and _SIMULATES.search(text) and not _HAS_ITS_SIZE.search(text):
            text = _SIMULATES.sub(_small, _SIZE.sub("", text))
        code, out, err = self._here(text) if self.quick and _ALONE.fullmatch(text) else self._in_a_shell(text)
        return code, [line.rstrip() for line in (out + (err if code else "")).splitlines()]

    def _here(self, text: str) -> tuple[int, str, str]:
        """Run a command in this process, which need not import the program again."""
        from command_line import call  # of the tests, which are not there for `--write`

        with contextlib.chdir(self.folder), mock.patch.dict(os.environ, {"NO_COLOR": "1", "COLUMNS": "80"}):
            return call(*shlex.split(text)[1:])

    def _in_a_shell(self, text: str) -> tuple[int, str, str]:
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", text],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        return done.returncode, done.stdout, done.stderr

    def python(self, source: str) -> list[str]:
        """Run a Python block; what it prints."""
        if self.quick:
            source = re.sub(r"replications=\d{3}\b", f"replications={FEW}, report=False", source)
        done = subprocess.run(
            [sys.executable, "-c", source],
            cwd=self.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, f"{source}\n{done.stderr}"
        return done.stdout.splitlines()

    def write(self, block: Block) -> None:
        """A file that the page shows."""
        (self.folder / block.notes["file"]).write_text("\n".join(block.lines) + "\n", encoding="utf-8")


def _chosen(output: list[str], part: str) -> range:
    """Lines that one part of a `lines` note names: `3`, `2-6`, `text`, or `text..text` (from one line to another)."""
    numbers = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
    if numbers:
        return range(int(numbers[1]) - 1, min(int(numbers[2] or numbers[1]), len(output)))
    begin, _, end = part.partition("..")
    first = next((i for i, line in enumerate(output) if begin in line), None)
    assert first is not None, f"no line of the output has '{begin}'"
    last = next((i for i, line in enumerate(output[first:], first) if end in line), None) if end else first
    assert last is not None, f"no later line of the output has '{end}'"
    return range(first, last + 1)


def shown(output: list[str], wanted: str | None) -> list[str]:
    """The lines of an output that a page shows, with an ellipsis for the rest."""
    if wanted is None:
        return output
    chosen = {i for part in wanted.split("; ") for i in _chosen(output, part.strip())}
    kept: list[str] = []
    for i, line in enumerate(output):
        if i in chosen:
            kept.append(line)
        elif line and (not kept or kept[-1] != ELLIPSIS):
            kept.append(ELLIPSIS)
    return kept


def same(ours: list[str], theirs: list[str]) -> bool:
    """Whether two outputs are the same, but for the ids of runs, which differ between versions of the program."""
    return [_RUN_ID.sub(r"\1-ID", line) for line in ours] == [_RUN_ID.sub(r"\1-ID", line) for line in theirs]


def _run_console(reader: Reader, block: Block) -> tuple[list[str], list[str]]:
    """The block with what its commands really print, and what is wrong."""
    printed: list[str] = []
    wrong: list[str] = []
    for command, expected in commands(block):
        code, output = reader.command(command)
        if code != int(block.notes.get("exit", "0")):
            wrong.append(f"{command}: exit code {code}\n" + "\n".join(output[-20:]))
        elif reader.quick and not code and _DEPENDS_ON_SIZE.search(command):
            output = expected
        else:
            output = shown(output, block.notes.get("lines"))
            if not same(output, expected):
                wrong.append(f"{command} prints something else:\n" + "\n".join(output))
        printed += [f"$ {command}", *output]
    return printed, wrong


def follow(page: Path, folder: Path, quick: bool) -> tuple[str, list[str]]:
    """Run all examples of a page.

    Args:
        page: the page.
        folder: an empty folder.
        quick: whether simulations are made small; their outputs are then not compared.

    Returns:
        The page with the outputs that were printed, and what differs.
    """
    text = page.read_text(encoding="utf-8")
    reader, lines, wrong = Reader(folder, quick), text.splitlines(), []
    for name in data_of(page):
        shutil.copy(REAL_TRIALS / name, folder / name)
    renewed: list[tuple[Block, list[str]]] = []
    for block in blocks(text):
        if "file" in block.notes:
            reader.write(block)
        elif block.kind == "python":
            reader.python("\n".join(block.lines))
        elif block.kind == "console":
            printed, differences = _run_console(reader, block)
            renewed.append((block, printed))
            wrong += [f"{page.relative_to(ROOT)}:{block.first}: {text}" for text in differences]
    for block, printed in reversed(renewed):
        lines[block.first : block.first + len(block.lines)] = printed
    return "\n".join(lines) + "\n", wrong


def data_of(page: Path) -> list[str]:
    """Files of real trials that a page uses."""
    found = _DATA.search(page.read_text(encoding="utf-8"))
    return [name.strip() for name in found[1].split(",")] if found else []


def can_be_followed(page: Path) -> bool:
    """Whether the data that a page uses are there."""
    return all((REAL_TRIALS / name).is_file() for name in data_of(page))


def has_examples(page: Path) -> bool:
    """Whether a page has something to run."""
    return any(block.kind in ("console", "python") for block in blocks(page.read_text(encoding="utf-8")))


def _main() -> None:
    import tempfile

    named = [Path(name).resolve() for name in sys.argv[1:] if not name.startswith("--")]
    for page in named or [page for page in pages() if has_examples(page) and can_be_followed(page)]:
        with tempfile.TemporaryDirectory() as folder:
            text, wrong = follow(page, Path(folder), quick=False)
        if "--write" in sys.argv:
            page.write_text(text, encoding="utf-8")
        sys.stderr.write("\n".join([f"{page.relative_to(ROOT)}: {len(wrong)} differences", *wrong, ""]))


if __name__ == "__main__":
    _main()
