"""The controls of a part of a trial, made from the schema: each with its unit, what it means, and what is allowed.

What is said, and what must be, stands there; what may be added is in a list below it. What the controls cannot show is
written as in a file, at its place.

Ids are `{"type": ..., "path": ...}` with the types of this module and of `controls`; `moves` answers all of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import html

from sim.report.key_words import words
from sim.web.pages.new_trial.adding import VALUE as VALUE_TO_ADD
from sim.web.pages.new_trial.adding import add_all, add_one, said_fully
from sim.web.pages.new_trial.controls import SEPARATOR, control, text_of
from sim.web.pages.new_trial.countries import country_options
from sim.web.pages.new_trial.shapes import (
    LIST,
    PARTS,
    REFERENCES,
    Form,
    Path,
    form_of,
    forms,
    meaning_of,
    schema_at,
    unit_of,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

    from sim.errors import Problem
    from sim.web.pages.new_trial.draft import Draft

SAID, KIND = "new-said", "new-kind"  # of one part, by its place
NAME, ADD, OPTION, REMOVE, RENAME = "new-name", "new-add", "new-option", "new-remove", "new-rename"


def part_controls(draft: Draft, path: Path, problems: Sequence[Problem], hidden: Sequence[Path] = ()) -> Component:
    """The controls of one part of the trial.

    Args:
        draft: the trial so far.
        path: the part.
        problems: what is wrong with the trial.
        hidden: parts of it that have a place of their own on the page.
    """
    node = schema_at(path, draft.data) or {}
    value = draft.at(path)
    if value is None and form_of(node, value).kind == PARTS:
        return _not_there(path, node, form_of(node, value))
    may_go = form_of(node, value).kind == PARTS and not _is_required(draft, path)
    return _Controls(draft, problems, frozenset(hidden)).of(path, node, value, may_go=may_go)


def _is_required(draft: Draft, path: Path) -> bool:
    """Whether a part must be there, for what it is a part of."""
    whole = path[:-1]
    return path[-1] in form_of(schema_at(whole, draft.data) or {}, draft.at(whole)).required


def said_at(path: Path, problems: Sequence[Problem]) -> str:
    """What is wrong at a control. A problem of an item of a list stands at the list.

    Args:
        path: place of the value.
        problems: what is wrong with the trial.

    Returns:
        Messages on one line; empty if nothing is wrong.
    """
    place = ".".join(path)
    return "; ".join(
        problem.message for problem in problems if problem.path and (problem.path == place or _in_value(problem, place))
    )


def _in_value(problem: Problem, place: str) -> bool:
    """Whether the problem is of an item of a list at this place."""
    path = problem.path or ""
    return path.startswith(f"{place}.") and path.removeprefix(f"{place}.").isdecimal()


def _not_there(path: Path, node: Mapping[str, Any], form: Form) -> Component:
    """A part that the trial does not have: what it would be, and a way to add it."""
    below = [html.P("There is none.", className="nothing")]
    if form.free is not None and not form.parts:
        return html.Fieldset([_legend(path, node), *below, _adder(path, form)], className="group", **_marked(path))
    button = dmc.Button(add_all(path), id={"type": ADD, "path": text_of(path)}, variant="light", size="xs")
    return html.Fieldset([_legend(path, node), *below, button], className="group", **_marked(path))


def _marked(path: Path) -> dict[str, str]:
    """By which the page finds a part again."""
    return {"data-path": text_of(path)}


def _legend(path: Path, node: Mapping[str, Any]) -> Component:
    name = words(path[-1])
    return html.Legend([html.Strong(f"{name[:1].upper()}{name[1:]}"), html.Small(meaning_of(node))])


class _Controls:
    """Makes the controls of a draft."""

    def __init__(self, draft: Draft, problems: Sequence[Problem], hidden: frozenset[Path]) -> None:
        self._draft, self._problems, self._hidden = draft, problems, hidden

    def of(
        self,
        path: Path,
        node: Mapping[str, Any],
        value: Any,
        *,
        may_go: bool = False,
        is_own: bool = False,
        may_vary: bool = True,
    ) -> Component:
        """Everything at a path.

        Args:
            path: the place.
            node: its schema.
            value: what stands there.
            may_go: whether it may be left out.
            is_own: whether the planner named it; what it means is said of all of them together.
            may_vary: whether it may be given in another form.
        """
        form = form_of(node, value)
        if form.kind != PARTS:
            return self._value(path, node, value, form, may_go=may_go, may_vary=may_vary, is_own=is_own)
        return self._parts(path, node, value or {}, form, may_go=may_go, is_own=is_own)

    def _parts(
        self,
        path: Path,
        node: Mapping[str, Any],
        value: Mapping[str, Any],
        form: Form,
        *,
        may_go: bool,
        is_own: bool,
    ) -> Component:
        small: list[Any] = []
        large: list[Any] = []
        for key in [*(part for part in form.parts if part in value or part in form.required), *_own(value, form)]:
            place = (*path, key)
            part = form.parts.get(key, form.free) or {}
            if place in self._hidden or SEPARATOR in key:
                continue
            is_optional = key not in form.required and form.fixed is None
            may_vary = form.fixed is None or form.fixed[0] == "dist"
            is_named = key not in form.parts
            made = self.of(place, part, value.get(key), may_go=is_optional, is_own=is_named, may_vary=may_vary)
            is_large = form_of(part, value.get(key)).kind == PARTS and form_of(part, value.get(key)).fixed is None
            (large if is_large else small).append(made)
        wrong = said_at(path, self._problems)
        said = ({} if is_own else node) if form.fixed is None else {"description": _about(node)}
        own = _own_buttons(path, may_go=may_go, is_own=is_own)
        content = [
            _legend(path, said),
            html.P(wrong, id={"type": SAID, "path": text_of(path)}, className="wrong", role="status"),
            html.Div([_kinds(path, node, form), *small], className="fields"),
            *large,
            html.Div([*self._more(path, value, form), *own], className="more"),
        ]
        return html.Fieldset(content, className="group" if form.fixed is None else "group drawn", **_marked(path))

    def _more(self, path: Path, value: Mapping[str, Any], form: Form) -> list[Any]:
        """What may be added to a part."""
        left = [key for key in form.parts if key not in value and key not in form.required]
        left = [key for key in left if (*path, key) not in self._hidden]
        found: list[Any] = []
        if left:
            options = [{"value": key, "label": words(key)} for key in left]
            found.append(
                dmc.Select(
                    id={"type": OPTION, "path": text_of(path)},
                    data=options,
                    placeholder=VALUE_TO_ADD,
                    searchable=True,
                    size="xs",
                    nothingFoundMessage="There is no such value",
                    w=260,
                    **{"aria-label": said_fully(VALUE_TO_ADD, path)},
                )
            )
        if form.free is not None:
            found.append(_adder(path, form))
        return found

    def _value(
        self,
        path: Path,
        node: Mapping[str, Any],
        value: Any,
        form: Form,
        *,
        may_go: bool,
        may_vary: bool,
        is_own: bool,
    ) -> Component:
        wrong = said_at(path, self._problems) or None
        made = control(path, node, value, form, wrong, self._choices(path, form))
        beside = [_kinds(path, node, form)] if may_vary else []
        beside += _own_buttons(path, may_go=may_go, is_own=is_own, gone="Leave out")
        return html.Div(
            [made, html.Div(beside, className="beside")],
            className="field",
            **_marked(path),
        )

    def _choices(self, path: Path, form: Form) -> list[str] | None:
        """Names of other parts of the trial that may stand here; None if it is not a reference."""
        places = REFERENCES.get(path[-1])
        if places is None or form.kind not in (LIST, "text"):
            return None
        return [name for place in places for name in self._draft.at(place) or ()]


def _about(node: Mapping[str, Any]) -> str:
    unit = unit_of(node)
    meaning = str(node.get("description", ""))
    return f"{meaning} ({unit})" if unit else meaning


def _own(value: Mapping[str, Any], form: Form) -> list[str]:
    """Names of the planner's own, and keys that the schema does not know, which then say so."""
    return [key for key in value if key not in form.parts and (form.fixed is None or key != form.fixed[0])]


