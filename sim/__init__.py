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

from sim.version import __version__

if TYPE_CHECKING:
    from sim.api.answers import figures, sentences
    from sim.api.comparison import compare
    from sim.api.explanation import explain
    from sim.api.forecast import backtest, fit, forecast
    from sim.api.one_trial import trace, validate
    from sim.api.plan import plan
    from sim.api.run import run
    from sim.api.runs import export, extend, resume, runs
    from sim.api.sweep import sweep
    from sim.errors import InputError, ResultsError, RunInterrupted, ScenarioError, TrialclockError
    from sim.exchange.read import read_observed
    from sim.experiment.replicate import replicate
    from sim.experiment.run.results import Results, open_results
    from sim.extension import Extension
    from sim.scenario.load import load_scenario, scenario_from_mapping
    from sim.scenario.schema import Scenario

_PLACES = {
    "Extension": "sim.extension",
    "InputError": "sim.errors",
    "ResultsError": "sim.errors",
    "RunInterrupted": "sim.errors",
    "ScenarioError": "sim.errors",
    "TrialclockError": "sim.errors",
    "Results": "sim.experiment.run.results",
    "Scenario": "sim.scenario.schema",
    "load_scenario": "sim.scenario.load",
    "open_results": "sim.experiment.run.results",
    "read_observed": "sim.exchange.read",
    "replicate": "sim.experiment.replicate",
    "backtest": "sim.api.forecast",
    "compare": "sim.api.comparison",
    "explain": "sim.api.explanation",
    "export": "sim.api.runs",
    "extend": "sim.api.runs",
    "figures": "sim.api.answers",
    "fit": "sim.api.forecast",
    "forecast": "sim.api.forecast",
    "plan": "sim.api.plan",
    "resume": "sim.api.runs",
    "run": "sim.api.run",
    "runs": "sim.api.runs",
    "sentences": "sim.api.answers",
    "sweep": "sim.api.sweep",
    "trace": "sim.api.one_trial",
    "validate": "sim.api.one_trial",
    "scenario_from_mapping": "sim.scenario.load",
}

__all__ = [
    "Extension",
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
    "trace",
    "validate",
]


def __getattr__(name: str) -> Any:
    if name in _PLACES:
        from importlib import import_module

        return getattr(import_module(_PLACES[name]), name)
    raise AttributeError(f"module 'sim' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted(__all__)
