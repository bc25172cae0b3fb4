"""Scenarios with one to three mistakes: refused by `validate` with one message, or they run."""

from __future__ import annotations

import copy
import random
import shutil
import tempfile
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from benchmarks.broken.trying import Count, progress, tried

_ODD: tuple[Any, ...] = (
    0, -1, 1, 2, 0.5, 1e9, 1e308, -1e-9, float("nan"), float("inf"), None, "", "x", "no", True, False, [], {}, [1], "1",
    "2020-02-30", "2020-02-29", "10 days", "base", [[]], {"a": 1}, "é\u202e", "\x07", 10**30, "=1+1",
)  # fmt: skip
_REPLICATIONS = 3
_YAML = YAML(typ="safe", pure=True)
_YAML.allow_unicode = True
_YAML.sort_base_mapping_type_on_output = False

Place = tuple[Any, Any]  # a container, and a key or an index in it


def _places(tree: Any) -> list[Place]:
    found: list[Place] = []
    pairs = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in pairs:
        found.append((tree, key))
        found += _places(value)
    return found


def broken(tree: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    """A copy of a scenario with one to three mistakes."""
    tree = copy.deepcopy(tree)
    for _ in range(chance.choice((1, 1, 1, 2, 3))):
        places = _places(tree)
        if places:
            chance.choice(_MISTAKES)(*chance.choice(places), places, chance)
    return tree


def _left_out(at: Any, key: Any, places: list[Place], chance: random.Random) -> None:
    del at[key]


def _odd(at: Any, key: Any, places: list[Place], chance: random.Random) -> None:
    at[key] = copy.deepcopy(chance.choice(_ODD))


def _scaled(at: Any, key: Any, places: list[Place], chance: random.Random) -> None:
    if isinstance(at[key], int | float) and not isinstance(at[key], bool):
        value = at[key] * chance.choice((-1, 0, 0.01, 0.5, 2, 10, 100, 1000))
        at[key] = int(value) if isinstance(at[key], int) and chance.random() < 0.5 else value
    else:
        _odd(at, key, places, chance)


def _another(at: Any, key: Any, places: list[Place], chance: random.Random) -> None:
    other, its_key = chance.choice(places)
    at[key] = copy.deepcopy(other[its_key])


def _mistyped(at: Any, key: Any, places: list[Place], chance: random.Random) -> None:
    if isinstance(at, dict) and isinstance(key, str) and len(key) > 1:
        i = chance.randrange(len(key) - 1)
        at[key[:i] + key[i + 1] + key[i] + key[i + 2 :]] = at.pop(key)
    else:
        _odd(at, key, places, chance)


def _twice(at: Any, key: Any, places: list[Place], chance: random.Random) -> None:
    if isinstance(at, list):
        at.append(copy.deepcopy(at[key]))
    else:
        at[f"{key}_2"] = copy.deepcopy(at[key])


def _moved(at: Any, key: Any, places: list[Place], chance: random.Random) -> None:
    other, _ = chance.choice(places)
    if isinstance(other, dict):
        other[key if isinstance(key, str) else "more"] = copy.deepcopy(at[key])


_MISTAKES = (_left_out, _odd, _odd, _scaled, _scaled, _another, _mistyped, _twice, _moved)


def _text_broken(text: str, chance: random.Random) -> str:
    i = chance.randrange(len(text))
    return chance.choice(
        (
            text[:i],
            text[:i] + chance.choice(":-[]{}'\"#&*!%@\t\n\x00 ") + text[i:],
            text[:i] + text[i + chance.randrange(1, 40) :],
        )
    )


def main(count: int, seed: int, sources: list[Path], kept: Path) -> None:
    """Break scenarios `count` times and say what came of it."""
    counted = Count(kept)
    chance = random.Random(seed)
    trees = [(path, path.read_text()) for path in sources]
    with tempfile.TemporaryDirectory() as folder:
        for i in progress(range(count), counted):
            path, text = chance.choice(trees)
            file = Path(folder) / "scenario.yaml"
            if chance.random() < 0.15:
                file.write_text(_text_broken(text, chance), errors="surrogateescape")
            else:
                _YAML.dump(broken(_YAML.load(text), chance), file)
            _judged(file, f"{i}-{path.stem}", counted)
    print(f"-- {count} scenarios, seed {seed}\n{counted.told()}")


def _judged(file: Path, name: str, counted: Count) -> None:
    def keep(folder: Path) -> object:
        return shutil.copy(file, folder)

    checked = tried(["validate", str(file)])
    if not (checked.done or checked.refused):
        counted.fault(
            "hang of validate" if checked.hung else f"validate ends with {checked.code}", name, checked.said, keep
        )
        return
    out = file.with_name("out")
    ran = tried(
        ["run", str(file), "-n", str(_REPLICATIONS), "-w", "1", "--engine", "simpy", "--no-causes", "--out", str(out)]
    )
    shutil.rmtree(out, ignore_errors=True)
    if ran.hung:
        counted.fault("hang of run", name, ran.said, keep)
    elif checked.refused and ran.refused:
        counted.add("refused")
    elif checked.done and ran.done:
        counted.add("accepted, and runs")
    else:
        counted.fault(f"validate ends with {checked.code} and run with {ran.code}", name, checked.said + ran.said, keep)
