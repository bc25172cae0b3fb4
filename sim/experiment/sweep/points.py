"""The points of a sweep: the paths and values that it varies, and the scenario at each combination.

Points are made and checked before anything is run, so that the last point of a long sweep cannot turn out to be wrong.

Attributes:
    DESIGNS: how points are made: every combination, or a Latin hypercube.
    MOST_POINTS: most points of a sweep; each is a run.
"""

from __future__ import annotations

import itertools
import math
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from sim.errors import InputError, Problem, ScenarioError, UsageError, nearest
from sim.scenario.load import Loaded, with_changes
from sim.scenario.provenance import known_paths
from sim.scenario.schema import Scenario
from sim.scenario.yaml_source import parse_value, shown

GRID, LATIN_HYPERCUBE = "grid", "latin-hypercube"
DESIGNS = (GRID, LATIN_HYPERCUBE)
AS_IS = "as-is"  # leaves the path unchanged
MOST_POINTS = 10_000
POINTS_PER_PATH = 10  # default of a Latin hypercube (Loeppky, Sacks and Welch 2009)
_OPTION = "--vary"
_FEW = 5  # problems of one kind that are shown
_RANGE = re.compile(r"^\s*([^\s\[\]{}]+?)\s*\.\.\s*([^\s\[\]{}]+)\s*$")
_NAME_LENGTH = 80


@dataclass(frozen=True)
class Factor:
    """One path that is varied.

    Attributes:
        path: dotted path.
        values: the values to try; empty for a range.
        low: lower end of a range, or None.
        high: upper end of a range, or None.
    """

    path: str
    values: tuple[Any, ...]
    low: int | float | date | None = None
    high: int | float | date | None = None

    @property
    def short(self) -> str:
        """The last two parts of the path."""
        return short_path(self.path)

    @property
    def is_range(self) -> bool:
        """Whether values between two ends are tried."""
        return self.low is not None

    def at(self, u: float) -> Any:
        """Map a position in [0, 1) to a value. Whole numbers and dates of a range are equally likely.

        Args:
            u: the position.

        Returns:
            A value of the list, or of the range (numbers rounded to four digits).
        """
        if not self.is_range:
            return self.values[min(int(u * len(self.values)), len(self.values) - 1)]
        low, high = self.low, self.high
        if isinstance(low, date) and isinstance(high, date):
            return date.fromordinal(_whole(u, low.toordinal(), high.toordinal()))
        if isinstance(low, int) and isinstance(high, int):
            return _whole(u, low, high)
        assert isinstance(low, (int, float))
        assert isinstance(high, (int, float))
        return float(f"{low + u * (high - low):.4g}")

    @property
    def written(self) -> str:
        """The values as they are typed after `PATH=`."""
        if self.is_range:
            return f"{self.low}..{self.high}"
        return ",".join(setting_text(value) for value in self.values)

    def ends(self) -> tuple[Any, ...]:
        """Return the values to validate before anything is run: the ends of a range, or all values."""
        return (self.low, self.high) if self.is_range else self.values


def _whole(u: float, low: int, high: int) -> int:
    return min(low + int(u * (high - low + 1)), high)


@dataclass(frozen=True)
class Point:
    """One scenario of a sweep.

    Attributes:
        number: number of the point, from 1.
        settings: the value of each varied path.
        scenario: the scenario with these values.
    """

    number: int
    settings: Mapping[str, Any]
    scenario: Scenario

    def described(self) -> str:
        """Return the settings in one line."""
        return describe(self.settings)

    def typed(self, scenario: str) -> str:
        """Return the point as it would be typed after `run`.

        Args:
            scenario: the scenario and its overrides as they were typed.

        Returns:
            One line, with quotation marks where a shell needs them.
        """
        sets = [f"{path}={setting_text(value)}" for path, value in self.settings.items() if value != AS_IS]
        return " ".join([scenario, *(f"--set {shlex.quote(text)}" for text in sets)])


def short_path(path: str) -> str:
    """Return the last two parts of a path, which are enough beside a value.

    Args:
        path: dotted path in the scenario.
    """
    return ".".join(path.split(".")[-2:])


