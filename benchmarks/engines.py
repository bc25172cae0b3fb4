"""What an event costs: plain SimPy, and this program, on SimPy and compiled, on the same trial, base and larger ones.

Rounds are interleaved, so that whatever else the machine does falls on all alike; medians are shown.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import perf_counter

from benchmarks.plain_simpy import PlainTrial
from sim.analysis.logs import Logs
from sim.analysis.reduce import Reducer
from sim.compiled import ready
from sim.compiled.choice import COMPILED, SIMPY, on_engine
from sim.core.batch import Batch, replications_at_once
from sim.core.design import Design
from sim.core.garbage import collected_between_trials
from sim.experiment.replicate import replicate_chunk
from sim.scenario.load import load_scenario
from sim.scenario.schema import Scenario
from sim.trial import Trial

HERE = Path(__file__).parent


@dataclass
class Contender:
    """One thing to time.

    Attributes:
        name: what the table calls it.
        n: replications a round.
        run: runs replications from a number on.
        n_events: mean events of a replication.
    """

    name: str
    n: int
    run: Callable[[int, int], object]
    n_events: float
    seconds: list[float] = field(default_factory=list)

    def round(self, number: int) -> None:
        """One timed round, on replications of its own."""
        start = perf_counter()
        self.run(number * self.n, self.n)
        self.seconds.append((perf_counter() - start) / self.n)

    @property
    def microseconds(self) -> float:
        """Median over rounds, for one event."""
        return 1e6 * median(self.seconds) / self.n_events


def times_as_large(factor: int) -> Scenario:
    """The base scenario with `factor` times the sites, target, culture suites and bank."""
    base = load_scenario("base")
    assert base.cells is not None
    settings = {"trial.target": base.trial.target, "cells.suites": base.cells.suites}
    settings |= {f"sites.{name}.count": group.count for name, group in base.sites.items()}
    settings |= {
        f"cells.stock.{name}": getattr(base.cells.stock, name) for name in ("start_cells", "reorder_below_cells")
    }
    return load_scenario("base", [f"{path}={value * factor}" for path, value in settings.items()])


def plain(n: int) -> Contender:
    """The yardstick."""

    def run(first: int, n: int) -> int:
        return sum(PlainTrial(seed).run() for seed in range(first, first + n))

    return Contender("plain SimPy, a trial like ours", n, run, run(0, 100) / 100)


def in_cimba(n: int) -> list[Contender]:
    """The same trial in cimba, where that is installed; its models are compiled before."""
    if find_spec("cimba") is None:
        return []
    from benchmarks.in_cimba import events

    return [Contender("cimba, the same trial", n, events, events(0, 100) / 100)]


def simulated(name: str, scenario: Scenario, n: int) -> Contender:
    """The simulation alone: events, and no measures."""
    design = Design(scenario)

    def run(first: int, n: int) -> int:
        events, size = 0, replications_at_once(design)
        with collected_between_trials() as collect:
            for start in range(first, first + n, size):
                batch = Batch(design, 1, start, min(size, first + n - start))
                for i in range(batch.n):
                    events += len(Trial(batch, start + i).run())
                    collect()
        return events

    n_counted = min(n, 50)
    return Contender(name, n, run, run(0, n_counted) / n_counted)


def _n_events(logs: Logs) -> int:
    return len(logs.happened) + len(logs.visits) + 2 * len(logs.ended_at_once.time)


def compiled(name: str, scenario: Scenario, n: int) -> Contender:
    """The same on the compiled engine; compiling is not counted."""
    design = Design(scenario)

    def run(first: int, n: int) -> int:
        size = replications_at_once(design)
        return sum(
            _n_events(Logs(*written))
            for start in range(first, first + n, size)
            for written in ready.engine().simulated(Batch(design, 1, start, min(size, first + n - start)))
        )

    n_counted = min(n, 50)
    return Contender(name, n, run, run(0, n_counted) / n_counted)


def measured(name: str, scenario: Scenario, n: int, n_events: float, engine: str) -> Contender:
    """The simulation with its measures: what a run does for each replication."""
    reducer = Reducer(Design(scenario))
    return Contender(name, n, lambda first, n: on_engine(engine, replicate_chunk, reducer, 1, first, n), n_events)


def contenders() -> list[Contender]:
    """All of them; each round of each takes a second or so."""
    alike, base = load_scenario(HERE / "like-plain-simpy.yaml"), load_scenario("base")
    found = [
        plain(192),
        *in_cimba(384),
        simulated("ours, the same trial", alike, 192),
        simulated("ours, base", base, 192),
    ]
    found.append(measured("ours, base, with all measures", base, 192, found[-1].n_events, SIMPY))
    found.append(simulated("ours, 10 times base", times_as_large(10), 24))
    found.append(simulated("ours, 100 times base", times_as_large(100), 2))
    if ready.has_numba():
        ready.make_ready_apart()
        found += [compiled("compiled, the same trial", alike, 384), compiled("compiled, base", base, 384)]
        found.append(measured("compiled, base, with all measures", base, 384, found[-1].n_events, COMPILED))
        found.append(compiled("compiled, 10 times base", times_as_large(10), 48))
        found.append(compiled("compiled, 100 times base", times_as_large(100), 4))
    return found


def main(rounds: int = 6) -> None:
    """Time and print."""
    all_contenders = contenders()
    for number in range(1, rounds + 1):
        for contender in all_contenders:
            contender.round(number)
    yardstick = all_contenders[0].microseconds
    print(f"{'':34}{'events':>10}{'replications/s':>16}{'events/s':>12}{'us/event':>10}{'of plain':>10}")
    for each in all_contenders:
        per_second = 1 / median(each.seconds)
        print(
            f"{each.name:34}{each.n_events:10,.0f}{per_second:16,.1f}{per_second * each.n_events:12,.0f}"
            f"{each.microseconds:10.2f}{each.microseconds / yardstick:10.2f}"
        )


if __name__ == "__main__":
    main()
