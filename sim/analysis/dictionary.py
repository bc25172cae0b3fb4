"""The data dictionary: every file of a results folder and every column in it, with unit and meaning.

The reference page of results is generated from it, and a test compares it with the files of a run. Measures come from
`sim.analysis.measures`; here are the columns around them, and the other files.

Attributes:
    FILES: the files, the most used first.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sim.analysis.measures import Measure, measures
from sim.analysis.summary import QUANTILES
from sim.analysis.tables import PARTICIPANT_COLUMNS, EnrolmentCurves
from sim.core.design import Design


@dataclass(frozen=True)
class ResultFile:
    """One file of a results folder.

    Attributes:
        name: file name.
        row: what one row, or the whole document, contains.
        columns: gives its columns or top-level keys in order, for a design.
    """

    name: str
    row: str
    columns: Callable[[Design], list[Measure]]


def _replications(design: Design) -> list[Measure]:
    """Columns as the file has them, where words stand for the codes with which trials are measured."""
    found = [Measure("replication", "number", "Number of the replication, from 0")]
    for measure in measures(design):
        if measure.name == "outcome":
            measure = Measure("outcome", "word", "How it ended; see the event `trial.ended`, or `error`")
        elif measure.name == "reached":
            measure = Measure("reached", "true or false", measure.meaning)
        elif measure.name.startswith("value_"):
            measure = Measure(measure.name, "as in the scenario", measure.meaning)
        found.append(measure)
    return found


def _participant_unit(name: str) -> str:
    if name.endswith("_day"):
        return "days"
    if name.startswith("n_"):
        return "count"
    if name in ("replication", "participant", "patient"):
        return "number"
    return "true or false" if name == "replaced" else "word"


def _participants(_design: Design) -> list[Measure]:
    return [Measure(name, _participant_unit(name), meaning) for name, meaning in PARTICIPANT_COLUMNS.items()]


def _events(_design: Design) -> list[Measure]:
    return [
        Measure("replication", "number", "Number of the replication, from 0"),
        Measure("day", "days", "When, since the first instant of day 0"),
        Measure("event", "word", "Kind of event; see the table of kinds"),
        Measure("site", "word", "Group and number of the site, from 1; null where the event is not of a site"),
        Measure("patient", "number", "Which referral of the site, from 1; null where the event is not of a person"),
        Measure("number", "by kind", "See the table of kinds; null where the kind has none"),
        Measure("detail", "word", "Code word; see the table of kinds; null where the kind has none"),
        Measure("amount", "by kind", "See the table of kinds; null where the kind has none"),
    ]


def _enrolment(_design: Design) -> list[Measure]:
    return [
        Measure("replication", "number", "Number of the replication, from 0"),
        Measure("participant", "number", "Order of randomisation, from 1"),
        Measure("day", "days", "When this participant was randomised"),
    ]


def _curves(_design: Design) -> list[Measure]:
    return [
        Measure("day", "days", "Whole days since day 0, to the horizon"),
        Measure("mean", "participants", "Mean number randomised by the beginning of that day"),
        *(
            Measure(f"p{round(100 * q):02d}", "participants", f"The {100 * q:g} % quantile of that number")
            for q in EnrolmentCurves.QUANTILES
        ),
    ]


def _with_interval(name: str, unit: str, meaning: str) -> list[Measure]:
    """A column and those of its interval: name, name_low and name_high."""
    return [
        Measure(name, unit, meaning),
        Measure(f"{name}_low", unit, f"Lower end of the 95 % interval of the Monte Carlo error of `{name}`"),
        Measure(f"{name}_high", unit, "Upper end"),
    ]


def _summary(_design: Design) -> list[Measure]:
    unit = "as `unit`"
    found = [
        Measure("measure", "word", "A column of replications.parquet"),
        Measure("unit", "word", "Its unit"),
        Measure("n", "count", "Replications that did not raise"),
        Measure("n_never", "count", "Replications in which it never came"),
        *_with_interval("mean", unit, "Mean over the replications in which it came"),
    ]
    for q in QUANTILES:
        meaning = f"{100 * q:g} % of all replications are at or below this; `inf`: later than the horizon"
        found += _with_interval(f"p{round(100 * q)}", unit, meaning)
    return [*found, Measure("meaning", "text", "What the measure says")]


def _causes(_design: Design) -> list[Measure]:
    return [
        Measure("outcome", "word", "The milestone"),
        Measure("cause", "word", "The cause that was taken away"),
        Measure("kind", "word", "What sort of cause it is"),
        Measure("label", "text", "The cause in words"),
        Measure("without", "text", "What was put in its place"),
        Measure("part_of", "word", "The cause of which this is a part; empty for a whole one"),
        *_with_interval("lost", "days", "Mean days that the milestone comes earlier without it; never = horizon"),
        Measure("n", "count", "Pairs of trials, with the cause and without it"),
        Measure("n_changed", "count", "Pairs that differ"),
        Measure("n_never", "count", "Of the trials with the cause, those that never get there"),
        Measure("n_never_without", "count", "Of the trials without it, those that never get there"),
    ]


def _assumptions(_design: Design) -> list[Measure]:
    return [
        Measure("path", "word", "The value, or the entry of `sources` that covers several"),
        Measure("value", "text", "What it is"),
        Measure("grade", "word", "Its grade"),
        *_with_interval("lower", "days", "Mean days that the end comes later with it lower; never = horizon"),
        *_with_interval("higher", "days", "The same with it higher"),
        Measure("n", "count", "Pairs of trials on each side"),
    ]


def _manifest(_design: Design) -> list[Measure]:
    return [
        Measure("run", "mapping", "What decides the results: scenario, its hash, seed, replications, versions"),
        Measure("files", "mapping", "SHA-256 of every other file, by name"),
        Measure("command", "text", "The command as it was given"),
        Measure(
            "engines", "list", "What simulated, since it was last started: compiled, simpy; no result depends on it"
        ),
        Measure("started", "time", "When the run started, in UTC"),
        Measure("finished", "time", "When it was complete, in UTC"),
        Measure("wall_time_seconds", "seconds", "How long it took, since it was last started"),
        Measure("platform", "text", "Operating system and processor"),
        Measure("versions", "mapping", "Versions of the program, of Python and of the libraries"),
    ]


def _failures(_design: Design) -> list[Measure]:
    return [
        Measure("replication", "number", "Number of the replication that raised"),
        Measure("seed", "number", "Seed of the run"),
        Measure("error", "text", "The exception in one line"),
        Measure("trace", "text", "The whole traceback"),
    ]


FILES: tuple[ResultFile, ...] = (
    ResultFile("replications.parquet", "A row a replication.", _replications),
    ResultFile("participants.parquet", "A row a participant of the replications that were kept whole.", _participants),
    ResultFile("events.parquet", "A row an event of the replications that were kept whole, in order.", _events),
    ResultFile("enrolment.parquet", "A row a randomisation of every replication.", _enrolment),
    ResultFile("curves.parquet", "A row a day: how many are randomised by then, over all replications.", _curves),
    ResultFile("summary.csv", "A row a measure, over all replications.", _summary),
    ResultFile("causes.csv", "A row a milestone and cause of delay, the largest first; see `--no-causes`.", _causes),
    ResultFile("assumptions.csv", "A row an assumption of grade D, those looked at longest first.", _assumptions),
    ResultFile("manifest.json", "One document: what was run, and what it left.", _manifest),
    ResultFile("failures.json", "A list with an entry a replication that raised; only where one did.", _failures),
)
