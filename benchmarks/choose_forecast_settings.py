"""How the frozen settings of the drifting rate were chosen: every setting of a grid on every trial and cut, then for
each trial the setting that did best on the others, and how that setting did on the trial it had not seen.

    python benchmarks/choose_forecast_settings.py DATA --out docs/forecast/choice.md

A forecast is a mixture, over sizes of the drift and of the overdispersion, over wind-downs, and of a steady rate. Each
part is fitted and simulated once a cut; a setting is a prior over the parts, and its forecast their mixture, weighed by
prior times evidence. So a setting costs no simulation, and neither does leaving a trial out. What was computed for each
cut is kept in `--keep`, and a second run starts from there. The first takes about ten minutes of processor time.
"""

from __future__ import annotations

import argparse
import itertools
import pickle
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sim.exchange.folder import read_trials
from sim.exchange.observed import MIDDLE_OF_DAY, ObservedTrial, People, nobody
from sim.experiment.workers import n_cores
from sim.forecast.backtest import COUNT_DAYS, Cut, cuts_at
from sim.forecast.baselines import Known, homogeneous_poisson
from sim.forecast.outlook import look_ahead
from sim.forecast.recruitment import learn
from sim.forecast.scores import crps, log_days
from sim.forecast.settings import SETTINGS, NormalPrior, SteadyRate

Array = npt.NDArray[np.float64]

SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
MADE_SHARES = (0.3, 0.5, 0.7)
MADE_TARGETS = (80, 250, 700)
MADE_DAYS = 900
N_MADE = 6
DRAWS = 200  # of each part of a mixture, of which there are 25
WIND_DOWNS = (NormalPrior(0.0, 0.02), NormalPrior(0.2, 0.2), NormalPrior(0.4, 0.3), NormalPrior(0.5, 0.2))
GRID = {
    "P(steady)": (0.0, 0.05, 0.1, 0.2),
    "drift": (0.12, 0.15, 0.18),
    "wind-down": (0.0, 0.2, 0.4, 0.5),
}
LEVELS = (0.5, 0.8, 0.95)
KINDS = {
    "steady": "one rate throughout",
    "half drift": "drifts by 7 % in four weeks",
    "drift": "drifts by 15 %",
    "ramp": "rises for 450 days from a tenth of the full rate, then steady",
}
Point = tuple[float, ...]


@dataclass(frozen=True, eq=False)
class CutParts:
    """The parts of the forecasts of one cut.

    Attributes:
        trial: its name.
        folder: that of its data; its kind, for a made trial.
        n: randomised by then.
        truth: log of the days left, and the number in the next 90 days.
        evidence: (wind-downs, parts) log probability of the counts; the last part is the steady rate.
        draws: (2, wind-downs, parts, draws) of what `truth` has.
        reference: CRPS of the homogeneous Poisson process for both, and whether each interval of it had the truth.
    """

    trial: str
    folder: str
    n: int
    truth: tuple[float, float]
    evidence: Array
    draws: Array
    reference: tuple[float, float, tuple[bool, ...]]


def parts_of(job: tuple[ObservedTrial, Cut, str]) -> CutParts:
    """Fit and simulate every part from one cut."""
    trial, cut, folder = job
    known, days = trial.as_of(cut.when), trial.days
    now, total = known.now, len(days)
    truth = float(days[-1]) - now, float(np.count_nonzero((days >= now) & (days < now + COUNT_DAYS)))
    evidence, draws = [], []
    for i, wind_down in enumerate(WIND_DOWNS):
        posterior = learn(known, total, replace(SETTINGS, wind_down=wind_down, steady=SteadyRate(0.1)))
        evidence.append(posterior.log_evidence)
        part: list[Array] = []
        for k in range(len(posterior.weight)):
            alone = replace(posterior, weight=np.eye(len(posterior.weight))[k])
            outlook = look_ahead(alone, DRAWS, SETTINGS.seed + 1000 * i + k)
            part.append(np.array([log_days(outlook.day_of(total) - now), outlook.more_by(now + COUNT_DAYS)]))
        draws.append(part)
    random = np.random.Generator(np.random.Philox(SETTINGS.seed))
    futures = homogeneous_poisson(Known(known, total), SETTINGS.draws, random)
    counts = np.minimum(futures.count_in(COUNT_DAYS, random), total - known.n_randomised)
    left = futures.days_to(total - known.n_randomised, random)
    position = float(np.mean(left < truth[0]))
    reference = crps(log_days(left), float(log_days(truth[0]))), crps(counts, truth[1]), _covers(position)
    stacked = np.moveaxis(np.array(draws, dtype=np.float32), 2, 0)
    return CutParts(
        trial.name, folder, known.n_randomised, (float(log_days(truth[0])), truth[1]), np.array(evidence), stacked,
        reference,
    )  # fmt: skip


def _covers(position: float) -> tuple[bool, ...]:
    return tuple((1 - level) / 2 <= position <= (1 + level) / 2 for level in LEVELS)


