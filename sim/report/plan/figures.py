"""Figures of a search for plans: cost against probability and against the date, and what each setting is worth.

Plans that were dropped after a few trials are drawn in grey: their errors are wide, and none of them is recommended.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import plotly.graph_objects as go

from sim.report.exhibits import Exhibit, Table
from sim.report.plan.words import PlanTold
from sim.report.style import BASE, BETTER, GREY, PLAN_B, errors_of, figure, plain, rounded, stamps
from sim.report.words import chance, estimate_of, with_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from sim.scenario.options import Setting

_HEIGHT = 440
_N_PLANS = 12


def _points(
    told: PlanTold, rows: pd.DataFrame, y: Sequence[object], name: str, marker: dict[str, object]
) -> go.Scatter:
    """Plans as points; hovering shows their settings."""
    texts = [f"{plain(told.settings(row))}<br>{plain(told.makes_it(row))}" for _, row in rows.iterrows()]
    return go.Scatter(
        x=rounded(rows["cost"].to_numpy(), 0),
        y=list(y),
        mode="markers",
        marker=marker,
        name=name,
        text=[text.replace(", ", "<br>") for text in texts],
        hovertemplate="%{text}<extra></extra>",
    )


def _others(told: PlanTold) -> pd.DataFrame:
    """Simulated plans that are not among those shown."""
    plans = told.answer.plans
    return plans[~plans["plan"].isin(set(told.answer.shown["plan"]))]


def _currency(told: PlanTold) -> str:
    return f"mean cost, {told.answer.currency}" if told.answer.currency else "mean cost"


def _budget(found: go.Figure, told: PlanTold) -> None:
    if told.asked.budget is not None:
        found.add_vline(x=told.asked.budget, line={"color": GREY, "dash": "dash", "width": 1}, annotation_text="budget")


def by_probability(told: PlanTold) -> Exhibit:
    """Cost against the probability of making the date, with the frontier of plans that no other plan beats in both.

    Args:
        told: the answer of a search.

    Returns:
        A figure whose table has the plans on the frontier, the cheapest first.
    """
    shown, asked = told.answer.shown, told.asked
    found = figure(_HEIGHT, hovermode="closest")
    others = _others(told)
    small: dict[str, object] = {"color": GREY, "size": 6, "opacity": 0.45}
    found.add_trace(_points(told, others, rounded(100 * others["probability"].to_numpy()), "other plans", small))
    rest = shown[~shown["best_by_probability"]]
    found.add_trace(
        _points(
            told,
            rest,
            rounded(100 * rest["probability"].to_numpy()),
            "compared with the choice",
            {"color": BASE, "size": 7},
        )
    )
    front = shown[shown["best_by_probability"]].sort_values("cost", kind="stable")
    p = [estimate_of(row, "probability").in_percent for _, row in front.iterrows()]
    costs = [estimate_of(row, "cost") for _, row in front.iterrows()]
    line = _points(told, front, rounded([e.value for e in p]), "frontier", {"color": PLAN_B, "size": 9})
    line.mode, line.line = "lines+markers", {"color": PLAN_B, "width": 2, "shape": "hv"}
    line.error_x, line.error_y = errors_of(costs), errors_of(p)
    found.add_trace(line)
    found.add_hline(y=100 * asked.probability, line={"color": GREY, "dash": "dash", "width": 1},
                    annotation_text=f"asked for: {told.wanted}", annotation_position="bottom right")  # fmt: skip
    _budget(found, told)
    _special(found, told, lambda row: 100 * float(row["probability"]))
    found.update_xaxes(title=_currency(told))
    lowest = 100 * min(0.9, asked.probability, told.answer.as_it_is["probability"], *told.answer.plans["probability"])
    found.update_yaxes(title=f"% by {asked.by}", range=[max(lowest - 8, -4), 104])
    n = int(shown["n"].iloc[0])
    return Exhibit(
        "frontier-probability",
        "Cost against the probability of making the date",
        f"The line is the frontier: no other plan is both cheaper and as likely ({n} trials of each, on the same "
        "random numbers). Grey: plans that were out of the question after a few trials.",
        "Source: frontier.csv and plans.csv; 95 % intervals.",
        found,
        _table(told, front, "The frontier of cost against probability"),
    )


def by_date(told: PlanTold) -> Exhibit:
    """Cost against the date that a plan makes with the requested probability.

    Args:
        told: the answer of a search.

    Returns:
        A figure without the plans that do not get there by the horizon, which the summary counts; its table has the
        plans on the frontier.
    """
    shown, asked = told.answer.shown, told.asked
    found = figure(_HEIGHT, hovermode="closest")
    clock = told.dates.clock
    for rows, name, marker in (
        (_others(told), "other plans", {"color": GREY, "size": 6, "opacity": 0.45}),
        (shown[~shown["best_by_date"]], "compared with the choice", {"color": BASE, "size": 7}),
    ):
        there = rows[np.isfinite(rows["day"].to_numpy(dtype=np.float64))]
        found.add_trace(_points(told, there, stamps(clock, there["day"].to_numpy()), name, marker))
    front = shown[shown["best_by_date"]].sort_values("cost", kind="stable")
    marker = {"color": PLAN_B, "size": 9}
    line = _points(told, front, stamps(clock, front["day"].to_numpy()), "frontier", marker)
    line.mode, line.line = "lines+markers", {"color": PLAN_B, "width": 2, "shape": "hv"}
    line.error_x = errors_of([estimate_of(row, "cost") for _, row in front.iterrows()])
    found.add_trace(line)
    found.add_hline(y=str(asked.by), line={"color": GREY, "dash": "dash", "width": 1})
    found.add_annotation(
        text=f"asked for: {asked.by}",
        x=1,
        xref="paper",
        xanchor="right",
        y=str(asked.by),
        yanchor="top",
        showarrow=False,
    )
    _budget(found, told)
    _special(found, told, lambda row: stamps(clock, [float(row["day"])])[0] if math.isfinite(row["day"]) else None)
    found.update_xaxes(title=_currency(told))
    found.update_yaxes(title=f"{told.wanted} by", type="date")
    never = int(sum(not math.isfinite(day) for day in told.answer.plans["day"]))
    note = f" {never} plans do not make it with that probability by {told.dates.horizon}." if never else ""
    return Exhibit(
        "frontier-date",
        "Cost against the date",
        f"By when each plan is there with {told.wanted} probability. The line is the frontier: no other plan is "
        f"both cheaper and as early.{note}",
        "Source: frontier.csv and plans.csv; dates by order statistics.",
        found,
        _table(told, front, "The frontier of cost against the date"),
    )


def _special(found: go.Figure, told: PlanTold, y: object) -> None:
    """Mark the choice, and the scenario as it is."""
    assert callable(y)
    special = [
        (told.answer.choice, "the choice", "star", BETTER),
        (told.answer.as_it_is, "as it is", "diamond", "#000000"),
    ]
    for row, name, symbol, colour in special:
        if row is None or y(row) is None:
            continue
        outline = {"color": "#ffffff", "width": 1}
        found.add_trace(
            go.Scatter(
                x=rounded([float(row["cost"])], 0), y=[y(row)], mode="markers", name=name,
                marker={"symbol": symbol, "size": 15, "color": colour, "line": outline},
                hovertemplate=f"{name}: {plain(told.makes_it(row))}<extra></extra>",
            )
        )  # fmt: skip


def cheapest(told: PlanTold) -> Exhibit:
    """The cheapest plans that meet the request, or if none does, the likeliest plans.

    Args:
        told: the answer of a search.

    Returns:
        A table of twelve plans at most, without a figure.
    """
    shown = told.answer.shown
    title = "The cheapest plans that meet it" if told.answer.choice is not None else "The plans nearest to it"
    return Exhibit(
        "cheapest",
        title,
        f"Each on the same {int(shown['n'].iloc[0])} trials. 'cheapest' is the probability that the plan is the "
        "cheapest that keeps to what is asked, when it was last judged.",
        "Source: frontier.csv.",
        table=_table(told, shown.head(_N_PLANS), title, is_open=True),
    )


def _table(told: PlanTold, rows: pd.DataFrame, caption: str, is_open: bool = False) -> Table:
    """Plans by the settings that differ from the choice; without a choice, by their changes to the scenario."""
    choice = told.answer.choice

    def name(row: pd.Series) -> str:
        if choice is None:
            return told.changes(row)
        return "the choice" if row["plan"] == choice["plan"] else told.settings(row, choice)

    cells = tuple(
        (
            name(row),
            chance(estimate_of(row, "probability")),
            with_error(estimate_of(row, "cost")),
            told.dates.text(float(row["day"])),
            f"{100 * float(row['p_best']):.1f} %",
        )
        for _, row in rows.iterrows()
    )
    first = "plan" if choice is None else "differs from the choice in"
    return Table(
        caption, (first, f"by {told.asked.by}", _currency(told), f"{told.wanted} by", "cheapest"), cells, is_open
    )


def one_change(told: PlanTold) -> Exhibit:
    """What one other setting would add to the cost and to the probability of making the date, all else as in the
    choice.

    Args:
        told: the answer of a search; without a choice, the changes are to the plan nearest to the request.

    Returns:
        A table of paired differences, in money and percentage points.
    """
    rows = told.answer.neighbours
    around = "the choice" if told.answer.choice is not None else "the plan nearest to what is asked"
    title = f"One setting other than in {around}"
    if rows.empty:
        return Exhibit("one-change", title, "There is no other setting.")
    cells = tuple(
        (
            f"{row['lever']}: {row['setting']}",
            str(row["instead_of"]),
            _signed(with_error(estimate_of(row, "cost_more"))),
            _signed(with_error(estimate_of(row, "probability_more").in_percent)),
            str(row["n"]),
        )
        for _, row in rows.iterrows()
    )
    columns = ("setting", "instead of", _currency(told).replace("mean cost", "costs more"), "points likelier", "trials")
    return Exhibit(
        "one-change",
        title,
        "What one change would be worth, all else being as in that plan: paired differences on the same random "
        "numbers, with their 95 % intervals.",
        "Source: neighbours.csv.",
        table=Table(title, columns, cells, is_open=True),
    )


def exhibits(told: PlanTold) -> list[Exhibit]:
    """All figures of a plan, the answer first.

    Args:
        told: the answer of a search.
    """
    return [by_probability(told), cheapest(told), one_change(told), by_date(told), levers(told)]


def _signed(text: str) -> str:
    return text if text.startswith("-") or text in ("0", "unknown") else f"+{text}"


def levers(told: PlanTold) -> Exhibit:
    """What could be chosen, its cost, and the source of the cost.

    Args:
        told: the answer of a search.

    Returns:
        A table with a row for each setting; costs in the scenario's currency, once or a month.
    """
    choices = told.asked.choices
    cells = tuple(
        (f"{lever.label}: {setting.name}", _price(setting), *_source(setting, lever.note if i == 0 else ""))
        for lever in choices.levers
        for i, setting in enumerate(lever.settings)
    )
    columns = ("setting", f"extra cost, {told.answer.currency}", "grade", "source", "note")
    return Exhibit(
        "levers",
        f"{choices.options.name}",
        f"{told.answer.space.n_plans:,} plans in all. Extra costs come on top of what the simulation counts with the "
        "unit costs of the scenario.",
        f"Source: {choices.file}.",
        table=Table("Levers and their settings", columns, cells, is_open=True),
    )


def _price(setting: Setting) -> str:
    parts = [f"{setting.cost:,.0f}"] if setting.cost else []
    parts += [f"{setting.cost_per_month:,.0f} a month"] if setting.cost_per_month else []
    return " and ".join(parts) or "none"


def _source(setting: Setting, lever_note: str) -> tuple[str, str, str]:
    if setting.source is None:
        return "", "", lever_note
    note = " ".join(text for text in (lever_note, setting.source.note or "") if text)
    return setting.source.grade, setting.source.source, note
