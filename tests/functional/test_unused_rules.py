"""A scenario pays only for the rules that it has: what it does not use is not called while its trial runs."""

from __future__ import annotations

import sys
from collections import Counter
from types import FrameType

from sim.core import decisions
from sim.core.batch import Batch
from sim.core.design import Design
from sim.processes import amendments, caps, completion, couriers, drift, extensions, interims, risks, start_up
from sim.scenario.load import load_scenario
from sim.trial import Trial

OF_OTHER_TRIALS = (amendments, caps, completion, couriers, drift, extensions, interims, risks, start_up)


def _calls(trial: Trial) -> Counter[tuple[str, str]]:
    """How often each function is called while a trial runs, by file and name."""
    found: Counter[tuple[str, str]] = Counter()

    def count(frame: FrameType, event: str, _: object) -> None:
        if event == "call":
            found[frame.f_code.co_filename, frame.f_code.co_name] += 1

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        trial.run()
    finally:
        sys.setprofile(before)
    return found


def test_base_calls_no_rule_that_it_does_not_have() -> None:
    calls = _calls(Trial(Batch(Design(load_scenario("base")), 1, 0, 1), 0))
    files = {str(module.__file__) for module in OF_OTHER_TRIALS}
    assert {place: n for place, n in calls.items() if place[0] in files} == {}
    assert calls[str(decisions.__file__), "next_dose_from"] == 0, "its doses lie further apart than they may be late"
