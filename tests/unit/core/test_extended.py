"""What extensions add to a design."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import pytest
from conftest import scenario_of

from sim.core.events import KINDS
from sim.core.extended import ExtensionDesign, extension_designs, kinds_with
from sim.errors import InputError
from sim.extension import Extension
from sim.scenario.extension_files import extensions_given
from sim.scenario.load import loaded

HEAD = "from sim.extension import Extension\n"


def designs(folder: Any, name: str, **declared: Any) -> list[ExtensionDesign]:
    """The design of an extension from a file that declares so much."""
    lines = "".join(f"    {key} = {value!r}\n" for key, value in declared.items())
    path = folder / f"{name}.py"
    path.write_text(f"{HEAD}class Mine(Extension):\n    name = {name!r}\n{lines}")
    with extensions_given([str(path)]):
        return extension_designs(loaded(scenario_of()).scenario)


def test_its_kinds_come_after_the_program_s(tmp_path: Any) -> None:
    (found,) = designs(tmp_path, "mine", events={"b": "Second.", "a": "First."}, listens_to=["mine.a", "dose.given"])
    n = len(KINDS)
    assert found.events == {"b": n, "a": n + 1}
    assert set(found.hears.values()) == {"mine.a", "dose.given"}
    assert found.hears[n + 1] == "mine.a"
    kinds = kinds_with([found])
    assert [kind.name for kind in kinds[n:]] == ["mine.b", "mine.a"]
    assert kinds[:n] == KINDS
    assert (found.path("x"), found.purpose("p")) == ("extensions.mine.parameters.x", "extension.mine.p")


@pytest.mark.parametrize(
    ("name", "heard", "said"),
    [
        ("dose", [], "word of the program's own log"),
        ("mine", ["visit.done"], "cannot be heard"),
        ("mine", ["trial.ended"], "cannot be heard"),
        ("mine", ["database.locked"], "cannot be heard"),
        ("mine", ["dose.givn"], "dose.given"),
    ],
)
def test_what_it_may_not_be_or_hear_is_refused(tmp_path: Any, name: str, heard: Sequence[str], said: str) -> None:
    with pytest.raises(InputError, match=said):
        designs(tmp_path, name, listens_to=heard)


def test_without_extensions_there_are_the_program_s_kinds() -> None:
    class Nothing(Extension):
        name: ClassVar[str] = "nothing"

    assert extension_designs(scenario_of()) == []
    assert kinds_with([ExtensionDesign("nothing", Nothing, {}, {}, {})]) == KINDS
