"""Every module of the model, of its analysis and of forecasts has a unit test beside it, in a folder like its own."""

from __future__ import annotations

from pathlib import Path

import pytest

import sim

# Held by a test of whole trials alone, with known answers; take a module out as soon as it has a unit test.
WHOLE = {
    "processes/interims.py": "test_interims.py",
}

PACKAGE, HERE = Path(sim.__file__).parent, Path(__file__).parent


@pytest.mark.parametrize("package", ["core", "processes", "analysis", "forecast"])
def test_every_module_has_its_unit_test(package: str) -> None:
    modules = {
        file.relative_to(PACKAGE).with_name(f"test_{file.name}")
        for file in (PACKAGE / package).rglob("*.py")
        if file.name != "__init__.py" and file.relative_to(PACKAGE).as_posix() not in WHOLE
    }
    tests = {file.relative_to(HERE) for file in (HERE / package).rglob("test_*.py")}
    assert sorted(map(str, modules - tests)) == [], "a module without its unit test"
    assert sorted(map(str, tests - modules)) == [], "a unit test of no module: it follows the module when that moves"


def test_what_only_whole_trials_hold_is_held() -> None:
    for module, test in WHOLE.items():
        assert (PACKAGE / module).exists(), module
        assert (HERE.parent / "functional" / test).exists(), test
