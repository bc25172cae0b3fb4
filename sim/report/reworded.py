"""Exhibits, pages and documents in the words of the trials that they are about; see `sim.scenario.entry`.

Reports are made in the words of trials with several arms, and pass through here as they leave their room.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from sim.scenario.entry import Wording, randomises, wording

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario

Said = TypeVar("Said")


def reworded(said: Said, *scenarios: Scenario) -> Said:
    """A text, or what has texts in it, in the words of the trials that it is about.

    Args:
        said: a text, exhibit, card, page or plotly figure, or a list, tuple or dictionary of such; dates and numbers in
            it stay as they are, and so do keys.
        scenarios: all that it is about; if any has several arms, `said` is returned as it is.
    """
    return said if randomises(*scenarios) else _through(said, wording(*scenarios))


def reworded_document(document: dict[str, Any], *scenarios: Scenario) -> dict[str, Any]:
    """A document for programs with its sentences in the words of the trials; values of a single word stay.

    Args:
        document: data for JSON.
        scenarios: as of `reworded`.
    """
    if randomises(*scenarios):
        return document
    say = wording(*scenarios)
    found: dict[str, Any] = _through(document, lambda text: say(text) if " " in text else text)
    return found


def _through(said: Any, say: Wording) -> Any:
    if isinstance(said, str):
        return say(said)
    if isinstance(said, dict):
        return {key: _through(value, say) for key, value in said.items()}
    if isinstance(said, tuple) and hasattr(said, "_fields"):
        return type(said)(*(_through(value, say) for value in said))
    if isinstance(said, (list, tuple)):
        return type(said)(_through(value, say) for value in said)
    if dataclasses.is_dataclass(said) and not isinstance(said, type):
        fields = {field.name: _through(getattr(said, field.name), say) for field in dataclasses.fields(said)}
        return type(said)(**fields)
    if hasattr(said, "to_plotly_json"):
        return _figure(said, say)
    if isinstance(said, np.ndarray) and said.dtype.kind in "OU":
        return _through(said.tolist(), say)
    return said


def _figure(figure: Any, say: Wording) -> Any:
    """A plotly figure with its texts said; arrays of numbers go through untouched."""
    traces = [_through(trace.to_plotly_json(), say) for trace in figure.data]
    return type(figure)(traces, _through(figure.layout.to_plotly_json(), say))
