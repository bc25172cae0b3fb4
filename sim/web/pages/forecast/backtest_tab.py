"""The tab Backtest: forecasts made with the data known at the time, against what happened.

It needs data of a finished trial, or the finished part of one, and no plan. Which cuts are scored, and how, is decided
in `sim.forecast.backtest`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import dash_mantine_components as dmc
from dash import Dash, Output, html
from dash import State as DashState

from sim.errors import InputError, Problem, UsageError
from sim.experiment.execution import Execution
from sim.forecast.backtest.study import backtest, check_target, cuts_at, cuts_every
from sim.report.forecast.backtest_page import backtest_content
from sim.web.limits import positive
from sim.web.pages.forecast import observed_data
from sim.web.pages.forecast.observed_data import DataState
from sim.web.parts.answer_files import final_view
from sim.web.parts.components import problem_box
from sim.web.parts.work_bar import Progress, answer_area, asked_by, asking, meanwhile
from sim.web.work.long_callback import long_callback

if TYPE_CHECKING:
    from dash.development.base_component import Component

    from sim.exchange.observed import ObservedTrial
    from sim.forecast.backtest.study import Cut
    from sim.web.studio import Studio

_SHARES = {"10": 0.10, "25": 0.25, "50": 0.50, "75": 0.75, "90": 0.90}
_LONGEST_DAYS = 10_000
_MOST_WANTED = 1_000_000


def tab() -> Component:
    """Controls, and below them the answer."""
    shares = dmc.MultiSelect(
        id="forecast-shares",
        label="Forecast at these shares of the target",
        data=[{"value": name, "label": f"{name} %"} for name in _SHARES],
        value=["25", "50", "75"],
        w=320,
    )
    every = dmc.NumberInput(
        id="forecast-back-every",
        label="Or days between forecasts",
        placeholder="at the shares",
        min=1,
        allowDecimal=False,
        w=190,
    )
    wanted = dmc.NumberInput(
        id="forecast-back-target",
        label="Participants wanted",
        placeholder="all in the data",
        min=2,
        allowDecimal=False,
        w=190,
    )
    return html.Div(
        [
            dmc.Text("Forecasts made with only what was known then, against what happened. It needs no plan.", mt="sm"),
            asking("forecast-back", "Backtest", others=(shares, every, wanted)),
            html.Div(id="forecast-back-wrong"),
            answer_area("forecast-back"),
        ]
    )


def register(app: Dash, studio: Studio) -> None:
    """Add the callback of this tab: a job that reads data and controls and fills `forecast-back-answer`."""

    @long_callback(
        app,
        studio,
        Output("forecast-back-answer", "children"),
        Output("forecast-back-wrong", "children"),
        *asked_by("forecast-back"),
        DashState("forecast-data", "data"),
        DashState("forecast-shares", "value"),
        DashState("forecast-back-every", "value"),
        DashState("forecast-back-target", "value"),
        **meanwhile("forecast-back"),
    )
    def tested(set_progress: Any, _: Any, __: Any, data: str, *wanted: Any) -> tuple[Any, Any]:
        """A job: the backtest of the data, or what is wrong with data or controls."""
        try:
            return _tested(studio, DataState.of(data), _Wanted.of(*wanted), set_progress), None
        except InputError as error:
            return None, problem_box(error.problems, "This cannot be tested")


@dataclass(frozen=True)
class _Wanted:
    """The forecasts that a visitor asks for.

    Attributes:
        shares: shares of the target at which to forecast, in per cent.
        every: days between forecasts instead, or None.
        target: number of randomisations wanted; None for all in the data.
    """

    shares: tuple[str, ...]
    every: int | None
    target: int | None

    @classmethod
    def of(cls, shares: list[str] | None, every: Any, target: Any) -> Self:
        """Read the controls. Raises UsageError for text that is not a number."""
        days = positive(every, _LONGEST_DAYS, "Or days between forecasts")
        wanted = positive(target, _MOST_WANTED, "Participants wanted")
        return cls(
            tuple(name for name in _SHARES if name in (shares or ())),
            None if days is None else max(round(days), 1),
            None if wanted is None else max(round(wanted), 2),
        )

    def cuts(self, trial: ObservedTrial, most: int) -> list[Cut]:
        """The days on which to forecast.

        Args:
            trial: the whole trial.
            most: maximum number of forecasts.

        Raises:
            UsageError: there would be more, or the data do not reach that far.
        """
        check_target(trial, self.target)
        if self.every is None:
            return cuts_at(trial, [_SHARES[name] for name in self.shares], self.target)
        cuts = cuts_every(trial, self.every, self.target)
        if len(cuts) > most:
            message = f"the studio makes at most {most} forecasts of a backtest; the command line has no such limit"
            raise UsageError(
                Problem(message, path="Or days between forecasts", value=f"{self.every} (for {len(cuts)})")
            )
        return cuts

    @property
    def typed(self) -> str:
        """The same as options of the command."""
        at = f"--every {self.every}d" if self.every else f"--at {','.join(f'{x}%' for x in self.shares)}"
        return f"{at} --target {self.target}" if self.target else at


def _tested(studio: Studio, data: DataState, wanted: _Wanted, set_progress: Any) -> Component:
    """Forecasts made on the way through the data."""
    files = observed_data.files_of(studio, data)
    trial: ObservedTrial = observed_data.finished_trial(files, data)
    cuts = wanted.cuts(trial, studio.settings.limits.points)
    tell = Progress("forecast-back", set_progress, "forecasts")
    results = backtest([(trial, cut, wanted.target) for cut in cuts], Execution(studio.settings.workers, progress=tell))
    command = f"trialclock backtest {observed_data.typed(files, data, '--ends')} {wanted.typed}"
    findings = [str(finding) for finding in trial.findings]
    content = backtest_content([trial], results, command, findings)
    return final_view(studio.visitor, content, "forecast-back")
