"""Writes DM, DS, SV and EX of one simulated trial: SDTMIG 3.4 in CDISC Dataset-JSON 1.1.

Only what is simulated is written: no AGE or RACE is invented. `forecast` and `fit` can read these files. The creation
date in them is the day of the last event, so that the same trial gives the same bytes.

Attributes:
    DOMAINS: the domains written, each with its columns.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from sim import __version__
from sim.core.design import Design
from sim.exchange.outgoing.people import Journey, journeys, moment

Array = npt.NDArray[np.float64]
Rows = list[list[str | float | None]]


@dataclass(frozen=True)
class Domain:
    """The columns of one domain.

    Attributes:
        name: name of the domain.
        label: its label in the standard.
        columns: name, label and type (string, integer, float or datetime) of each column, keys first.
        n_keys: number of keys, the columns at the front that together tell rows apart.
    """

    name: str
    label: str
    columns: tuple[tuple[str, str, str], ...]
    n_keys: int


DOMAINS = (
    Domain(
        "DM",
        "Demographics",
        (
            ("STUDYID", "Study Identifier", "string"),
            ("USUBJID", "Unique Subject Identifier", "string"),
            ("DOMAIN", "Domain Abbreviation", "string"),
            ("SUBJID", "Subject Identifier for the Study", "string"),
            ("RFSTDTC", "Subject Reference Start Date/Time", "datetime"),
            ("RFENDTC", "Subject Reference End Date/Time", "datetime"),
            ("RFXSTDTC", "Date/Time of First Study Treatment", "datetime"),
            ("RFXENDTC", "Date/Time of Last Study Treatment", "datetime"),
            ("RFICDTC", "Date/Time of Informed Consent", "datetime"),
            ("DTHDTC", "Date/Time of Death", "datetime"),
            ("DTHFL", "Subject Death Flag", "string"),
            ("SITEID", "Study Site Identifier", "string"),
            ("ARMCD", "Planned Arm Code", "string"),
            ("ARM", "Description of Planned Arm", "string"),
            ("ARMNRS", "Reason Arm and/or Actual Arm is Null", "string"),
            ("COUNTRY", "Country", "string"),
        ),
        2,
    ),
    Domain(
        "DS",
        "Disposition",
        (
            ("STUDYID", "Study Identifier", "string"),
            ("USUBJID", "Unique Subject Identifier", "string"),
            ("DSSEQ", "Sequence Number", "integer"),
            ("DOMAIN", "Domain Abbreviation", "string"),
            ("DSTERM", "Reported Term for the Disposition Event", "string"),
            ("DSDECOD", "Standardized Disposition Term", "string"),
            ("DSCAT", "Category for Disposition Event", "string"),
            ("DSSTDTC", "Start Date/Time of Disposition Event", "datetime"),
        ),
        3,
    ),
    Domain(
        "SV",
        "Subject Visits",
        (
            ("STUDYID", "Study Identifier", "string"),
            ("USUBJID", "Unique Subject Identifier", "string"),
            ("VISITNUM", "Visit Number", "float"),
            ("DOMAIN", "Domain Abbreviation", "string"),
            ("VISIT", "Visit Name", "string"),
            ("SVSTDTC", "Start Date/Time of Observation", "datetime"),
        ),
        3,
    ),
    Domain(
        "EX",
        "Exposure",
        (
            ("STUDYID", "Study Identifier", "string"),
            ("USUBJID", "Unique Subject Identifier", "string"),
            ("EXSEQ", "Sequence Number", "integer"),
            ("DOMAIN", "Domain Abbreviation", "string"),
            ("EXTRT", "Name of Treatment", "string"),
            ("EXDOSE", "Dose", "float"),
            ("EXDOSU", "Dose Units", "string"),
            ("EXSTDTC", "Start Date/Time of Treatment", "datetime"),
            ("EXENDTC", "End Date/Time of Treatment", "datetime"),
        ),
        3,
    ),
)
_DECODED = (  # words in ways of leaving, and the standard's term (codelist NCOMPLT)
    (("death", "died", "dead"), "DEATH"),
    (("lost",), "LOST TO FOLLOW-UP"),
    (("withdraw", "consent"), "WITHDRAWAL BY SUBJECT"),
    (("adverse",), "ADVERSE EVENT"),
    (("efficacy",), "LACK OF EFFICACY"),
    (("deviation",), "PROTOCOL DEVIATION"),
    (("physician", "investigator"), "PHYSICIAN DECISION"),
    (("progress",), "PROGRESSIVE DISEASE"),
    (("pregnan",), "PREGNANCY"),
)


def dataset_json(design: Design, rows: Array) -> dict[str, str]:
    """Write the Dataset-JSON files.

    Args:
        design: the scenario, made ready.
        rows: (n, WIDTH) events of one simulated trial, in order; see `sim.core.events`.

    Returns:
        JSON by file name (dm.json and so on); domains without rows are left out.
    """
    people = journeys(design, rows)
    study = "".join(c if c.isalnum() else "-" for c in design.scenario.name).strip("-")[:60] or "STUDY"
    last = moment(design.clock, float(rows[-1, 0])) if len(rows) else moment(design.clock, 0.0)
    by_domain = _rows_by_domain(design, people, study)
    return {
        f"{domain.name.lower()}.json": _text(domain, by_domain[domain.name], study, last)
        for domain in DOMAINS
        if by_domain[domain.name]
    }


def standard_term(way_out: str) -> str:
    """Return the standard's disposition term for a way of leaving.

    Args:
        way_out: the scenario's name, such as `lost_to_follow_up`.

    Returns:
        A term of the codelist NCOMPLT if a word of the name tells which; otherwise the name in capitals.
    """
    words = way_out.lower()
    return next(
        (term for parts, term in _DECODED if any(part in words for part in parts)), way_out.upper().replace("_", " ")
    )


def _rows_by_domain(design: Design, people: list[Journey], study: str) -> dict[str, Rows]:
    """Rows of each domain in the order of its columns, people in order of consent.

    A subject's number has its group, the site within the group from 1, and the number at the site: `clinic-2-0007`.
    """
    found: dict[str, Rows] = {domain.name: [] for domain in DOMAINS}
    groups = [group.name for group in design.groups for _ in range(group.count)]
    first = {name: groups.index(name) for name in dict.fromkeys(groups)}
    for person in people:
        group = groups[person.site]
        site = f"{group}-{person.site - first[group] + 1}"
        subject = f"{site}-{person.number:04d}"
        who: list[str | float | None] = [study, f"{study}-{subject}"]
        country = design.country_of(group)
        found["DM"].append([*who, "DM", subject, *_demographics(design, person), site, *_arm(design, person), country])
        found["DS"] += [[*who, n, "DS", *event] for n, event in enumerate(_dispositions(design, person), start=1)]
        found["SV"] += [
            [*who, week, "SV", f"WEEK {week:g}", moment(design.clock, day)] for week, day in sorted(person.visits)
        ]
        arm = "" if person.arm is None else design.arms[person.arm].name
        unit = _unit(design, arm)
        found["EX"] += [
            [*who, n, "EX", arm, amount, unit, moment(design.clock, start), moment(design.clock, end)]
            for n, start, end, amount in person.doses
        ]
    return found


def _unit(design: Design, arm: str) -> str:
    """Unit of the doses of an arm."""
    doses = design.scenario.arms[arm].doses if arm else None
    return doses.given_in if doses else "cells"


def _demographics(design: Design, person: Journey) -> list[str | None]:
    """RFSTDTC to DTHFL."""

    def when(day: float | None) -> str | None:
        return None if day is None else moment(design.clock, day)

    died = person.way_out is not None and standard_term(design.ways_out[person.way_out]) == "DEATH"
    return [
        when(person.randomised),
        when(person.left),
        when(person.doses[0][1]) if person.doses else None,
        when(person.doses[-1][2]) if person.doses else None,
        when(person.consented),
        when(person.left) if died else None,
        "Y" if died else None,
    ]


def _arm(design: Design, person: Journey) -> list[str | None]:
    """ARMCD, ARM and ARMNRS."""
    if person.arm is not None:
        name = design.arms[person.arm].name
        return [name.upper()[:20], name, None]
    return [None, None, "SCREEN FAILURE" if person.ended is not None else "NOT ASSIGNED"]


def _dispositions(design: Design, person: Journey) -> list[tuple[str, str, str, str]]:
    """DSTERM, DSDECOD, DSCAT and DSSTDTC of each event."""
    milestone, end = "PROTOCOL MILESTONE", "DISPOSITION EVENT"
    clock = design.clock
    events = [("INFORMED CONSENT OBTAINED", "INFORMED CONSENT OBTAINED", milestone, moment(clock, person.consented))]
    if person.randomised is not None:
        events.append(("RANDOMIZED", "RANDOMIZED", milestone, moment(clock, person.randomised)))
    elif person.ended is not None:
        events.append((person.reason.upper(), "SCREEN FAILURE", end, moment(clock, person.ended)))
    if person.left is not None:
        way = None if person.way_out is None else design.ways_out[person.way_out]
        term, decoded = (
            ("COMPLETED", "COMPLETED") if way is None else (way.upper().replace("_", " "), standard_term(way))
        )
        events.append((term, decoded, end, moment(clock, person.left)))
    return events


def _text(domain: Domain, rows: Rows, study: str, last: str) -> str:
    """A domain as Dataset-JSON; `last` is the moment that stands for the day of creation."""
    columns: list[dict[str, Any]] = []
    for position, (name, label, kind) in enumerate(domain.columns, start=1):
        column: dict[str, Any] = {"itemOID": f"IT.{domain.name}.{name}", "name": name, "label": label, "dataType": kind}
        if kind == "string":
            column["length"] = max((len(str(row[position - 1] or "")) for row in rows), default=1) or 1
        if position <= domain.n_keys:
            column["keySequence"] = position
        columns.append(column)
    data = {
        "datasetJSONCreationDateTime": last,
        "datasetJSONVersion": "1.1.0",
        "fileOID": f"trialclock.{study}.{domain.name}",
        "dbLastModifiedDateTime": last,
        "originator": "trialclock (simulated, no real patients)",
        "sourceSystem": {"name": "trialclock", "version": __version__},
        "studyOID": study,
        "metaDataVersionOID": f"MDV.{study}",
        "itemGroupOID": f"IG.{domain.name}",
        "records": len(rows),
        "name": domain.name,
        "label": domain.label,
        "columns": columns,
        "rows": rows,
    }
    return json.dumps(data, ensure_ascii=False, indent=1) + "\n"
