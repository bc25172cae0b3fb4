"""How the frozen settings of the drifting rate were chosen: every setting of a small grid on every trial and cut, then
for each trial the setting that did best on the others, and how that setting did on the trial it had not seen.

    python benchmarks/choose_forecast_settings.py ../shared/data --out docs/forecast/choice.md

Takes minutes: settings x trials x cuts forecasts, on all cores.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sim.exchange.folder import read_trials
from sim.exchange.observed import ObservedTrial
from sim.experiment.workers import n_cores
from sim.forecast.backtest import METHOD, Cut, backtest_cut, cuts_at
from sim.forecast.baselines import REFERENCE
from sim.forecast.settings import SETTINGS, NormalPrior, RateSettings

SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
DRAWS = 1500
GRID = {
    "drift": (0.10, 0.15, 0.20),
    "wind-down": (0.3, 0.5, 0.7),
    "open sites": (0.0, 0.4, 0.7, 1.0),
}


def settings_of(drift: float, wind_down: float, open_sites: float) -> RateSettings:
    """One point of the grid; 0 for open sites leaves that term out."""
    return replace(
        SETTINGS,
        draws=DRAWS,
        drift_median=drift,
        wind_down=NormalPrior(wind_down, SETTINGS.wind_down.sd),
        open_sites=NormalPrior(open_sites, SETTINGS.open_sites.sd if open_sites else 1e-3),
    )


def one(job: tuple[ObservedTrial, Cut]) -> list[dict[str, object]]:
    """All settings on one cut."""
    trial, cut = job
    rows = []
    for point in itertools.product(*GRID.values()):
        result = backtest_cut(trial, cut, settings=settings_of(*point), with_baselines=point == first_point())
        for method, score in result.scores.items():
            rows.append(
                {
                    "trial": trial.name,
                    "point": point if method == METHOD else None,
                    "method": method,
                    "crps": score.log_crps,
                    "count": score.count_crps,
                    **{f"covers_{level:.0%}": score.covers(level) for level in (0.5, 0.8, 0.95)},
                }
            )
    return rows


def first_point() -> tuple[float, ...]:
    """The first of the grid."""
    return tuple(values[0] for values in GRID.values())


def relative(mine: pd.DataFrame, reference: pd.DataFrame) -> tuple[float, float]:
    """Mean CRPS of log time, and of the 90-day count, over the reference's."""
    return mine["crps"].mean() / reference["crps"].mean(), mine["count"].mean() / reference["count"].mean()


def left_out(rows: pd.DataFrame, groups: dict[str, list[str]]) -> pd.DataFrame:
    """For each group of trials: the point that did best on the others, and its scores on the group."""
    reference = rows[rows["method"] == REFERENCE]
    mine = rows[rows["method"] == METHOD]
    found = []
    for name, members in groups.items():
        train = ~mine["trial"].isin(members)
        base = reference[~reference["trial"].isin(members)]
        totals = {point: sum(relative(part, base)) for point, part in mine[train].groupby("point")}
        best = min(totals, key=lambda point: (totals[point], point))
        held = mine[~train & (mine["point"] == best)]
        found.append(held.assign(left_out=name, best=[best] * len(held)))
    return pd.concat(found)


def page(rows: pd.DataFrame) -> str:
    """The tables, as Markdown."""
    reference, mine = rows[rows["method"] == REFERENCE], rows[rows["method"] == METHOD]
    trials = sorted(rows["trial"].unique())
    names = " | ".join(GRID)
    lines = [f"| {names} | log CRPS | 90-day CRPS | 50 % covers | 80 % | 95 % |", "|" + "---|" * (len(GRID) + 5)]
    for point, part in mine.groupby("point"):
        ratio, count = relative(part, reference)
        covers = " | ".join(f"{part[f'covers_{level}'].mean():.0%}" for level in ("50%", "80%", "95%"))
        lines.append(f"| {' | '.join(f'{value:g}' for value in point)} | {ratio:.3f} | {count:.3f} | {covers} |")
    lines += ["", "Left out, and forecast with what did best on the others:", ""]
    lines += ["| left out | chosen without it | log CRPS on it | 90-day CRPS |", "|---|---|---|---|"]
    held = left_out(rows, {trial: [trial] for trial in trials})
    for trial, part in held.groupby("left_out"):
        ratio, count = relative(part, reference[reference["trial"] == trial])
        point = ", ".join(f"{value:g}" for value in part["best"].iloc[0])
        lines.append(f"| {trial} | {point} | {ratio:.2f} | {count:.2f} |")
    ratio, count = relative(held, reference)
    covers = ", ".join(f"{level} covers {held[f'covers_{level}'].mean():.0%}" for level in ("50%", "80%", "95%"))
    lines.append(f"| **all, each left out once** | | **{ratio:.3f}** | **{count:.3f}** |")
    lines += ["", f"Intervals of the forecasts of left-out trials: {covers}. {_spread(held, reference, trials)}", ""]
    return "\n".join(lines)


def _spread(held: pd.DataFrame, reference: pd.DataFrame, trials: list[str]) -> str:
    """Bootstrap over trials: how much the figures would vary with other trials like these."""
    random = np.random.default_rng(1)
    parts = {trial: (held[held["trial"] == trial], reference[reference["trial"] == trial]) for trial in trials}
    ratios, covers = [], []
    for _ in range(2000):
        picked = random.choice(trials, len(trials))
        mine = pd.concat([parts[trial][0] for trial in picked])
        ratios.append(relative(mine, pd.concat([parts[trial][1] for trial in picked]))[0])
        covers.append(mine["covers_80%"].mean())
    low, high = np.quantile(ratios, (0.05, 0.95))
    low_cover, high_cover = np.quantile(covers, (0.05, 0.95))
    return (
        f"By resampling trials, 90 % intervals: log CRPS {low:.2f} to {high:.2f}; "
        f"coverage of the 80 % interval {low_cover:.0%} to {high_cover:.0%}."
    )


def main() -> None:
    """Read trials, try the grid, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    trials = read_trials(arguments.data)
    jobs = [(trial, cut) for trial in trials for cut in cuts_at(trial, SHARES)]
    with ProcessPoolExecutor(n_cores()) as pool:
        rows = pd.DataFrame([row for part in pool.map(one, jobs) for row in part])
    arguments.out.write_text(page(rows), encoding="utf-8")
    print(arguments.out)


if __name__ == "__main__":
    main()
