"""The schema of a scenario file: one class for each part, frozen once read.

What each key means, with unit, range and default, is said where its field is declared (`described`), and nowhere else:
the reference, the JSON Schema, the studio's controls and the messages are made from these texts. What one value allows
is checked here; what depends on several parts, in `sim.scenario.checks`.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from sim.scenario.schema.amendments import Amendments
from sim.scenario.schema.calendar import Calendar
from sim.scenario.schema.caps import Caps
from sim.scenario.schema.costs import Costs, Experiment, Sources
from sim.scenario.schema.countries import Countries
from sim.scenario.schema.drift import Drift
from sim.scenario.schema.extensions import ExtensionUse
from sim.scenario.schema.follow_up import FollowUp, Oversight
from sim.scenario.schema.interims import Interims
from sim.scenario.schema.patients import Patients, Screening
from sim.scenario.schema.risks import Risks
from sim.scenario.schema.sites import SiteGroup, SiteSettings
from sim.scenario.schema.treatment import CellSupply, Treatment
from sim.scenario.schema.trial import Arm, Randomisation, TrialSettings
from sim.scenario.schema.values import Name, Paragraph, Section, Title, described


class Scenario(Section):
    """One trial and one set of assumptions about it."""

    name: Title = described("Name, shown in reports and used for the results folder.", min_length=1, max_length=80)
    question: Paragraph = described("The question that this scenario asks.", default="", max_length=500)
    trial: TrialSettings = described("Target, day 0, horizon.")
    arms: Annotated[dict[Name, Arm], Field(min_length=1)] = described("Treatment arms by name.")
    randomisation: Randomisation = described("How arms are allocated.", default_factory=Randomisation)
    site_defaults: SiteSettings = described(
        "Values for site groups that do not set their own.", default_factory=SiteSettings
    )
    sites: Annotated[dict[Name, SiteGroup], Field(min_length=1)] = described("Groups of similar sites, by name.")
    countries: Countries = described(
        "What differs between the countries of the sites, by ISO 3166 code.", default_factory=dict
    )
    caps: Caps = described("Limits on participants, or on people in screening, by name.", default_factory=dict)
    amendments: Amendments = described("What changes while the trial runs, by name.", default_factory=dict)
    risks: Risks = described("Events that may occur once and cause a delay, by name.", default_factory=dict)
    drift: Drift | None = described("How rates drift; leave out for constant rates.", default=None)
    interims: Interims = described("Interim looks, stages and cohorts, by name.", default_factory=dict)
    calendar: Calendar = described("What changes arrivals with the date.", default_factory=Calendar)
    patients: Patients = described("Attributes of referred patients.", default_factory=Patients)
    screening: Screening = described("From the review of the chart to eligibility.", default_factory=Screening)
    treatment: Treatment = described("How doses are given.", default_factory=Treatment)
    cells: CellSupply | None = described("Where cells come from; leave out for an unlimited supply.", default=None)
    follow_up: FollowUp | None = described("Visits and ways out; leave out to end at randomisation.", default=None)
    oversight: Oversight = described("Sentinels, board, stopping.", default_factory=Oversight)
    costs: Costs | None = described("Unit costs; leave out and no cost is reported.", default=None)
    extensions: dict[Name, ExtensionUse] = described(
        "Rules and measures of your own by name; each needs its file, given by --extension.", default_factory=dict
    )
    experiment: Experiment = described("Replications and seed.", default_factory=Experiment)
    sources: Sources = described(
        "Source and grade of values, by path; the longest matching path holds.", default_factory=dict
    )
    bibliography: dict[Annotated[str, Field(max_length=40)], Annotated[str, Field(max_length=500)]] = described(
        "Citations by key.", default_factory=dict
    )


__all__ = ["Scenario"]
