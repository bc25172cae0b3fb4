"""Checks of extensions: their file, and the parameters that a scenario gives them.

A scenario stays readable without the code of its extensions, as when old results are shown; parameters are then not
checked.
"""

from __future__ import annotations

from collections.abc import Iterator

from sim.errors import nearest
from sim.extension import Parameter
from sim.scenario.distributions import Family
from sim.scenario.extension_files import known_extension
from sim.scenario.rules import Finding, registered
from sim.scenario.schema import Scenario


@registered
def _extensions(scenario: Scenario) -> Iterator[Finding]:
    """Extensions without a file, and parameters that are unknown, missing or out of range."""
    for name, use in scenario.extensions.items():
        path = ("extensions", name)
        if not use.sha256:
            yield "needs its Python file: give it by --extension FILE (extensions=[...] in Python)", path, None
            continue
        kind = known_extension(name, use)
        if kind is None:
            continue  # reading results does not need its code; simulating does
        for key, value in use.parameters.items():
            here = (*path, "parameters", key)
            if key not in kind.parameters:
                yield f"'{name}' has no such parameter; {nearest(key, kind.parameters)}", here, None
            else:
                yield from ((message, here, shown) for message, shown in _outside(value, kind.parameters[key]))
        for key, parameter in kind.parameters.items():
            if key not in use.parameters:
                meaning = parameter.meaning.rstrip(".")
                yield f"is required and not there: {meaning}", (*path, "parameters", key), None


def _outside(value: float | Family, parameter: Parameter) -> Iterator[tuple[str, str | None]]:
    """Messages for a value outside the range that its parameter declares."""
    least, most = (value.bounds()[0], value.reach()[1]) if isinstance(value, Family) else (value, value)
    shown = None if isinstance(value, Family) else f"{value:g}"
    unit = f" {parameter.unit}" if parameter.unit else ""
    if least < parameter.low:
        yield f"must be at least {parameter.low:g}{unit}", shown
    if most > parameter.high:
        yield f"must be at most {parameter.high:g}{unit}", shown
