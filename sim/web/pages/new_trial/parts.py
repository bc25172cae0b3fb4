"""The parts of a trial as the page shows them, one at a time: what each is called, and where its values stand.

A scenario file has more sections than a page can show at once; here they are put into the order in which a planner
thinks of a trial.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from dash import html

from sim.plurals import counted
from sim.web.pages.new_trial.form import part_controls
from sim.web.pages.new_trial.questions import questions_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dash.development.base_component import Component

    from sim.errors import Problem
    from sim.web.pages.new_trial.draft import Draft
    from sim.web.pages.new_trial.shapes import Path


class Part(NamedTuple):
    """One part of a trial.

    Attributes:
        name: name on the page.
        places: where its values stand.
        hidden: places within them that are another part.
    """

    name: str
    places: tuple[Path, ...]
    hidden: tuple[Path, ...] = ()


_START_UP: tuple[Path, ...] = tuple(
    ("site_defaults", key) for key in ("lead_days", "activation_delay_days", "start_up")
)
PARTS = (
    Part("Name, target, dates", (("name",), ("question",), ("trial",))),
    Part("Arms", (("arms",), ("randomisation",))),
    Part("Sites and rates", (("sites",), ("site_defaults",)), _START_UP),
    Part("Start-up", _START_UP),
    Part("Countries", (("countries",),)),
    Part("Screening", (("screening",), ("patients",))),
    Part("Visits, ways out, lock", (("follow_up",),)),
    Part("Doses, supply, board", (("treatment",), ("cells",), ("oversight",))),
    Part("Caps", (("caps",),)),
    Part("Amendments", (("amendments",),)),
    Part("Interim looks", (("interims",),)),
    Part("Closings, holidays", (("calendar",),)),
    Part("Risks, drift", (("risks",), ("drift",))),
    Part("Costs", (("costs",),)),
    Part("Sources, size of runs", (("experiment",), ("sources",), ("bibliography",), ("extensions",))),
)
_BY_NAME = {part.name: part for part in PARTS}


def part_named(name: str) -> str:
    """The name of a part, or that of the first if there is none with this name."""
    return name if name in _BY_NAME else PARTS[0].name


def of_place(place: str) -> str:
    """The part in which a value stands.

    Args:
        place: dotted path.
    """
    keys = tuple(place.split("."))
    fits = [(len(start), part.name) for part in PARTS for start in part.places if keys[: len(start)] == start]
    return max(fits)[1] if fits else PARTS[0].name


def part_view(draft: Draft, name: str, problems: Sequence[Problem]) -> Component:
    """The controls of one part.

    Args:
        draft: the trial so far.
        name: name of the part, as in `PARTS`.
        problems: what is wrong with the trial.
    """
    part = _BY_NAME[name]
    return html.Section(
        [html.H2(name), *(part_controls(draft, place, problems, part.hidden) for place in part.places)],
        **{"aria-label": name},
    )


def parts_nav(draft: Draft, now: str, problems: Sequence[Problem]) -> Component:
    """Buttons that open the parts (`new_trial.js` listens); what is wrong or open in each is counted.

    Args:
        draft: the trial so far.
        now: name of the part that is open.
        problems: what is wrong with the trial.
    """
    wrong = [of_place(problem.path or "") for problem in problems]
    asked = [of_place(question.place) for question in questions_of(draft) if question.is_open]
    return html.Ul([html.Li(_button(part.name, now, wrong.count(part.name), asked.count(part.name))) for part in PARTS])


def _button(name: str, now: str, n_wrong: int, n_asked: int) -> Component:
    marks = []
    if n_wrong:
        marks.append(html.Span(f"{n_wrong} wrong", className="mark wrong"))
    if n_asked:
        marks.append(html.Span(f"{n_asked} open", className="mark"))
    return html.Button(
        [name, *marks],
        type="button",
        **{"data-part": name, **({"aria-current": "step"} if name == now else {})},
    )


def questions_view(draft: Draft) -> Component | None:
    """What a record left open; None if the trial did not come from one."""
    questions = questions_of(draft)
    if not questions:
        return None
    n_open = sum(question.is_open for question in questions)
    title = f"{counted(n_open, 'question')} that the record leaves open" if n_open else "All questions are answered"
    rows = [
        html.Li(
            [
                html.Button(
                    of_place(question.place),
                    type="button",
                    className="like-link",
                    **{"data-part": of_place(question.place)},
                ),
                f": {question.text}",
                "" if question.is_open else " Answered.",
            ],
            className="open" if question.is_open else "done",
        )
        for question in questions
    ]
    return html.Details([html.Summary(title), html.Ol(rows, className="questions")], open=True)


def size_of(draft: Draft) -> str:
    """How large the trial is, in one line."""
    data = draft.data
    groups = [group for group in (data.get("sites") or {}).values() if isinstance(group, dict)]
    n_sites = sum(n for group in groups if isinstance(n := group.get("count", 1), int))
    countries = {group["country"] for group in groups if group.get("country")}
    trial = data.get("trial") or {}
    parts = [f"{trial['target']:,} participants" if isinstance(trial.get("target"), int) else ""]
    parts += [counted(len(data.get("arms") or ()), "arm"), counted(n_sites, "site")]
    parts += [f"{len(countries)} countries" if len(countries) > 1 else ""]
    opens = trial.get("enrolment_opens")
    return ", ".join(part for part in parts if part) + (f"; recruitment opens on {opens}" if opens else "")
