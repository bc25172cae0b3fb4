"""`comparison.html`: scenarios side by side, the answer first, as one file that opens offline.

With two scenarios tables have a column for each; with more, a row, which stays readable on a narrow screen.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from sim.experiment.comparison.tables import BOTH
from sim.plurals import listed
from sim.report.comparison import words
from sim.report.comparison.figures import exhibits
from sim.report.exhibits import Exhibit, Table
from sim.report.key_words import path_words, value_words
from sim.report.plain_page import Card, PageSection, PlainPage, render
from sim.report.reworded import reworded
from sim.report.words import Dates, chance, estimate_of
from sim.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

    from sim.experiment.comparison.sides import Pair
    from sim.experiment.comparison.sources import Side
    from sim.experiment.comparison.tables import Compared


_MOST_INPUTS = 4  # of each scenario, on the first screen
_PARTS: tuple[tuple[str, str, str, tuple[str, ...]], ...] = (
    (
        "slides",
        "What changes, and what results?",
        "Inputs that differ, outputs that differ, and each change's share, a scenario at a time.",
        ("slide-",),
    ),
    ("when", "When is each done?", "The same simulated trials under each scenario.", ("fan", "dates", "odds")),
    (
        "difference",
        "Is the difference sure?",
        "Trial k has the same random numbers under each scenario: any difference comes from the scenarios.",
        ("differences-", "earlier"),
    ),
    (
        "worth",
        "What is each change worth?",
        "The difference, shared out to what was changed.",
        ("shares-",),
    ),
    (
        "why",
        "Where does it come from?",
        "People, time and money, beside each other.",
        ("funnel", "path", "countries", "cost"),
    ),
)


def parts_of(found: list[Exhibit], parts: tuple[tuple[str, str, str, tuple[str, ...]], ...]) -> tuple[PageSection, ...]:
    """Assign figures to the parts of a page; a part without figures is left out.

    Args:
        found: the figures; one that no part names is not shown.
        parts: id, heading, introduction, and names of the figures; a name that ends with `-` is a prefix.

    Returns:
        The sections that have figures, in the order of `parts`.
    """

    def belongs(exhibit: Exhibit, names: tuple[str, ...]) -> bool:
        return any(exhibit.name == name or (name[-1] == "-" and exhibit.name.startswith(name)) for name in names)

    chosen = [
        PageSection(name, title, intro, (), tuple(exhibit for exhibit in found if belongs(exhibit, names)))
        for name, title, intro, names in parts
    ]
    return tuple(part for part in chosen if part.exhibits)


def comparison_page(compared: Compared) -> str:
    """The whole page as HTML text; see `comparison_content`."""
    return render(comparison_content(compared))


def comparison_content(compared: Compared) -> PlainPage:
    """What the page says: the answer, what differs, and the figures with their tables.

    Args:
        compared: the comparison and its tables.

    Returns:
        The content for `plain_page.render`. With two scenarios the slide comes first; with more, slides are a section.
    """
    comparison = compared.comparison
    labels = [side.label for side in comparison.sides]
    first, *others = [words.sentence(words.headline(compared, pair)) for pair in comparison.pairs]
    found = exhibits(compared)
    slides = [exhibit for exhibit in found if exhibit.name.startswith("slide-")]
    if len(slides) == 1:
        found.remove(slides[0])
    page = PlainPage(
        title=" against ".join([*labels[1:], labels[0]]),
        eyebrow=f"Compared with {labels[0]}: {', '.join(labels[1:])}",
        headline=first,
        command=made_by(compared),
        question=" ".join(dict.fromkeys(s.results.scenario.question for s in comparison.sides[1:])),
        warnings=tuple(words.caveats(compared)),
        cards=tuple(_card(side) for side in comparison.sides),
        lines=tuple(others),
        tables=(_inputs(compared), _answers(compared)),
        first=tuple(slides[:1]) if len(slides) == 1 else (),
        reading="In brackets: 95 % intervals of the Monte Carlo error, which more simulated trials make smaller.",
        sections=(*parts_of(found, _PARTS), _method(compared)),
        footer="Simulated trials, no real patients.",
    )
    return reworded(page, *compared.scenarios)


def _card(side: Side) -> Card:
    """The dates of one scenario."""
    dates, milestones = Dates(side.clock, side.results.design.horizon_days), side.results.milestones()
    last = estimate_of(milestones.loc["last_randomised"], "p50")
    more: tuple[str, ...] = ()
    if "database_lock" in milestones.index:
        lock = estimate_of(milestones.loc["database_lock"], "p50")
        more = (f"database locked by {dates.text(lock.value)} {dates.error(lock)}".strip(),)
    return Card(f"{side.label}: last randomised, median", dates.text(last.value), dates.error(last), more)


def made_by(compared: Compared) -> str:
    """The command that makes this comparison again, as typed at a shell.

    Args:
        compared: the comparison. A scenario made in Python has no file; its results folder stands for it.
    """
    comparison = compared.comparison
    names: list[str] = []
    sets: list[str] = []
    for i, side in enumerate(comparison.sides, start=1):
        typed = shlex.split(side.results.identity.get("typed") or side.results.path.as_posix())
        names.append(typed[0])
        sets += [f"--set {shlex.quote(f'{i}:{text}')}" for text in typed[2::2]]
    tail = [f"--replications {comparison.n_replications}", f"--seed {comparison.seed}"]
    tail += ["--shares"] if compared.shares is not None else []
    return " ".join(["trialclock compare", *map(shlex.quote, names), *sets, *tail])


def _answers(compared: Compared) -> Table:
    """The answer as a table: dates, odds and cost of every scenario, and how far each is from the reference."""
    comparison = compared.comparison
    others = [name for pair in comparison.pairs for name in (pair.other.label, f"{pair.other.label}: difference")]
    milestones = compared.having(("last_randomised", "primary_completion", "database_lock"))
    rows = [_median_row(compared, milestone) for milestone in milestones] + _odds_rows(compared)
    if any(side.results.scenario.costs for side in comparison.sides):
        rows.append(_cost_row(compared))
    if len(comparison.pairs) == 1:
        return Table("In figures", ("", comparison.reference.label, *others), tuple(rows))
    return Table("In figures", ("", *(row[0] for row in rows)), tuple(_by_scenario(compared, rows)))


def _by_scenario(compared: Compared, rows: list[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
    """One row per scenario, which stays readable with many scenarios."""
    sides = compared.comparison.sides
    yield (sides[0].label, *(row[1] for row in rows))
    for k, side in enumerate(sides[1:]):
        cells = (tuple(text for text in row[2 + 2 * k : 4 + 2 * k] if text) for row in rows)
        yield (side.label, *("; ".join(cell) for cell in cells))


def _median_row(compared: Compared, milestone: str) -> tuple[str, ...]:
    cells: list[str] = []
    for pair in compared.comparison.pairs:
        row, dates = compared.median(pair, milestone), words.dates_of(pair)
        if not cells:
            cells.append(dates.text(float(row["reference"])))
        cells += [dates.text(float(row["value"])), words.later(estimate_of(row, "difference"))]
    return (f"Median {words.PHRASES[milestone]}", *cells)


def _odds_rows(compared: Compared) -> list[tuple[str, ...]]:
    """One row per planned date of the reference, whatever the others plan, and one for 'never'."""
    found: dict[str, list[str]] = {}
    pairs = compared.comparison.pairs
    for k, pair in enumerate(pairs):
        for _, row in compared.of("odds", pair).iterrows():
            name = words.event_name(row)
            cells = found.setdefault(name, [""] * (1 + 2 * len(pairs)))
            cells[0] = chance(estimate_of(row, "reference"))
            cells[1 + 2 * k : 3 + 2 * k] = [
                chance(estimate_of(row, "value")),
                words.points(estimate_of(row, "difference")),
            ]
    return [(name, *cells) for name, cells in found.items()]


def _cost_row(compared: Compared) -> tuple[str, ...]:
    cells: list[str] = []
    for pair in compared.comparison.pairs:
        rows = compared.of("measures", pair)
        row = rows[rows["measure"] == "cost"].iloc[0]
        if not cells:
            cells.append(words.mean(estimate_of(row, "reference")))
        change = words.amount(estimate_of(row, "difference")) if row["in"] == BOTH else str(row["in"])
        cells += [words.mean(estimate_of(row, "value")), change]
    units = {side.results.scenario.costs.currency for side in compared.comparison.sides if side.results.scenario.costs}
    return (f"Mean cost, {listed(sorted(units))}", *cells)


def _inputs(compared: Compared) -> Table:
    """Inputs that differ. If there are many, only the first; the slide of that scenario has the rest."""
    pairs = compared.comparison.pairs
    rows: list[tuple[str, ...]] = []
    for pair in pairs:
        found = [
            (path_words(row["path"]), value_words(row["reference"]), value_words(row["value"]))
            for _, row in compared.of("inputs", pair).iterrows()
        ]
        shown = found if len(found) <= _MOST_INPUTS else found[: _MOST_INPUTS - 1]
        if len(shown) < len(found):
            shown.append((f"and {len(found) - len(shown)} more, below", "", ""))
        shown = shown or [("nothing that affects a simulated trial", "", "")]
        rows += [((pair.other.label if i == 0 else ""), *cells) for i, cells in enumerate(shown)]
    columns = ("scenario", "what differs", f"in {compared.comparison.reference.label}", "in the scenario")
    if len(pairs) == 1:
        return Table("What differs", ("what differs", *(side.label for side in compared.comparison.sides)),
                     tuple(cells[1:] for cells in rows))  # fmt: skip
    return Table("What differs", columns, tuple(rows))


def _method(compared: Compared) -> PageSection:
    comparison = compared.comparison
    runs = "; ".join(f"{side.label}: {side.results.path.name}" for side in comparison.sides)
    found = [
        f"{comparison.n_replications:,} simulated trials of each scenario, paired by number, seed {comparison.seed}, "
        f"trialclock {__version__}. The runs: {runs}. The same command gives the same page, byte for byte.",
        "Every random number has a place of its own (replication, purpose, site, patient), so that whatever the "
        "scenarios share happens alike in both. A trial that never gets there counts as later than every date.",
        "Differences of medians: bootstrap over pairs of trials, 1,000 resamples. Of means: normal interval of the "
        "paired differences, a date that never comes counting as the end of the simulated time. Of probabilities: "
        "matched pairs (Agresti and Min 2005). Shares of trials: Wilson.",
    ]
    found += [
        f"{pair.other.label}: {text}"
        for pair in comparison.pairs
        if (text := words.pairing_sentence(compared, pair)) is not None
    ]
    counted = tuple(_all_measures(compared, pair) for pair in comparison.pairs)
    return PageSection("method", "How was this made?", "", tuple(found), counted)


def _all_measures(compared: Compared, pair: Pair) -> Exhibit:
    rows = compared.of("measures", pair)
    columns = ("mean of a trial", pair.reference.label, pair.other.label, "difference")
    name = f"{pair.other.label} against {pair.reference.label}"
    cells = tuple(_measure(row) for _, row in rows.iterrows() if _says_something(row))
    return Exhibit(
        f"measures-{compared.comparison.pairs.index(pair) + 1}",
        f"Everything that was counted: {name}",
        "Means over the simulated trials, with the mean of the paired differences.",
        "Source: measures.csv.",
        table=Table(name, columns, cells),
    )


def _says_something(row: pd.Series) -> bool:
    """Whether a measure is not 0 in both."""
    return any(float(row[key]) != 0.0 for key in ("reference", "value"))


def _measure(row: pd.Series) -> tuple[str, ...]:
    cells = [words.mean(estimate_of(row, key)) for key in ("reference", "value")]
    change = words.amount(estimate_of(row, "difference")) if row["in"] == BOTH else str(row["in"])
    unit = "" if row["unit"] == "count" else f", {row['unit']}"
    return (f"{row['meaning']}{unit}", *cells, change)
