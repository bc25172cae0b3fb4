"""The cheapest plan that makes a date with a given probability, with a first answer on the way.

This is the page Cheapest plan, at `/cheapest`; the page of levers, at `/plan`, is `sim.web.pages.run`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, urlencode

import dash_mantine_components as dmc
from dash import Dash, Input, Output, ctx, dcc, html, no_update
from dash import State as DashState

from sim.analysis.modelled import end_of
from sim.errors import InputError
from sim.experiment.execution import Execution
from sim.experiment.plan.answer import TRIALS, fewest_trials, find_plan
from sim.report.explanation.words import outcomes_of
from sim.report.plan.page import plan_content
from sim.report.reworded import reworded
from sim.report.words import OUTCOME_NOUNS
from sim.scenario.options_starter import EXAMPLE
from sim.web.pages.plan import options_form, options_panel
from sim.web.pages.plan.question import (
    Wish,
    checked_choices,
    keep_options,
    options_text,
    planned_date,
    planned_state,
)
from sim.web.parts.answer_files import files_of
from sim.web.parts.components import page_title, problem_box
from sim.web.parts.report_view import report_view
from sim.web.parts.scenario_choice import state_value
from sim.web.parts.words.about import about
from sim.web.parts.work_bar import Progress, answer_area, asked_by, asking, meanwhile
from sim.web.shell import QUERY
from sim.web.state import State
from sim.web.work.long_callback import long_callback
from sim.web.work.process import go_on_as_long

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

    from sim.experiment.plan.answer import Asked, PlanAnswer
    from sim.scenario.schema import Scenario
    from sim.web.studio import Studio
    from sim.web.visitors import Visitor

PATH, TITLE = "/cheapest", "Cheapest plan"

_SIZES = ("2400", "4800")
_WORTH_A_FIRST = 3  # times the fewest trials that a search needs, from which a first answer is worth its time
_WRONG_QUESTION = "This cannot be searched for"


def layout(studio: Studio, query: Mapping[str, Sequence[str]]) -> Component:
    """The date to make, the options and their costs, and below them the cheapest plan."""
    state = State.of(query)
    loaded = studio.loaded(state)
    scenario = loaded.scenario
    wish = _first_wish(query, scenario)
    text = options_text(studio, wish, scenario)
    return html.Div(
        [
            page_title(
                "What is the cheapest plan that makes the date?",
                "Say what may still be chosen and what it costs. Most trials go to the plans that decide the choice.",
            ),
            about(studio, state),
            dcc.Store(id="cheapest-of", data=state.query()),
            _step("1. The date to make", _question(scenario, wish)),
            _step(
                "2. What may be chosen, and what it costs", *options_panel.blocks(text, loaded, is_own=bool(state.file))
            ),
            _step(
                "3. The plan",
                asking(
                    "cheapest",
                    "Find the plan",
                    at_once="find" in query,
                    others=(_sure(wish.confidence), _size(wish.trials)),
                ),
                html.Div(id="cheapest-wrong"),
                answer_area("cheapest"),
            ),
        ]
    )


def _first_wish(query: Mapping[str, Sequence[str]], scenario: Scenario) -> Wish:
    """The question that a query asks; without a date, for the planned one."""
    wish = Wish.of(query)
    return replace(wish, by=wish.by or planned_date(scenario, wish.milestone))


def _step(title: str, *parts: Any) -> Component:
    return html.Section([dmc.Title(title, order=2, size="h3"), *parts], className="step")


def _question(scenario: Scenario, wish: Wish) -> Component:
    planned = scenario.trial.planned
    dates = {
        "recruitment": planned.recruitment,
        "primary": planned.primary_completion,
        "study": planned.study_completion,
    }
    said = ", ".join(f"{name} {when}" for name, when in dates.items() if when)
    currency = f" in {scenario.costs.currency}" if scenario.costs is not None else ""
    nouns = reworded({name: OUTCOME_NOUNS[name] for name in outcomes_of(scenario, has_cost=False)}, scenario)
    return html.Div(
        [
            dmc.Select(
                id="cheapest-milestone",
                label="What must be done",
                description="by the date",
                data=[{"value": name, "label": f"{noun[:1].upper()}{noun[1:]}"} for name, noun in nouns.items()],
                value=wish.milestone if wish.milestone in nouns else end_of(scenario),
                allowDeselect=False,
            ),
            dmc.DateInput(
                id="cheapest-by",
                label="Date to make",
                description=f"planned: {said}" if said else "the scenario plans no date",
                value=wish.by or None,
                minDate=str(scenario.trial.enrolment_opens),
                valueFormat="YYYY-MM-DD",
                placeholder="YYYY-MM-DD",
            ),
            dmc.NumberInput(
                id="cheapest-probability",
                label="Probability",
                description="with which it must be made",
                value=_number(wish.probability),
                suffix=" %",
                min=1,
                max=99,
                clampBehavior="none",
            ),
            dmc.NumberInput(
                id="cheapest-budget",
                label=f"Budget{currency}",
                description="maximum mean cost of a plan; optional",
                value=_number(wish.budget),
                thousandSeparator=",",
                placeholder="any",
                hideControls=True,
                clampBehavior="none",
            ),
        ],
        className="sides",
    )


def _number(text: str) -> float | str:
    """A number for its control; other text stays as written, and is refused when the search starts."""
    try:
        found = float(text)
    except ValueError:
        return text
    return int(found) if found.is_integer() else found


def _sure(wanted: str) -> Component:
    return dmc.NumberInput(
        id="cheapest-confidence",
        label="How sure the choice must be",
        value=_number(wanted),
        suffix=" %",
        min=1,
        max=99,
        clampBehavior="none",
        w=230,
    )


def _size(wanted: str) -> Component:
    sizes = dict.fromkeys((*_SIZES, *([wanted] if wanted.isdecimal() else [])))
    return dmc.Select(
        id="cheapest-trials",
        label="Simulated trials, at most",
        data=[
            {"value": "", "label": f"{TRIALS:,}, the default"},
            *({"value": n, "label": f"{int(n):,}"} for n in sizes),
        ],
        value=wanted,
        allowDeselect=False,
        w=230,
    )


_ASKED = (
    ("cheapest-milestone", "value"),
    ("cheapest-by", "value"),
    ("cheapest-probability", "value"),
    ("cheapest-budget", "value"),
    ("cheapest-confidence", "value"),
    ("cheapest-trials", "value"),
    ("cheapest-text", "value"),
)


def _wish(*values: Any) -> tuple[Wish, str]:
    """The question of the controls, and the text of the options."""
    *texts, text = ["" if value is None else str(value) for value in values]
    return Wish(*texts), text


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks of this page.

    Every control is a part of the address (`shell.QUERY`); Find the plan adds `find=1` and starts a job, which fills
    `cheapest-answer`, or puts a message at the question or at the options.
    """
    options_panel.register(app, studio)

    @app.callback(
        Output(QUERY, "data", allow_duplicate=True),
        Input("cheapest-run", "n_clicks"),
        *(Input(*control) for control in _ASKED),
        DashState("cheapest-of", "data"),
        DashState(QUERY, "data"),
        prevent_initial_call=True,
    )
    def keep(_: int | None, *values: Any) -> Any:
        """What is asked becomes the address, and that it was asked: a reload then asks again."""
        *controls, of, query = values
        wish, text = _wish(*controls)
        scenario = studio.loaded(State.of(of)).scenario
        wish = replace(wish, options=keep_options(studio, text, scenario))
        is_asked = ctx.triggered_id == "cheapest-run"
        if not is_asked and wish == _first_wish(parse_qs(query.removeprefix("?")), scenario):
            return no_update  # a control that is drawn, and says nothing new
        pairs = [*parse_qsl(of.removeprefix("?"), keep_blank_values=True), *wish.pairs()]
        return f"?{urlencode(pairs + ([('find', '1')] if is_asked else []))}"

    @long_callback(
        app,
        studio,
        Output("cheapest-answer", "children"),
        Output("cheapest-wrong", "children"),
        Output("cheapest-options-said", "children", allow_duplicate=True),
        *asked_by("cheapest"),
        *(DashState(*control) for control in _ASKED),
        *options_form.CONTROLS,
        DashState("cheapest-of", "data"),
        **meanwhile("cheapest"),
    )
    def found(set_progress: Any, _: Any, __: Any, *values: Any) -> tuple[Any, Any, Any]:
        """A job: the cheapest plan, or what is wrong with the question or the options."""
        asked_for, controls, of = values[: len(_ASKED)], values[len(_ASKED) : -1], values[-1]
        wish, text = _wish(*asked_for)
        state = State.of(of)
        try:
            loaded = studio.loaded(state)
            choices = checked_choices(studio, options_form.text_as_typed(text, loaded, controls), loaded)
        except InputError as error:
            return None, None, problem_box(error.problems, options_panel.WRONG)
        try:
            scenario = choices.loaded.scenario
            seed = scenario.experiment.seed if state.seed is None else state.seed
            asked = wish.asked(choices, seed, studio.settings.limits.replications)
        except InputError as error:
            if any(problem.file == choices.file for problem in error.problems):
                return None, None, problem_box(error.problems, options_panel.WRONG)
            return None, problem_box(error.problems, _WRONG_QUESTION), no_update
        return _found(studio, state, asked, set_progress), None, no_update


