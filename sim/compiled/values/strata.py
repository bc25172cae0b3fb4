"""Strata as one number, and the caps that count them, for the compiled engine.

The kernel counts people in numbered places; here each cap is given the places that it counts in.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.compiled.layout import COUNTER, NOBODY, PLACE
from sim.core.design import Design
from sim.scenario.cap_checks import levels
from sim.scenario.schema.caps import Cap, within

Array = npt.NDArray[Any]


def n_levels_of(design: Design) -> list[int]:
    """Number of levels of each stratum of randomisation, then of those that only caps have.

    Args:
        design: the scenario, made ready.
    """
    known = levels(design.scenario)
    return [len(known[name]) for name in design.population.strata]


class CapRows:
    """The caps of a scenario.

    Args:
        design: the scenario, made ready.
        sites: (rows, sites) SITE, whose counters are written.

    Attributes:
        counters: COUNTER of all caps, in order of their codes.
        of_sites: PLACE, the counters of each site, one site after another.
        holds: (caps, levels) PLACE, whether a cap applies to a combination of levels of all strata.
    """

    def __init__(self, design: Design, sites: Array) -> None:
        caps = [design.scenario.caps[name] for name in design.caps]
        found: list[dict[str, int]] = []
        of_sites: list[list[int]] = [[] for _ in range(design.n_sites)]
        for code, cap in enumerate(caps):
            places: dict[object, int] = {}
            for place, s in _places(design, cap):
                if place not in places:
                    places[place] = len(found)
                    found.append(_counter(design, code, cap, s if cap.each == "site" else NOBODY))
                if s != NOBODY:
                    of_sites[s].append(places[place])
        self.counters = np.zeros(len(found), COUNTER)
        for counter, values in zip(self.counters, found, strict=True):
            for name, value in values.items():
                counter[name] = value
        n = [len(of_site) for of_site in of_sites]
        sites["n_counters"], sites["first_counter"] = n, np.cumsum([0, *n[:-1]])[: len(n)]
        self.of_sites = np.array([k for of_site in of_sites for k in of_site], PLACE)
        self.holds = np.array([held for cap in caps for held in _holds(design, cap)], PLACE)
        self.n_levels = math.prod(n_levels_of(design))


def _places(design: Design, cap: Cap) -> Iterator[tuple[object, int]]:
    """What each counter of a cap is for, with the sites that it counts; the arm and no site for a cap on an arm."""
    if cap.arm is not None:
        yield cap.arm, NOBODY
        return
    for group in design.groups:
        country = group.settings.country
        if within(cap, group.name, country):
            for s in range(group.first_site, group.first_site + group.count):
                yield {None: None, "site": s, "group": group.name, "country": country}[cap.each], s


def _counter(design: Design, code: int, cap: Cap, site: int) -> dict[str, int]:
    """The values of a counter."""
    arm = next((arm.index for arm in design.arms if arm.name == cap.arm), NOBODY)
    return {
        "code": code,
        "arm": arm,
        "limit": cap.limit,
        "site": site,
        "of_screening": cap.in_screening is not None,
        "has_stratum": bool(cap.stratum),
        "is_by_tests": cap.known == "tests",
        "lets_in": cap.overrun == "randomise",
    }


def _holds(design: Design, cap: Cap) -> Iterator[bool]:
    """Whether a cap applies to each combination of levels of all strata, in order of their numbers."""
    known, names = levels(design.scenario), design.population.strata
    for combination in product(*(known[name] for name in names)):
        of = dict(zip(names, combination, strict=True))
        yield all(of[name] == level for name, level in cap.stratum.items())
