"""`sweep.html`: a scenario at many points, as one file that opens offline.

It puts the figures of `figures` below the answer in words.
"""

from __future__ import annotations

import shlex
from dataclasses import replace
from typing import TYPE_CHECKING

from sim.experiment.sweep.points import GRID
from sim.plurals import listed
from sim.report.comparison.page import parts_of
from sim.report.exhibits import Exhibit, Table
from sim.report.key_words import lowered, path_words
from sim.report.plain_page import PageSection, PlainPage, render
from sim.report.reworded import reworded
from sim.report.sweep import words
from sim.report.sweep.figures import exhibits
from sim.version import __version__

if TYPE_CHECKING:
    from sim.experiment.sweep.table import Swept

_MOST_POINTS = 12  # on the first screen
_PARTS = (
    ("all-points", "All points at once", "Settings and what comes of them.", ("all",)),
    ("dates", "When is it done?", "The same simulated trials at every point.", ("last-", "database-")),
    ("odds", "How likely is it?", "Shares of the simulated trials.", ("probability-",)),
    ("cost", "What does it cost?", "Means over the simulated trials.", ("mean-",)),
)


def sweep_page(swept: Swept) -> str:
    """The whole page as HTML text; see `sweep_content`."""
    return render(sweep_content(swept))


def sweep_content(swept: Swept) -> PlainPage:
    """What the page says: the earliest point, all points, and the figures with their tables.

    Args:
        swept: the sweep; with more than twelve points, the table of them moves to the end of the page.

    Returns:
        The content for `plain_page.render`.
    """
    change = words.change_sentence(swept, words.in_words)
    scenario = swept.loaded.scenario
    varied = [path_words(factor.path) for factor in swept.factors]
    first, *rest = exhibits(swept)
    points = _points(swept).table if len(swept.points) <= _MOST_POINTS else None
    found = PlainPage(
        title=f"{scenario.name}: {'; '.join(varied)}",
        eyebrow=f"{scenario.name}, at {len(swept.points)} points",
        headline=words.headline(swept, words.in_words),
        command=made_by(swept),
        question=f"What would change with {listed(lowered(name) for name in varied)}?",
        warnings=tuple(words.caveats(swept)),
        lines=(change,) if change else (),
        tables=(replace(points, caption="In figures") if points else _varied(swept),),
        first=(first,),
        reading="-12/+15 d, and ranges in brackets: 95 % intervals of the Monte Carlo error.",
        sections=(*parts_of(rest, _PARTS), _method(swept)),
        footer="Simulated trials, no real patients.",
    )
    return reworded(found, *swept.scenarios)


def made_by(swept: Swept) -> str:
    """The command that makes this sweep again; empty if the scenario was made in Python."""
    if not swept.typed:
        return ""
    vary = " ".join(f"--vary {shlex.quote(f'{factor.path}={factor.written}')}" for factor in swept.factors)
    design = "" if swept.design == GRID else f" --design {swept.design} --points {len(swept.points)}"
    return f"trialclock sweep {swept.typed} {vary}{design} --replications {swept.n_replications} --seed {swept.seed}"


def _varied(swept: Swept) -> Table:
    rows = tuple((path_words(factor.path), factor.written.replace(",", ", ")) for factor in swept.factors)
    return Table("What is varied", ("what is varied", "values"), rows)


def _method(swept: Swept) -> PageSection:
    design = (
        "every combination of the values"
        if swept.design == GRID
        else "a Latin hypercube: each range is cut into as many parts as there are points, and each part has one"
    )
    lines = (
        f"{len(swept.points)} points ({design}) with {swept.n_replications:,} simulated trials each, seed {swept.seed} "
        f"at every point, trialclock {__version__}. The same command gives the same page, byte for byte.",
        "Every point has the same random numbers in the same places, so that the difference between two points is the "
        "values' and not chance's; the intervals of two points overlap more than the difference is unsure. For a "
        "difference with its interval, compare two points; the command leaves a results folder of each.",
        "A trial that never gets there counts as later than every date. Intervals: order statistics for dates, Wilson "
        "for probabilities, normal for means.",
    )
    return PageSection("method", "How was this made?", "", lines, (_points(swept),))


def _points(swept: Swept) -> Exhibit:
    shown = words.outcomes(swept)
    columns = (*(path_words(factor.path) for factor in swept.factors), *(outcome.title for outcome in shown))
    rows = tuple(
        (
            *(words.setting(swept.table, factor.path, i) for factor in swept.factors),
            *(words.cell(swept, outcome, i) for outcome in shown),
        )
        for i in range(len(swept.points))
    )
    return Exhibit(
        "points",
        "All points",
        "Every point with its headlines; the rest is in the command's sweep.csv.",
        table=Table("all points", columns, rows),
    )
