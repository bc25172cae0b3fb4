"""The page of `choose_forecast_settings`: what was tried, what it gave, and how the choice did on trials left out.

The rule: of the settings whose forecasts keep on the trials at hand what is asked of them, the one with the least sum
of two scores: that on real trials and, with half of the weight, that on made ones, whose rates never wind down.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import pandas as pd

from benchmarks.choose_forecast_settings import GRID, KINDS, LEVELS, Point
from sim.forecast.settings import SETTINGS

MADE_WEIGHT = 0.5
ASKED = {"covers_50%": (0.44, 0.56), "covers_80%": (0.77, 0.83), "covers_95%": (0.92, 1.0)}  # 2 % to spare
MOST = {"crps": 0.65, "count": 0.68}
MOST_OF_A_TRIAL = 1.3
_FAMILY = 3  # more trials than this in a folder are parts of one
_RESAMPLES = 2000
_SIZES = (0, 50, 100, 200, 10_000)
_COVERS = [f"covers_{level:.0%}" for level in LEVELS]


def ratio(rows: pd.DataFrame, what: str = "crps") -> float:
    """A score relative to the homogeneous Poisson process: a ratio of means."""
    return float(rows[what].mean() / rows[f"base_{what}"].mean())


def worst(rows: pd.DataFrame) -> float:
    """The largest relative score of a single trial."""
    means = rows.groupby("trial")[["crps", "base_crps"]].mean()
    return float((means["crps"] / means["base_crps"]).max())


def keeps(rows: pd.DataFrame) -> bool:
    """Whether forecasts keep what is asked of them."""
    covers = all(low <= rows[name].mean() <= high for name, (low, high) in ASKED.items())
    return covers and all(ratio(rows, what) <= most for what, most in MOST.items()) and worst(rows) <= MOST_OF_A_TRIAL


def chosen(real: pd.DataFrame, made: dict[Point, float]) -> tuple[Point, bool]:
    """The setting that the rule takes, and whether it keeps what is asked; if none does, the rule takes from all."""
    table = {point: (ratio(rows) + MADE_WEIGHT * made[point], rows) for point, rows in real.groupby("point")}
    kept = [point for point, (_, rows) in table.items() if keeps(rows)]
    return min(kept or table, key=lambda point: (table[point][0], point)), bool(kept)


def present() -> Point:
    """The setting of the program."""
    steady = SETTINGS.steady.probability if SETTINGS.steady else 0.0
    return (steady, SETTINGS.drift_median, SETTINGS.wind_down.mean)


def _families(real: pd.DataFrame) -> dict[str, list[str]]:
    """Trials by folder, where there are many in it; others alone."""
    of = real.drop_duplicates("trial").set_index("trial")["folder"]
    shared = of.map(of.value_counts())
    names = of.where(shared > _FAMILY, of.index.to_series())
    return {str(name): list(part.index) for name, part in names.groupby(names)}


def left_out(real: pd.DataFrame, made: dict[Point, float], groups: dict[str, list[str]]) -> pd.DataFrame:
    """For each group of trials, the setting that the rule takes from the others, and its forecasts of the group."""
    found = []
    for name, members in groups.items():
        is_out = real["trial"].isin(members)
        point, _ = chosen(real[~is_out], made)
        held = real[is_out & (real["point"] == point)]
        found.append(held.assign(left_out=name, chosen=[point] * len(held)))
    return pd.concat(found)


def _named(point: Point) -> str:
    return ", ".join(f"{value:g}" for value in point)


def _percent(value: float) -> str:
    return f"{value:.0%}".replace("%", " %")


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _table(columns: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    names = list(columns)
    return [_row(names), "|" + "---|" * len(names), *(_row(cells) for cells in rows), ""]


def _scores(rows: pd.DataFrame) -> list[str]:
    covers = [_percent(rows[name].mean()) for name in _COVERS]
    return [f"{ratio(rows):.2f}", f"{ratio(rows, 'count'):.2f}", *covers, f"{worst(rows):.2f}"]


def resampled(rows: pd.DataFrame, groups: dict[str, list[str]]) -> dict[str, tuple[float, float, float]]:
    """Standard error and 90 % interval of each figure, by resampling groups of trials with their cuts."""
    random = np.random.default_rng(1)
    names = ["crps", "base_crps", "count", "base_count", *_COVERS]
    sums = np.array([[*rows[rows["trial"].isin(g)][names].sum(), rows["trial"].isin(g).sum()] for g in groups.values()])
    total = sums[random.integers(0, len(sums), (_RESAMPLES, len(sums)))].sum(axis=1)
    figures = {"relative log CRPS": total[:, 0] / total[:, 1], "relative 90-day CRPS": total[:, 2] / total[:, 3]}
    figures |= {f"{name.removeprefix('covers_')} intervals cover": total[:, 4 + i] / total[:, -1]
                for i, name in enumerate(_COVERS)}  # fmt: skip
    return {
        name: (float(values.std()), *(float(q) for q in np.quantile(values, (0.05, 0.95))))
        for name, values in figures.items()
    }


def _held_lines(held: pd.DataFrame, groups: dict[str, list[str]]) -> list[str]:
    rows = [
        [name, _named(part["chosen"].iloc[0]), f"{ratio(part):.2f}", f"{ratio(part, 'count'):.2f}",
         _percent(part["covers_80%"].mean())]
        for name, part in held.groupby("left_out")
    ]  # fmt: skip
    whole = [f"**{ratio(held):.2f}**", f"**{ratio(held, 'count'):.2f}**", f"**{_percent(held['covers_80%'].mean())}**"]
    lines = _table(
        ("left out", "chosen without it", "log CRPS on it", "90-day CRPS", "80 % covers"),
        [*rows, ["**all, each once**", "", *whole]],
    )
    values = {
        "relative log CRPS": ratio(held),
        "relative 90-day CRPS": ratio(held, "count"),
        **{f"{name.removeprefix('covers_')} intervals cover": float(held[name].mean()) for name in _COVERS},
    }
    spread = resampled(held, groups)
    lines += _table(
        ("out of trial", "found", "standard error", "90 % interval"),
        [[name.replace("%", " %"), f"{value:.2f}", f"{spread[name][0]:.2f}",
          f"{spread[name][1]:.2f} to {spread[name][2]:.2f}"] for name, value in values.items()],
    )  # fmt: skip
    return lines


def _made_lines(made: pd.DataFrame, points: Iterable[Point]) -> list[str]:
    columns = [*GRID, *KINDS, *(f"steady, {n}" for n in sorted(made[made["folder"] == "steady"]["target"].unique()))]
    rows = []
    for point in points:
        part = made[made["point"] == point]
        steady = part[part["folder"] == "steady"]
        cells = [f"{ratio(part[part['folder'] == kind]):.2f}" for kind in KINDS]
        rows.append([*(f"{v:g}" for v in point), *cells, *(f"{ratio(s):.2f}" for _, s in steady.groupby("target"))])
    return _table(columns, rows)


def _by_number(real: pd.DataFrame, made: pd.DataFrame, points: Iterable[Point]) -> list[str]:
    """Relative log CRPS and the mean probability of a steady rate, by how many were randomised at the cut."""
    labels = [f"{low + 1} to {high}" if high < _SIZES[-1] else f"over {low}" for low, high in
              pairwise(_SIZES)]  # fmt: skip
    rows = []
    for point in points:
        for name, some in (("real", real), ("made, steady", made[made["folder"] == "steady"])):
            part = some[some["point"] == point]
            sizes = pd.cut(part["n"], _SIZES, labels=labels)
            cells = [
                f"{ratio(part[sizes == label]):.2f} ({_percent(part[sizes == label]['steady'].mean())})"
                if (sizes == label).any() else "-"
                for label in labels
            ]  # fmt: skip
            rows.append([name, _named(point), *cells])
    return _table(("trials", ", ".join(GRID), *(f"{label} randomised" for label in labels)), rows)


def page(real: pd.DataFrame, made: pd.DataFrame) -> str:
    """The page, as Markdown."""
    made = made.assign(target=made["trial"].str.split().str[-2].astype(int))
    cost = {point: ratio(part) for point, part in made.groupby("point")}
    best, has_kept = chosen(real, cost)
    real_alone = min(cost, key=lambda point: (ratio(real[real["point"] == point]), point))
    shown = list(dict.fromkeys([present(), best, real_alone, (0.0, 0.15, 0.4), (0.0, 0.15, 0.0)]))
    trials = {str(name): [str(name)] for name in sorted(real["trial"].unique())}
    together = _families(real)
    names = ("log CRPS", "90-day CRPS", "50 % covers", "80 %", "95 %", "worst trial")
    lines = [
        "# How the settings were chosen: every setting on every trial",
        "",
        "<!-- Made by `python benchmarks/choose_forecast_settings.py DATA --out docs/forecast/choice.md`. -->",
        "",
        f"{len(real) // len(cost)} cuts of {len(trials)} real trials and {len(made) // len(cost)} of "
        f"{made['trial'].nunique()} made ones, {len(cost)} settings. CRPS is",
        "relative to the homogeneous Poisson process with a gamma posterior: 1 is no better than that. [The",
        "method](method.md) says what the settings are: the probability that a trial is steady, the median of the",
        "drift's prior, the mean of the wind-down's.",
        "",
        "The rule: of the settings that keep on the trials at hand all that is asked, with 2 % to spare for others (50",
        "% intervals cover 44 to 56 %, 80 % ones 77 to 83 %, 95 % ones at least 92 %, log CRPS is at most 0.65, 90-day",
        f"CRPS 0.68, no trial's above 1.3), the one with the least log CRPS on real trials plus {MADE_WEIGHT:g} times",
        "that on made ones. How much weight made trials have, and how much is to spare, was decided when the scores of",
        "all were known.",
        "",
        f"On all trials it takes **{_named(best)}** ({', '.join(GRID)})"
        + ("." if has_kept else ", which keeps not all.")
        + f" The program has {_named(present())}.",
        "",
        "## Left out, and forecast with what the rule takes from the others",
        "",
        *_held_lines(left_out(real, cost, trials), trials),
    ]  # fmt: skip
    if len(together) < len(trials):
        lines += [
            "Trials of one folder are parts of one trial. Left out together:",
            "",
            *_held_lines(left_out(real, cost, together), together),
        ]
    lines += [
        "Standard errors and intervals are by resampling what is left out. They are wide: there are so few trials.",
        "",
        "## What a steady trial costs",
        "",
        "Made trials that never wind down, so that the homogeneous Poisson process is the truth of the steady ones and",
        "cannot be beaten there. Relative log CRPS by kind, and for steady ones by target:",
        "",
        *_made_lines(made, shown),
        *(f"- {name}: {text}." for name, text in KINDS.items()),
        "",
        "By the number randomised at the cut; in brackets the mean probability that the rate is steady:",
        "",
        *_by_number(real, made, shown),
        "## Every setting, on the real trials",
        "",
        *_table(
            [*GRID, *names, "made trials", "keeps all"],
            [[*(f"{v:g}" for v in point), *_scores(part), f"{cost[point]:.2f}", "yes" if keeps(part) else ""]
             for point, part in real.groupby("point")],
        ),
    ]  # fmt: skip
    return "\n".join(lines).rstrip() + "\n"
