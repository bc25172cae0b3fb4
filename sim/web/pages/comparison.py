"""Up to four scenarios side by side, trial by trial.

The address names them: `side` once for each, the reference first (a scenario's query, or a run of the past), then
`replications` and `worth=1`. Without `side` the page shows an example.

Attributes:
    MOST: most scenarios side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, dcc, html
from dash import State as DashState

from sim.api.comparison import shares_between
from sim.errors import InputError, UsageError
from sim.experiment.comparison.attribution import all_attributions, runs_needed
from sim.experiment.comparison.sides import Comparison
from sim.experiment.comparison.sources import Named, read_sources, run_sources
from sim.experiment.comparison.tables import Compared
from sim.experiment.execution import Execution
from sim.report.assumptions import assumption_rows
from sim.report.comparison.page import comparison_content
from sim.web.limits import check_shares_limits
from sim.web.parts.answer_files import final_view
from sim.web.parts.components import page_title, problem_box
from sim.web.parts.examples import kept_example, known_example, register_example
from sim.web.parts.report_view import report_view
from sim.web.parts.scenario_choice import RUN, label_of, scenario_options, state_value
from sim.web.parts.work_bar import Progress, asked_by, asking, example_area, meanwhile
from sim.web.past_runs import run_named
from sim.web.shell import QUERY
from sim.web.state import State
from sim.web.work.long_callback import long_callback

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd
    from dash.development.base_component import Component

    from sim.web.studio import Studio

PATH, TITLE = "/compare", "Compare"

MOST = 4
FIRST_ANSWER = 96  # simulated trials of each in a first answer
_SUGGESTED = "two-more-sites"
_SIZES = ("200", "500", "1000", "2000")


def layout(studio: Studio, query: Mapping[str, Sequence[str]]) -> Component:
    """Choice of scenarios and of the number of trials, and below them the comparison."""
    state = State.of(query)
    chosen = list(query.get("side", ()))[:MOST] or _suggested(state)
    chosen += [""] * (MOST - len(chosen))
    options = scenario_options(studio, state, chosen, with_runs=True)
    sides = [_choice(i, value, options) for i, value in enumerate(chosen)]
    choices = (_size(state), _worth("worth" in query))
    is_asked = "side" in query
    shown = None if is_asked else known_example(studio, state, "compare")
    return html.Div(
        [
            page_title(
                "Is one plan better than another?",
                "Choose two to four. Trial k of each has the same random numbers: any difference comes from the plans.",
            ),
            html.Section(
                [
                    html.Div(sides, className="sides"),
                    asking("compare", "Compare", at_once=is_asked, others=choices),
                ],
                className="box question",
                **{"aria-label": "The question"},
            ),
            dcc.Store(id="compare-of", data=replace(state, replications=None).query()),
            html.Div(id="compare-wrong"),
            example_area("compare", shown, is_asked=is_asked),
        ]
    )


def _suggested(state: State) -> list[str]:
    """The current scenario against its unchanged version; without changes, an example."""
    plain = State(scenario=state.scenario, file=state.file)
    if state.changes:
        return [state_value(plain), state_value(state)]
    return (
        [state_value(plain), state_value(State(scenario=_SUGGESTED))]
        if state.scenario != _SUGGESTED
        else [state_value(State()), state_value(plain)]
    )


def _choice(i: int, value: str, options: list[dict[str, Any]]) -> Component:
    label = "Compared with" if i == 0 else f"Scenario {i + 1}"
    return dmc.Select(
        id={"type": "compare-side", "n": i},
        label=label,
        description="the reference" if i == 0 else "needed" if i == 1 else "optional",
        data=options,
        value=value or None,
        searchable=True,
        clearable=i > 1,
        clearButtonProps={"aria-label": f"Clear {label}"},
        placeholder="none",
        nothingFoundMessage="Nothing has that name",
        comboboxProps={"withinPortal": True},
    )


def _size(state: State) -> Component:
    wanted = "" if state.replications is None else str(state.replications)
    return dmc.Select(
        id="compare-size",
        label="Simulated trials of each",
        data=[{"value": "", "label": "as the first scenario says"}]
        + [{"value": n, "label": f"{int(n):,}"} for n in dict.fromkeys((*_SIZES, *([wanted] if wanted else [])))],
        value=wanted,
        allowDeselect=False,
        w=230,
    )


def _worth(is_on: bool) -> Component:
    return dmc.Switch(
        id="compare-worth",
        label="Say what each changed value is worth",
        description="simulates the scenarios that lie between",
        checked=is_on,
    )


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks of this page.

    Compare puts the choice into the address (`shell.QUERY`) and starts a job, which fills `compare-answer`, or
    `compare-wrong` with what cannot be compared.
    """

    @app.callback(
        Output(QUERY, "data", allow_duplicate=True),
        Input("compare-run", "n_clicks"),
        DashState({"type": "compare-side", "n": ALL}, "value"),
        DashState("compare-size", "value"),
        DashState("compare-worth", "checked"),
        DashState("compare-of", "data"),
        prevent_initial_call=True,
    )
    def keep(_: int | None, values: list[str | None], size: str, worth: bool | None, of: str) -> str:
        """What is compared becomes the address: reload, back and a link give it again."""
        pairs = parse_qsl(of.removeprefix("?"), keep_blank_values=True)
        pairs += [("side", value) for value in values if value] + ([("replications", size)] if size else [])
        pairs += [("worth", "1")] if worth else []
        return f"?{urlencode(pairs)}"

    @long_callback(
        app,
        studio,
        Output("compare-answer", "children"),
        Output("compare-wrong", "children"),
        *asked_by("compare"),
        DashState({"type": "compare-side", "n": ALL}, "value"),
        DashState("compare-size", "value"),
        DashState("compare-worth", "checked"),
        DashState("compare-of", "data"),
        **meanwhile("compare"),
    )
    def compare(
        set_progress: Any,
        _: Any,
        __: Any,
        values: list[str | None],
        size: str,
        worth: bool | None,
        of: str,
    ) -> tuple[Any, Any]:
        """A job: the comparison of the chosen scenarios, or what is wrong with the choice."""
        try:
            chosen = [value for value in values if value]
            return _compared(studio, chosen, size, State.of(of).seed, set_progress, worth=bool(worth)), None
        except InputError as error:
            return None, problem_box(error.problems, "This cannot be compared")

    register_example(app, studio, "compare", example)


