"""Dates and numbers with their units do not break at the end of a line, whatever part of a page says them.

`UnbrokenDash` sees everything that a callback answers; what a job shows before it ends goes through `kept_whole`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from dash import Dash, html
from dash.development.base_component import Component

from sim.report.html import WHOLE

_CLASS = "whole"
# of HTML, in which a browser takes no parts
_TEXT_ONLY = {"Code", "Option", "Pre", "Script", "Style", "Textarea", "Title"}
_OF_WORDS = {  # components whose content may be parts; of HTML all but those above
    "dash_core_components": {"Link"},
    "dash_mantine_components": {"Alert", "Anchor", "Badge", "Text", "Title"},
}
_SAID_BESIDE = ("description", "label", "title")  # words of a control or a notice beside its content


class UnbrokenDash(Dash):
    """A Dash app whose callbacks answer with unbroken dates and numbers."""

    def callback(self, *args: Any, **options: Any) -> Callable[..., Any]:
        """As `Dash.callback`."""
        register = super().callback(*args, **options)

        def decorate(function: Callable[..., Any]) -> Any:
            @functools.wraps(function)
            def answered(*given: Any, **named: Any) -> Any:
                return kept_whole(function(*given, **named))

            return register(answered)

        return decorate


def unbroken(text: str) -> list[Any]:
    """A text whose dates and numbers with units are parts of their own, which do not break at the end of a line."""
    parts: list[Any] = []
    at = 0
    for found in WHOLE.finditer(text):
        parts += [text[at : found.start()], html.Span(found.group(), className=_CLASS)]
        at = found.end()
    return [part for part in (*parts, text[at:]) if part != ""]


def kept_whole(value: Any) -> Any:
    """The same value, in whose components all words are `unbroken`; a second time changes nothing.

    Args:
        value: components, changed in place, or their JSON; lists, tuples and dicts of such; anything else stays.
    """
    if isinstance(value, Component):
        _keep(value, value._namespace, value._type)
    elif isinstance(value, dict):
        if isinstance(props := value.get("props"), dict) and "namespace" in value:
            _keep_content(props, value["namespace"], value.get("type"))
        else:
            kept_whole(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for each in value:
            if isinstance(each, (Component, dict, list, tuple)):
                kept_whole(each)
    return value


def _keep(part: Component, namespace: str, kind: str) -> None:
    props = vars(part)
    _keep_content(props, namespace, kind)
    if namespace == "dash_mantine_components":
        for name in _SAID_BESIDE:
            if name in part._children_props and isinstance(text := props.get(name), str):
                props[name] = _part(text)


def _keep_content(props: dict[str, Any], namespace: str, kind: Any) -> None:
    content = props.get("children")
    if props.get("className") == _CLASS or content is None:
        return
    if _takes_parts(namespace, kind):
        if isinstance(content, str):
            props["children"] = content = _part(content)
        elif isinstance(content, (list, tuple)):
            props["children"] = content = [_part(each) for each in content]
    kept_whole(content)


def _part(content: Any) -> Any:
    """A text as one part, because a row or a grid would put several beside each other; all else stays."""
    is_broken = isinstance(content, str) and WHOLE.search(content)
    return html.Span(unbroken(content), className="words") if is_broken else content


def _takes_parts(namespace: str, kind: Any) -> bool:
    return kind not in _TEXT_ONLY if namespace == "dash_html_components" else kind in _OF_WORDS.get(namespace, ())
