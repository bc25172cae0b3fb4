"""What a class guessed, as a histogram beside what the simulation says.

Students guess before they see anything; how far guesses spread is a part of what a lesson shows.
"""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sim.lessons.figures import add_marks, picture
from sim.plurals import counted
from sim.report.exhibits import Exhibit, Table
from sim.report.style import rounded, series

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.lessons.lesson import Prediction

_MOST_BARS = 24


def guesses_of_class(prediction: Prediction, guesses: Sequence[float]) -> Exhibit:
    """The guesses of a class.

    Args:
        prediction: what was to be guessed.
        guesses: one number for each student who has guessed.

    Returns:
        A histogram with the simulated number, its summary, and a table of the bars; only a sentence if nobody has
        guessed.
    """
    import plotly.graph_objects as go

    title = "What the class guessed"
    if not guesses:
        return Exhibit("guesses", title, "Nobody has guessed yet.")
    edges = _edges(guesses, prediction.step)
    counts, _ = np.histogram(np.asarray(guesses, dtype=float), edges)
    figure = picture(prediction.unit, "students", bargap=0.06)
    middles = (edges[:-1] + edges[1:]) / 2
    figure.add_trace(
        go.Bar(x=rounded(middles), y=[int(n) for n in counts], marker={"color": series(0).colour}, showlegend=False)
    )
    figure.update_yaxes(dtick=max(1, math.ceil(max(counts) / 6)))
    add_marks(figure, [(prediction.answer.value, f"simulated: {prediction.answer_text}")])
    low, high = prediction.accepts
    n_near = sum(low <= guess <= high for guess in guesses)
    middle = float(np.median(np.asarray(guesses, dtype=float)))
    summary = (
        f"{counted(len(guesses), 'guess', 'guesses')}, half of them {middle:g} {prediction.unit} or less; the "
        f"simulation says {prediction.answer_text}. {n_near} of {len(guesses)} came close."
    )
    ends = [(start + prediction.step / 2, end - prediction.step / 2) for start, end in pairwise(edges)]
    rows = tuple(
        (f"{low:g}" if math.isclose(low, high, abs_tol=1e-9) else f"{low:g} to {high:g}", str(int(n)))
        for (low, high), n in zip(ends, counts, strict=True)
    )
    return Exhibit("guesses", title, summary, figure=figure, table=Table(title, (prediction.unit, "students"), rows))


def _edges(guesses: Sequence[float], step: float) -> np.ndarray:
    """Edges of bars of equal width, each half a step beside what may be entered, so that a bar stands at its number.

    Args:
        guesses: the guesses.
        step: distance between numbers that can be entered; a bar is as wide as a multiple of it, so that there are at
            most about 24.
    """
    low, high = min(guesses), max(guesses)
    width = step * max(1, math.ceil((high - low + step) / step / _MOST_BARS))
    first = math.floor(low / width) * width - step / 2
    n = max(1, math.floor((high - first) / width) + 1)
    return np.array([first + i * width for i in range(n + 1)])