@kept_example("compare")
def example(studio: Studio, state: State, folder: Path, tell: Callable[[int, int], None]) -> Component:
    """A comparison to begin with, of what the page suggests, from few simulated trials."""
    named, labels, typed = zip(*(_named(studio, value) for value in _suggested(state)), strict=True)
    sources = _sources(named, labels, typed)
    execution = Execution(studio.settings.workers, progress=tell)
    few = run_sources(
        sources,
        replications=FIRST_ANSWER,
        runs=folder / "first",
        seed=state.seed,
        execution=execution,
        assumptions=assumption_rows,
    )
    note = (
        f"An example, from {FIRST_ANSWER} simulated trials of each. Choose what you want to know, and press Compare: "
        "it simulates as many as you ask for."
    )
    return _view(Compared(Comparison(few)), note)


def _sources(named: Sequence[Named], labels: Sequence[str], typed: Sequence[str]) -> list[Any]:
    return [
        replace(source, typed=text or source.typed)
        for source, text in zip(read_sources(named, [()] * len(named), labels), typed, strict=True)
    ]


def _compared(
    studio: Studio, values: list[str], size: str, seed: int | None, set_progress: Any, *, worth: bool
) -> Component:
    """The comparison; a first answer is shown on the way."""
    if len(values) < 2:
        raise UsageError("choose two scenarios or more")
    if len(set(values)) < len(values):
        raise UsageError("the same scenario is chosen twice")
    named, labels, typed = zip(*(_named(studio, value) for value in values), strict=True)
    sources = _sources(named, labels, typed)
    tell = Progress("compare", set_progress)
    execution = Execution(studio.settings.workers, progress=tell)
    how: dict[str, Any] = {"seed": seed, "execution": execution, "assumptions": assumption_rows}
    wanted = int(size) if size else None
    fresh = all(source.results is None for source in sources)
    if fresh and (wanted or sources[0].scenario.experiment.replications) > 2 * FIRST_ANSWER:
        few = run_sources(sources, replications=FIRST_ANSWER, runs=studio.visitor.folder / "first", **how)
        note = f"A first answer, from {FIRST_ANSWER} simulated trials of each. A better one follows."
        tell.first(_view(Compared(Comparison(few)), note))
    comparison = Comparison(run_sources(sources, replications=wanted, runs=studio.visitor.runs, **how))
    if not worth:
        return _final(studio, Compared(comparison))
    tell.first(_view(Compared(comparison), "What each changed value is worth follows."))
    return _final(studio, Compared(comparison, _shares(studio, comparison, tell)))


def _shares(studio: Studio, comparison: Comparison, tell: Progress) -> pd.DataFrame | None:
    """What each changed value is worth. The scenarios in between are kept, so that a repeated question returns
    quickly.
    """
    n_between = runs_needed(all_attributions(comparison))
    check_shares_limits(n_between, comparison.n_replications, studio.settings.limits)
    return shares_between(
        comparison, studio.visitor.folder / "parts", Execution(studio.settings.workers, progress=tell)
    )


def _named(studio: Studio, value: str) -> tuple[Named, str, str]:
    """The scenario to compare, its label, and how it would be typed."""
    if value.startswith(RUN):
        entry = run_named(studio, value.removeprefix(RUN))
        return entry.path, entry.typed.split(" ")[0] or entry.scenario, ""
    state = State.of(value)
    loaded = studio.loaded(state)
    return loaded, label_of(state, loaded.scenario.name), state.typed()


def _final(studio: Studio, compared: Compared) -> Component:
    return final_view(studio.visitor, comparison_content(compared), "compare")


def _view(compared: Compared, note: str = "") -> Component:
    return report_view(comparison_content(compared), "compare", note)