def describe(settings: Mapping[str, Any]) -> str:
    """Write settings in one line: by the end of each path, or by the whole path where ends are equal.

    Args:
        settings: the value of each path.

    Returns:
        Such as `general_hospital.count=4, trial.target=60`, in the order of the settings.
    """
    short = [short_path(path) for path in settings]
    names = [path if short.count(name) > 1 else name for path, name in zip(settings, short, strict=True)]
    return ", ".join(f"{name}={setting_text(value)}" for name, value in zip(names, settings.values(), strict=True))


def setting_text(value: Any) -> str:
    """Write a setting as a person would; a section that is removed is `off`.

    Args:
        value: any value that YAML has.
    """
    return "off" if value is False else shown(value)


def parse_factor(text: str, design: str) -> Factor:
    """Read `PATH=V1,V2,...` or, for a Latin hypercube, `PATH=LOW..HIGH`.

    Args:
        text: the text after `--vary`.
        design: one of `DESIGNS`.

    Returns:
        The factor; whether the scenario has the path is not checked.

    Raises:
        UsageError: the text has neither form.
    """
    path, equals, value = (part.strip() for part in text.partition("="))
    if not equals or not path or not value:
        raise _wrong("write PATH=V1,V2,..., as in sites.general_hospital.count=2,4,6", text)
    ends = _RANGE.match(value)
    if ends is not None:
        if design == GRID:
            raise _wrong("a grid needs values, as V1,V2,...; LOW..HIGH is for --design latin-hypercube", text)
        return Factor(path, (), *_range(ends.group(1), ends.group(2), text))
    try:
        values = parse_value(f"[{value}]")
    except ScenarioError:
        raise _wrong("cannot be read as a list of values, as V1,V2,...", text) from None
    if len(values) < 2:
        raise _wrong("needs two values or more", text)
    twice = next((item for i, item in enumerate(values) if any(_same(item, other) for other in values[:i])), None)
    if twice is not None:
        raise _wrong(f"the value {shown(twice)} stands twice", text)
    return Factor(path, tuple(values))


def _same(a: Any, b: Any) -> bool:
    return bool(a == b) and isinstance(a, bool) == isinstance(b, bool)


def _range(low_text: str, high_text: str, text: str) -> tuple[Any, Any]:
    """The ends of `LOW..HIGH`: two whole numbers, two floats if either is one, or two dates.

    Raises:
        UsageError: they are something else, or not in order.
    """
    try:
        low, high = parse_value(low_text), parse_value(high_text)
    except ScenarioError:
        raise _wrong("LOW..HIGH needs two numbers or two dates", text) from None
    if all(isinstance(end, date) for end in (low, high)):
        pass
    elif any(isinstance(end, bool) or not isinstance(end, (int, float)) for end in (low, high)):
        raise _wrong("LOW..HIGH needs two numbers or two dates", text)
    elif isinstance(low, float) or isinstance(high, float):
        low, high = float(low), float(high)
    if not low < high:
        raise _wrong("LOW must be less than HIGH", text)
    return low, high


def _wrong(message: str, text: str) -> UsageError:
    return UsageError(Problem(message, _OPTION, value=text))


def parse_factors(texts: Sequence[str], design: str, loaded: Loaded) -> list[Factor]:
    """Read what is varied, and check it against the scenario.

    Args:
        texts: the texts after `--vary`.
        design: one of `DESIGNS`.
        loaded: the scenario.

    Returns:
        The factors, in the order of the texts.

    Raises:
        InputError: with every problem found.
    """
    factors: list[Factor] = []
    wrong: list[Problem] = []
    known = known_paths(loaded.scenario)
    for text in texts:
        try:
            factor = parse_factor(text, design)
        except UsageError as error:
            wrong += error.problems
            continue
        others = [other.path for other in factors]
        message = _misplaced(factor.path, others, known, loaded.file)
        if message:
            wrong.append(Problem(message, _OPTION, value=factor.path))
        else:
            factors.append(factor)
    if wrong:
        raise UsageError(wrong)
    return factors


