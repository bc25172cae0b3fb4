"""What a sweep varies, as rows of controls: a path that is chosen or typed, and the values to try there.

Messages of the command line name a path; here each is brought to the row that has this path.

Attributes:
    MOST: most paths that a sweep of the studio varies.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import dash_mantine_components as dmc
from dash import dcc, html

from sim.errors import Problem, ScenarioError, UsageError
from sim.experiment.sweep.points import GRID, LATIN_HYPERCUBE, Factor, Point, parse_factors
from sim.experiment.sweep.suggestions import suggested
from sim.plurals import listed
from sim.report.key_words import path_words
from sim.report.reworded import reworded
from sim.scenario.described import described
from sim.scenario.yaml_source import shown
from sim.web.limits import check_limits
from sim.web.parts.levers import value_at

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

    from sim.scenario.load import Loaded
    from sim.web.settings import Limits

PATH_ID, VALUES_ID, BEGIN_ID = "sweep-path", "sweep-values", "sweep-begin"
MOST = 3
BY_HAND = "By hand"  # the group of paths that were typed; assets/sweep.js adds to it
_LABELS = ("1. What is varied", "2. What else is varied", "3. And what else")
_HOW = {
    GRID: "as 1,2,3; as-is is the value as it stands",
    LATIN_HYPERCUBE: "as LOW..HIGH, or values as 1,2,3",
}
_LONGEST_VALUE = 60


class Row(NamedTuple):
    """A row as it is filled in.

    Attributes:
        path: dotted path, or empty.
        values: `V1,V2,...` or `LOW..HIGH`, or empty.
    """

    path: str
    values: str

    @classmethod
    def of(cls, text: str) -> Row:
        """A row from `PATH=VALUES`."""
        path, _, values = text.partition("=")
        return cls(path.strip(), values.strip())

    @property
    def text(self) -> str:
        """The row as it is typed after `--vary`; empty where nothing is filled in."""
        return f"{self.path}={self.values}" if self.path or self.values else ""


@dataclass(frozen=True)
class Wrong:
    """Errors of the rows, by row number.

    Attributes:
        paths: messages about paths.
        values: messages about values.
        rest: problems that belong to no single row.
    """

    paths: Mapping[int, str] = field(default_factory=dict)
    values: Mapping[int, str] = field(default_factory=dict)
    rest: Sequence[Problem] = ()

    @property
    def any(self) -> bool:
        """Whether there are any errors."""
        return bool(self.paths or self.values or self.rest)


class RowError(UsageError):
    """The rows ask for something impossible.

    Attributes:
        wrong: messages by row.
    """

    def __init__(self, wrong: Wrong) -> None:
        said = [*wrong.paths.values(), *wrong.values.values()]
        super().__init__([*(Problem(text) for text in said), *wrong.rest])
        self.wrong = wrong


def first_row(loaded: Loaded, changes: Sequence[str], design: str, options: list[dict[str, Any]]) -> Row:
    """The row to start with: the last change, or else the number of sites of the largest group.

    Args:
        loaded: the scenario.
        changes: changes as after `--set`.
        design: one of `sim.experiment.sweep.points.DESIGNS`.
        options: paths to choose from.
    """
    paths = {item["value"] for group in options for item in group["items"]}
    changed = [path for path in (text.partition("=")[0] for text in changes) if path in paths]
    sites = loaded.scenario.sites
    largest = max(sites, key=lambda name: sites[name].count)
    path = changed[-1] if changed else f"sites.{largest}.count"
    return Row(path, values_for(loaded, path, design))


def values_for(loaded: Loaded, path: str, design: str) -> str:
    """Values to begin with, as they are typed.

    Args:
        loaded: the scenario.
        path: dotted path.
        design: values for a grid, a range for a Latin hypercube.
    """
    return suggested(loaded, path, value_at(loaded, path), described(path), design).written


def said_of(loaded: Loaded, path: str) -> str:
    """The value as it is, and what is allowed; the path itself if nothing is known of it.

    Args:
        loaded: the scenario.
        path: dotted path; empty for none.
    """
    if not path:
        return ""
    value, description = value_at(loaded, path), described(path)
    text = shown(value)
    now = [f"now {text}"] if value is not None and len(text) <= _LONGEST_VALUE else []
    allowed = [description.range] if description.range else []
    unit = f" {description.unit}" if description.unit else ""
    return f"{'; '.join([*now, *allowed])}{unit}" or path


def how_written(design: str) -> str:
    """How values are written."""
    return _HOW[design]


def row_controls(i: int, row: Row, loaded: Loaded, design: str, options: list[dict[str, Any]]) -> Component:
    """The controls of a row.

    Args:
        i: its place, from 0.
        row: as it is filled in.
        loaded: the scenario.
        design: one of `sim.experiment.sweep.points.DESIGNS`.
        options: what may be chosen.
    """
    label = _LABELS[i]
    known = {item["value"] for group in options for item in group["items"]}
    if row.path and row.path not in known:
        options = [
            *options,
            {
                "group": BY_HAND,
                "items": [{"value": row.path, "label": reworded(path_words(row.path), loaded.scenario)}],
            },
        ]
    path = dmc.Select(
        id={"type": PATH_ID, "n": i},
        label=label,
        description=said_of(loaded, row.path) or "optional",
        data=options,
        value=row.path or None,
        searchable=True,
        clearable=i > 0,
        clearButtonProps={"aria-label": f"Clear row {i + 1}"},
        placeholder="Search, or type any path",
        nothingFoundMessage="Nothing has that name; any path of the scenario may be typed",
        filter={"function": "sweepFilter"},
        renderOption={"function": "sweepOption"},
        comboboxProps={"withinPortal": True},
    )
    values = dmc.TextInput(
        id={"type": VALUES_ID, "n": i},
        label=f"Values of row {i + 1}",
        description=how_written(design),
        value=row.values,
        autoComplete="off",
    )
    begin = dcc.Store(id={"type": BEGIN_ID, "n": i})
    return html.Div([path, values, begin], className="vary-row", role="group", **{"aria-label": label})


def read_rows(rows: Sequence[Row], design: str, loaded: Loaded) -> list[Factor]:
    """What the rows vary; empty rows are skipped.

    Args:
        rows: as they are filled in.
        design: one of `sim.experiment.sweep.points.DESIGNS`.
        loaded: the scenario.

    Returns:
        One factor for each row that is filled in.

    Raises:
        RowError: rows are wrong, each with its message.
    """
    paths, values = dict[int, str](), dict[int, str]()
    texts, factors = list[str](), list[Factor]()
    for i, row in enumerate(rows):
        if not row.text:
            continue
        try:
            factors = parse_factors([*texts, row.text], design, loaded)
        except UsageError as error:
            is_path = not row.path or any(problem.value == row.path for problem in error.problems)
            (paths if is_path else values)[i] = _joined(error.problems)
        else:
            texts.append(row.text)
    if paths or values:
        raise RowError(Wrong(paths, values))
    return factors


def at_rows(problems: Sequence[Problem], rows: Sequence[Row]) -> RowError:
    """Problems of values, each at the row whose path it is about; those about none or several rows apart.

    Args:
        problems: what is wrong, with dotted paths.
        rows: as they are filled in.

    Returns:
        The error, to be raised.
    """
    values: dict[int, list[Problem]] = {}
    rest = []
    for problem in problems:
        found = [i for i, row in enumerate(rows) if row.path and _is_about(problem.path or "", row.path)]
        if len(found) == 1:
            values.setdefault(found[0], []).append(problem)
        else:
            rest.append(problem)
    return RowError(Wrong({}, {i: _joined(found) for i, found in values.items()}, rest))


def _is_about(place: str, path: str) -> bool:
    return place == path or place.startswith(f"{path}.") or (bool(place) and path.startswith(f"{place}."))


def _joined(problems: Sequence[Problem]) -> str:
    return "; ".join(str(problem) for problem in problems)


def check_points(points: Sequence[Point], rows: Sequence[Row], replications: int, limits: Limits) -> None:
    """Check that no point exceeds the limits of this studio.

    Args:
        points: the scenarios of the sweep.
        rows: as they are filled in, for the places of messages.
        replications: simulated trials a point.
        limits: limits of the studio.

    Raises:
        RowError: a point does.
    """
    for point in points:
        try:
            check_limits(point.scenario, limits, replications)
        except ScenarioError as error:
            raise at_rows(error.problems, rows) from None


def said_at(wrong: Wrong) -> tuple[list[str | None], list[str | None]]:
    """Messages for the paths and for the values of all rows; None for a row without one."""
    return [wrong.paths.get(i) for i in range(MOST)], [wrong.values.get(i) for i in range(MOST)]


def summary(wrong: Wrong) -> list[Problem]:
    """Messages beside the button: which rows to look at, and problems that belong to no single row.

    Args:
        wrong: errors of the rows.
    """
    places = sorted({*wrong.paths, *wrong.values})
    rows = listed(f"row {i + 1}" for i in places)
    return [*([Problem(f"see the messages at {rows}")] if places else []), *wrong.rest]


def rows_of(texts: Sequence[str], fallback: Row) -> list[Row]:
    """All rows of the page, those that are empty too.

    Args:
        texts: `PATH=VALUES`, as in the address.
        fallback: the first row where there are none.

    Raises:
        UsageError: there are more than the page has.
    """
    if len(texts) > MOST:
        message = f"this page varies at most {MOST} values at once; the command line has no such limit"
        raise UsageError(Problem(message, "?vary", value=str(len(texts))))
    rows = [Row.of(text) for text in texts] or [fallback]
    return rows + [Row("", "")] * (MOST - len(rows))


def filled(paths: Sequence[str | None], values: Sequence[str | None]) -> list[Row]:
    """Rows as the controls have them."""
    return [Row((path or "").strip(), (text or "").strip()) for path, text in zip(paths, values, strict=True)]


def after_design(rows: Sequence[Row], before: str, design: str, loaded: Loaded) -> list[str]:
    """Values of the rows after the design changed; values that a visitor typed stay.

    Args:
        rows: as they are filled in.
        before: the design before.
        design: the design now.
        loaded: the scenario.
    """
    return [
        values_for(loaded, row.path, design)
        if row.path and row.values == values_for(loaded, row.path, before)
        else row.values
        for row in rows
    ]
