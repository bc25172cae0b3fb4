"""Reference cycles are looked for between trials, and as before afterwards."""

from __future__ import annotations

import gc
import weakref

import pytest

from sim.core import garbage
from sim.core.garbage import collected_between_trials


class Cycle:
    """Something that refers to itself."""

    def __init__(self) -> None:
        self.me = self


def test_nothing_is_collected_but_between_trials(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cycles stay until they are asked to go, and go then."""
    monkeypatch.setattr(garbage, "_MANY", 0)
    with collected_between_trials() as collect:
        assert not gc.isenabled()
        left = weakref.ref(Cycle())
        assert left() is not None
        collect()
        assert left() is None
    assert gc.isenabled()


def test_an_error_leaves_things_as_they_were() -> None:
    """Python looks for cycles again, or still does not, whatever happened."""
    with pytest.raises(ZeroDivisionError), collected_between_trials():
        raise ZeroDivisionError
    assert gc.isenabled()
    gc.disable()
    try:
        with collected_between_trials():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
