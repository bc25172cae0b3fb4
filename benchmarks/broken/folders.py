"""Folders of results that somebody changed: refused with one message, or answered as before."""

from __future__ import annotations

import json
import random
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.broken.trying import Count, progress, tried

_N = 8
_QUESTIONS: dict[str, Callable[[Path, Path], list[str]]] = {
    "results": lambda run, _: ["results", str(run)],
    "resume": lambda run, _: ["run", "--resume", str(run), "-w", "1"],
    "extend": lambda run, _: ["run", "--extend", str(run), "-n", str(2 * _N), "-w", "1"],
    "compare": lambda run, other: ["compare", str(run), str(other), "-w", "1", "--out", str(run.parent / "out")],
    "replay": lambda run, _: ["replay", str(run), "--replication", "0"],
}


def _left_out(file: Path, chance: random.Random) -> None:
    file.unlink()


def _cut(file: Path, chance: random.Random) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: chance.randrange(len(content) + 1)])


def _flipped(file: Path, chance: random.Random) -> None:
    content = bytearray(file.read_bytes())
    for _ in range(chance.randrange(1, 4)):
        if content:
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    file.write_bytes(content)


def _other_type(file: Path, chance: random.Random) -> None:
    file.unlink()
    file.mkdir()


def _empty(file: Path, chance: random.Random) -> None:
    file.write_bytes(b"")


def _linked(file: Path, chance: random.Random) -> None:
    file.unlink()
    file.symlink_to("/nowhere")


def _value(file: Path, chance: random.Random) -> None:
    if file.suffix != ".json":
        _flipped(file, chance)
        return
    tree = json.loads(file.read_text())
    at = tree
    while isinstance(at, dict) and at:
        key = chance.choice(sorted(at))
        if not isinstance(at[key], dict) or not at[key] or chance.random() < 0.3:
            at[key] = chance.choice((None, 0, -1, "", "x", [], {}, 10**12, "../../x", 1.5))
            break
        at = at[key]
    file.write_text(json.dumps(tree))


_CHANGES = (_left_out, _cut, _flipped, _other_type, _empty, _linked, _value, _value, _value)


def main(count: int, seed: int, sources: list[Path], kept: Path) -> None:
    """Change folders of runs `count` times and say what came of it; `sources` are two scenarios or more."""
    counted = Count(kept)
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        whole = [_run(path, Path(folder) / f"{i}" / "run") for i, path in enumerate(sources)]
        for i in progress(range(count), counted, every=100):
            made, other = chance.sample(whole, 2)
            shutil.rmtree(there := Path(folder) / "there", ignore_errors=True)
            shutil.copytree(made.parent, there)
            changed = []
            for _ in range(chance.choice((1, 1, 2))):
                files = sorted(path for path in (there / "run").rglob("*") if path.is_file() and not path.is_symlink())
                change, file = chance.choice(_CHANGES), chance.choice(files)
                change(file, chance)
                changed.append(f"{change.__name__}:{file.name}")
            _judged(there / "run", other, f"{i}-" + "-".join(changed), chance.choice(sorted(_QUESTIONS)), counted)
    print(f"-- {count} folders, seed {seed}\n{counted.told()}")


def _run(scenario: Path, out: Path) -> Path:
    done = tried(
        ["run", str(scenario), "-n", str(_N), "-w", "1", "--engine", "simpy", "--no-causes", "--out", str(out)]
    )
    if not done.done:
        raise SystemExit(done.said)
    return out


def _judged(run: Path, other: Path, name: str, question: str, counted: Count) -> None:
    asked = tried(_QUESTIONS[question](run, other))
    if asked.done:
        counted.add(f"{question}: answered")
    elif asked.refused:
        counted.add(f"{question}: refused")
    else:
        kind = "hang" if asked.hung else f"ends with {asked.code}"
        counted.fault(
            f"{question} {kind}", name, asked.said, lambda folder: shutil.copytree(run, folder / "run", symlinks=True)
        )
