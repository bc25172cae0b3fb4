"""Draws: one uniform number turned into a value by a quantile function.

Every distribution is drawn by inverting its cumulative distribution. Each value takes one uniform number, whatever the
distribution, so a scenario that changes a median changes that value and no other draw. Values are rounded to 26
significant bits (see `settle`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import special

from sim.core.decisions import SETTLE, SMALLEST, settled, triangular, uniform
from sim.scenario.distributions import Family

Array = npt.NDArray[np.float64]
Parameters = Mapping[str, Any]  # numbers, None for an absent bound, observed values
Quantile = Callable[[Array], Array]


def settle(values: npt.ArrayLike) -> Array:
    """Round to 26 significant bits, by Veltkamp's splitting, in exact arithmetic.

    Processors with different vector instructions, and different C libraries, disagree in the last bits of `log` and
    `exp`. Rounding their results to a relative 1.5e-8 (a hundredth of a second in a week) makes the bytes of a run the
    same on all of them. A disagreement survives only where it straddles a rounding boundary: about one in 10^8 draws
    that differ.

    Args:
        values: any shape, finite, magnitudes below 1e300.

    Returns:
        Rounded values of the same shape.
    """
    shifted = np.multiply(values, SETTLE)
    settled: Array = shifted - np.subtract(shifted, values)
    return settled


def log(x: float) -> float:
    """Natural logarithm, settled.

    Args:
        x: a positive number.

    Returns:
        ln(x) rounded to 26 significant bits, so that it is the same on every processor; see `settle`.
    """
    return float(settle(special.xlogy(1.0, x)))


def log1p(x: float) -> float:
    """Natural logarithm of 1 + x, settled.

    Args:
        x: a number greater than -1.

    Returns:
        ln(1 + x) rounded to 26 significant bits; accurate where x is near 0.
    """
    return float(settle(special.log1p(x)))


def exp(x: float) -> float:
    """Exponential, settled.

    Args:
        x: any number.

    Returns:
        e^x rounded to 26 significant bits.
    """
    return float(settle(special.expm1(x) + 1.0))


def unit_exponential(u: Array) -> Array:
    """Exponential values of mean 1, from uniform numbers of any shape in [0, 1).

    Args:
        u: uniform numbers; 0 gives 0.

    Returns:
        -ln(1 - u), settled, of the same shape.
    """
    return settle(-special.log1p(-u))


def standard_normal(u: Array) -> Array:
    """Standard normal values, from uniform numbers of any shape in [0, 1).

    Args:
        u: uniform numbers; 0 counts as the smallest positive one that is drawn, so that no value is infinite.

    Returns:
        The normal quantiles of `u`, settled, of the same shape.
    """
    return settle(special.ndtri(np.maximum(u, SMALLEST)))


def gamma_of_mean_one(u: Array, cv: Array) -> Array:
    """Gamma values of mean 1: how much more or less than the average a site refers.

    Args:
        u: uniform numbers in [0, 1), any shape.
        cv: coefficient of variation, broadcast against `u`; 0 gives exactly 1.

    Returns:
        Values of the broadcast shape.
    """
    spread = np.where(cv > 0, cv, 1.0)
    shape = 1 / (spread * spread)
    return np.where(cv > 0, settle(special.gammaincinv(shape, np.maximum(u, SMALLEST)) / shape), 1.0)


def _uniform(u: Array, p: Parameters) -> Array:
    low, high = float(p["low"]), float(p["high"])
    return low + u * (high - low)


def _triangular(u: Array, p: Parameters) -> Array:
    low, mode, high = float(p["low"]), float(p["mode"]), float(p["high"])
    width = high - low
    if width <= 0:
        return np.full_like(u, low)
    left = low + np.sqrt(u * width * (mode - low))
    right = high - np.sqrt((1 - u) * width * (high - mode))
    return np.where(u * width < mode - low, left, right)


def _truncated(u: Array, low_p: float, high_p: float) -> Array:
    """Probabilities of the untruncated distribution that correspond to `u` between two bounds."""
    return np.clip(low_p + u * (high_p - low_p), 2.0**-54, 1 - 2.0**-53)


def _within(values: Array, p: Parameters) -> Array:
    """Rounding in the tails must not carry a truncated value past its bound."""
    low, high = p["low"], p["high"]
    return values if low is None and high is None else np.clip(values, low, high)


def _between_bounds(u: Array, p: Parameters, cdf: Callable[[float], float]) -> Array:
    low, high = p["low"], p["high"]
    if low is None and high is None:
        return u
    return _truncated(u, 0.0 if low is None else cdf(low), 1.0 if high is None else cdf(high))


_LEAST = 2.0**-1022  # stands for an uncertain spread that is drawn as 0


def _normal(u: Array, p: Parameters) -> Array:
    mean, sd = p["mean"], p["sd"]
    u = _between_bounds(u, p, lambda x: float(special.ndtr((x - mean) / (sd or _LEAST))))
    return _within(mean + sd * special.ndtri(u), p)


def _lognormal(u: Array, p: Parameters) -> Array:
    median, sigma = p["median"], p["sigma"]
    u = _between_bounds(
        u, p, lambda x: float(special.ndtr(special.xlogy(1.0, x / median) / (sigma or _LEAST))) if x > 0 else 0.0
    )
    return _within(median * np.exp(sigma * special.ndtri(u)), p)


def _exponential(u: Array, p: Parameters) -> Array:
    return -float(p["mean"]) * special.log1p(-u)


def _gamma(u: Array, p: Parameters) -> Array:
    shape = 1 / float(p["cv"] * p["cv"])
    standard = np.asarray(special.gammaincinv(shape, u), dtype=np.float64)
    return standard * (float(p["mean"]) / shape)


def _beta(u: Array, p: Parameters) -> Array:
    a, b = float(p["mean"] * p["n"]), float((1 - p["mean"]) * p["n"])
    return special.betaincinv(a, b, u)


def _weibull(u: Array, p: Parameters) -> Array:
    powered: Array = np.exp(np.log(-special.log1p(-u)) / float(p["shape"]))
    return float(p["scale"]) * powered


def _empirical(u: Array, p: Parameters) -> Array:
    observed = np.sort(np.asarray(p["values"], dtype=np.float64))
    return observed[np.minimum((u * len(observed)).astype(np.intp), len(observed) - 1)]


_QUANTILES: dict[str, Callable[[Array, Parameters], Array]] = {
    "uniform": _uniform,
    "triangular": _triangular,
    "normal": _normal,
    "lognormal": _lognormal,
    "exponential": _exponential,
    "gamma": _gamma,
    "beta": _beta,
    "weibull": _weibull,
    "empirical": _empirical,
}


def quantile(family: Family, unknowns: Mapping[str, float] | None = None) -> Quantile:
    """The quantile function of a distribution.

    Args:
        family: the distribution.
        unknowns: values of those of its parameters that are themselves uncertain, by parameter name.

    Returns:
        A function from probabilities in [0, 1), any shape, to settled values of the same shape.
    """
    parameters: dict[str, Any] = {**family.parameters(), **(unknowns or {})}
    function = _QUANTILES[family.keyword]
    return lambda u: settle(function(np.maximum(u, SMALLEST), parameters))


def _scalar_uniform(u: float, p: Parameters) -> float:
    return uniform(u, float(p["low"]), float(p["high"]))


def _scalar_triangular(u: float, p: Parameters) -> float:
    return triangular(u, float(p["low"]), float(p["mode"]), float(p["high"]))


# Only what is exact to the last bit in Python as in numpy: sums, products and square roots.
_SCALAR_QUANTILES: dict[str, Callable[[float, Parameters], float]] = {
    "uniform": _scalar_uniform,
    "triangular": _scalar_triangular,
}


def scalar_quantile(family: Family, unknowns: Mapping[str, float] | None = None) -> Callable[[float], float]:
    """`quantile` for one probability at a time: the same values, at a tenth of the cost for the simplest families.

    Args:
        family: the distribution.
        unknowns: values of its uncertain parameters, by parameter name.

    Returns:
        A function from a probability in [0, 1) to a settled value.
    """
    function = _SCALAR_QUANTILES.get(family.keyword)
    if function is None:
        of_array = quantile(family, unknowns)
        return lambda u: of_array(np.array([u])).item()
    parameters: dict[str, Any] = {**family.parameters(), **(unknowns or {})}

    def value(u: float) -> float:
        return settled(function(max(u, SMALLEST), parameters))

    return value


def from_normal(family: Family) -> Quantile | None:
    """A function from standard normal values to values of a distribution, for correlated attributes.

    Args:
        family: the distribution.

    Returns:
        The function for a normal or lognormal distribution without bounds and uncertain parameters; None for any other,
        which must go through probabilities.
    """
    p: dict[str, Any] = family.parameters()
    if family.keyword not in ("normal", "lognormal") or family.uncertain_parameters():
        return None
    if p["low"] is not None or p["high"] is not None:
        return None
    if family.keyword == "normal":
        return lambda z: settle(p["mean"] + p["sd"] * z)
    return lambda z: settle(p["median"] * np.exp(p["sigma"] * z))


def expected(family: Family, unknowns: Mapping[str, float] | None = None) -> float:
    """The mean of a distribution, by the midpoint rule on its quantile function with 2,000 points.

    The relative error is about a thousandth for the families and parameters in use.

    Args:
        family: the distribution.
        unknowns: values of its uncertain parameters, by parameter name.

    Returns:
        The mean, in the unit of the distribution.
    """
    points = (np.arange(2000) + 0.5) / 2000
    return float(settle(np.asarray(quantile(family, unknowns)(points).sum() / 2000)))


def mean_of(value: object) -> float:
    """The mean of a value of a scenario, with the mean of each uncertain parameter in its place.

    Args:
        value: a number, or a distribution whose parameters may themselves be uncertain.

    Returns:
        The number, or the mean by `expected`. The mean at the mean parameters is not exactly the mean over uncertain
        parameters.
    """
    if not isinstance(value, Family):
        return float(value)  # type: ignore[arg-type]
    unknowns = {name: mean_of(part) for name in value.uncertain_parameters() if (part := value.parameters()[name])}
    return expected(value, unknowns)
