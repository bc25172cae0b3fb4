"""Draws have stable places: nothing that is added elsewhere moves them, and they are the same bytes everywhere."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT, scenario_of
from scipy import stats

from sim.core import batch
from sim.core import events as e
from sim.core.batch import Batch
from sim.core.design import Design
from sim.core.events import KIND, NUMBER, PERSON, SITE, TIME
from sim.core.streams import BLOCK, Streams
from sim.experiment.replicate import replicate
from sim.scenario.load import load_scenario

BASE = ROOT / "scenarios" / "base.yaml"
EARLY = (e.REFERRED, e.CHART_FAILED, e.CONSENT_GIVEN, e.CONSENT_REFUSED, e.SCREENING_STARTED, e.SCREENING_PASSED)

# Nothing here holds up randomisation or is shared between sites, so that sites do not touch one another.
APART = ["oversight.sentinels=null", "oversight.board_review=null", "oversight.hold=null", "oversight.stop=null"]
APART += ["cells.doses_in_stock_to_randomise=0", "trial.replace=never"]


def lives(rows: np.ndarray, names: list[str], until: float, kinds: tuple[int, ...] = EARLY) -> dict[str, list[tuple]]:
    """Each site's events of some kinds before a day, by the site's name."""
    found: dict[str, list[tuple]] = {name: [] for name in names}
    for row in rows:
        if row[SITE] >= 0 and row[TIME] < until and row[KIND] in kinds:
            found[names[int(row[SITE])]].append(tuple(row[[TIME, KIND, PERSON]]))
    return found


def site_names(design: Design) -> list[str]:
    return [f"{group.name}/{i}" for group in design.groups for i in range(group.count)]


def target_met(rows: np.ndarray) -> float:
    return float(rows[rows[:, KIND] == e.RECRUITMENT_CLOSED][0, TIME])


@pytest.mark.parametrize(
    "change",
    [
        pytest.param("sites.general_hospital.count=3", id="a site of a group"),
        pytest.param("sites.a_new_group={count: 2, referrals_per_month: 5}", id="a group that comes first"),
    ],
)
def test_one_more_site_changes_no_other(change: str) -> None:
    """With one more site, the others live unchanged lives until the target is met."""
    few, more = Design(load_scenario(BASE, APART)), Design(load_scenario(BASE, [*APART, change]))
    for replication in range(4):
        before, after = replicate(few, 5, replication).table(), replicate(more, 5, replication).table()
        until = min(target_met(before), target_met(after))
        ours, theirs = lives(before, site_names(few), until), lives(after, site_names(more), until)
        assert all(theirs[name] == events for name, events in ours.items())
        assert sum(map(len, ours.values())) > 100


def test_one_more_criterion_changes_no_draw() -> None:
    """With one more criterion, the same patients come on the same days, with the same answers to all others."""
    few = Design(load_scenario(BASE))
    extra = "screening.criteria.not_old={item: Z9, stage: chart, attribute: age_years, max: 60}"
    more = Design(load_scenario(BASE, [extra]))
    for group in few.groups:
        before, after = (Batch(design, 5, 0, 8).first_block(group) for design in (few, more))
        assert np.array_equal(before.gaps, after.gaps)
        assert np.array_equal(before.chart_failed, after.chart_failed & ((1 << len(few.criteria)) - 1))
        assert np.any(after.chart_failed != before.chart_failed)


def test_one_more_purpose_changes_no_draw() -> None:
    """A new way of leaving, visit or attribute draws for itself: everything else that happens stays the same."""
    plain = Design(load_scenario(BASE, APART))
    for change in (
        "follow_up.leaving.emigration={48: 0.0}",
        "patients.attributes.height_cm={dist: normal, mean: 170, sd: 8}",
        "patients.conditions.left_handed=0.1",
    ):
        more = Design(load_scenario(BASE, [*APART, change]))
        rows, others = replicate(plain, 5, 0).table(), replicate(more, 5, 0).table()
        assert np.array_equal(rows[:, [TIME, KIND, SITE, PERSON]], others[:, [TIME, KIND, SITE, PERSON]])


def test_one_more_visit_changes_no_other() -> None:
    """A visit added at the end moves no visit before it."""
    plain = Design(load_scenario(BASE, APART))
    more = Design(load_scenario(BASE, [*APART, "follow_up.visit_weeks=[1, 2, 3, 4, 8, 12, 24, 36, 48, 60]"]))
    wanted = (e.VISIT_DONE, e.VISIT_MISSED)
    until = target_met(replicate(plain, 5, 0).table()) + 7 * 40
    rows, others = replicate(plain, 5, 0).table(), replicate(more, 5, 0).table()
    ours = lives(rows, site_names(plain), until, wanted)
    theirs = lives(others[others[:, NUMBER] != 60], site_names(plain), until, wanted)
    assert ours == theirs
    assert sum(map(len, ours.values())) > 50


WEEKS_BETWEEN = [
    pytest.param(
        "follow_up.visit_weeks", [1, 2, 3, 4, 8, 12, 24, 36, 48], [6, 10.5], (e.VISIT_DONE, e.VISIT_MISSED), id="visits"
    ),
    pytest.param("arms.MSC.doses.weeks", [0, 2, 4, 8], [3, 6.5], (e.DOSE_DUE,), id="doses"),
]


@pytest.mark.parametrize(("path", "weeks", "more", "kinds"), WEEKS_BETWEEN)
def test_a_week_in_between_redraws_no_other(
    path: str, weeks: list[float], more: list[float], kinds: tuple[int, ...]
) -> None:
    """A visit or a dose in between, in a whole week or not, moves none of the others: draws belong to the week."""
    often = [*APART, "cells=null", "treatment.window_days=0"]
    few = Design(load_scenario(BASE, [*often, f"{path}={weeks}"]))
    many = Design(load_scenario(BASE, [*often, f"{path}={sorted([*weeks, *more])}"]))
    rows, others = replicate(few, 5, 0).table(), replicate(many, 5, 0).table()
    if e.DOSE_DUE in kinds:  # doses are numbered, and not named by their weeks
        places = {i + 1: k + 1 for k, i in enumerate(i for i, w in enumerate(sorted([*weeks, *more])) if w in weeks)}
        others = others[(others[:, KIND] != e.DOSE_DUE) | np.isin(others[:, NUMBER], list(places))]
    else:
        others = others[~np.isin(others[:, NUMBER], more) | ~np.isin(others[:, KIND], kinds)]
    ours, theirs = (lives(found, site_names(few), np.inf, kinds) for found in (rows, others))
    assert ours == theirs
    assert sum(map(len, ours.values())) > 50


def test_replications_do_not_depend_on_what_is_drawn_with_them() -> None:
    """A replication is the same alone, in a batch, and in a batch that begins elsewhere."""
    from sim.trial import Trial

    design = Design(load_scenario(BASE))
    alone = replicate(design, 5, 13).table()
    for first, n in ((0, 48), (13, 2), (10, 7)):
        assert np.array_equal(Trial(Batch(design, 5, first, n), 13).run().table(), alone)


def test_seeds_and_replications_differ() -> None:
    """Another seed or replication is another trial."""
    design = Design(load_scenario(BASE))
    tables = [replicate(design, seed, number).table() for seed, number in ((5, 0), (5, 1), (6, 0))]
    assert len({table.tobytes() for table in tables}) == 3


def test_draws_are_uniform_and_independent() -> None:
    """Numbers of neighbouring places (purposes, sites, blocks, replications, seeds) are uniform and uncorrelated."""
    streams = Streams(20191001)
    a = streams.block("p", "g", 3, 0, 0, 50)
    rows = [
        a[0].ravel(),
        a[1].ravel(),
        streams.block("p", "g", 1, 1, 0, 50).ravel(),
        streams.block("q", "g", 1, 0, 0, 50).ravel(),
        streams.block("p", "h", 1, 0, 0, 50).ravel(),
        Streams(20191002).block("p", "g", 1, 0, 0, 50).ravel(),
        np.concatenate([streams.person("p", "g", 0, i, 0, BLOCK) for i in range(50)]),
        np.concatenate([streams.person("p", "g", 0, 0, i, BLOCK) for i in range(50)]),
    ]
    for row in rows:
        assert stats.kstest(row, "uniform").pvalue > 1e-4
    limit = 5 / np.sqrt(len(rows[0]))
    correlation = np.corrcoef(rows) - np.eye(len(rows))
    # The person draws of two lists share their first person; elsewhere nothing is shared.
    correlation[6:, 6:] = 0
    assert np.abs(correlation).max() < limit
    lagged = np.corrcoef(rows[0][:-1], rows[0][1:])[0, 1]
    assert abs(lagged) < limit


def test_places_are_where_they_are_said_to_be() -> None:
    """A site's and a replication's numbers are the same whether drawn alone or among others, and never overlap."""
    streams = Streams(1)
    whole = streams.block("p", "g", 4, 2, 0, 10)
    assert np.array_equal(whole[:2], streams.block("p", "g", 2, 2, 0, 10))
    assert np.array_equal(whole[:, 3:5], streams.block("p", "g", 4, 2, 3, 2))
    assert np.array_equal(streams.person("p", "g", 1, 7, 3, 40)[:12], streams.person("p", "g", 1, 7, 3, 12))
    assert np.array_equal(streams.trial("p", "x", 0, 9)[4:6], streams.trial("p", "x", 4, 2))
    assert len(np.unique(whole)) == whole.size


_HASH = """
import hashlib, sys
sys.path.insert(0, {root!r})
from sim.core.design import Design
from sim.analysis.reduce import Reducer
from sim.experiment.replicate import replicate_chunk
from sim.scenario.load import load_scenario
chunk = replicate_chunk(Reducer(Design(load_scenario({base!r}))), 20191001, 0, 24, keep=24)
digest = hashlib.sha256(chunk.values.tobytes())
for i in sorted(chunk.kept):
    digest.update(chunk.kept[i].tobytes())
