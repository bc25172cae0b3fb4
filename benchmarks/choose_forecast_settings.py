"""How the frozen settings of the drifting rate were chosen: every setting of a small grid on every trial and cut, then
for each trial the setting that did best on the others, and how that setting did on the trial it had not seen.

    python benchmarks/choose_forecast_settings.py DATA --out docs/forecast/choice.md

Then the same for made trials whose rate is steady, or drifts, but never winds down: what the wind-down costs those.

Takes minutes: settings x trials x cuts forecasts, on all cores.
"""

from __future__ import annotations

import argparse
import itertools
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sim.exchange.folder import read_trials
from sim.exchange.observed import MIDDLE_OF_DAY, ObservedTrial, People, nobody
from sim.experiment.workers import n_cores
from sim.forecast.backtest import METHOD, Cut, backtest_cut, cuts_at
from sim.forecast.baselines import REFERENCE
from sim.forecast.settings import SETTINGS, NormalPrior, RateSettings

SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)
DRAWS = 1000
_FAMILY = 3  # more trials than this in a folder are parts of one
GRID = {
    "drift": (0.10, 0.15, 0.20),
    "wind-down": (0.0, 0.2, 0.4, 0.6),
    "open sites": (0.0, 0.4, 0.7, 1.0),
}


def settings_of(drift: float, wind_down: float, open_sites: float) -> RateSettings:
    """One point of the grid; 0 for open sites leaves that term out."""
    return replace(
        SETTINGS,
        draws=DRAWS,
        drift_median=drift,
        wind_down=NormalPrior(wind_down, SETTINGS.wind_down.sd if wind_down else 1e-3),
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
                    "folder": Path(trial.source.split(",")[0]).parent.name,
                    "point": point if method == METHOD else None,
                    "method": method,
                    "crps": score.log_crps,
                    "count": score.count_crps,
                    **{f"covers_{level:.0%}": score.covers(level) for level in (0.5, 0.8, 0.95)},
                }
            )
    return rows


def made_trial(kind: str, target: int, seed: int) -> ObservedTrial:
    """A trial of which only days are known, with about 900 days at a rate that is steady, or drifts like real ones."""
    random = np.random.default_rng(seed)
    months = 400
    walk = np.cumsum(0.15 * random.standard_normal(months)) if kind == "drifting" else np.zeros(months)
    counts = random.poisson(target / 900 * np.exp(np.repeat(walk, 28)))
    days = np.repeat(np.arange(len(counts)), counts)[:target]
    columns = nobody(target)
    columns["randomised"] = days - float(days[0]) + MIDDLE_OF_DAY
    first = date(2018, 3, 1)
    last = first + timedelta(days=int(days[-1] - days[0]))
    return ObservedTrial(f"{kind} {target} {seed}", kind, first, last, People(**columns))


def made(job: tuple[str, int, int]) -> list[dict[str, object]]:
    """Each wind-down on the cuts of a made trial."""
    kind, target, _ = job
    trial, rows = made_trial(*job), []
    for cut in cuts_at(trial, (0.3, 0.5, 0.7)):
        for wind_down in GRID["wind-down"]:
            settings = settings_of(SETTINGS.drift_median, wind_down, SETTINGS.open_sites.mean)
            result = backtest_cut(trial, cut, settings=settings)
            mine, base = result.scores[METHOD], result.scores[REFERENCE]
            rows.append(
                {
                    "kind": kind, "target": target, "wind-down": wind_down, "mine": mine.log_crps,
                    "base": base.log_crps, "covers": mine.covers(0.8), "base_covers": base.covers(0.8),
                }
            )  # fmt: skip
    return rows


def made_page(rows: pd.DataFrame) -> str:
    """What the wind-down costs trials that do not wind down, as Markdown."""
    lines = [
        "| rate | target | wind-down | log CRPS | 80 % covers | homogeneous Poisson: 80 % covers |",
        "|" + "---|" * 6,
    ]
    for (kind, target, wind_down), part in rows.groupby(["kind", "target", "wind-down"]):
        ratio = part["mine"].mean() / part["base"].mean()
        covers = f"{part['covers'].mean():.0%} | {part['base_covers'].mean():.0%}"
        lines.append(f"| {kind} | {target} | {wind_down:g} | {ratio:.2f} | {covers} |")
    return "\n".join(["", "Made trials that never wind down, 10 of each kind, at 30, 50 and 70 %:", "", *lines, ""])


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
    lines += _left_out_lines(held, reference)
    together = _families(rows)
    if len(together) < len(trials):
        lines += ["", "The same where trials of one folder, parts of one trial, are left out together:", ""]
        lines += ["| left out | chosen without it | log CRPS on it | 90-day CRPS |", "|---|---|---|---|"]
        lines += _left_out_lines(left_out(rows, together), reference)
    covers = ", ".join(f"{level} covers {held[f'covers_{level}'].mean():.0%}" for level in ("50%", "80%", "95%"))
    lines += ["", f"Intervals of the forecasts of left-out trials: {covers}. {_spread(held, reference, trials)}", ""]
    return "\n".join(lines)


def _families(rows: pd.DataFrame) -> dict[str, list[str]]:
    """Trials by folder, where there are several in it; others alone."""
    of = rows.drop_duplicates("trial").set_index("trial")["folder"]
    shared = of.value_counts()
    names = of.where(of.map(shared) > _FAMILY, of.index.to_series())
    return {str(name): list(part.index) for name, part in names.groupby(names)}


def _left_out_lines(held: pd.DataFrame, reference: pd.DataFrame) -> list[str]:
    lines = []
    for name, part in held.groupby("left_out"):
        ratio, count = relative(part, reference[reference["trial"].isin(part["trial"].unique())])
        point = ", ".join(f"{value:g}" for value in part["best"].iloc[0])
        lines.append(f"| {name} | {point} | {ratio:.2f} | {count:.2f} |")
    ratio, count = relative(held, reference)
    return [*lines, f"| **all, each left out once** | | **{ratio:.3f}** | **{count:.3f}** |"]


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
        kinds = [(kind, n, seed) for kind in ("steady", "drifting") for n in (80, 250) for seed in range(10)]
        steady = pd.DataFrame([row for part in pool.map(made, kinds) for row in part])
    arguments.out.write_text(page(rows) + made_page(steady), encoding="utf-8")
    print(arguments.out)


if __name__ == "__main__":
    main()
