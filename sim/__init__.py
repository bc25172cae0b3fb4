"""When will this trial be complete, and what would change that?

    import sim
    scenario = sim.load_scenario("base", ["sites.general_hospital.count=4"])
    results = sim.run(scenario, replications=500)
    results.milestones()          # a data frame: dates with their errors
    sim.figures(results)["fan"]   # a plotly figure

    compared = sim.compare("base", scenario)
    sim.sentences(compared)[0]    # is it better, by how many days, and is that sure?
    compared.tables["measures"]   # a data frame: means, and differences with their intervals

    fitted = sim.fit("log.csv", target=45)                   # what the data of a running trial say
    forecast = sim.forecast("base", "log.csv", as_of="2020-08-31")
    sim.sentences(forecast)       # when it will be complete, what changed, and what a planned date needs
    sim.backtest("log.csv").methods()  # how such forecasts came out, as a data frame

Everything here is imported when it is first used, so that `import sim` costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from sim.api.experiments import compare, explain, plan, sweep
    from sim.api.folders import export, extend, resume, runs
    from sim.api.forecasting import backtest, fit, forecast
    from sim.api.running import run
    from sim.api.telling import figures, sentences
    from sim.errors import InputError, ResultsError, RunInterrupted, ScenarioError, TrialclockError
    from sim.exchange.read import read_observed
    from sim.experiment.replicate import replicate
    from sim.experiment.results import Results, open_results
    from sim.scenario.load import load_scenario, scenario_from_mapping
    from sim.scenario.schema import Scenario

_PLACES = {
    "InputError": "sim.errors",
    "ResultsError": "sim.errors",
    "RunInterrupted": "sim.errors",
    "ScenarioError": "sim.errors",
    "TrialclockError": "sim.errors",
    "Results": "sim.experiment.results",
    "Scenario": "sim.scenario.schema",
    "load_scenario": "sim.scenario.load",
    "open_results": "sim.experiment.results",
    "read_observed": "sim.exchange.read",
    "replicate": "sim.experiment.replicate",
    "backtest": "sim.api.forecasting",
    "compare": "sim.api.experiments",
    "explain": "sim.api.experiments",
    "export": "sim.api.folders",
    "extend": "sim.api.folders",
    "figures": "sim.api.telling",
    "fit": "sim.api.forecasting",
    "forecast": "sim.api.forecasting",
    "plan": "sim.api.experiments",
    "resume": "sim.api.folders",
    "run": "sim.api.running",
    "runs": "sim.api.folders",
    "sentences": "sim.api.telling",
    "sweep": "sim.api.experiments",
    "scenario_from_mapping": "sim.scenario.load",
}

__all__ = [
    "InputError",
    "Results",
    "ResultsError",
    "RunInterrupted",
    "Scenario",
    "ScenarioError",
    "TrialclockError",
    "__version__",
    "backtest",
    "compare",
    "explain",
    "export",
    "extend",
    "figures",
    "fit",
    "forecast",
    "load_scenario",
    "open_results",
    "plan",
    "read_observed",
    "replicate",
    "resume",
    "run",
    "runs",
    "scenario_from_mapping",
    "sentences",
    "sweep",
]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        from importlib import import_module

        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'sim' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
