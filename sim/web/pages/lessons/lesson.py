"""One lesson: predict, see, explain, try, check.

The stores: `learn-now` is the query with the settings as they are, `learn-opened` as the lesson was opened;
`learn-first` has the prediction, `learn-answers` the check, and `learn-seen` whether a guess was made. Each change of
`learn-now` starts a job; what a student may not see yet is hidden until the guess.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update, set_props

from sim.analysis.intervals import Estimate
from sim.errors import InputError
from sim.lessons.catalogue import LESSONS
from sim.lessons.controls import Control, controls
from sim.lessons.lesson import Check, Lesson, Prediction, Taught, Verdict
from sim.lessons.reading import PAGES, glossary
from sim.lessons.session import SEED_KEY, Session
from sim.scenario.yaml_source import shown
from sim.web.pages.lessons import animation, class_view, teacher
from sim.web.pages.lessons.answers import answered, query_of, session_of
from sim.web.pages.lessons.classes import CHECKED, GUESSED, TRIED, note
from sim.web.parts.components import command_line, figure_with_table, problem_box
from sim.web.parts.line_ends import kept_whole
from sim.web.shell import QUERY
from sim.web.work.long_callback import long_callback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dash.development.base_component import Component

    from sim.web.studio import Studio

_SEEDS = 2**31


def layout(session: Session, query: Mapping[str, Sequence[str]]) -> Component:
    """The lesson before anything is simulated; a job fills in what the simulation says.

    Args:
        session: the lesson with its parameters.
        query: the parsed query of the page, which may also name a class.
    """
    found = session.lesson
    now = query_of(session, urlencode([(key, value) for key, values in query.items() for value in values]))
    return html.Div(
        [
            dcc.Store(id="learn-now", data=now),
            dcc.Store(id="learn-opened", data=now),
            dcc.Store(id="learn-first"),
            dcc.Store(id="learn-answers"),
            dcc.Store(id="learn-seen", data=False),
            _head(session),
            class_view.banner(now),
            html.Div([_idea(found), _predict()], className="lesson-opening"),
            html.Div(
                [*_see_and_try(session), animation.watch(session, now), _explain(), _check(), _words(found)],
                id="learn-rest",
                hidden=True,
            ),
            _around(found),
            teacher.part(session),
        ],
        className="lesson",
    )


def _step(text: str) -> Component:
    return dmc.Title(text, order=2, size="h3", className="lesson-step")


def _head(session: Session) -> Component:
    found = session.lesson
    above = f"{session.heading} · Lesson {found.number}" if session.heading else f"Lesson {found.number}"
    return html.Div(
        [
            html.P([dcc.Link("All lessons", href="/learn"), f" · {above}"], className="lesson-above"),
            dmc.Title(found.title, order=1, className="page-title"),
            html.P(found.question, className="lesson-question"),
        ],
        className="page-head",
    )


def _idea(found: Lesson) -> Component:
    return html.Section([_step("The idea"), *(html.P(text) for text in found.idea)], className="lesson-text")


def _predict() -> Component:
    return html.Section(
        [
            _step("1. Predict"),
            html.P("The question is being prepared: a first simulation runs.", id="learn-asked"),
            html.Div(
                [
                    dmc.NumberInput(id="learn-guess", label="My guess", min=0, w=180, debounce=False),
                    dmc.Button("Show what happens", id="learn-commit", disabled=True),
                ],
                className="lesson-guess",
            ),
            html.Div(id="learn-verdict", **{"aria-live": "polite"}),
        ],
        className="lesson-text box",
    )


def _see_and_try(session: Session) -> list[Component]:
    panel = html.Section(
        [
            html.P(id="learn-task"),
            *(_control(control, session) for control in controls(session.lesson)),
            html.Div(id="learn-problem"),
            html.Div(
                [
                    dmc.Button("Other luck", id="learn-luck", variant="light", size="xs"),
                    dcc.Link("As it was", href=f"/learn?lesson={session.lesson.name}", className="lesson-reset"),
                ],
                className="lesson-buttons",
            ),
            html.Div(id="learn-status", **{"aria-live": "polite"}),
            html.Div(
                [
                    html.Span("Simulating", id="learn-progress"),
                    dmc.Button("Cancel", id="learn-cancel", variant="subtle", size="xs", disabled=True),
                ],
                id="learn-busy",
                className="lesson-busy",
                hidden=True,
            ),
        ],
        className="lesson-panel box",
        **{"aria-label": "Controls"},
    )
    see = html.Section(html.Div(id="learn-pictures"), className="lesson-pictures", **{"aria-label": "Pictures"})
    return [_step("2. See, 3. Try"), html.Div([panel, see], className="lesson-desk")]


def _control(control: Control, session: Session) -> Component:
    """A slider with its value beside the name, or a choice."""
    value = session.values()[control.name]
    id_ = {"type": "learn-control", "name": control.name}
    tail = f" ({control.unit})" if control.unit else ""
    if control.choices:
        data = [{"value": name, "label": name.replace("_", " ")} for name in control.choices]
        own = dmc.Select(id=id_, label=f"{control.label}{tail}", data=data, value=value, allowDeselect=False)
        return html.Div([own, html.Span(id=_value_id(control), hidden=True)], className="lesson-control")
    slider = dmc.Slider(
        id=id_,
        min=control.low,
        max=control.high,
        step=control.step,
        value=value,
        updatemode="mouseup",
        thumbLabel=f"{control.label}{tail}",
        marks=[{"value": end, "label": f"{end:g}"} for end in (control.low, control.high)],
        size="md",
        mb="lg",
    )
    label = html.P([f"{control.label}{tail}: ", html.Strong(shown(value), id=_value_id(control))])
    return html.Div([label, slider], className="lesson-control")


def _value_id(control: Control) -> dict[str, str]:
    return {"type": "learn-value", "name": control.name}


def _explain() -> Component:
    return html.Section([_step("4. Explain"), html.Div(id="learn-findings")], className="lesson-text")


def _check() -> Component:
    return html.Section(
        [_step("5. Check"), html.Div(id="learn-check"), html.Div(id="learn-checked", **{"aria-live": "polite"})],
        className="lesson-text",
    )


def _words(found: Lesson) -> Component:
    terms = [part for word in found.words for part in (html.Dt(word), html.Dd(glossary()[word]))]
    links = [html.Li(dcc.Link(PAGES[name].title, href=f"/learn?read={name}")) for name in ("glossary", *found.reading)]
    return html.Section(
        [_step("Words, and where to read on"), html.Dl(terms, className="lesson-words"), html.Ul(links)],
        className="lesson-text",
    )


def _around(found: Lesson) -> Component:
    links = []
    for text, number in (("Before", found.number - 1), ("Next", found.number + 1)):
        links += [
            dcc.Link(f"{text}: {other.title}", href=f"/learn?lesson={other.name}")
            for other in LESSONS
            if other.number == number
        ]
    return html.Nav(links, className="lesson-around", **{"aria-label": "Other lessons"})


# --- what the simulation fills in


def _pictures(taught: Taught) -> list[Component]:
    return [figure_with_table(found, "learn", order=3) for found in taught.exhibits]


def status(taught: Taught, is_tried: bool) -> Component:
    """Where the task stands. It is not done before anything was tried, even where the numbers fit already.

    Args:
        taught: the answers.
        is_tried: whether a control was moved.
    """
    is_met = taught.task.is_met and is_tried
    word = "Done: " if is_met else "Not yet: " if is_tried else "To do. Now: "
    return html.P([html.Strong(word), taught.task.status], className="met" if is_met else "unmet")


def _question(check: Check) -> list[Component]:
    options = [dmc.Radio(option, value=str(i), my=6) for i, option in enumerate(check.options)]
    return [
        dmc.RadioGroup(dmc.Stack(options, gap=4), id="learn-choice", label=check.text, size="md"),
        dmc.Button("Check", id="learn-check-button", mt="sm"),
    ]


def _verdict(verdict: Verdict, right: str, wrong: str) -> Component:
    title, colour = (right, "green") if verdict.is_right else (wrong, "orange")
    return dmc.Alert(verdict.text, title=title, color=colour, variant="light", className="verdict")


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks of simulating, guessing, trying and checking."""
    _register_answers(app, studio)
    _register_guess(app, studio)
    _register_controls(app, studio)
    _register_check(app, studio)


