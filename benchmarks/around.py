"""What stands around the trials: measures of many replications at once and of one at a time, and starting workers.

Processor time of this process, which other work on the machine disturbs less than a clock; rounds are interleaved, and
the median is shown with the fastest and the slowest.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter, process_time

from sim.analysis.logs import Logs
from sim.analysis.reduce import MilestoneReducer, OutcomeReducer, Reducer
from sim.core.batch import Batch, replications_at_once
from sim.core.design import Design
from sim.core.garbage import collected_between_trials
from sim.experiment.forks import AFRESH, METHOD, prepare_forks
from sim.experiment.reducers import reducer_of
from sim.experiment.workers import start_worker
from sim.scenario.load import load_scenario
from sim.trial import Trial

ROUNDS = 9
STARTS = 5


def measuring() -> tuple[dict[str, Callable[[], object]], int]:
    """What to time on one batch of base, each once for all its replications; and how many these are."""
    design = Design(load_scenario("base"))
    batch = Batch(design, 1, 0, replications_at_once(design))
    uncertain = [batch.unknowns(i).values for i in range(batch.n)]

    def simulate() -> list[object]:
        with collected_between_trials():
            return [Trial(batch, i).run() for i in range(batch.n)]

    logs = [Trial(batch, i).run() for i in range(batch.n)]
    each = [Logs.of(log) for log in logs]
    together, every = Logs.joined(each), Reducer(design)
    parts: dict[str, Callable[[], object]] = {
        "the model, for comparison": simulate,
        "logs to columns": lambda: Logs.joined([Logs.of(log) for log in logs]),
        "all measures, together": lambda: every(together, uncertain),
        "all measures, one by one": lambda: [every(*one) for one in zip(each, ([u] for u in uncertain), strict=True)],
        "dates and cost, together": lambda: OutcomeReducer(design)(together, uncertain),
        "dates alone, together": lambda: MilestoneReducer(design)(together, uncertain),
    }
    return parts, batch.n


def start(method: str) -> float:
    """Wall time until two workers have made a scenario ready, the modules that this takes imported."""
    text = load_scenario("base").model_dump_json(by_alias=True)
    began = perf_counter()
    workers = [start_worker(method) for _ in range(2)]
    for _, connection in workers:
        connection.send((_ready, (text,)))
    for _, connection in workers:
        assert connection.recv() == (True, None)
    taken = perf_counter() - began
    for process, connection in workers:
        connection.close()
        process.join()
    return taken


def _ready(text: str) -> None:
    reducer_of(text)


def _spread(times: list[float], unit: str) -> str:
    return f"{median(times):8.2f}   ({min(times):.2f} to {max(times):.2f}) {unit}"


def main() -> None:
    """Measure and print."""
    parts, n = measuring()
    taken: dict[str, list[float]] = {name: [] for name in parts}
    for _ in range(ROUNDS):
        for name, work in parts.items():
            began = process_time()
            work()
            taken[name].append(1000 * (process_time() - began) / n)
    for name, times in taken.items():
        print(f"{name:34}{_spread(times, 'ms a replication of base')}")
    methods = {AFRESH: "two workers, each afresh", METHOD: "two workers, forked"}
    prepare_forks()
    start(METHOD)  # waits for what the process that they are forked from imports
    starts: dict[str, list[float]] = {method: [] for method in methods}
    for _ in range(STARTS):
        for method in methods:
            starts[method].append(start(method))
    for method, name in methods.items():
        print(f"{name:34}{_spread(starts[method], 's')}")


if __name__ == "__main__":
    main()
