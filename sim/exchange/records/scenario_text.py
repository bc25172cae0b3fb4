"""Writes a scenario file from an outline: what the record says, and open questions with defaults.

Nothing is invented. What the record leaves open is a numbered question at the top of the file. The default that stands
in for the answer has grade D among `sources`. The text is written by hand and not by a YAML library, because its
comments (questions, criteria, names in the record) are half of its use.
"""

from __future__ import annotations

import json
import textwrap
from dataclasses import dataclass, field
from datetime import date

from sim.core.clock import MONTH_DAYS
from sim.exchange.records.outline import StudyOutline
from sim.plurals import one_line
from sim.scenario.country_names import key_of

_WEEK_DAYS = 7
_FAILURE = 0.3  # share of screened people; assumed, and asked about
_SCREENING_DAYS = 14
_RATE_SIGMA = 0.5
_LOCK_DAYS = 60
_LEFT_ARE_NAMED = 6  # number of ways out named; rarer ones are summed
_WIDTH = 118
_MOST_CRITERIA_LINES = 200


@dataclass
class _Draft:
    """A scenario file in progress.

    Attributes:
        record: key of the bibliography for the record.
        lines: its body.
        questions: questions to the planner.
        sources: path, grade, source and note.
    """

    record: str
    lines: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    sources: list[tuple[str, str, str, str]] = field(default_factory=list)

    def say(self, path: str, note: str = "") -> None:
        """A value that the record gives."""
        self.sources.append((path, "A", self.record, note))

    def ask(self, path: str, question: str, note: str = "") -> None:
        """A value that the record does not give; the default is in the file."""
        self.questions.append(f"{path}: {question}")
        self.sources.append((path, "D", "assumption", note or "The record does not say."))


def scenario_text(outline: StudyOutline, name: str, target: int | None = None, opens: date | None = None) -> str:
    """Write a scenario file.

    Args:
        outline: what the record says.
        name: name of the scenario, where the record gives no title.
        target: number of participants, if the planner gives it.
        opens: first day of recruitment, if the planner gives it.

    Returns:
        The text of the file.

    Raises:
        ValueError: neither the record nor the planner gives the target, or the first day; its text is the missing one.
    """
    target = target or outline.target
    opens = opens or outline.opens
    if not target:
        raise ValueError("target")
    if opens is None:
        raise ValueError("opens")
    draft = _Draft("record")
    _trial(draft, outline, target, opens)
    _arms(draft, outline)
    _sites(draft, outline, target, opens)
    _screening(draft, outline)
    _follow_up(draft, outline)
    title = outline.title or name
    head = [
        *_comment(f"{title}, read from {outline.source}. What the record says has grade A."),
        "#",
        *_comment("Questions that the record leaves open. Each has a default of grade D; change it, and its source."),
    ]
    for number, question in enumerate(draft.questions, start=1):
        head += _comment(f"{number}. {question}", indent=3)
    head += ["", f"name: {_text(title[:80])}", "question: When will this trial be complete?", ""]
    return "\n".join([*head, *draft.lines, *_sources(draft, outline), ""])


def _trial(draft: _Draft, outline: StudyOutline, target: int, opens: date) -> None:
    """Target, first day, planned dates after it, and a horizon of three times their length, from 60 to 600 months."""
    lines = draft.lines
    lines += ["trial:", f"  target: {target}", f"  enrolment_opens: {opens.isoformat()}"]
    ends = {
        "primary_completion": outline.primary_completion,
        "study_completion": outline.study_completion,
    }
    planned = [f"{key}: {day.isoformat()}" for key, day in ends.items() if day is not None and day > opens]
    if planned:
        lines.append(f"  planned: {{{', '.join(planned)}}}")
        draft.say("trial.planned", "; ".join(f"{key}: {outline.notes[key]}" for key in ends if outline.notes.get(key)))
    last = max((day for day in ends.values() if day is not None), default=None)
    months = (last - opens).days / MONTH_DAYS if last is not None else 0.0
    lines.append(f"  horizon_months: {min(600, max(60, round(3 * months)))}")
    if target == outline.target:
        draft.say("trial.target", "The number who took part." if outline.is_target_actual else "")
    else:
        draft.sources.append(("trial.target", "D", "assumption", "Given by the planner."))
    if opens == outline.opens:
        draft.say("trial.enrolment_opens", outline.notes.get("opens", ""))
    else:
        draft.sources.append(("trial.enrolment_opens", "D", "assumption", "Given by the planner."))
    draft.sources.append(("trial.horizon_months", "D", "assumption", "Three times what the record's dates take."))


