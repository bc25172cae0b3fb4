"""Everything that a process of the studio needs, imported and tried once; `fork_server` forks from a process with
this.

Importing this module does the work; nothing else imports it, because that would cost a server seconds at its start.
"""

from __future__ import annotations

from importlib import import_module

import scipy.stats  # noqa: F401 - what lessons import late

from sim.compiled import ready
from sim.compiled.choice import SIMPY, asked
from sim.experiment.crew import simulate_chunk
from sim.scenario.load import load_scenario
from sim.web.app import studio_of
from sim.web.pages import PAGES
from sim.web.pages.run import view
from sim.web.work.first_answers import shown
from sim.web.work.fork_server import prepared_settings


def _try_once() -> None:
    """Answer a small question, because libraries import and prepare much at first use."""
    scenario = load_scenario("base", ["trial.target=2", "trial.horizon_months=24"])
    text = scenario.model_dump_json(by_alias=True)
    for part in (view.first_dates_of, view.figures_of):
        shown(text, 1, "base", [simulate_chunk(text, 1, 0, 4, 0)], part)


def _load_engine() -> None:
    """Load the compiled engine where its code is kept, so that first answers need not."""
    if asked() != SIMPY and ready.is_ready():
        ready.engine()


for _name in PAGES:
    import_module(f"sim.web.pages.{_name}")
_load_engine()
_try_once()
if (_settings := prepared_settings()) is not None:
    studio_of(_settings)
