"""What an extension sees of a trial, and what it sets going."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import scenario_of

from sim.core.batch import Batch
from sim.core.design import Design
from sim.core.events import KINDS, RANDOMISED, SCREENING_STARTED, SITE_CLOSED, Log
from sim.scenario.extension_files import extensions_given
from sim.scenario.load import loaded
from sim.trial import Trial

HEAD = "from sim.extension import Extension, Parameter\n\nclass Mine(Extension):\n    name = 'mine'\n"


def ran(folder: Any, body: str, **changes: Any) -> tuple[Log, list[float], Trial]:
    """A trial with an extension of which the body is said, and the days of its own event 'said'."""
    path = folder / "mine.py"
    path.write_text(HEAD + "".join(f"    {line}\n" for line in body.strip("\n").splitlines()))
    usual: dict[str, Any] = {"trial": {"target": 4}, "sites": {"s": {"count": 2, "referrals_per_month": 3.0}}}
    with extensions_given([str(path)]):
        trial = Trial(Batch(Design(loaded(scenario_of(**{**usual, **changes})).scenario), 3, 0, 1), 0)
        log = trial.run()
    return log, [row[4] for row in log.rows if row[1] == len(KINDS)], trial


SAYS = "events = {'said': 'Something is said.'}\n"


def test_it_sees_the_sites_and_participants_as_they_are(tmp_path: Any) -> None:
    body = (
        SAYS
        + """
listens_to = ["recruitment.closed"]
def heard(self, trial, event):
    for someone in trial.participants:
        trial.record("said", participant=someone, number=someone.randomised)
    for site in trial.sites:
        trial.record("said", site=site, number=100 * site.number + site.n_randomised)
    trial.record("said", number=trial.now == event.day and not trial.is_recruiting)
"""
    )
    log, said, trial = ran(tmp_path, body)
    randomised = [row[0] for row in log.rows if row[1] == RANDOMISED]
    assert said[:4] == randomised
    assert said[4:6] == [100 * site.row + 100 + site.n_randomised for site in trial.sites]
    assert said[6:] == [1.0]


def test_it_waits_for_days(tmp_path: Any) -> None:
    """A number is a day; one that has passed is now; what is neither is refused."""
    body = (
        SAYS
        + """
def begin(self, trial):
    trial.start(self.go(trial))
def go(self, trial):
    for day in (2, 5.5, 1):
        yield day
        trial.record("said", number=trial.now)
"""
    )
    assert ran(tmp_path, body)[1] == [2.0, 5.5, 5.5]
    with pytest.raises(TypeError, match="a day"):
        ran(tmp_path, body.replace("5.5", "'tomorrow'"))


def test_a_hold_of_screening_holds_all_screening_there(tmp_path: Any) -> None:
    body = """
def begin(self, trial):
    trial.hold_screening(trial.sites[0])
    trial.start(self.go(trial))
def go(self, trial):
    yield 40
    trial.release_screening(trial.sites[0])
"""
    log, _, _ = ran(tmp_path, body)
    started = [(row[0], row[2]) for row in log.rows if row[1] == SCREENING_STARTED]
    assert all(day >= 40 for day, site in started if site == 0)
    assert any(day < 40 for day, site in started if site == 1)


def test_it_closes_sites_and_pauses(tmp_path: Any) -> None:
    """On day 3 site 0 closes; nobody is randomised from day 1 to day 61."""
    body = """
def begin(self, trial):
    trial.start(self.go(trial))
def go(self, trial):
    yield 1
    trial.pause_randomisation(60)
    yield 3
    trial.close_site(trial.sites[0])
"""
    log, _, _ = ran(tmp_path, body)
    assert [(row[0], row[2]) for row in log.rows if row[1] == SITE_CLOSED] == [(3.0, 0)]
    days = [row[0] for row in log.rows if row[1] == RANDOMISED]
    assert not [day for day in days if 1 <= day < 61]


def test_numbers_and_values_belong_to_their_places(tmp_path: Any) -> None:
    """The same place, the same number; another site, purpose or n, another; a parameter is what the scenario says."""
    body = (
        SAYS
        + """
parameters = {"days": Parameter("Some.", default=7)}
def begin(self, trial):
    one, two = trial.sites
    for number in (trial.uniform("p", one), trial.uniform("p", one), trial.uniform("p", two), trial.uniform("q", one),
                   trial.uniform("p", one, 1), trial.uniform("p"), trial.value("days", one)):
        trial.record("said", number=number)
"""
    )
    said = ran(tmp_path, body)[1]
    assert said[0] == said[1]
    assert len(set(said)) == 6
    assert all(0 <= number < 1 for number in said[:6])
    assert said[6] == 7.0


@pytest.mark.parametrize(
    "act",
    [
        "trial.value('nope')",
        "trial.record('nope')",
        "trial.start(3)",
        "trial.pause_randomisation(-1)",
        "trial.pause_randomisation(float('inf'))",
    ],
)
def test_what_it_cannot_ask_is_refused(tmp_path: Any, act: str) -> None:
    body = SAYS + f"def begin(self, trial):\n    {act}\n"
    with pytest.raises((KeyError, TypeError, ValueError)):
        ran(tmp_path, body)
