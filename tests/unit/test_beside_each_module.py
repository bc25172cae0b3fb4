"""Every module of the model, of its analysis and of forecasts has a unit test beside it, in a folder like its own."""

from __future__ import annotations

from pathlib import Path

import pytest

import sim

PACKAGE, HERE = Path(sim.__file__).parent, Path(__file__).parent


@pytest.mark.parametrize("package", ["core", "processes", "analysis", "forecast"])
def test_every_module_has_its_unit_test(package: str) -> None:
    modules = {
        file.relative_to(PACKAGE).with_name(f"test_{file.name}")
        for file in (PACKAGE / package).rglob("*.py")
        if file.name != "__init__.py"
    }
    tests = {file.relative_to(HERE) for file in (HERE / package).rglob("test_*.py")}
    assert sorted(map(str, modules - tests)) == [], "a module without its unit test"
    assert sorted(map(str, tests - modules)) == [], "a unit test of no module: it follows the module when that moves"
