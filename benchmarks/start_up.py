"""How long commands take that simulate nothing: the median of several starts, interleaved."""

from __future__ import annotations

import subprocess
import sys
from statistics import median
from time import perf_counter

COMMANDS = {
    "python, nothing imported": ["-c", "pass"],
    "--help": ["run_sim.py", "--help"],
    "validate base": ["run_sim.py", "validate", "base"],
    "show base": ["run_sim.py", "show", "base"],
}
ROUNDS = 7


def seconds(arguments: list[str]) -> float:
    """Wall time of one start."""
    start = perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - start


def main() -> None:
    """Measure and print."""
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, arguments in COMMANDS.items():
            taken[name].append(seconds(arguments))
    for name, times in taken.items():
        print(f"{name:28}{median(times):8.2f} s")


if __name__ == "__main__":
    main()
