"""Words that all reports share."""

from __future__ import annotations

import pytest

from sim.core.events import VOCABULARIES
from sim.report.key_words import path_words
from sim.report.words import ENDINGS, capitalised


def test_every_ending_of_a_trial_has_its_words() -> None:
    assert set(ENDINGS) == {*VOCABULARIES["trial_ended"], "error"}
    assert all(text[0].islower() and text[-1] != "." for ending in ENDINGS.values() for text in ending)


def test_only_the_first_letter_is_changed() -> None:
    assert capitalised("the trial MSC-2 never starts") == "The trial MSC-2 never starts"
    assert capitalised("") == ""


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("sites.general_hospital.count", "General hospital, number of sites"),
        ("sites.s.referrals_per_month.median", "S, referrals per month, median"),
        ("screening.criteria.meld.max", "MELD, at most"),
        ("screening.criteria.no_artificial_liver", "No artificial liver"),
        ("trial.target", "Participants to randomise"),
        ("treatment.doses", "Treatment, doses"),
        ("only together", "only together"),
        ("countries.FR.public_holidays.factor", "FR, arrivals on public holidays, times"),
        ("countries.FR.start_up.ethics.days", "FR, ethics, time that the step takes"),
        ("site_defaults.start_up.ethics.days", "Ethics, time that the step takes"),
        ("countries.FR.costs.site_month", "FR, cost of a month of a site"),
        ("follow_up.leaving.event.control.26", "Event, control, by week 26"),
        ("follow_up.leaving.event.hazard_ratio.new", "Event, hazard ratio, new"),
        ("drift.by_country", "Further drift of each country"),
    ],
)
def test_a_path_reads_as_words(path: str, said: str) -> None:
    assert path_words(path) == said