def _register_answers(app: Dash, studio: Studio) -> None:
    @long_callback(
        app,
        studio,
        Output("learn-asked", "children"),
        Output("learn-first", "data"),
        Output("learn-pictures", "children"),
        Output("learn-task", "children"),
        Output("learn-status", "children"),
        Output("learn-findings", "children"),
        Output("learn-check", "children"),
        Output("learn-checked", "children"),
        Output("learn-answers", "data"),
        Input("learn-now", "data"),
        State("learn-seen", "data"),
        State("learn-opened", "data"),
        progress=[Output("learn-progress", "children")],
        progress_default=["Simulating"],
        running=[
            (Output("learn-busy", "hidden"), False, True),
            (Output("learn-commit", "disabled"), True, False),
            (Output("learn-cancel", "disabled"), False, True),
        ],
        cancel=[Input("learn-cancel", "n_clicks")],
        prevent_initial_call=False,
    )
    def simulate(
        set_progress: Callable[[list[str]], None], now: str | None, seen: bool, opened: str | None
    ) -> tuple[Any, ...]:
        """A job: what the simulation says with the settings as they now are.

        Question and prediction stay as they were once a guess was made. A task that is done is noted for the class.
        """
        if not now:
            return (no_update,) * 9
        session = session_of(studio, parse_qs(now.removeprefix("?")))

        def say(done: int, _: int) -> None:
            set_progress([f"Simulating: {done:,} trials"])

        def first_look(taught: Taught, n: int) -> None:
            """The pictures from a few trials, while the others are simulated."""
            text = f"A first look, from {n} of {session.replications} simulated trials: its errors are wide."
            # all at once: of two updates in quick succession, the first may be lost
            set_props("learn-pictures", {"children": kept_whole([html.P(text), *_pictures(taught)])})

        taught = answered(studio.settings.kept, session, say, first_look if seen else None)
        at_first = session_of(studio, parse_qs((opened or now).removeprefix("?")))
        is_tried = bool(seen) and session.values() != at_first.values()
        if is_tried and taught.task.is_met:
            note(studio, now, TRIED)
        again = command_line(
            f"trialclock lessons show {session.lesson.number}", f"trialclock lessons sheet {session.lesson.number}"
        )
        findings = [*(html.P(text) for text in taught.findings), again]
        first = (no_update, no_update) if seen else (taught.prediction.text, asdict(taught.prediction))
        return (
            *first, _pictures(taught), taught.task.text, status(taught, is_tried), findings, _question(taught.check),
            None, asdict(taught.check),
        )  # fmt: skip