print(digest.hexdigest())
"""


def _hash(**environment: str) -> str:
    code = _HASH.format(root=str(ROOT), base=str(BASE))
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_the_same_bytes_under_other_hash_seeds_and_processors() -> None:
    """Events and measures are the same bytes whatever PYTHONHASHSEED is, and without newer processor instructions.

    Without AVX-512 numpy computes logarithms otherwise, and without FMA the C library does.
    """
    expected = _hash(PYTHONHASHSEED="0")
    assert _hash(PYTHONHASHSEED="4711") == expected
    fewer = _hash(PYTHONHASHSEED="1", NPY_DISABLE_CPU_FEATURES="X86_V4 AVX512_ICL AVX512_SPR")
    assert fewer == expected
    old = _hash(
        PYTHONHASHSEED="2",
        NPY_DISABLE_CPU_FEATURES="X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
        GLIBC_TUNABLES="glibc.cpu.hwcaps=-AVX2_Usable,-FMA_Usable,-AVX2,-FMA",
    )
    assert old == expected


def test_a_group_may_have_more_sites_than_are_drawn_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """601 sites and more are drawn in parts, and no part changes a replication."""
    data = {"s": {"count": 601, "referrals_per_month": 2.0}, "t": {"count": 2, "referrals_per_month": 30.0}}
    design = Design(scenario_of(sites=data, trial={"target": 700}, screening={"consent": 0.2}))
    in_two = replicate(design, 5, 0).table()
    monkeypatch.setattr(batch, "_SITES_AT_ONCE", 7)
    assert np.array_equal(replicate(design, 5, 0).table(), in_two)
    assert np.count_nonzero(in_two[:, KIND] == e.RANDOMISED) == 700