def log_prior(point: Point) -> Array:
    """(parts,) of a setting, as `sim.forecast.rate` has it: pairs of drift and dispersion, and last the steady rate."""
    p_steady, drift_median, _ = point
    drifts = np.array(SETTINGS.drift_grid)
    prior = np.exp(-0.5 * (np.log(drifts / drift_median) / SETTINGS.drift_log_sd) ** 2)
    pairs = np.repeat(prior, len(SETTINGS.dispersion_grid))
    with np.errstate(divide="ignore"):
        return np.log(np.append((1 - p_steady) * pairs / pairs.sum(), p_steady))


def mixture_crps(draws: Array, weights: Array, truth: float) -> float:
    """CRPS of weighed draws: the integral of the squared distance of two distribution functions."""
    values, weights = np.append(draws, truth), np.append(weights, 0.0)
    order = np.argsort(values, kind="stable")
    values = values[order]
    below = np.cumsum(weights[order])[:-1]
    return float(((below - (values[:-1] >= truth)) ** 2 * np.diff(values)).sum())


def scored(cut: CutParts, point: Point) -> dict[str, object]:
    """One setting on one cut."""
    i = GRID["wind-down"].index(point[-1])
    # A steady rate never winds down: its evidence and draws are the same, whatever the wind-down of the others is.
    score = log_prior(point) + cut.evidence[i]
    weights = np.exp(score - score.max())
    weights = np.repeat(weights / weights.sum() / DRAWS, DRAWS)
    days, counts = (cut.draws[k, i].astype(np.float64).ravel() for k in (0, 1))
    position = float(weights[days < cut.truth[0]].sum())
    row: dict[str, object] = {
        "trial": cut.trial,
        "folder": cut.folder,
        "n": cut.n,
        "point": point,
        "crps": mixture_crps(days, weights, cut.truth[0]),
        "count": mixture_crps(counts, weights, cut.truth[1]),
        "base_crps": cut.reference[0],
        "base_count": cut.reference[1],
        "steady": float(weights[-DRAWS:].sum()),
    }
    row |= dict(zip((f"covers_{level:.0%}" for level in LEVELS), _covers(position), strict=True))
    return row | dict(zip((f"base_covers_{level:.0%}" for level in LEVELS), cut.reference[2], strict=True))


def scored_at_all(cut: CutParts) -> list[dict[str, object]]:
    """Every setting on one cut."""
    return [scored(cut, point) for point in itertools.product(*GRID.values())]


def made_trial(kind: str, target: int, seed: int) -> ObservedTrial:
    """A trial of which only days are known, about `MADE_DAYS` long, that never winds down: a kind of `KINDS`."""
    random = np.random.default_rng([seed, target, list(KINDS).index(kind)])
    months = 400
    drift = {"drift": 0.15, "half drift": 0.07}.get(kind, 0.0)
    rate = np.exp(np.repeat(np.cumsum(drift * random.standard_normal(months)), 28))
    if kind == "ramp":
        rate *= np.minimum(0.1 + 0.9 * np.arange(len(rate)) / (MADE_DAYS / 2), 1.0)
    counts = random.poisson(target / MADE_DAYS * rate)
    days = np.repeat(np.arange(len(counts)), counts)[:target]
    if len(days) < target:  # drifted away
        return made_trial(kind, target, seed + 1000)
    columns = nobody(target)
    columns["randomised"] = days - float(days[0]) + MIDDLE_OF_DAY
    first = date(2018, 3, 1)
    last = first + timedelta(days=int(days[-1] - days[0]))
    return ObservedTrial(f"{kind} {target} {seed}", kind, first, last, People(**columns))


def real_jobs(data: list[Path]) -> Iterator[tuple[ObservedTrial, Cut, str]]:
    """Cuts of the trials in some folders."""
    for trial in read_trials(data):
        folder = Path(trial.source.split(",")[0]).parent.name
        yield from ((trial, cut, folder) for cut in cuts_at(trial, SHARES))


def made_jobs() -> Iterator[tuple[ObservedTrial, Cut, str]]:
    """Cuts of the made trials."""
    for kind, target, seed in itertools.product(KINDS, MADE_TARGETS, range(N_MADE)):
        trial = made_trial(kind, target, seed)
        yield from ((trial, cut, kind) for cut in cuts_at(trial, MADE_SHARES))


def main() -> None:
    """Read trials, make others, try the grid, write the page."""
    from benchmarks.forecast_choice_page import page

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--keep", type=Path, default=Path("results/forecast-choice.pickle"))
    parser.add_argument("--workers", type=int, default=n_cores())
    arguments = parser.parse_args()
    with ProcessPoolExecutor(arguments.workers) as pool:
        if not arguments.keep.exists():
            found = [list(pool.map(parts_of, jobs)) for jobs in (real_jobs(arguments.data), made_jobs())]
            arguments.keep.parent.mkdir(parents=True, exist_ok=True)
            arguments.keep.write_bytes(pickle.dumps(found))
        parts = pickle.loads(arguments.keep.read_bytes())  # our own file of a minute ago
        real, made = (pd.DataFrame([row for rows in pool.map(scored_at_all, some) for row in rows]) for some in parts)
    arguments.out.write_text(page(real, made), encoding="utf-8")
    print(arguments.out)


if __name__ == "__main__":
    main()