def _arms(draft: _Draft, outline: StudyOutline) -> None:
    """One arm per arm of the record, named by its label.

    Equal shares and simple randomisation where it says nothing.
    """
    lines = draft.lines
    lines += ["", "arms:"]
    arms = outline.arms
    keys = _unique([key_of(arm.label) for arm in arms], "arm")
    for key, arm in zip(keys, arms, strict=True):
        comment = f"   # {_shorten(arm.label if not arm.note else f'{arm.label}: {arm.note}')}"
        lines.append(f"  {key}: {{allocation: {arm.allocation or 1}}}{comment}")
    if not arms:
        lines.append("  all: {allocation: 1}")
        draft.ask("arms", "What are the arms? One is assumed.", outline.notes.get("arms", ""))
    elif any(arm.allocation is None for arm in arms):
        draft.ask(
            "arms", "In what ratio are the arms allocated? Equal shares are assumed.", outline.notes.get("arms", "")
        )
    else:
        draft.say("arms", outline.notes.get("arms", ""))
    if len(arms) > 1:
        draft.ask(
            "randomisation", "How is the list made? Simple randomisation is assumed; with one arm it has no effect."
        )
        lines += ["", "randomisation: {method: simple}"]


def _sites(draft: _Draft, outline: StudyOutline, target: int, opens: date) -> None:
    """Sites by country, all open on day 0, with the rate that the record's dates imply."""
    lines = draft.lines
    groups = outline.sites
    n_sites = sum(group.count for group in groups) or 1
    rate, why = _rate(outline, target, opens, n_sites)
    lines += [
        "",
        "site_defaults:",
        f"  referrals_per_month: {{uncertain: lognormal, median: {rate:g}, sigma: {_RATE_SIGMA}}}   # screened, a site",
        "  activation_delay_days: 0",
    ]
    draft.ask("site_defaults.referrals_per_month", f"How many people does a site screen a month? {why}", why)
    draft.ask("site_defaults.activation_delay_days", "How long does a site take to open? All are open on day 0.")
    lines += ["", "sites:"]
    for key, group in zip(_unique([key_of(group.label) for group in groups], "sites"), groups, strict=True):
        country = f", country: {group.country}" if group.country else ""
        lines.append(f"  {key}: {{count: {group.count}, label: {_text(group.label[:80])}{country}}}")
    named = {group.country: group.label for group in groups if group.country}
    if named:
        lines += ["", "countries:", *(f"  {code}: {{label: {_text(label[:80])}}}" for code, label in named.items())]
    if groups:
        draft.say("sites", "Sites as listed in the record, by country.")
    else:
        lines.append("  sites: {count: 1, label: Site}")
        draft.ask("sites", "Which sites take part? One is assumed.")


def _rate(outline: StudyOutline, target: int, opens: date, n_sites: int) -> tuple[float, str]:
    """People screened per site and month: implied by the record's own dates, or one per month.

    Recruitment is taken as lasting from the first day to the primary completion less the week of the primary endpoint
    (or to the study completion less the last visit). If that is less than half a month, one per month is assumed.

    Returns:
        The rate to three digits, and a sentence that says where it comes from.
    """
    end, weeks = outline.primary_completion, outline.primary_week
    if end is None or weeks is None:
        end, weeks = outline.study_completion, max(outline.visit_weeks, default=0.0)
    days = (end - opens).days - (weeks or 0.0) * _WEEK_DAYS if end is not None else 0.0
    if days < MONTH_DAYS / 2:
        return 1.0, "One a month is assumed."
    per_month = target / (1 - _FAILURE) / n_sites / (days / MONTH_DAYS)
    return float(f"{per_month:.3g}"), (
        f"{per_month:.3g} is what the record's own dates imply, if recruitment lasted {days / MONTH_DAYS:.0f} months."
    )


def _screening(draft: _Draft, outline: StudyOutline) -> None:
    """The criteria as comments, for a planner to write them as criteria.

    Screening as one share and a duration, both asked.
    """
    draft.lines += [""]
    if outline.criteria:
        draft.lines += ["# Eligibility, as the record has it:"]
        for line in outline.criteria[:_MOST_CRITERIA_LINES]:
            draft.lines += _comment(line.lstrip(), indent=1 + len(line) - len(line.lstrip()))
        rest = len(outline.criteria) - _MOST_CRITERIA_LINES
        if rest > 0:
            draft.lines.append(f"# ... and {rest} more lines")
    draft.lines.append(f"screening: {{failure: {_FAILURE}, days: {_SCREENING_DAYS}}}")
    draft.ask("screening.failure", f"Which share of those screened fails? {_FAILURE:g} is assumed.")
    draft.ask("screening.days", f"How long does screening take? {_SCREENING_DAYS} days are assumed.")


