"""What the data say, as a page and as JSON: fit against data, site by site, step by step.

It says nothing of the future; `fitted.yaml`, written beside it, is the scenario with which to forecast.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from sim.core.clock import MONTH_DAYS
from sim.forecast.backtest.cautions import cautions
from sim.forecast.continued.told import said_notes
from sim.forecast.fit.shapes import LEARNERS
from sim.forecast.rate.settings import FEWEST
from sim.report.forecast import fit_figures as figures
from sim.report.forecast.data_words import account_sections
from sim.report.forecast.trust import doubt_sentences, doubts_document
from sim.report.plain_page import Card, PageSection, PlainPage, render
from sim.report.words import number, percent

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sim.forecast.fit.study import Fit


def fit_headline(found: Fit) -> str:
    """What the data say, in one sentence: randomised so far, the fitted rate a month over the last bins, and its
    drift.
    """
    trial = found.trial
    # The last bins carry little each; four weeks are what people mean by a rate now.
    factor, past = found.factor, found.posterior.history
    level = past.n / float((factor * past.open_days).sum()) * MONTH_DAYS * float(factor[-4:].mean())
    drift = percent(found.posterior.drift_per_doubling)
    return (
        f"{trial.n_randomised:,} randomised from {trial.first} to {found.until}; of late the fitted rate is "
        f"{number(level)} a month, and it drifts by {drift} while the time doubles."
    )


def fit_cautions(found: Fit) -> list[str]:
    """Warnings about too few data, without full stops; empty once enough are randomised."""
    n = found.trial.n_randomised
    return cautions(found.trial, found.target) if n < FEWEST else []


def fit_page(found: Fit, command: str, warnings: Sequence[str]) -> str:
    """The page of a fit as text; see `fit_content`."""
    return render(fit_content(found, command, warnings))


def fit_content(found: Fit, command: str, warnings: Sequence[str]) -> PlainPage:
    """What the page of a fit says.

    Args:
        found: the fit.
        command: the command that makes the page.
        warnings: findings of the data check.

    Returns:
        The content of the page, for `plain_page.render`.
    """
    screening = figures.screening(found)
    people = (figures.funnel(found), *((screening,) if screening else ()), figures.leaving(found))
    calendar = figures.calendar_lines(found)
    sites = len(found.names) if found.trial.has_sites else 0
    sections = (
        PageSection(
            "time",
            "Is there a shape over time?",
            exhibits=(figures.over_time(found),),
            lines=calendar,
        ),
        PageSection("sites", "Which sites recruit?", exhibits=(figures.sites(found),)),
        PageSection("people", "Who gets in, and who leaves?", exhibits=people),
        *account_sections([found.trial]),
    )
    return PlainPage(
        title=f"{found.trial.name}: what the data say",
        eyebrow=found.trial.name,
        headline=fit_headline(found),
        command=command,
        question="What do the data so far say?",
        warnings=(*fit_cautions(found), *warnings),
        cards=(
            Card("randomised", f"{found.trial.n_randomised:,}", "", (f"of {found.target:,} wanted",)),
            Card("sites", str(sites) if sites else "not told apart"),
            Card("shape", LEARNERS[found.shape.chosen][0]),
            Card("drift while the time doubles", percent(found.posterior.drift_per_doubling)),
        ),
        lines=tuple(doubt_sentences(found.doubts)),
        first=(figures.cumulative(found),),
        reading="fitted.yaml is a scenario with these values: run it, change it, forecast with it",
        sections=sections,
        footer="Learnt from the data of one trial.",
    )


def fit_document(found: Fit) -> dict[str, Any]:
    """The fit as plain data for JSON; null for what is not known.

    Args:
        found: the fit.

    Returns:
        By key. A site's rate is gamma with `rate_shape` and `rate_exposure_months`, mean `per_month`; `ahead` is the
        lognormal of the factor by which future rates may differ; shares are from 0 to 1.
    """

    def clean(value: float, digits: int = 6) -> float | None:
        return round(float(value), digits) if math.isfinite(value) else None

    return {
        "trial": found.trial.name,
        "source": found.trial.source,
        "first": str(found.trial.first),
        "until": str(found.until),
        "randomised": found.trial.n_randomised,
        "target": found.target,
        "sites": [
            {
                "name": name,
                "opened": None if math.isnan(found.opened[i]) else str(found.trial.date_of(float(found.opened[i]))),
                "people": int(found.counts[i]),
                "months": clean(found.months[i]),
                "rate_shape": clean(found.rates.shape[i]),
                "rate_exposure_months": clean(found.rates.exposure[i]),
                "per_month": clean(found.rates.mean[i]),
            }
            for i, name in enumerate(found.names)
        ],
        "site_prior": {"shape": clean(found.rates.prior.shape), "exposure_months": clean(found.rates.prior.exposure)},
        "shape": {
            "chosen": found.shape.chosen,
            "crps_next_four_weeks": {name: clean(value) for name, value in found.shape.scores.items()},
            "worse_by": {name: clean(value) for name, value in found.shape.worse_by.items()},
            "standard_error": {name: clean(value) for name, value in found.shape.errors.items()},
            "origins": found.shape.n_origins,
            "notes": {name: shape.note for name, shape in found.shape.shapes.items()},
        },
        "drift_while_time_doubles": clean(found.posterior.drift_per_doubling),
        "ahead": {"median": clean(found.ahead[0]), "sigma": clean(found.ahead[1])},
        "funnel": [{"step": s.name, "passed": s.passed, "of": s.total, "mean": clean(s.mean)} for s in found.funnel],
        "screening_days": {"quantiles": [clean(day, 3) for day in found.screening_days]},
        "weekdays": None
        if found.weekday is None
        else dict(zip(found.weekday.names, found.weekday.counts.astype(int).tolist(), strict=True)),
        "year_end_factor": None if found.year_end is None else [clean(value) for value in found.year_end],
        "follow_up_weeks": clean(found.weeks),
        "leaving": [
            {
                "way": way.name,
                "n": way.n,
                "weeks": [clean(week, 3) for week in way.weeks],
                "cumulative": [clean(share) for share in way.incidence],
            }
            for way in found.leaving
        ],
        "told": said_notes(found.trial),
        "asked": doubts_document(found.doubts),
        "account": found.trial.account.document(),
        "warnings": [str(finding) for finding in found.trial.findings],
    }