def _misplaced(path: str, others: Sequence[str], known: set[str], file: str) -> str | None:
    """What is wrong with varying a path, in words; None if nothing is."""
    if path.partition(".")[0] in ("experiment", "name", "question", "sources", "bibliography", "extends"):
        return "this does not affect simulated trials; --replications and --seed are options of their own"
    if path not in known:
        return f"there is no such path in {file}; {nearest(path, known)}"
    for other in others:
        if path == other:
            return "is varied twice"
        if path.startswith(f"{other}.") or other.startswith(f"{path}."):
            return f"is part of {other}, or has it as a part; vary one of them"
    return None


def _varied(loaded: Loaded, settings: Mapping[str, Any]) -> Scenario:
    return with_changes(loaded, {path: value for path, value in settings.items() if value != AS_IS}, _OPTION)


def count_points(factors: Sequence[Factor], design: str, n_points: int | None) -> int:
    """Count the points of a sweep.

    Args:
        factors: what is varied.
        design: one of `DESIGNS`.
        n_points: number of points of a Latin hypercube; None for ten per path.

    Returns:
        The number of points, which is that of runs.
    """
    if design == GRID:
        return math.prod(len(factor.values) for factor in factors)
    return POINTS_PER_PATH * len(factors) if n_points is None else n_points


def make_points(loaded: Loaded, factors: Sequence[Factor], design: str, n_points: int | None, seed: int) -> list[Point]:
    """Make the points of a sweep, each with a valid scenario.

    Args:
        loaded: the scenario that is varied.
        factors: what is varied.
        design: `GRID` for every combination, `LATIN_HYPERCUBE` for a spread of points.
        n_points: number of points of a Latin hypercube; None for ten per path.
        seed: seed of the Latin hypercube.

    Returns:
        The points, numbered from 1.

    Raises:
        InputError: a value is wrong, or values contradict one another.
    """
    settings = _grid(factors) if design == GRID else _hypercube(factors, n_points, seed)
    points, wrong = [], []
    for number, setting in enumerate(settings, start=1):
        try:
            scenario = _varied(loaded, setting)
        except ScenarioError as error:
            wrong.append(Problem(f"these do not go together: {describe(setting)} ({error.problems[0]})", _OPTION))
            if len(wrong) == _FEW:
                break
        else:
            points.append(Point(number, setting, _named(scenario, setting)))
    if wrong:
        raise UsageError(_wrong_values(loaded, factors) or wrong)
    return points


def _named(scenario: Scenario, setting: Mapping[str, Any]) -> Scenario:
    name = f"{scenario.name}, {describe(setting)}"[:_NAME_LENGTH]
    experiment = scenario.experiment.model_copy(update={"keep": 0})
    return scenario.model_copy(update={"name": name, "experiment": experiment})


def _wrong_values(loaded: Loaded, factors: Sequence[Factor]) -> list[Problem]:
    """Problems of single values, whatever the other values are."""
    wrong: dict[str, Problem] = {}
    for factor in factors:
        for value in factor.ends():
            try:
                _varied(loaded, {factor.path: value})
            except ScenarioError as error:
                wrong |= {str(problem): problem for problem in _own(error, factor.path)}
    return list(wrong.values())


def _own(error: InputError, path: str) -> Iterable[Problem]:
    """Problems of the value itself, not of its combination with the rest of the scenario."""
    return [p for p in error.problems if p.file == _OPTION and p.path and (p.path == path or p.path.startswith(path))]


def _grid(factors: Sequence[Factor]) -> list[dict[str, Any]]:
    n = count_points(factors, GRID, None)
    if n > MOST_POINTS:
        raise UsageError(Problem(f"may make at most {MOST_POINTS:,} points", _OPTION, value=f"{n:,}"))
    paths = [factor.path for factor in factors]
    return [dict(zip(paths, values, strict=True)) for values in itertools.product(*(f.values for f in factors))]


def _hypercube(factors: Sequence[Factor], n_points: int | None, seed: int) -> list[dict[str, Any]]:
    from scipy.stats import qmc

    n = count_points(factors, LATIN_HYPERCUBE, n_points)
    places = qmc.LatinHypercube(len(factors), rng=np.random.default_rng(seed)).random(n)
    return [{f.path: f.at(float(u)) for f, u in zip(factors, row, strict=True)} for row in places]