def _prediction(data: dict[str, Any]) -> Prediction:
    """A prediction as a store has it: estimates are lists there."""
    return Prediction(**data | {"answer": Estimate(*data["answer"]), "accepts": tuple(data["accepts"])})


def _register_guess(app: Dash, studio: Studio) -> None:
    @app.callback(
        Output("learn-guess", "label"),
        Output("learn-guess", "step"),
        Output("learn-guess", "max"),
        Input("learn-first", "data"),
        prevent_initial_call=True,
    )
    def prepare(first: dict[str, Any] | None) -> tuple[Any, ...]:
        """The field for the guess gets unit, step and largest value of this question."""
        if not first:
            return (no_update,) * 3
        return f"My guess ({first['unit']})", first["step"], first["most"]

    @app.callback(
        Output("learn-verdict", "children"),
        Output("learn-rest", "hidden"),
        Output("learn-seen", "data"),
        Input("learn-commit", "n_clicks"),
        Input("learn-guess", "n_submit"),
        State("learn-guess", "value"),
        State("learn-first", "data"),
        State("learn-now", "data"),
        prevent_initial_call=True,
    )
    def judge(
        clicks: int | None, submits: int | None, guess: Any, first: dict[str, Any] | None, now: str | None
    ) -> tuple[Any, ...]:
        """The guess is judged and noted for the class, and the rest of the lesson appears."""
        if not (clicks or submits) or not first:
            return (no_update,) * 3
        if isinstance(guess, bool) or not isinstance(guess, int | float):
            return dmc.Alert("Write a number first: a guess, however rough.", color="orange"), no_update, no_update
        verdict = _prediction(first).judge(float(guess))
        note(studio, now, GUESSED, float(guess))
        return _verdict(verdict, "Well guessed", "Not what happens"), False, True


def _register_controls(app: Dash, studio: Studio) -> None:
    @app.callback(
        Output("learn-now", "data"),
        Output(QUERY, "data", allow_duplicate=True),
        Output("learn-problem", "children"),
        Output({"type": "learn-value", "name": ALL}, "children"),
        Input({"type": "learn-control", "name": ALL}, "value"),
        Input("learn-luck", "n_clicks"),
        State({"type": "learn-control", "name": ALL}, "id"),
        State("learn-now", "data"),
        prevent_initial_call=True,
    )
    def move(values: list[Any], luck: int | None, ids: list[dict[str, str]], now: str) -> tuple[Any, ...]:
        """The controls make the next query, in `learn-now` and in the address; Other luck raises the seed by one."""
        texts = [shown(value) for value in values]
        query = parse_qs(now.removeprefix("?"))
        query |= {id_["name"]: [text] for id_, text in zip(ids, texts, strict=True)}
        if ctx.triggered_id == "learn-luck" and luck:
            query[SEED_KEY] = [str((int(query[SEED_KEY][-1]) + 1) % _SEEDS)]
        try:
            session = session_of(studio, query)
        except InputError as error:
            return no_update, no_update, problem_box(error.problems), texts
        changed = query_of(session, now)
        return changed, changed, None, texts  # also when the page opens: Dash lets the first simulation wait for this


def _register_check(app: Dash, studio: Studio) -> None:
    @app.callback(
        Output("learn-checked", "children", allow_duplicate=True),
        Input("learn-check-button", "n_clicks"),
        State("learn-choice", "value"),
        State("learn-answers", "data"),
        State("learn-now", "data"),
        prevent_initial_call=True,
    )
    def judge(clicks: int | None, chosen: str | None, answers: dict[str, Any] | None, now: str | None) -> Any:
        """The answer to the check is judged, and noted for the class."""
        if not clicks or not answers:
            return no_update
        if chosen is None or not chosen.isdecimal():
            return dmc.Alert("Choose an answer first.", color="orange")
        check = Check(**answers | {"options": tuple(answers["options"])})
        if int(chosen) >= len(check.options):
            return no_update
        verdict = check.judge(int(chosen))
        note(studio, now, CHECKED, verdict.is_right)
        return _verdict(verdict, "Right", "Not so")
