"""The options of the page Cheapest plan as a form: each lever in words, with its values and what each costs.

Form and file say the same: the form writes the text `cheapest-text`, and is drawn from it when it was typed or brought.
`cheapest-formed` holds the text that the form wrote last, by which the two are told apart.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, dcc, html
from dash import State as DashState
from dash.exceptions import PreventUpdate

from sim.scenario.options_starter import EXAMPLE
from sim.web.pages.plan import option_rows
from sim.web.pages.plan.option_rows import Row, Typed, read_options, rows_of, source_of, written_options
from sim.web.parts import presses
from sim.web.parts.lever_controls import as_shown, value_control
from sim.web.parts.levers import Control, levers
from sim.web.state import State

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

    from sim.scenario.load import Loaded
    from sim.web.studio import Studio

_VALUE, _COST, _MONTH, _SITES, _OPENS = (f"cheapest-{name}" for name in ("value", "cost", "month", "sites", "opens"))
_SOURCE, _DO, _ADD = "cheapest-source", "cheapest-do", "cheapest-add"
_ROW = "drop-row"  # what the button of a row does
_N_KINDS = 6  # of controls that say something
_KINDS = (
    *({"type": kind, "lever": ALL, "n": ALL} for kind in (_VALUE, _COST, _MONTH, _SITES, _OPENS)),
    {"type": _SOURCE, "lever": ALL},
)
CONTROLS = (DashState("cheapest-formed", "data"), *(DashState(k, name) for k in _KINDS for name in ("id", "value")))
"""What the form says: a button may be pressed before what was typed last is in the file."""

_CANNOT = "The file below cannot be read as levers: mend it there, or begin with the starter."


def form(loaded: Loaded, text: str) -> Component:
    """The form, and the search for more levers.

    Args:
        loaded: the scenario.
        text: the options, as a file.
    """
    return html.Div(
        [
            dcc.Store(id="cheapest-formed", data=text),
            *presses.stores("cheapest"),
            html.Div(_cards(loaded, text), id="cheapest-form", className="option-cards"),
            dmc.Select(
                id=_ADD,
                label="Add a lever",
                description="what else may be chosen: sites, rates, criteria, dates",
                data=option_rows.levers_offered(loaded),
                searchable=True,
                placeholder="Find a lever: sites, consent, dropout …",
                nothingFoundMessage="No lever is called so",
                filter={"function": "leverFilter"},
                w=420,
                maw="100%",
            ),
        ]
    )


def _cards(loaded: Loaded, text: str) -> list[Component]:
    data = read_options(text)
    if data is None:
        return [dmc.Text(_CANNOT, size="sm")]
    costs = loaded.scenario.costs
    currency = str(data.get("currency") or (costs.currency if costs is not None else ""))
    known = levers(loaded, loaded).by_path()
    return [
        _card(str(name), rules, known.get(str(rules.get("path"))), currency) for name, rules in data["levers"].items()
    ]


def _card(name: str, rules: Mapping[str, Any], control: Control | None, currency: str) -> Component:
    label = str(rules.get("label") or name.replace("_", " "))
    rows = rows_of(rules)
    unit = f" ({currency})" if currency else ""
    heads = html.Div(
        [html.Span(text) for text in ("May be", f"Costs once{unit}", f"Costs a month{unit}", "")],
        className="option-row option-heads",
        **{"aria-hidden": "true"},
    )
    buttons = [_button("Add a value", "add", name)] if "values" in rules and rows else []
    return html.Section(
        [
            html.Div(
                [html.H3(label), _button("Remove", "drop", name, said=f"Remove {label}")], className="option-title"
            ),
            heads,
            *(_row(label, name, i, row, control) for i, row in enumerate(rows)),
            html.Div([*buttons, _source(label, name, rules)], className="option-foot"),
        ],
        className="option-card",
        **{"aria-label": label},
    )


def _row(label: str, name: str, i: int, row: Row, control: Control | None) -> Component:
    said = f"{label}, {row.name}"
    return html.Div(
        [
            _value(f"{label}: value {i + 1}", name, i, row, control),
            _money(_COST, f"{said}: costs once", name, i, row.cost),
            _money(_MONTH, f"{said}: costs a month", name, i, row.per_month),
            _button("✕", _ROW, name, i, said=f"Remove {said}"),
        ],
        className="option-row",
    )


def _value(label: str, name: str, i: int, row: Row, control: Control | None) -> Component:
    """What a row sets: a control where there is one for it."""
    key = {"lever": name, "n": i}
    shared: dict[str, Any] = {"id": {"type": _VALUE, **key}, "size": "sm", "aria-label": label}
    if row.sites is not None:
        count, opens = row.sites[1].get("count"), str(row.sites[1]["opens"])
        sites = dmc.NumberInput(
            id={"type": _SITES, **key}, value=count, min=1, max=100, suffix=" sites", allowDecimal=False, debounce=300,
            size="sm", **{"aria-label": f"{label}: how many sites"},
        )  # fmt: skip
        said = f"{label}: when they open"
        when = dmc.DateInput(
            id={"type": _OPENS, **key}, value=opens, valueFormat="YYYY-MM-DD", size="sm", **{"aria-label": said}
        )
        return html.Div([sites, when], className="option-sites")
    if row.value is None and row.name != "null":
        return html.Span(row.name, className="option-name")
    if isinstance(row.value, (dict, list)):
        return html.Span("as the scenario says" if not i else row.name, className="option-name")
    if control is None or control.kind == "switch":
        return dmc.TextInput(value=row.name, debounce=True, **shared)
    return value_control(control, as_shown(control, row.value), **shared)


def _money(kind: str, label: str, name: str, i: int, cost: float) -> Component:
    return dmc.NumberInput(
        id={"type": kind, "lever": name, "n": i},
        value=cost or "",
        min=0,
        placeholder="0",
        thousandSeparator=",",
        hideControls=True,
        clampBehavior="none",
        debounce=300,
        size="sm",
        **{"aria-label": label},
    )


def _source(label: str, name: str, rules: Mapping[str, Any]) -> Component:
    source = source_of(rules)
    return dmc.TextInput(
        id={"type": _SOURCE, "lever": name},
        value=source,
        placeholder="where the costs are from",
        debounce=True,
        size="sm",
        className="option-source is-example" if source == EXAMPLE else "option-source",
        **{"aria-label": f"{label}: where the costs are from"},
    )


def _button(text: str, do: str, name: str, i: int = 0, said: str = "") -> Component:
    labelled = {"aria-label": said} if said else {}
    key = {"type": _DO, "do": do, "lever": name, "n": i}
    return html.Button(text, id=key, type="button", className="take-back", **labelled)


def register(app: Dash, studio: Studio) -> None:
    """Add the callbacks by which form and file follow each other."""
    do = {"type": _DO, "do": ALL, "lever": ALL, "n": ALL}
    presses.register(app, "cheapest", [Input(do, "n_clicks"), Input(_ADD, "value")], CONTROLS[0])

    @app.callback(
        presses.told("cheapest"),
        *(Input(kind, "value") for kind in _KINDS),
        *CONTROLS,
        DashState("cheapest-text", "value"),
        DashState("cheapest-of", "data"),
        *presses.given("cheapest"),
        prevent_initial_call=True,
    )
    def formed(*given: Any) -> Any:
        """What the form says becomes the file."""
        controls, (text, of, pressed, done) = given[_N_KINDS:-4], given[-4:]
        loaded, before = studio.loaded(State.of(of)), read_options(text or "")
        if before is None or controls[0] != text:  # the form does not follow the file yet
            raise PreventUpdate
        asked = presses.unanswered(pressed, done)
        data = changed = _as_typed(before, loaded, controls)
        for press in _rows_last(asked):
            changed = _as_pressed(changed, loaded, press)
        if not asked and changed == before:
            raise PreventUpdate
        now = text if changed == before else written_options(changed)
        says = [] if now == text else [("cheapest-formed", {"data": now}), ("cheapest-text", {"value": now})]
        says += [(_ADD, {"value": None}) for press in asked if press["id"] == _ADD]
        form = None if changed == data else {"children": _cards(loaded, now)}
        return presses.answer(asked, done, text, says, form)

    @app.callback(
        Output("cheapest-form", "children", allow_duplicate=True),
        Output("cheapest-formed", "data", allow_duplicate=True),
        Input("cheapest-text", "value"),
        DashState("cheapest-formed", "data"),
        DashState("cheapest-of", "data"),
        prevent_initial_call=True,
    )
    def followed(text: str | None, formed: str, of: str) -> Any:
        """What was typed in the file, or brought, becomes the form."""
        if text == formed:
            raise PreventUpdate
        return _cards(studio.loaded(State.of(of)), text or ""), text or ""


def text_as_typed(text: str, loaded: Loaded, controls: Sequence[Any]) -> str:
    """Return the file as the form says it; as it is where the form says nothing else.

    Args:
        text: the file.
        loaded: the scenario.
        controls: values of `CONTROLS`.
    """
    before = read_options(text)
    if before is None or controls[0] != text:  # the form does not follow the file yet
        return text
    now = _as_typed(before, loaded, controls)
    return text if now == before else written_options(now)


def _as_typed(data: Mapping[str, Any], loaded: Loaded, controls: Sequence[Any]) -> dict[str, Any]:
    """The options as all controls say them: an answer to one may be overtaken by the next."""
    said: dict[str, dict[tuple[str, int], Any]] = {}
    sources: dict[str, str] = {}
    pairs = [zip(ids, values, strict=True) for ids, values in zip(controls[1::2], controls[2::2], strict=True)]
    for key, value in chain.from_iterable(pairs):
        if key["type"] == _SOURCE:
            sources[key["lever"]] = str(value or "").strip()
        else:
            said.setdefault(key["lever"], {})[key["type"], key["n"]] = value
    known = levers(loaded, loaded).by_path()
    result = dict(data)
    for name, values in said.items():
        rules = data["levers"].get(name)
        if rules is None:
            continue
        control = known.get(str(rules.get("path")))
        rows = [
            Typed(
                _text(values.get((_VALUE, i)), control),
                _number(values, _COST, i),
                _number(values, _MONTH, i),
                values.get((_SITES, i)) or None,
                values.get((_OPENS, i)) or None,
            )
            for i in range(len(rows_of(rules)))
        ]
        result = option_rows.with_rows(result, name, rows, sources.get(name, ""))
    return result


def _text(value: Any, control: Control | None) -> str | None:
    if value is None or value == "":
        return None
    return str(value) if control is None else control.text(value)


def _number(values: Mapping[tuple[str, int], Any], kind: str, i: int) -> float | None:
    """A cost; an empty control is no cost, and one that is not there says nothing."""
    if (kind, i) not in values:
        return None
    found = values[kind, i]
    return found if isinstance(found, (int, float)) else 0


def _rows_last(asked: Sequence[presses.Press]) -> list[presses.Press]:
    """Presses in an order in which each row still has its number: rows go last, from the end, and each once."""
    rows = {(one["id"]["lever"], one["id"]["n"]): one for one in asked if one["id"] != _ADD and one["id"]["do"] == _ROW}
    others = [one for one in asked if one["id"] == _ADD or one["id"]["do"] != _ROW]
    return [*others, *sorted(rows.values(), key=lambda one: -int(one["id"]["n"]))]


def _as_pressed(data: dict[str, Any], loaded: Loaded, press: presses.Press) -> dict[str, Any]:
    """The options after a button was pressed, or a lever chosen."""
    pressed = press["id"]
    if pressed == _ADD:
        return option_rows.with_lever(data, loaded, press["value"])
    name, do = pressed["lever"], pressed["do"]
    if name not in data["levers"]:
        return data
    if do == "drop":
        return option_rows.without_lever(data, name)
    return option_rows.without_row(data, name, pressed["n"]) if do == _ROW else option_rows.with_value(data, name)