def _kinds(path: Path, node: Mapping[str, Any], form: Form) -> Component | None:
    """The choice of another form, where a value may have several."""
    names = [found.name for found in forms(node)]
    if len(names) < 2:
        return None
    return dmc.Select(
        id={"type": KIND, "path": text_of(path)},
        data=names,
        value=form.name,
        allowDeselect=False,
        size="xs",
        className="kind",
        **{"aria-label": f"How {words(path[-1])} is given"},
    )


def _own_buttons(path: Path, *, may_go: bool, is_own: bool, gone: str = "Remove") -> list[Component]:
    """Another name for what the planner named, and leaving it out."""
    if not is_own:  # what is removed with all that is in it says what it is
        name = words(path[-1])
        return [_remover(path, gone, gone if gone != "Remove" else f"{gone} {name}")] if may_go else []
    found: list[Component] = [_remover(path, gone, gone)] if may_go else []
    shared = {
        "id": {"type": RENAME, "path": text_of(path)},
        "value": path[-1] if path[:-1] == ("countries",) else path[-1].replace("_", " "),
        "size": "xs",
        "w": 190,
        "leftSection": "Name",
        "leftSectionWidth": 52,
        "leftSectionPointerEvents": "none",
    }
    about = {"aria-label": f"Name of {words(path[-1])}"}
    if path[:-1] == ("countries",):
        return [dmc.Select(data=country_options(), searchable=True, allowDeselect=False, **shared, **about), *found]
    return [dmc.TextInput(debounce=True, **shared, **about), *found]


def _remover(path: Path, text: str, shown: str) -> Component:
    name = words(path[-1])
    return dmc.Button(
        shown,
        id={"type": REMOVE, "path": text_of(path)},
        variant="subtle",
        size="compact-xs",
        **{"aria-label": f"{text}: {name}"},
    )


def _adder(path: Path, form: Form) -> Component:
    """Adds a part with a name of the planner's own."""
    label = add_one(path)
    about = said_fully(label, path)
    if path == ("countries",):
        field: Any = dmc.Select(
            id={"type": NAME, "path": text_of(path)},
            data=country_options(),
            searchable=True,
            placeholder="Country",
            size="xs",
            **{"aria-label": "Country to add"},
        )
    else:
        placeholder = "Week or number" if form.pattern.startswith("^[0-9") else "Name"
        field = dmc.TextInput(
            id={"type": NAME, "path": text_of(path)},
            placeholder=placeholder,
            size="xs",
            **{"aria-label": f"{placeholder}: {about}"},
        )
    shared: dict[str, Any] = {"aria-label": about}
    button = dmc.Button(label, id={"type": ADD, "path": text_of(path)}, variant="light", size="xs", **shared)
    return html.Div([field, button], className="adder")
