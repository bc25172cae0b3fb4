"""What a trial calls the moment at which people get in: randomisation, or enrolment where there is only one arm.

Texts are written for trials with several arms. `wording` gives what makes them fit the trial that they are about;
names for programs (keys, columns, measures, kinds of event) stay as they are.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Literal, get_origin

from pydantic import BaseModel

if TYPE_CHECKING:
    from sim.scenario.schema import Scenario

Wording = Callable[[str], str]

_ENROLS = {
    "randomise": "enrol",
    "randomises": "enrols",
    "randomised": "enrolled",
    "randomising": "enrolling",
    "randomisation": "enrolment",
    "randomisations": "enrolments",
}
_WORD = rf"(?:\b(?P<an>[Aa]) )?(?<![\w.=/-])(?P<word>{'|'.join(_ENROLS)})(?![\w=/-]|\.\w)"
_QUOTED = r"`[^`\n]*`|“[^”\n]*”|(?<!\w)'[^'\n]*'(?!\w)|\{[^{}\n]*\}"  # a name, a column of data, a piece of a scenario


def randomises(*scenarios: Scenario) -> bool:
    """Whether any of these trials has arms to randomise between.

    Args:
        scenarios: one, or several that one text is about.
    """
    return any(len(scenario.arms) > 1 for scenario in scenarios)


def wording(*scenarios: Scenario) -> Wording:
    """What makes a text fit these trials.

    Args:
        scenarios: what the text is about: one, or all that it compares. If any has several arms, texts stay as they
            are.

    Returns:
        A function from a text to the text in which people are enrolled, where it says that they are randomised. What
        is quoted, and the planner's own words (names, notes, titles, sources), stay.
    """
    if not scenarios or randomises(*scenarios):
        return _as_it_is
    own = {text for scenario in scenarios for text in _own_words(scenario)}
    kept = "|".join([*map(re.escape, sorted(own, key=lambda text: (-len(text), text))), _QUOTED])
    pattern = re.compile(f"(?P<kept>{kept})|{_WORD}", re.IGNORECASE)
    return lambda text: pattern.sub(_enrolling, text) if "andomis" in text else text


def _as_it_is(text: str) -> str:
    return text


def _enrolling(found: re.Match[str]) -> str:
    if found["kept"]:
        return found["kept"]
    word = found["word"]
    said = _ENROLS[word.lower()]
    said = said.capitalize() if word[0].isupper() else said
    return f"{found['an']}n {said}" if found["an"] else said


def _own_words(value: object) -> Iterator[str]:
    """Names and texts of a scenario in which the word occurs, as written and as names are shown."""
    if isinstance(value, BaseModel):
        for name, field in type(value).model_fields.items():
            if get_origin(field.annotation) is not Literal:  # a choice is the program's word
                yield from _own_words(getattr(value, name))
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from _own_words(key)
            yield from _own_words(item)
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from _own_words(item)
    elif isinstance(value, str) and "randomis" in value.lower() and value.lower() not in _ENROLS:
        yield from (value, value.replace("_", " "))
