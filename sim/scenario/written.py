"""Scenario files written from changes, so that settings changed in the studio become a text.

Comments are lost on this way, since a text is made from data; where they matter, a person edits the file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from sim.scenario.layers import library, override_data
from sim.scenario.load import canonical
from sim.scenario.schema import Scenario
from sim.scenario.yaml_source import parse

_WIDTH = 110


def library_text(name: str) -> str:
    """Text of a scenario that comes with the program, by its name.

    Args:
        name: one of `sim.scenario.layers.library_names`.

    Raises:
        OSError: there is no such scenario.
    """
    return (library() / f"{name}.yaml").read_text(encoding="utf-8")


def extending(parent: str, overrides: tuple[str, ...], name: str) -> str:
    """A scenario file that extends one of the library, and has only what differs.

    Args:
        parent: name of the scenario in the library.
        overrides: `PATH=VALUE` texts.
        name: name of the new scenario.

    Returns:
        YAML.

    Raises:
        ScenarioError: an override is not PATH=VALUE.
    """
    return _dumped({"name": name, "extends": f"{parent}.yaml", **override_data(overrides)})


def scenario_yaml(scenario: Scenario) -> str:
    """The complete scenario as a file that extends no other; loading it gives an equal scenario.

    Returns:
        YAML text with all keys, in the order of the schema.
    """
    data = json.loads(canonical(scenario))
    ordered = {name: data[name] for name in scenario.model_dump(mode="json", by_alias=True)}
    return f"# Every value of this scenario; nothing is left to a default.\n{_dumped(ordered)}"


def rewritten(text: str, overrides: tuple[str, ...]) -> str:
    """A scenario file with some values changed; its comments are lost.

    Args:
        text: the file before.
        overrides: `PATH=VALUE` texts.

    Returns:
        YAML that extends whatever the file before extended.

    Raises:
        ScenarioError: it is not YAML, or an override is not PATH=VALUE.
    """
    data = parse(text, "scenario").data
    return _dumped(_laid_over(data, override_data(overrides)))


def _laid_over(below: Any, above: Any) -> Any:
    if not isinstance(below, Mapping) or not isinstance(above, Mapping) or {"dist", "uncertain"} & set(above):
        return above
    return {**below, **{key: _laid_over(below.get(key), value) for key, value in above.items()}}


def _dumped(data: Any) -> str:
    text: str = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, default_flow_style=None, width=_WIDTH)
    return text
