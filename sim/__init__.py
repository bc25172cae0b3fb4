"""When will this trial be complete, and what would change that?

    import sim
    scenario = sim.load_scenario("base", ["sites.general_hospital.count=4"])
    results = sim.run(scenario, replications=500)
    results.milestones()          # a data frame: dates with their errors
    sim.figures(results)["fan"]   # a plotly figure

Everything here is imported when it is first used, so that `import sim` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sim.api import figures, run
    from sim.errors import InputError, ResultsError, ScenarioError, TrialclockError
    from sim.experiment.replicate import replicate
    from sim.experiment.results import Results, open_results
    from sim.scenario.load import load_scenario, scenario_from_mapping
    from sim.scenario.schema import Scenario

_PLACES = {
    "InputError": "sim.errors",
    "ResultsError": "sim.errors",
    "ScenarioError": "sim.errors",
    "TrialclockError": "sim.errors",
    "Results": "sim.experiment.results",
    "Scenario": "sim.scenario.schema",
    "load_scenario": "sim.scenario.load",
    "open_results": "sim.experiment.results",
    "replicate": "sim.experiment.replicate",
    "figures": "sim.api",
    "run": "sim.api",
    "scenario_from_mapping": "sim.scenario.load",
}

__all__ = [
    "InputError",
    "Results",
    "ResultsError",
    "Scenario",
    "ScenarioError",
    "TrialclockError",
    "__version__",
    "figures",
    "load_scenario",
    "open_results",
    "replicate",
    "run",
    "scenario_from_mapping",
]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        from importlib import import_module

        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'sim' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
