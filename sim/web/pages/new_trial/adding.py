"""What the buttons that add a part are called: `Add an interim look`, and not `Add to interims`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.report.key_words import words

if TYPE_CHECKING:
    from sim.web.pages.new_trial.shapes import Path

_PARTS = {
    "amendments": "an amendment",
    "arms": "an arm",
    "attributes": "a measurement",
    "bands": "a band",
    "bibliography": "a reference",
    "caps": "a cap",
    "conditions": "a condition",
    "correlation": "a correlation",
    "countries": "a country",
    "criteria": "a criterion",
    "extensions": "an extension",
    "hazard_ratio": "an arm",
    "interims": "an interim look",
    "leaving": "a way out",
    "periods": "a period",
    "risks": "a risk",
    "sites": "a group of sites",
    "sources": "a source",
    "start_up": "a step",
}
_WHOLE = {"follow_up": "follow-up"}
VALUE = "Add a value…"  # of the part around the choice, whose heading says which


def add_one(path: Path) -> str:
    """Label of the button that adds a part with a name of the planner's own.

    Args:
        path: where it is added.
    """
    return f"Add {_PARTS.get(path[-1], 'a value')}"


def add_all(path: Path) -> str:
    """Label of the button that adds a whole section, which the trial does not have."""
    return f"Add {_WHOLE.get(path[-1]) or words(path[-1])}"


def said_fully(label: str, path: Path) -> str:
    """What a screen reader says of a button or choice: several on a page may have the same label."""
    return f"{label.rstrip('…')} to {words(path[-1])}" if "a value" in label else label
