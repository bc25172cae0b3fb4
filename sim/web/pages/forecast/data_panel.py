"""The data check of the Forecast page: a preview of the files, the role of each column, and errors by row.

It shows what the reader of `sim.exchange` found and asks what that leaves open; each answer becomes part of the address
(`DataState`), so that a link reads the same data in the same way.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import dash_mantine_components as dmc
from dash import html

from sim.errors import InputError
from sim.exchange.dates.read import ORDERS
from sim.exchange.findings import (
    AS_OF,
    COLUMNS,
    COUNTS,
    DATES,
    HEADER,
    SHEET,
    STATUS,
    STUDY,
    AmbiguousDatesError,
    Question,
    QuestionError,
)
from sim.exchange.said import STATUSES
from sim.exchange.simulated import LOG_FILE
from sim.exchange.tables.columns import columns_from
from sim.exchange.upload import KIND_NAMES, SITES, Preview, Role
from sim.plurals import counted
from sim.report.exhibits import Table
from sim.web.pages.forecast.observed_data import DataState, files_of, known_trial, previews, whole_trial
from sim.web.parts.components import problem_box, table
from sim.web.parts.words.studio import in_studio

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dash.development.base_component import Component

    from sim.exchange.observed import ObservedTrial
    from sim.web.pages.forecast.observed_data import Files
    from sim.web.studio import Studio

_DATA = "data"
_ASKED = {
    STUDY: "The study that is meant",
    SHEET: "The sheets that are meant",
    HEADER: "The row of the header",
    COUNTS: "Each row counts",
    AS_OF: "The data end on",
    COLUMNS: "What is right",
}
_MANY = 10**9  # randomisations wanted, as long as no plan says how many


def data_panel(studio: Studio, data: DataState) -> list[Component]:
    """Preview, questions and findings for the uploaded data.

    Args:
        studio: the studio, which has the files.
        data: the data and how they are read.

    Returns:
        The content of `forecast-panel`; a note without data. Data that cannot be read give the message and a control
        for each question.
    """
    if not data.files:
        return [dmc.Text("No data yet.", c="dimmed", id="forecast-no-data")]
    try:
        files = files_of(studio, data)
        seen, seen_sites = previews(files, data)
    except QuestionError as error:
        return [_wrong(error, "The data can be read in more than one way"), *_answers(error.questions)]
    except InputError as error:
        return [_wrong(error, "The data cannot be read")]
    parts = [_previewed(seen, _DATA), *([_previewed(seen_sites, SITES)] if seen_sites else [])]
    return [_checked(files, data, seen), *parts]


def _checked(files: Files, data: DataState, seen: Preview) -> Component:
    """What the data check found, and the day from which to go on."""
    try:
        whole = whole_trial(files, data)
    except AmbiguousDatesError as error:
        return html.Div([_asked_order(error, data)])
    except QuestionError as error:
        return html.Div([_wrong(error, "The data can be read in more than one way"), *_answers(error.questions)])
    except InputError as error:
        asks = [_asked_order(None, data)] if data.order else []
        hint = "Say below which column is what." if seen.unknown else "Correct the file and upload it again."
        return html.Div([_wrong(error, "The data check found errors"), dmc.Text(hint), *asks])
    made_up = [dmc.Text("These data are simulated: one simulated trial of the base scenario, and no real patients.")]
    found: list[Any] = made_up if any(file.name == LOG_FILE for file in files.uploads) else []
    told = html.Div([html.P(text) for text in (_told(whole), *map(in_studio, whole.account.lines()))])
    found += [dmc.Alert(told, title="The data can be used", color="green", variant="light", id="forecast-good")]
    if whole.findings:
        items = [html.Li(in_studio(str(finding))) for finding in whole.findings]
        found.append(dmc.Alert(html.Ul(items, className="problems"), title="To know", color="yellow", variant="light"))
    found.append(_as_of(whole, data))
    if data.order:
        found.append(_asked_order(None, data))
    found += _given(data)
    try:
        known_trial(files, data, _MANY)
    except QuestionError as error:
        found += [_wrong(error, "Where do the data end?"), *_answers(error.questions)]
    except InputError as error:
        found.append(_wrong(error, "The forecast cannot start so"))
    return html.Div(found)


def _wrong(error: InputError, title: str) -> Component:
    """An error, with the control that fixes it."""
    return problem_box(error.problems, title)


def _told(trial: ObservedTrial) -> str:
    sites = f" at {len(trial.sites)} sites" if trial.has_sites else ""
    return f"{counted(trial.n_randomised, 'participant')}{sites}, from {trial.first} to {trial.last}."


def _asked_order(error: InputError | None, data: DataState) -> Component:
    """The question whether day or month comes first, if the dates do not tell."""
    choices = error.questions[0].choices if isinstance(error, QuestionError) else ORDERS
    radios = [dmc.Radio(label=label, value=value, mb="xs") for value, label in choices]
    asked = dmc.RadioGroup(
        radios,
        id={"type": "forecast-how", "what": "order"},
        label="How are the dates to be read?",
        value=data.order or None,
        mt="sm",
    )
    if error is None:
        return asked
    box = _wrong(error, "The dates can be read in two ways")
    return html.Div([box, asked])


def _answers(questions: Sequence[Question]) -> list[Component]:
    """A control for each question; columns and dates have controls of their own below."""
    found = []
    for i, question in enumerate(questions):
        if question.option == DATES or _is_of_one_column(question):
            continue
        choices, subjects = question.choices, question.subjects or (str(i) if question.option == COLUMNS else "",)
        if question.option == STATUS and not question.subjects:  # each choice is WORD=MEANING, of one word
            subjects = (choices[0][0].rpartition("=")[0],)
            choices = tuple((choice.rpartition("=")[2], label) for choice, label in choices)
        found += [_answer(question.option, subject, choices, "") for subject in subjects]
    return found


def _is_of_one_column(question: Question) -> bool:
    """Whether a question is about which of several columns has one role, which is chosen below."""
    said = [columns_from(choice) for choice, _ in question.choices] if question.option == COLUMNS else []
    return bool(said) and len({tuple(columns) for columns in said}) == 1 and len(said[0]) == 1


def _given(data: DataState) -> list[Component]:
    """Controls for questions already answered, so that the answers can be changed or taken back."""
    statuses = tuple((status, status) for status in STATUSES)
    found = [_answer(STATUS, word, statuses, meaning, clearable=True) for word, meaning in data.said().status.items()]
    others = [text.partition(" ") for text in data.answers if not text.startswith(f"{STATUS} ")]
    return found + [_answer(option, "", ((text, text),), text, clearable=True) for option, _, text in others]


def _answer(
    option: str, subject: str, choices: Sequence[tuple[str, str]], value: str, clearable: bool = False
) -> Component:
    return dmc.Select(
        id={"type": "forecast-answer", "option": option, "subject": subject},
        label=f"'{subject}' means" if option == STATUS else _ASKED.get(option, option),
        data=[{"value": choice, "label": label} for choice, label in choices],
        value=value or None,
        placeholder="choose",
        clearable=clearable,
        clearButtonProps={"aria-label": "Take the answer back"},
        w=320,
        mt="sm",
    )


def _as_of(trial: ObservedTrial, data: DataState) -> Component:
    return dmc.DateInput(
        id={"type": "forecast-how", "what": "as_of"},
        label="Go on from the end of",
        description="nothing later is used",
        value=data.as_of or str(trial.last),
        minDate=str(trial.first),
        valueFormat="YYYY-MM-DD",
        w=220,
        mt="sm",
    )


def _previewed(seen: Preview, which: str) -> Component:
    """The first rows of a table, and the role of each column."""
    title = f"{seen.file}: {KIND_NAMES[seen.kind]}, {counted(seen.n_rows, 'row')}"
    parts: list[Any] = [html.Summary(title)]
    if which == _DATA and seen.kind != "sdtm":
        options = [{"value": kind, "label": name} for kind, name in KIND_NAMES.items() if kind in ("log", "counts")]
        parts.append(
            dmc.Select(
                id={"type": "forecast-how", "what": "kind"}, label="These data are", data=options, value=seen.kind,
                allowDeselect=False, w=320,
            )
        )  # fmt: skip
    if seen.roles:
        parts.append(html.Div([_role(role, seen, which) for role in seen.roles], className="roles"))
    rows = tuple(tuple(row) for row in seen.rows)
    parts.append(table(Table("The first rows, as they were written", seen.headers, rows)))
    return html.Details(parts, open=bool(seen.unknown) or any(role.candidates for role in seen.roles), className="seen")


def _role(role: Role, seen: Preview, which: str) -> Component:
    error = None
    if role.candidates:
        error = f"{len(role.candidates)} columns could be this: {', '.join(role.candidates)}; choose one"
    elif role.is_needed and not role.header:
        error = "choose the column that is this"
    return dmc.Select(
        id={"type": "forecast-role", "table": which, "role": role.name},
        label=f"{role.meaning[:1].upper()}{role.meaning[1:]}",
        data=list(seen.headers),
        value=role.header or None,
        placeholder="none",
        clearable=not role.is_needed,
        clearButtonProps={"aria-label": f"Clear {role.meaning}"},
        error=error,
        size="sm",
    )


def as_key(which: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """The id of a control, whatever the order of its keys."""
    return tuple(sorted(which.items()))


def shown_values(panel: Sequence[Component]) -> dict[tuple[tuple[str, str], ...], str]:
    """Values of the controls of a panel as it is drawn, by `as_key` of their ids; empty where nothing is chosen."""
    parts = [part for part in html.Div(list(panel))._traverse() if isinstance(getattr(part, "id", None), dict)]
    return {as_key(part.id): part.value or "" for part in parts}


def changed_by_panel(data: DataState, which: Mapping[str, str], value: str) -> DataState:
    """The data state after a choice in the panel.

    Args:
        data: the state before.
        which: id of the control: a role of a column (`table`, `role`), a reading option (`what`), or an answer to a
            question (`option`, `subject`).
        value: the choice; empty for none.
    """
    if which["type"] == "forecast-answer" and which["option"] == AS_OF:
        return replace(data, as_of=value)
    if which["type"] == "forecast-answer" and which["option"] == COLUMNS:
        columns = dict(text.split(":", 1) for text in data.columns) | (columns_from(value) if value else {})
        return replace(data, columns=tuple(f"{role}:{header}" for role, header in columns.items()))
    if which["type"] == "forecast-answer":
        head = f"{which['option']} {which['subject']}=" if which["subject"] else f"{which['option']} "
        rest = tuple(text for text in data.answers if not text.startswith(head))
        return replace(data, answers=(*rest, f"{head}{value}") if value else rest)
    if which["type"] == "forecast-how":
        if which["what"] == "kind":
            return data if value == data.kind else replace(data, kind=value, columns=())
        return replace(data, order=value) if which["what"] == "order" else replace(data, as_of=value)
    texts = data.columns if which["table"] == _DATA else data.site_columns
    columns = dict(text.split(":", 1) for text in texts) | {which["role"]: value}
    now = tuple(f"{role}:{header}" for role, header in columns.items())
    return replace(data, columns=now) if which["table"] == _DATA else replace(data, site_columns=now)
