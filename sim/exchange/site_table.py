"""A table of sites: when each was activated, when it closed, and when those to come are planned."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from sim.errors import Problem, nearest
from sim.exchange.columns import SITE_NAMES, Columns, recognise
from sim.exchange.dates import DateOrder, parse_dates
from sim.exchange.findings import DataCheck, DataError
from sim.exchange.observed import NO_SITE, ObservedTrial, SiteRecord
from sim.exchange.tables import RawTable

_DATES = ("activated", "closed", "planned")


def with_sites(trial: ObservedTrial, table: RawTable, given: Columns, order: DateOrder | None) -> ObservedTrial:
    """The trial with what a table of sites says of them, and the sites that only the table has.

    Args:
        trial: the trial.
        table: the table of sites.
        given: columns that a person named.
        order: how to read 03/04/2024.

    Raises:
        DataError: no column names the sites or dates them, a site is there twice, or somebody was randomised
            before their site opened.
    """
    columns = recognise(table, SITE_NAMES, given)
    for role, what in (("site", "names the sites"), ("activated", "says when they opened")):
        if role not in columns and not (role == "activated" and "planned" in columns):
            message = f"no column {what}; say which, as in --columns {role}=NAME"
            raise DataError(Problem(message, table.file, 1))
    check = DataCheck(table.file)
    names = table.cells[columns["site"]]
    rows = names.index.to_numpy()
    check.error_rows("no site", rows[(names == "").to_numpy()])
    check.error_rows("the same site twice", rows[(names.duplicated(keep=False) & (names != "")).to_numpy()])
    days: dict[str, npt.NDArray[Any]] = {}
    for role in _DATES:
        if role in columns:
            found = parse_dates(table.cells[columns[role]], table.file, columns[role], order).days
            days[role] = np.where(np.isnat(found), np.nan, (found - np.datetime64(trial.first, "D")).astype(np.float64))
    _check_order(check, days, rows)
    check.stop_on_errors()
    groups = table.cells[columns["group"]].tolist() if "group" in columns else [""] * len(names)
    records = [
        replace(_record(str(name), {role: float(values[i]) for role, values in days.items()}), group=groups[i])
        for i, name in enumerate(names)
    ]
    trial = _joined(trial, records, check)
    _check_before_opening(trial, check, dict(zip(names, rows.tolist(), strict=True)))
    check.stop_on_errors()
    notes = tuple(f"{table.file}: {note}" for note in table.notes)
    return replace(
        trial,
        findings=(*trial.findings, *check.findings),
        source=f"{trial.source}, {table.file}",
        account=replace(trial.account, notes=(*trial.account.notes, *notes)),
    )


def _record(name: str, days: dict[str, float]) -> SiteRecord:
    known = {role: day for role, day in days.items() if not np.isnan(day)}
    return SiteRecord(name, known.get("activated"), known.get("closed"), known.get("planned"))


def _check_order(check: DataCheck, days: dict[str, npt.NDArray[Any]], rows: npt.NDArray[np.int64]) -> None:
    if "activated" in days and "closed" in days:
        check.error_rows("closed before activated", rows[days["closed"] < days["activated"]])
        check.error_rows("closed, but never activated", rows[~np.isnan(days["closed"]) & np.isnan(days["activated"])])
    if "activated" in days and "planned" in days:
        nothing = np.isnan(days["activated"]) & np.isnan(days["planned"])
        check.warn_rows("neither activated nor planned; never opens", rows[nothing])
    elif "activated" in days:
        check.warn_rows("not activated, and no plan; never opens", rows[np.isnan(days["activated"])])


def _joined(trial: ObservedTrial, records: list[SiteRecord], check: DataCheck) -> ObservedTrial:
    by_name = {record.name: record for record in records}
    known = [site.name for site in trial.sites]
    missing = [name for name in known if name not in by_name]
    if missing:
        hint = nearest(missing[0], by_name)
        check.warn(f"{len(missing)} site(s) of the data are not in the table: {', '.join(missing[:5])}; {hint}")
    if not trial.has_sites:
        check.warn("the data do not say at which site people were randomised; only the sites' dates are used")
    joined = [by_name.get(site.name, site) for site in trial.sites]
    joined += [record for record in records if record.name not in set(known)]
    return replace(trial, sites=tuple(joined), has_sites=trial.has_sites)


def _check_before_opening(trial: ObservedTrial, check: DataCheck, row_of: dict[str, int]) -> None:
    opened = np.array([np.nan if site.activated is None else site.activated for site in trial.sites])
    people = trial.people
    at_site = people.site != NO_SITE
    early = np.zeros(len(people), dtype=bool)
    early[at_site] = people.randomised[at_site] < opened[people.site[at_site]]
    for i in np.unique(people.site[early]).tolist():
        n = int(np.count_nonzero(early & (people.site == i)))
        name = trial.sites[i].name
        date = trial.date_of(opened[i])
        first = trial.date_of(float(np.nanmin(people.randomised[people.site == i])))
        message = f"{n} randomised at site '{name}' before it opened on {date}, the first on {first}"
        check.error(message, (row_of[name],))
