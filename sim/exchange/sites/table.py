"""Reads a table of sites: when each opened and closed, and when future openings and closings are planned.

A table is added to a trial that has been read; it can contradict that trial (somebody randomised before the site
opened), which is an error, and add sites without anybody, which a forecast needs.

Attributes:
    SITE_DATES: columns with days: past openings and closings, then planned ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import Problem, nearest
from sim.exchange.dates.cell import DateOrder, is_date
from sim.exchange.dates.read import parse_dates, proven_order
from sim.exchange.findings import DataCheck, DataError
from sim.exchange.observed import NO_SITE, ObservedTrial, SiteRecord
from sim.exchange.sites.keys import matched, one_name_each, same_site
from sim.exchange.tables.columns import SITE_NAMES, Columns, is_usual, plain, recognise
from sim.exchange.tables.read import RawTable
from sim.plurals import are, counted, listed
from sim.scenario.schema.values import not_shown

SITE_DATES = ("activated", "closed", "planned", "closing")
_TEXTS = ("group", "country")
_MEANINGS = {
    "site": "site",
    "activated": "day of activation",
    "closed": "day of closing",
    "planned": "planned day of activation",
    "closing": "planned day of closing",
    "group": "group of sites",
    "country": "country",
}
_SEVERAL = 2  # this many unmatched sites on both sides are too many for typing errors
_SHOWN = 8
_OF_PLANS = frozenset(
    ("planned", "plan", "expected", "target", "projected", "anticipated", "estimated", "forecast", "scheduled", "est")
)


def with_sites(trial: ObservedTrial, table: RawTable, given: Columns, order: DateOrder | None) -> ObservedTrial:
    """Add what a table of sites says to a trial, including sites that only the table has.

    Args:
        trial: the trial.
        table: the table of sites.
        given: header by role, as far as the user said.
        order: how to read 03/04/2024; None if not known.

    Returns:
        The trial; sites keep the names of the data. Days are since the trial's first day, and may be below 0.

    Raises:
        DataError: no column names the sites or dates them, a site appears twice, days of a site contradict each other,
            several sites of both may be the same, or somebody was randomised before their site opened.
    """
    columns = recognise(table, SITE_NAMES, {**_plans(table), **_site_column(trial, table), **given})
    for role, what in (("site", "names the sites"), ("activated", "says when they opened")):
        if role not in columns and not (role == "activated" and "planned" in columns):
            message = f"no column {what}; say which, as in --columns {role}=NAME"
            raise DataError(Problem(message, table.file, 1))
    check = DataCheck(table.file)
    names = table.cells[columns["site"]]
    rows = names.index.to_numpy()
    check.error_rows("no site", rows[(names == "").to_numpy()])
    check.error_rows("a site with a character that cannot be shown", rows[(names.map(not_shown) != "").to_numpy()])
    said = names.map(same_site)
    check.error_rows("the same site twice", rows[(said.duplicated(keep=False) & (names != "")).to_numpy()])
    days: dict[str, npt.NDArray[Any]] = {}
    order = order or proven_order(table.cells[columns[role]] for role in SITE_DATES if role in columns)
    notes = [f"'{columns[role]}' is the {_MEANINGS[role]}" for role in _MEANINGS if role in columns]
    notes = [f"{', '.join(notes)}", *_not_used(table, columns)]
    for role in SITE_DATES:
        if role in columns:
            dates = parse_dates(table.cells[columns[role]], table.file, columns[role], order)
            found = dates.days
            days[role] = np.where(np.isnat(found), np.nan, (found - np.datetime64(trial.first, "D")).astype(np.float64))
            notes += dates.notes
    ours = matched([site.name for site in trial.sites], dict.fromkeys(names))
    _check_order(check, days, rows, trial.now, names.isin(list(ours.values())).to_numpy())
    check.stop_on_errors()
    texts = {role: table.cells[columns[role]].tolist() for role in _TEXTS if role in columns}
    records = [
        replace(
            _record(str(name), {role: float(values[i]) for role, values in days.items()}),
            **{role: values[i] for role, values in texts.items()},
        )
        for i, name in enumerate(names)
    ]
    trial, joined = _joined(trial, records, check)
    row_of = {joined.get(name, name): row for name, row in zip(names, rows.tolist(), strict=True)}
    _check_before_opening(trial, check, row_of)
    check.stop_on_errors()
    own = sum(1 for name in joined if name != joined[name])
    if own:
        notes.append(f"{own} of the sites are spelled differently in the data, and are taken as the same")
    told = tuple(f"in {table.file}: {note}" for note in (*notes, *table.notes))
    return replace(
        trial,
        findings=(*trial.findings, *check.findings),
        source=f"{trial.source}, {table.file}",
        account=replace(trial.account, notes=(*trial.account.notes, *told)),
    )


def _site_column(trial: ObservedTrial, table: RawTable) -> dict[str, str]:
    """Among several columns that name sites, the one whose names occur most in the data; empty without one."""
    headers = [header for header in table.columns if plain(header) in SITE_NAMES["site"]]
    if len(headers) < 2:
        return {}
    ours = [site.name for site in trial.sites]
    n_found = {header: len(matched(ours, table.cells[header].unique())) for header in headers}
    best = max(headers, key=lambda header: n_found[header])
    return {"site": best} if n_found[best] else {}


def _plans(table: RawTable) -> dict[str, str]:
    """Planned days of activation and of closing that no usual name tells: `Planned green light`.

    A header is one that is usual without its words for a plan. A usual name whose cells are numbers, such as a target,
    is none.
    """
    found: dict[str, str] = {}
    for role, happened in (("planned", "activated"), ("closing", "closed")):
        usual = [header for header in table.columns if is_usual(header, SITE_NAMES[role])]
        dated = [header for header in usual if _has_dates(table, header)]
        more = [header for header in table.columns if is_usual(_without_plan(header), SITE_NAMES[happened])]
        more = [header for header in more if _without_plan(header) != plain(header) and _has_dates(table, header)]
        if usual and not dated:
            found[role] = ""
        if not dated and len(more) == 1:
            found[role] = more[0]
    return found


def _without_plan(header: str) -> str:
    return "_".join(word for word in plain(header).split("_") if word not in _OF_PLANS)


def _has_dates(table: RawTable, header: str) -> bool:
    return any(is_date(text) for text in table.cells[header].unique())


def _not_used(table: RawTable, columns: dict[str, str]) -> list[str]:
    """Columns of dates that are not used, but may matter, as a clause."""
    names = [name for name in table.columns if name not in columns.values() and _has_dates(table, name)]
    return [f"not used, with dates in it: {listed([repr(name) for name in names], _SHOWN)}"] if names else []


def sites_once(trial: ObservedTrial) -> ObservedTrial:
    """Merge sites of a trial whose names differ only in spelling: `001` and `1`, `North` and `NORTH `.

    Args:
        trial: the trial.

    Returns:
        The trial with one site for each, under the name that `one_name_each` chooses; the same trial where none differ.

    Raises:
        DataError: a name has a character that cannot be shown.
    """
    at = trial.people.site
    names = [site.name for site in trial.sites]
    _check_shown(names, trial.source)
    one = one_name_each([names[i] for i in at[at != NO_SITE].tolist()] + names)
    others = sorted(name for name in names if one[name] != name)
    if not others:
        return trial
    kept = list(dict.fromkeys(one[name] for name in names))
    index = np.array([kept.index(one[name]) for name in names] + [NO_SITE], dtype=np.int64)
    records = {site.name: site for site in trial.sites}
    note = f"sites that differ only in spelling are taken as one: {listed(others, _SHOWN)}"
    return replace(
        trial,
        people=replace(trial.people, site=index[at]),
        sites=tuple(records[name] for name in kept),
        account=replace(trial.account, notes=(*trial.account.notes, note)),
    )


def _check_shown(names: Sequence[str], source: str) -> None:
    """Names become labels of a scenario and of reports, where a reader must see all of them."""
    for name in names:
        if wrong := not_shown(name):
            message = f"the name of a site has the character {wrong}, which cannot be shown; take it out"
            raise DataError(Problem(message, source, value=name))


def with_plans(trial: ObservedTrial, as_of: date | None) -> ObservedTrial:
    """Treat days of the site table that are later than all other data as plans: they cannot have happened yet.

    Args:
        trial: the whole trial.
        as_of: the day from which to continue, if the user said.

    Returns:
        The trial.
    """
    now = max(trial.now, trial.day_of(as_of) + 1.0 if as_of else 0.0)
    to_come = [site.name for site in trial.sites if site.activated is not None and site.activated >= now]
    to_close = [site.name for site in trial.sites if site.closed is not None and site.closed >= now]
    if not to_come and not to_close:
        return trial
    sites = []
    for site in trial.sites:
        is_plan = site.activated is not None and site.activated >= now
        is_closing = site.closed is not None and site.closed >= now
        sites.append(
            replace(
                site,
                activated=None if is_plan else site.activated,
                planned=site.activated if is_plan else site.planned,
                closed=None if is_closing else site.closed,
                closing=site.closed if is_closing else site.closing,
            )
        )
    notes = []
    if to_come:
        notes.append(f"days of activation after the end of the data are plans: {listed(to_come, _SHOWN)}")
    if to_close:
        notes.append(f"days of closing after the end of the data are plans: {listed(to_close, _SHOWN)}")
    account = replace(trial.account, notes=(*trial.account.notes, *notes))
    return replace(trial, sites=tuple(sites), account=account)


def _record(name: str, days: dict[str, float]) -> SiteRecord:
    """A site with its known days; NaN is not known."""
    known = {role: day for role, day in days.items() if not np.isnan(day)}
    opens, planned = known.get("activated"), known.get("planned")
    return SiteRecord(name, opens, known.get("closed"), planned, known.get("closing"))


def _check_order(
    check: DataCheck,
    days: dict[str, npt.NDArray[Any]],
    rows: npt.NDArray[np.int64],
    now: float,
    has_people: npt.NDArray[np.bool_],
) -> None:
    """Errors where days of one site contradict each other, and warnings where it never opens; `now` ends the data."""
    nothing = np.full(len(rows), np.nan)
    activated, planned = days.get("activated", nothing), days.get("planned", nothing)
    closed = days.get("closed", nothing)
    check.error_rows("closed before activated", rows[closed < activated])
    if "activated" in days:
        check.error_rows("closed, but never activated", rows[(closed < now) & np.isnan(activated)])
    opens = np.where(np.isnan(activated), planned, activated)
    to_close = np.where((closed >= now) & np.isnan(activated), closed, days.get("closing", nothing))
    check.error_rows("planned to close before it opens", rows[to_close < opens])
    if "activated" in days:
        never = np.isnan(activated) & np.isnan(planned)
        check.warn_rows("neither activated nor planned; never opens", rows[never & ~has_people])
        check.warn_rows("no day of activation; taken as open since somebody came", rows[never & has_people])


def _joined(trial: ObservedTrial, records: list[SiteRecord], check: DataCheck) -> tuple[ObservedTrial, dict[str, str]]:
    """The trial with the records of its sites, and for sites in both the name in the data by that in the table."""
    by_name = {record.name: record for record in records}
    ours = [site.name for site in trial.sites]
    found = matched(ours, by_name)
    missing = [name for name in ours if name not in found]
    others = [name for name in by_name if name not in set(found.values())]
    if missing:
        _check_unmatched(missing, [by_name[name] for name in others], not found, check)
    if not trial.has_sites:
        check.warn("the data do not say at which site people were randomised; only the sites' dates are used")
    joined = [
        replace(by_name[found[site.name]], name=site.name) if site.name in found else site for site in trial.sites
    ]
    joined += [by_name[name] for name in others]
    return replace(trial, sites=tuple(joined)), {theirs: name for name, theirs in found.items()}


def _check_unmatched(missing: list[str], others: list[SiteRecord], is_none_found: bool, check: DataCheck) -> None:
    """Warn of sites of the data that the table does not have.

    It is an error where they may be sites of the table that have nobody in the data, spelled in another way: where no
    site of the data is in the table, where one of the table's own is open, or where both sides have at least two.

    Args:
        missing: names of the sites of the data that are not in the table.
        others: sites of the table that are not in the data.
        is_none_found: whether no site is in both.
        check: collects what is found.
    """
    names = [record.name for record in others]
    is_open = any(record.activated is not None for record in others)
    if others and (is_none_found or is_open or min(len(missing), len(others)) >= _SEVERAL):
        check.error(
            f"sites of the data are not in the table ({listed(missing, _SHOWN)}), and sites of the table are not in "
            f"the data ({listed(names, _SHOWN)}): they may be the same; write them alike in both, or add what is "
            "missing to the table"
        )
        return
    hint = f"; {nearest(missing[0], names)}" if names else ""
    n = len(missing)
    check.warn(f"{counted(n, 'site')} of the data {are(n)} not in the table: {listed(missing, _SHOWN)}{hint}")


def _check_before_opening(trial: ObservedTrial, check: DataCheck, row_of: dict[str, int]) -> None:
    """An error for each site at which somebody was randomised before the day on which it opened."""
    opened = np.array([np.nan if site.activated is None else site.activated for site in trial.sites])
    people = trial.people
    at_site = people.site != NO_SITE
    early = np.zeros(len(people), dtype=bool)
    early[at_site] = people.randomised[at_site] < opened[people.site[at_site]]
    for i in np.unique(people.site[early]).tolist():
        n = int(np.count_nonzero(early & (people.site == i)))
        name = trial.sites[i].name
        opening = trial.date_of(opened[i])
        first = trial.date_of(float(np.nanmin(people.randomised[people.site == i])))
        message = f"{n} randomised at site '{name}' before it opened on {opening}, the first on {first}"
        check.error(message, (row_of[name],))
