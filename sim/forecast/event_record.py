"""How well dates of events were forecast: finished trials whose data say who left, fitted and forecast on the way.

The track record of dates of recruitment is in `backtest`; trials that wait for events need another question, and data
that say who left.

Attributes:
    FEWEST_EVENTS: fewest people who left for a trial to be scored.
    REPLICATIONS: simulated futures of each forecast.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim.exchange.observed import COMPLETED, ObservedTrial
from sim.experiment.execution import ON_ALL_CORES, Execution
from sim.forecast.answer import forecast
from sim.forecast.backtest.held import NearHeld, clustered_error
from sim.forecast.backtest.study import cuts_at
from sim.forecast.fit.leaving import follow_up_weeks
from sim.forecast.fit.scenario import fitted_mapping
from sim.forecast.fit.study import fit
from sim.scenario.load import scenario_from_mapping

Array = npt.NDArray[np.float64]

AT = (0.3, 0.5, 0.7)  # shares of the target
AHEAD = (0.1, 0.25, 0.5)  # shares of all events
FEWEST_EVENTS = 10
REPLICATIONS = 100
_SEED = 20191001


def event_question(share: float) -> str:
    """Return the question of when the next share of the events happens.

    Args:
        share: of the events that primary completion waits for, from 0 to 1.
    """
    return f"date of the next {share:.0%} of the events"


@dataclass(frozen=True)
class EventForecast:
    """A forecast of the date of an event, and what happened. Days are from the cut on.

    Attributes:
        trial: name of the trial.
        cut: share of the target at which it was made, in words.
        question: the question.
        so_far: number of events by then.
        event: number of the event that is forecast.
        true_days: when it happened.
        low: 10 % point of the forecast.
        median: its median.
        high: 90 % point; infinite if the event may never happen.
    """

    trial: str
    cut: str
    question: str
    so_far: int
    event: int
    true_days: float
    low: float
    median: float
    high: float

    @property
    def is_covered(self) -> bool:
        """Whether the 80 % interval contained the truth."""
        return self.low <= self.true_days <= self.high


def event_days(trial: ObservedTrial) -> Array:
    """Return the days on which participants left, increasing, as primary completion by events counts them.

    Args:
        trial: the data, with people.

    Returns:
        (events,) days since the first day of the data; those who completed follow-up are not among them.
    """
    people = trial.people
    left = ~np.isnan(people.randomised) & ~np.isnan(people.ended) & (people.status != COMPLETED)
    return np.sort(people.ended[left])


def event_record(
    trials: Sequence[ObservedTrial],
    execution: Execution = ON_ALL_CORES,
    at: Sequence[float] = AT,
    replications: int = REPLICATIONS,
) -> list[EventForecast]:
    """Forecast dates of events on the way through finished trials, by `fit` and `forecast` from what was known.

    Args:
        trials: finished trials; those whose data name fewer than `FEWEST_EVENTS` who left, or do not say how long
            participants are followed, are passed over.
        execution: processes of each forecast; never changes results.
        at: shares of the target at which to forecast.
        replications: number of simulated trials of each forecast.

    Returns:
        One forecast per trial, cut and share of the events that was still to come.
    """
    found = []
    for trial in trials:
        days, weeks = event_days(trial), follow_up_weeks(trial)  # how long each is followed is in the protocol
        if len(days) < FEWEST_EVENTS or not weeks:
            continue
        for cut in cuts_at(trial, at):
            known = trial.as_of(cut.when)
            mapping = fitted_mapping(fit(known, trial.n_randomised, weeks), f"{trial.name} fitted")
            so_far = len(event_days(known))
            for share in AHEAD:
                event = so_far + math.ceil(share * len(days))
                if event > len(days):
                    continue
                rule = {"primary_completion": {"events": event}}
                scenario = scenario_from_mapping(mapping | {"follow_up": mapping["follow_up"] | rule})
                answer = forecast(scenario, known, replications=replications, seed=_SEED, execution=execution)
                ahead = answer.futures.days("primary_completion") - answer.start.state.now
                low, median, high = np.quantile(np.nan_to_num(ahead, nan=np.inf), (0.1, 0.5, 0.9)).tolist()
                true_days = float(days[event - 1]) - known.now
                asked = event_question(share), so_far, event
                found.append(EventForecast(trial.name, cut.label, *asked, true_days, low, median, high))
    return found


def held_events(forecasts: Sequence[EventForecast]) -> list[NearHeld]:
    """Compute how often intervals of event dates held, by question.

    Args:
        forecasts: the record.

    Returns:
        The rows for the file that forecasts quote; without an error where they are of a single trial.
    """
    found = []
    for question in dict.fromkeys(one.question for one in forecasts):
        mine = [one for one in forecasts if one.question == question]
        hits = np.array([one.is_covered for one in mine], dtype=np.float64)
        error = clustered_error(hits, np.array([one.trial for one in mine], dtype=object))
        error_or_none = round(error, 4) if math.isfinite(error) else None
        found.append(NearHeld(question, len(mine), round(float(hits.mean()), 4), error_or_none))
    return found
