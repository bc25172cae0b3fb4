"""Plans that are kept under a name: the form that keeps this one, and the list.

What is kept, and for how long, is in `sim.web.parts.named_plans`; this is the form and its list.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, callback_context, dcc, html
from dash.exceptions import PreventUpdate

from sim.errors import InputError
from sim.web.parts.named_plans import forget, keep, plans
from sim.web.parts.scenario_choice import state_value
from sim.web.state import State as Scenario

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from sim.web.parts.named_plans import Plan
    from sim.web.studio import Studio

_SHOWN = 12


def block(studio: Studio, query: str) -> Component:
    """The form, and the plans so far.

    Args:
        studio: the studio.
        query: the plan of the page.
    """
    return html.Details(
        [
            html.Summary(html.H2("Your plans")),
            html.Ul(
                [
                    html.Li(html.A(text, href=f"{path}{query}", className="keeps-scenario"))
                    for text, path in (("Show this plan in a meeting", "/meeting"), ("All its controls", "/new"))
                ],
                className="links",
            ),
            html.Div(
                [
                    dmc.TextInput(
                        id="plan-keep-name",
                        label="Name of this plan",
                        value=Scenario.of(query).name,
                        placeholder="Four hospitals from March",
                        size="sm",
                    ),
                    dmc.TextInput(
                        id="plan-keep-note",
                        label="Note",
                        placeholder="why, and what it would need",
                        size="sm",
                        className="note-field",
                    ),
                    dmc.Button("Keep this plan", id="plan-keep", size="sm", className="waits"),
                ],
                className="asking",
            ),
            html.Div(id="plan-keep-said", role="status"),
            html.Div(_list(studio), id="plan-kept"),
        ],
        className="section history",
        open=True,
    )


def _list(studio: Studio) -> Component:
    found = plans(studio.visitor)
    if not found:
        return html.P("No plan is kept yet. A kept plan can be compared by its name.", className="nothing")
    rest = len(found) - _SHOWN
    more = html.P(f"and {rest} more, which Compare offers.") if rest > 0 else None
    return html.Div([html.Ul([_row(plan, found) for plan in found[:_SHOWN]], className="kept-plans"), more])


def _row(plan: Plan, every: list[Plan]) -> Component:
    query = plan.state.query()
    other = next((one for one in every if one is not plan), None)
    ways = [dcc.Link("Meeting page", href=f"/meeting{query}", title=f"Show {plan.name} in a meeting")]
    if other is not None:
        sides = urlencode([("side", state_value(one.state)) for one in (other, plan)])
        ways.append(dcc.Link(f"Compare with “{other.name}”", href=f"/compare?{sides}"))
    when = datetime.fromtimestamp(plan.at).strftime("%Y-%m-%d %H:%M")
    return html.Li(
        [
            dcc.Link(html.Strong(plan.name), href=f"/plan{query}"),
            html.Span(f" {plan.note}") if plan.note else "",
            html.Small(f" kept {when} ", className="source"),
            *(html.Span([way, " "]) for way in ways),
            dmc.Button(
                "Take off the list",
                id={"type": "plan-keep-not", "name": plan.name},
                size="compact-xs",
                variant="subtle",
                **{"aria-label": f"Take {plan.name} off the list"},
            ),
        ]
    )


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks that keep a plan and take one off the list; both draw `plan-kept` again."""

    @app.callback(
        Output("plan-kept", "children"),
        Output("plan-keep-said", "children"),
        Input("plan-keep", "n_clicks"),
        Input({"type": "plan-keep-not", "name": ALL}, "n_clicks"),
        State("plan-query", "data"),
        State("plan-keep-name", "value"),
        State("plan-keep-note", "value"),
        prevent_initial_call=True,
    )
    def change(_: Any, __: Any, query: str | None, name: str | None, note: str | None) -> Any:
        """The plan is kept, or one is taken off the list."""
        trigger = callback_context.triggered_id
        if not callback_context.triggered[0]["value"]:
            raise PreventUpdate
        if isinstance(trigger, dict):
            forget(studio.visitor, trigger["name"])
            return _list(studio), f"“{trigger['name']}” is off the list."
        try:
            plan = keep(studio.visitor, query or "", name or "", note or "")
        except InputError as error:
            return _list(studio), html.P(str(error), className="wrong")
        return _list(studio), f"Kept as “{plan.name}”."
