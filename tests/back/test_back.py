"""The model does what it did: a small trial's log and measures are those that were kept."""

from __future__ import annotations

import csv
import difflib

import pytest
from renew import HERE, KEPT

from sim.core.events import KINDS, TRIAL_STARTED


@pytest.mark.parametrize("name", KEPT)
def test_the_model_does_what_it_did(name: str) -> None:
    """The kept file is reproduced exactly; where it is not, its difference is the review of the change."""
    kept, made = (HERE / name).read_text(encoding="utf-8"), KEPT[name]()
    difference = list(difflib.unified_diff(kept.splitlines(), made.splitlines(), "kept", "now", lineterm="", n=1))
    assert kept == made, "\n".join(["if this is meant: python tests/back/renew.py", *difference[:60]])


def test_every_kind_of_event_is_kept() -> None:
    """Every kind of event that the model knows stands in one of the kept logs, but that a trial was late to start."""
    seen = {KINDS[TRIAL_STARTED].name}  # tests/functional/test_start.py holds such trials to punctual ones
    for name in (name for name in KEPT if name.startswith("events")):
        with (HERE / name).open(encoding="utf-8", newline="") as file:
            seen |= {row["event"] for row in csv.DictReader(file)}
    assert {kind.name for kind in KINDS} - seen == set()