def _found(studio: Studio, state: State, asked: Asked, set_progress: Any) -> Component:
    """The cheapest plan. Simulated trials are kept, so that the same or a similar question returns quickly."""
    kept, tell = studio.visitor.folder / "parts", Progress("cheapest", set_progress)
    how = Execution(studio.settings.workers, progress=tell)
    fewest = fewest_trials(asked.choices)
    if asked.trials >= _WORTH_A_FIRST * fewest:
        first = find_plan(replace(asked, trials=fewest), kept, how)
        few = f"A first answer, from {first.n_trials:,} simulated trials. A better one follows."
        tell.first(_view(first, state, few))
    else:
        go_on_as_long()
    return _view(find_plan(asked, kept, how), state, of=studio.visitor)


def _view(answer: PlanAnswer, state: State, note: str = "", of: Visitor | None = None) -> Component:
    """The answer; a final one is of a visitor, and has files to download."""
    examples = [
        lever.label
        for lever in answer.asked.choices.levers
        if any(setting.source is not None and setting.source.source == EXAMPLE for setting in lever.settings)
    ]
    if examples:
        note += f" Some costs are examples, to be replaced by yours: {', '.join(examples)}."
    then = _then(answer, state)
    content = plan_content(answer, state.typed())
    if of is not None:
        then = html.Div([files_of(of, content, "cheapest"), then])
    return report_view(content, "cheapest", note.strip(), then)


def _then(answer: PlanAnswer, state: State) -> Component:
    """Links to continue with the plan."""
    plan = planned_state(state, answer)
    if plan == state:
        return dmc.Text("It is the scenario as it is, so there is nothing to open or compare.", size="sm")
    name = "the chosen plan" if answer.choice is not None else "the likeliest plan"
    sides = [("side", state_value(side)) for side in (state, plan)]
    kept = parse_qsl(replace(State(), seed=state.seed).query().removeprefix("?"))
    links = [
        html.Li(dcc.Link(f"Open {name} on the page Plan", href=f"/plan{plan.query()}")),
        html.Li(dcc.Link("Compare it with the scenario as it is", href=f"/compare?{urlencode(kept + sides)}")),
    ]
    parts: list[Any] = [html.Ul(links, className="links")]
    if any(answer.extra_costs(answer.leading)):
        said = "Plan and Compare count the scenario's own costs; the extra costs of these options are not among them."
        parts.append(dmc.Text(said, size="xs", c="dimmed"))
    return html.Div(parts, className="then")
