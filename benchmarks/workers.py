"""Replications a second on base: this process alone, two worker processes, and a cluster of two on this machine.

Start-up is not counted: each crew simulates some chunks before it is timed. Rounds are interleaved.
"""

from __future__ import annotations

from contextlib import ExitStack
from statistics import median
from time import perf_counter

from sim.experiment.crew import Crew, crew_for, simulate_chunk
from sim.experiment.replicate import CHUNK
from sim.scenario.load import load_scenario

CHUNKS = 4  # a round
ROUNDS = 3
WORKERS = 2


def seconds(crew: Crew, scenario: str, number: int) -> float:
    """How long a crew takes over the chunks of one round, which no other round has."""
    start = perf_counter()
    firsts = range(number * CHUNKS * CHUNK, (number + 1) * CHUNKS * CHUNK, CHUNK)
    jobs = [(first, (scenario, 1, first, CHUNK, 0)) for first in firsts]
    n = sum(chunk.n for _, chunk in crew.do(simulate_chunk, jobs))
    assert n == CHUNKS * CHUNK
    return perf_counter() - start


def main() -> None:
    """Measure and print."""
    scenario = load_scenario("base").model_dump_json(by_alias=True)
    with ExitStack() as stack:
        crews = {
            "alone": stack.enter_context(crew_for(1, None)),
            f"{WORKERS} workers": stack.enter_context(crew_for(WORKERS, None)),
            f"local cluster of {WORKERS}": stack.enter_context(crew_for(WORKERS, "local")),
        }
        for crew in crews.values():
            seconds(crew, scenario, 0)
        taken: dict[str, list[float]] = {name: [] for name in crews}
        for number in range(1, ROUNDS + 1):
            for name, crew in crews.items():
                taken[name].append(seconds(crew, scenario, number))
    alone = median(taken["alone"])
    print(f"{'':24}{'replications/s':>16}{'of alone':>10}")
    for name, times in taken.items():
        print(f"{name:24}{CHUNKS * CHUNK / median(times):16,.0f}{alone / median(times):10.2f}")


if __name__ == "__main__":
    main()
