"""Sentences and figures of an answer, for the answers of all calls."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sim.experiment.comparison.tables import Compared
from sim.experiment.explanation.study import Explanation
from sim.experiment.plan.answer import PlanAnswer
from sim.experiment.run.results import Results
from sim.experiment.sweep.table import Swept
from sim.forecast.answer import Answer
from sim.forecast.backtest.track_record import TrackRecord
from sim.forecast.fit.study import Fit
from sim.report.explanation.words import outcome_asked
from sim.report.reworded import reworded

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from sim.report.exhibits import Exhibit
    from sim.report.plain_page import PlainPage

Answered = Results | Compared | Swept | Explanation | PlanAnswer | Fit | Answer | TrackRecord
Forecasts = (Fit, Answer, TrackRecord)


def sentences(answer: Answered, milestone: str | None = None) -> list[str]:
    """Return the answer in words: warnings first, then the most important first.

    Args:
        answer: results of a run, a comparison, a sweep, an explanation, a plan, a fit, a forecast or a backtest.
        milestone: for an explanation, the milestone that the sentences describe.

    Returns:
        Sentences, each with its full stop.

    Raises:
        UsageError: the scenario does not have the milestone.
    """
    if isinstance(answer, Forecasts):
        content = _content(answer)
        told = [content.headline, *content.lines, *_summaries(content)]
        return [*(f"Warning: {text}." for text in content.warnings), *told]
    return reworded(_sentences(answer, milestone), *answer.scenarios)


def _sentences(answer: Results | Compared | Swept | Explanation | PlanAnswer, milestone: str | None) -> list[str]:
    if isinstance(answer, Results):
        return _of_run(answer)
    if isinstance(answer, Compared):
        from sim.report.comparison import words

        told = [text for pair in answer.comparison.pairs for text in words.sentences(answer, pair)]
        return [*(f"Note: {text}." for text in words.caveats(answer)), *told]
    if isinstance(answer, Swept):
        from sim.report.sweep import words as sweep_words

        return [*(f"Note: {text}." for text in sweep_words.caveats(answer)), *sweep_words.sentences(answer)]
    from sim.report.explanation.words import Told
    from sim.report.plan.words import PlanTold

    if isinstance(answer, Explanation):
        milestone = outcome_asked(milestone, answer.study.scenario)
        found = Told(answer, milestone).sentences()
    else:
        found = PlanTold(answer).sentences()
    return found


def _of_run(results: Results) -> list[str]:
    from sim.report import words
    from sim.report.run import headline
    from sim.report.run import words as of_run

    dates = words.Dates(results.design.clock, results.design.horizon_days)
    rule = of_run.precision_sentence(results)
    return [
        *(f"Warning: {text}." for text in headline.warnings(results, results.too_few())),
        headline.headline(results, dates, results.milestones()),
        *of_run.odds_sentences(results.odds(), results.scenario),
        *of_run.ending_sentences(results.outcomes()),
        *([] if rule is None else [rule]),
    ]


def figures(answer: Answered, milestone: str | None = None) -> dict[str, go.Figure]:
    """Return all figures of an answer by name, in the order of its page.

    Args:
        answer: results of a run, a comparison, a sweep, an explanation, a plan, a fit, a forecast or a backtest.
        milestone: for an explanation, the milestone that the figures show.

    Returns:
        Plotly figures by name.

    Raises:
        UsageError: the scenario does not have the milestone.
    """
    if isinstance(answer, Results):
        from sim.report.run.figures import all_figures

        return all_figures(answer)
    if isinstance(answer, Forecasts):
        found = _on_page(_content(answer))
    else:
        found = reworded(_exhibits(answer, milestone), *answer.scenarios)
    return {exhibit.name: exhibit.figure for exhibit in found if exhibit.figure is not None}


def _content(answer: Fit | Answer | TrackRecord) -> PlainPage:
    """Content of the page of a forecast, a fit or a backtest."""
    if isinstance(answer, Answer):
        from sim.report.forecast.page import forecast_content

        return forecast_content(answer, "")
    if isinstance(answer, Fit):
        from sim.report.forecast.fit_page import fit_content

        return fit_content(answer, "", [str(item) for item in answer.trial.findings])
    from sim.report.forecast.backtest_page import backtest_content

    warnings = [str(finding) for trial in answer.trials for finding in trial.findings]
    return backtest_content(answer.trials, answer.results, "", warnings)


def _on_page(content: PlainPage) -> list[Exhibit]:
    return [*content.first, *(found for section in content.sections for found in section.exhibits)]


def _summaries(content: PlainPage) -> list[str]:
    return [found.summary for found in _on_page(content) if found.summary not in content.lines]


def _exhibits(answer: Compared | Swept | Explanation | PlanAnswer, milestone: str | None) -> list[Exhibit]:
    if isinstance(answer, Compared):
        from sim.report.comparison import figures as comparison_figures

        return comparison_figures.exhibits(answer)
    if isinstance(answer, Swept):
        from sim.report.sweep import figures as sweep_figures

        return sweep_figures.exhibits(answer)
    if isinstance(answer, Explanation):
        from sim.report.explanation import figures as explanation_figures
        from sim.report.explanation.words import Told

        milestone = outcome_asked(milestone, answer.study.scenario)
        return explanation_figures.exhibits(Told(answer, milestone))
    from sim.report.plan import figures as planning_figures
    from sim.report.plan.words import PlanTold

    return planning_figures.exhibits(PlanTold(answer))
