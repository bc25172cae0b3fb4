"""The answer in one line with its curve: what stays in sight while levers move. assets/run.js draws the curve.

It is made in Python from the same results as the answer, so that line and answer cannot differ.
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

from dash import html

from sim.report.reworded import reworded
from sim.report.run.figures.dates import even_pace, last_day
from sim.report.run.first_screen import cards

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from sim.report.run.answers import Answers

_POINTS = 40


def mini_answer(answers: Answers) -> list[Component]:
    """The last milestone with its errors, the last odds of a planned date, and the curve of those randomised.

    Args:
        answers: tables of the run.
    """
    shown = reworded(cards(answers), answers.scenario)
    card, odds = shown[-1], [each for each in shown if each.odds][-1:]
    parts = [
        html.Span(card.name),
        html.Span([html.Strong(card.date), f" {card.error}"]),
        html.Span(f"80 % sure {card.safe}"),
        *(html.Span(f"{each.planned.partition(',')[0]} kept: {each.odds}") for each in odds),
    ]
    return [html.Div(parts, className="mini-said"), curve(answers)]


def curve(answers: Answers) -> Component:
    """Median and 80 % band of the number randomised, and the pace that the plan needs, as shares of the picture.

    Args:
        answers: tables of the run.

    Returns:
        An empty element with the curve as JSON, hidden from screen readers, since the sentence beside it says the same.
    """
    end = last_day(answers)
    rows = answers.results.curves
    rows = rows[rows["day"] <= math.ceil(end)]
    rows = rows.iloc[:: max(1, len(rows) // _POINTS)]
    top = max(float(rows["p90"].max()), float(answers.target)) * 1.05 or 1.0

    def points(column: str) -> list[list[float]]:
        return [[round(day / end, 3), round(n / top, 3)] for day, n in zip(rows["day"], rows[column], strict=True)]

    target, clock, plan = answers.target / top, answers.design.clock, even_pace(answers)
    promised = [] if plan is None else [[0.0, 0.0], [round(min(clock.day_of(plan[1]) / end, 1.0), 3), round(target, 3)]]
    data = {"low": points("p10"), "high": points("p90"), "median": points("p50"), "promised": promised}
    text = json.dumps(data | {"target": round(target, 3)})
    return html.Div(className="spark", **{"data-curve": text, "aria-hidden": "true"})
