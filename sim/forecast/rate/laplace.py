"""Laplace's approximation for counts with a Gaussian log rate.

f ~ N(mean, covariance), y ~ negative binomial with mean exposure x exp(f) and a size. The mode is found by Newton's
method in the form of Rasmussen and Williams 2006 (Gaussian Processes for Machine Learning, algorithms 3.1 and 3.2),
which never inverts the covariance. numpy solves the triangular systems: scipy would start threads for them, which take
a hundred times as long for systems this small.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

Array = npt.NDArray[np.float64]

_MOST_STEPS = 100
_SMALLEST_STEP = 1e-4
_SETTLED = 1e-8
_MOST_LOG = 30.0


@dataclass(frozen=True, eq=False)
class Mode:
    """The approximate posterior of f.

    Attributes:
        f: (n,) its mode.
        weights: (n,) a with f = mean + covariance a.
        root: (n,) square roots of the likelihood's curvature at the mode.
        factor: (n, n) lower Cholesky factor of I + root covariance root.
        log_evidence: log of the probability of the counts, approximately.
    """

    f: Array
    weights: Array
    root: Array
    factor: Array
    log_evidence: float

    def mean_of(self, cross: Array) -> Array:
        """Return posterior means of quantities that depend linearly on f.

        Args:
            cross: (q, n) their prior covariance with f; their prior mean is 0.

        Returns:
            (q,) means.
        """
        found: Array = cross @ self.weights
        return found

    def covariance_of(self, cross: Array, prior: Array) -> Array:
        """Return the posterior covariance of quantities that depend linearly on f.

        Args:
            cross: (q, n) their prior covariance with f.
            prior: (q, q) their prior covariance.

        Returns:
            (q, q) covariance.
        """
        part = np.linalg.solve(self.factor, (cross * self.root).T)
        found: Array = prior - part.T @ part
        return found


def cholesky(matrix: Array) -> Array:
    """The lower Cholesky factor.

    Args:
        matrix: (k, k), symmetric and positive definite.

    Returns:
        (k, k) lower triangle L with L L' = matrix.

    Raises:
        numpy.linalg.LinAlgError: the matrix is not positive definite.
    """
    return np.asarray(np.linalg.cholesky(matrix), dtype=np.float64)


def _log_likelihood(y: Array, mean: Array, size: Array) -> float:
    total = special.gammaln(y + size) - special.gammaln(size) - special.gammaln(y + 1)
    total += size * np.log(size / (size + mean)) + special.xlogy(y, mean / (size + mean))
    return float(total.sum())


def mode(y: Array, exposure: Array, size: Array, mean: Array, covariance: Array) -> Mode:
    """Find the mode of f given counts.

    Args:
        y: (n,) counts.
        exposure: (n,) factors of the rate exp(f).
        size: (n,) size of the negative binomial: its variance is m + m^2 / size.
        mean: (n,) prior mean of f.
        covariance: (n, n) prior covariance of f.

    Returns:
        The mode, and the curvature there.
    """

    def rate(f: Array) -> Array:
        expected: Array = exposure * np.exp(np.clip(f, -_MOST_LOG, _MOST_LOG))
        return expected

    def curvature(expected: Array) -> Array:
        bent: Array = (y + size) * size * expected / (size + expected) ** 2
        return bent

    n = len(y)
    f, a, best = mean.copy(), np.zeros(n), -np.inf
    for _ in range(_MOST_STEPS):
        expected = rate(f)
        bent = curvature(expected)
        root = np.sqrt(bent)
        factor = cholesky(np.eye(n) + root[:, None] * covariance * root)
        b = bent * (f - mean) + y - (y + size) * expected / (size + expected)
        target = b - root * np.linalg.solve(factor.T, np.linalg.solve(factor, root * (covariance @ b)))
        step, settled = 1.0, False
        while True:
            tried = a + step * (target - a)
            f_tried = mean + covariance @ tried
            value = _log_likelihood(y, rate(f_tried), size) - 0.5 * float(tried @ (f_tried - mean))
            if value >= best - _SETTLED or step < _SMALLEST_STEP:
                settled = abs(value - best) < _SETTLED
                break
            step /= 2
        a, f, best = tried, f_tried, value
        if settled:
            break
    root = np.sqrt(curvature(rate(f)))
    factor = cholesky(np.eye(n) + root[:, None] * covariance * root)
    return Mode(f, a, root, factor, best - float(np.log(np.diag(factor)).sum()))
