"""Matches sites, arms and ways of leaving in the data with those of a scenario.

People write names in their own way in each system. Names are compared in a plain form, and sites that were only guessed
are kept apart from those that were found, so that a reader can be told.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np

from sim.core.design import Design
from sim.core.observed import SiteKey
from sim.exchange.observed import NO_SITE, ObservedTrial
from sim.exchange.tables.columns import plain
from sim.forecast.continued.plan_rates import planned_site
from sim.forecast.fit.scenario import FITTED, group_names, site_group

_WAYS = (
    ("death", ("death", "died", "dead", "fatal")),
    ("transplant", ("transplant",)),
    ("lost", ("lost",)),
    ("withdraw", ("withdr", "consent", "adverse", "physician", "protocol", "efficacy", "sponsor")),
)


@dataclass(frozen=True)
class SiteMatch:
    """Sites of the data among those of a scenario.

    Attributes:
        keys: group and number, by index of the site in the data.
        guessed: indices of sites that the scenario does not name, and which took free sites of it.
        added: names of groups to add for sites that the scenario does not have, by index.
        unseen: names of the scenario's sites that are not in the data.
    """

    keys: dict[int, SiteKey]
    guessed: tuple[int, ...]
    added: dict[int, str]
    unseen: tuple[str, ...]


def _names_of(design: Design) -> dict[str, SiteKey]:
    """Every name of each site of a scenario; where two sites share a name, the first has it."""
    found: dict[str, SiteKey] = {}
    for group in design.groups:
        for row in range(group.count):
            names = [f"{group.name} {row + 1}", f"{group.label} {row + 1}"]
            if group.count == 1:
                names += [group.name, group.label]
            for name in names:
                found.setdefault(plain(name), (group.name, row))
    return found


class _Matching:
    """A matching in progress of sites of the data and of a scenario.

    Args:
        trial: the data.
        design: the scenario, made ready.
    """

    def __init__(self, trial: ObservedTrial, design: Design) -> None:
        self._trial = trial
        self._design = design
        self.keys: dict[int, SiteKey] = {}

    @property
    def left(self) -> list[int]:
        """Sites of the data that have none yet."""
        return [i for i in range(len(self._trial.sites)) if i not in self.keys]

    def free(self) -> list[SiteKey]:
        """Sites of the scenario that nobody has taken, those of the fastest groups first."""
        groups = sorted(self._design.groups, key=lambda group: (-planned_site(group).mean, group.name))
        taken = set(self.keys.values())
        return [(g.name, row) for g in groups for row in range(g.count) if (g.name, row) not in taken]

    def by_name(self) -> None:
        """Sites that go by the same name."""
        names = _names_of(self._design)
        for i in self.left:
            text = self._trial.sites[i].name
            key = names.get(plain(text), names.get(plain(site_group(text))))
            if key is not None and key not in self.keys.values():
                self.keys[i] = key

    def by_group(self) -> None:
        """Sites whose table says their group, or that are called like a group: the first that is free."""
        names = {plain(text): group.name for group in self._design.groups for text in (group.label, group.name)}
        for i in self.left:
            site = self._trial.sites[i]
            group = names.get(plain(site.group)) or names.get(plain(site.name))
            options = [key for key in self.free() if key[0] == group]
            if options:
                self.keys[i] = options[0]

    def by_size(self) -> tuple[int, ...]:
        """The busiest of those left are the sites from which the scenario expects most."""
        people = self._trial.people
        at_site = people.site[(people.site != NO_SITE) & ~np.isnan(people.randomised)]
        counts = np.bincount(at_site, minlength=len(self._trial.sites))
        busiest = sorted(self.left, key=lambda i: (-counts[i], i))
        guessed = dict(zip(busiest, self.free(), strict=False))
        self.keys |= guessed
        return tuple(guessed)


def match_sites(trial: ObservedTrial, design: Design) -> SiteMatch:
    """Match sites by name, by group, then by size; the remaining sites get groups of their own.

    In a scenario that was fitted to data every site has its name, so that none is guessed.

    Args:
        trial: the data.
        design: the scenario, made ready.

    Returns:
        The match.
    """
    matching = _Matching(trial, design)
    matching.by_name()
    matching.by_group()
    guessed = () if FITTED in design.scenario.bibliography else matching.by_size()
    left = matching.left
    known = {group.name for group in design.groups}
    added: dict[int, str] = {}
    for i, name in zip(left, group_names(tuple(trial.sites[i].name for i in left)), strict=True):
        while name in known:
            name = f"{name}_2"
        known.add(name)
        added[i] = name
    taken = set(matching.keys.values())
    unseen = [
        f"{group.label} {row + 1}" if group.count > 1 else group.label
        for group in design.groups
        for row in range(group.count)
        if (group.name, row) not in taken
    ]
    keys = matching.keys | {i: (name, 0) for i, name in added.items()}
    return SiteMatch(keys, guessed, added, tuple(unseen))


def arm_index(text: str, design: Design) -> int | None:
    """Find the scenario's arm for a text of the data.

    The same name comes first, then the only arm all of whose words are in the text, then the name that is most alike if
    it is at least 75 % alike by `difflib`. Case, spaces and punctuation do not count.

    Args:
        text: the text.
        design: the scenario, made ready.

    Returns:
        Index of the arm; None where none fits.
    """
    if not text:
        return None
    names = {plain(arm.name): arm.index for arm in design.arms}
    wanted = plain(text)
    if wanted in names:
        return names[wanted]
    words = set(wanted.split("_"))
    inside = [index for name, index in names.items() if set(name.split("_")) <= words]
    if len(inside) == 1:
        return inside[0]
    close = get_close_matches(wanted, names, n=1, cutoff=0.75)
    return names[close[0]] if close else None


def way_out_code(text: str, design: Design) -> int | None:
    """Find the scenario's way of leaving for a text of the data.

    A text that is neither a name of the scenario nor a usual way is taken as a withdrawal, or as the first way where
    there is no withdrawal.

    Args:
        text: the text; may be empty.
        design: the scenario, made ready.

    Returns:
        Index of the way; None where the scenario has none.
    """
    ways = design.ways_out
    if not ways:
        return None
    wanted = plain(text) if text else ""
    if wanted in ways:
        return ways.index(wanted)
    for stem, words in _WAYS:
        if any(word in wanted for word in words):
            like = [i for i, way in enumerate(ways) if stem in way]
            if like:
                return like[0]
    for stem in ("other", "withdr"):
        like = [i for i, way in enumerate(ways) if stem in way]
        if like:
            return like[0]
    return 0
