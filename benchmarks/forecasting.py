"""A fit of 100 sites and 1,000 randomisations, a forecast beside `run`, and a backtest with one and two processes.

Data are made up; all of a line's figures are from one run on this machine.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np

import sim
from sim.exchange.observed import ObservedTrial
from sim.forecast.fit.study import fit

N_SITES = 100
N_RANDOMISED = 1_000
N_DAYS = 540
N_FORECAST_SITES = 8
N_FORECAST_RANDOMISED = 40
REPLICATIONS = 1_000
CUTS = tuple(k / 100 for k in range(15, 65, 5))
WORKERS = 2


def made_up(folder: Path, n_sites: int, n: int) -> ObservedTrial:
    """A log of `n` randomisations over `N_DAYS`, at random sites."""
    random = np.random.default_rng(1)
    days = np.sort(random.integers(0, N_DAYS, n))
    sites = random.integers(0, n_sites, n)
    rows = [f"{date(2023, 1, 2) + timedelta(int(day))},S{site}" for day, site in zip(days, sites, strict=True)]
    path = folder / f"log-{n_sites}.csv"
    path.write_text("\n".join(["date of randomisation,site", *rows]) + "\n", encoding="utf-8")
    return sim.read_observed(path)


def seconds(what: Callable[[], object]) -> float:
    """How long something takes."""
    start = perf_counter()
    what()
    return perf_counter() - start


def main() -> None:
    """Measure and print."""
    with TemporaryDirectory() as name:
        folder = Path(name)
        many = made_up(folder, N_SITES, N_RANDOMISED)
        few = made_up(folder, N_FORECAST_SITES, N_FORECAST_RANDOMISED)
        sim.fit(few, out=folder / "warm")  # libraries are imported
        print(f"fit, {N_SITES} sites {seconds(lambda: fit(many, 1_500)):20.1f} s")
        print(f"the same with its page {seconds(lambda: sim.fit(many, target=1_500, out=folder / 'fit')):12.1f} s")
        fitted = sim.fit(few, target=2 * N_FORECAST_RANDOMISED, out=folder / "few")
        scenario = sim.load_scenario(folder / "few" / "fitted.yaml")
        common = {"replications": REPLICATIONS, "workers": WORKERS, "report": False}
        runs = seconds(lambda: sim.run(scenario, out=folder / "run", **common))
        forecasts = seconds(lambda: sim.forecast(fitted, few, out=folder / "forecast", **common))
        print(f"run, {REPLICATIONS:,} replications {runs:14.1f} s")
        print(f"forecast, {REPLICATIONS:,} replications {forecasts:9.1f} s, {forecasts / runs:.1f} times as long")
        for n in (1, WORKERS):
            out = folder / f"backtest-{n}"
            taken = seconds(lambda n=n, out=out: sim.backtest(few, at=CUTS, workers=n, out=out))
            print(f"backtest, {len(CUTS)} cuts, {n} at work {taken:13.1f} s")


if __name__ == "__main__":
    main()