def _follow_up(draft: _Draft, outline: StudyOutline) -> None:
    """Visits, primary endpoint, window and ways of leaving; only a question where the record names no visit."""
    weeks = outline.visit_weeks[:100]
    if not weeks:
        draft.questions.append(
            "follow_up: How long is each participant followed, and when are visits? None is assumed."
        )
        return
    primary = outline.primary_week if outline.primary_week in weeks else weeks[-1]
    lines = draft.lines
    lines += ["", "follow_up:", f"  visit_weeks: [{', '.join(f'{week:g}' for week in weeks)}]"]
    lines.append(f"  primary_endpoint_week: {primary:g}")
    draft.say("follow_up.visit_weeks", "Weeks that the record names; other visits are not in it.")
    if outline.primary_week in weeks:
        draft.say("follow_up.primary_endpoint_week", "The latest time frame of a primary outcome.")
    else:
        draft.ask("follow_up.primary_endpoint_week", "Which visit has the primary endpoint? The last is assumed.")
    if outline.visit_window_days is not None:
        lines.append(f"  visit_window_days: {outline.visit_window_days:g}")
        draft.say("follow_up.visit_window_days", "The most frequent window.")
    lines.append(f"  database_lock_days: {_LOCK_DAYS}")
    draft.ask("follow_up.database_lock_days", f"How long from last visit to lock? {_LOCK_DAYS} days are assumed.")
    _leaving(draft, outline, weeks[-1])


def _leaving(draft: _Draft, outline: StudyOutline, last_week: float) -> None:
    """Ways of leaving as shares of those who started.

    They apply by the week of the flow, or the last visit; rare ones are summed.
    """
    flow = outline.flow
    if flow is None or not flow.ways_out:
        draft.questions.append("follow_up.leaving: Which share drops out, and by when? Nobody is assumed to.")
        return
    week = flow.week if flow.week is not None and flow.week <= last_week else last_week
    named, rest = flow.ways_out[:_LEFT_ARE_NAMED], flow.ways_out[_LEFT_ARE_NAMED:]
    shares = [(way.label, way.n) for way in named]
    if rest:
        shares.append(("Other reasons", sum(way.n for way in rest)))
    draft.lines.append("  leaving:")
    for key, (label, n) in zip(_unique([key_of(label) for label, _ in shares], "way"), shares, strict=True):
        draft.lines.append(
            f"    {key}: {{{week:g}: {n / flow.n_started:.4f}}}   # {_shorten(label)}: {n} of {flow.n_started}"
        )
    draft.say(
        "follow_up.leaving", f"Participant flow, {flow.period or 'overall study'}; by week {week:g} at the latest."
    )


def _sources(draft: _Draft, outline: StudyOutline) -> list[str]:
    """The grade and source of each value that was written, and the record in the bibliography."""
    lines = ["", "sources:"]
    for path, grade, source, note in draft.sources:
        tail = f", note: {_text(note[:1000])}" if note else ""
        lines.append(f"  {path}: {{grade: {grade}, source: {source}{tail}}}")
    return [*lines, "", "bibliography:", f"  {draft.record}: {_text(outline.source)}"]


def _unique(keys: list[str], fallback: str) -> list[str]:
    """Unique keys that a scenario accepts: they begin with a letter, have at most 50 letters, and are not `all`."""
    taken: list[str] = []
    for number, key in enumerate(keys, start=1):
        key = (key if key[:1].isalpha() else f"{fallback}_{key}".rstrip("_"))[:50]
        while key in taken or key == "all":
            key = f"{key}_{number}"
        taken.append(key)
    return taken


def _text(text: str) -> str:
    """A string that YAML reads back unchanged."""
    return json.dumps(" ".join(text.split()), ensure_ascii=False)


def _comment(text: str, indent: int = 1) -> list[str]:
    indent = min(indent, 20)
    return textwrap.wrap(
        one_line(text), _WIDTH, initial_indent="#" + " " * indent, subsequent_indent="#" + " " * (indent + 3)
    )


def _shorten(text: str) -> str:
    return textwrap.shorten(one_line(text), 80, placeholder=" ...")
