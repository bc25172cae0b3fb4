"""Recognises columns by usual names, or by what the user said with `--columns`.

For tables whose headers come from a small vocabulary: counts and sites. Headers of logs vary more, and are taken apart
word by word in `sim.exchange.logs.headers`.

Attributes:
    Columns: header by role, as after `--columns`; an empty header means that there is no such column.
    LOG_NAMES: usual names of the columns of a log, by role, as `plain` writes them.
    COUNT_NAMES: likewise for counts.
    SITE_NAMES: likewise for a table of sites.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from sim.errors import Problem, UsageError, nearest
from sim.exchange.account import BY_NAME, BY_OPTION, ColumnUse
from sim.exchange.findings import DataError, quoted
from sim.exchange.tables.raw import RawTable

if TYPE_CHECKING:
    import pandas as pd

Columns = Mapping[str, str]  # role -> header, as after --columns

# Usual names by role, as `plain` writes them. The first role that claims a header has it.
LOG_NAMES: dict[str, tuple[str, ...]] = {
    "date": (
        "date", "randomised", "randomized", "randomisation", "randomization", "rand", "randomised_on",
        "randomized_on", "enrolled", "enrolled_on", "enrolment", "enrollment", "included", "inclusion", "recruited",
        "day", "rfstdtc", "dsstdtc",
    ),
    "site": (
        "site", "site_id", "site_name", "siteid", "site_number", "site_no", "centre", "center", "centre_id",
        "center_id", "hospital", "institution", "clinic",
    ),
    "participant": (
        "participant", "participant_id", "subject", "subject_id", "usubjid", "subjid", "patient", "patient_id", "id",
        "screening_number", "randomisation_number", "randomization_number", "pid", "ptid", "patid",
    ),
    "arm": ("arm", "treatment", "group", "allocation", "treatment_arm", "assigned_arm"),
    "screened": (
        "screened", "screening", "screened_on", "consent", "consented", "consented_on", "informed_consent", "dmdtc",
        "rficdtc",
    ),
    "status": ("status", "disposition", "dsdecod", "outcome"),
    "left": (
        "left", "left_on", "leaving", "date_of_leaving", "discontinued",
        "discontinuation", "withdrawn", "withdrawal", "dropout", "off_study",
    ),
    "failed": ("failed", "screen_failure_date"),
    "ended": ("end_of_study_date",),
    "completed": ("completed_on",),
    "died": ("died_on",),
    "reason": ("reason", "reason_for_leaving"),
    "failure_reason": ("failure_reason",),
    "event": ("event", "event_type", "event_name", "milestone", "transaction", "transaction_type", "activity"),
}  # fmt: skip
COUNT_NAMES: dict[str, tuple[str, ...]] = {
    "date": (
        "date", "day", "week", "month", "period", "start", "week_of", "week_start", "screening", "from", "week_ending",
        "week_commencing", "week_beginning", "week_end", "month_ending", "month_end", "month_start", "quarter",
        "calendar_month", "calendar_week", "reporting_period", "reporting_date", "report", "as_of", "year_month",
        "yearmonth", "month_year", "monthyear", "yyyymm", "iso_week", "isoweek", "year_week", "year_quarter", "time",
        "week_no", "week_number", "kalenderwoche", "kw", "monat", "woche", "datum", "mois", "semaine",
        "mes", "mese", "maand", "year_and_month",
        "year_and_week", "year_and_quarter", "fiscal_quarter", "fiscal_month",
        "fiscal_week", "fiscal_year", "week_starting", "month_starting", "snapshot", "data_cut", "year",
    ),
    "site": LOG_NAMES["site"],
    "screened": ("screened", "prescreened", "pre_screened", "screening", "screenings", "referred", "referrals"),
    "eligible": ("eligible", "meets_crit", "meets_criteria", "met_criteria", "eligibles"),
    "randomised": (
        "randomised", "randomized", "enrolled", "enrolment", "enrollment", "recruited", "recruitment",
        "randomisations", "randomizations", "enrolments", "enrollments", "accrual", "accrued", "included", "count", "n",
        "inclusions", "recruits", "accruals", "entered", "registered", "patients", "subjects", "participants", "pts",
        "actual", "actuals", "randomisiert", "eingeschlossen", "rand", "randomised_patients", "observed",
        "eingeschlossene", "inclus", "incluidos", "inclusi", "arruolati", "arruolamenti", "geincludeerd", "reclutados",
        "gerandomiseerd", "randomizzati", "randomises", "randomizados", "aleatorizados", "inclusiones",
    ),
    "sites_activated": ("sites_activated", "site_activation", "site_activations", "activations", "sites_opened"),
}  # fmt: skip
SITE_NAMES: dict[str, tuple[str, ...]] = {
    "site": (*LOG_NAMES["site"], "name"),
    "activated": (
        "activated", "activated_on", "activation", "opened", "opened_on", "open", "initiated", "siv", "active_from",
        "start", "active", "initiation", "initiation_visit", "siv_visit", "opening", "activation_siv", "siv_activation",
        "ready_enrol", "ready_enroll", "green_light", "greenlight", "enrolment_open", "enrollment_open", "started",
        "activation_actual", "siv_actual", "open_recruitment", "recruiting_since", "aktiviert", "initiierung",
    ),
    "closed": (
        "closed", "closed_on", "closing", "closure", "close", "end", "active_to", "close_out", "closeout", "cov",
        "close_out_visit", "closed_out", "deactivated", "deactivation", "terminated", "termination",
        "closed_recruitment", "recruitment_closed", "enrolment_closed", "enrollment_closed", "geschlossen", "inactive",
    ),
    "planned": (
        "planned", "planned_on", "plan", "planned_activation", "planned_opening", "expected", "target",
        "planned_siv", "siv_planned", "activation_planned", "expected_activation", "target_activation", "forecast",
        "forecast_activation", "projected", "projected_activation", "estimated_activation", "planned_start",
        "planned_open", "expected_siv", "target_siv", "forecast_siv", "projected_siv", "anticipated_activation",
        "planned_initiation", "activation_forecast", "baseline_activation", "activation_target", "geplant",
    ),
    "closing": (
        "planned_closing", "planned_closure", "planned_close", "planned_end", "planned_close_out", "planned_closeout",
        "planned_cov", "cov_planned", "closing_planned", "closure_planned", "close_planned", "expected_closing",
        "expected_closure", "expected_close", "expected_end", "target_closing", "target_closure", "target_close",
        "projected_closure", "projected_close", "anticipated_closure", "closes", "closes_on", "to_close",
        "planned_deactivation", "close_out_planned", "planned_termination", "estimated_closure",
    ),
    "group": ("group", "site_group", "kind", "type"),
    "country": ("country", "country_code", "countries", "nation", "land", "pays", "pais", "paese"),
}  # fmt: skip

_FILLERS = {
    "date", "dt", "of", "the", "sum", "number", "num", "total", "cumulative", "cum", "actual", "to", "so", "far",
    "running", "accumulated", "cumul", "cumulated", "overall", "todate", "aantal", "anzahl", "nombre", "numero",
}  # fmt: skip
# Words without meaning beside others: `Patients enrolled this month`, `Site activation date`.
_BESIDE = {
    "patients", "patient", "subjects", "subject", "participants", "participant", "pts", "new", "monthly", "weekly",
    "daily", "this", "month", "week", "quarter", "in", "per", "by", "period", "site", "sites", "no", "nr", "since",
    "start", "all", "at", "on", "count", "study", "trial",
}  # fmt: skip
_LAST_DATES = ("year", "screening")  # these name a period only where nothing else does
_PREFERRED = {  # among several columns that fit a role, the preferred ones
    "randomised": ("randomised", "randomized", "randomisations", "randomizations", "rand"),
    "activated": ("activated", "activated_on", "activation", "active", "active_from"),
    "closed": ("closed", "closed_on", "closure"),
    "planned": ("planned_activation", "planned", "activation_planned"),
    "site": ("site_id", "site_number", "site_no", "siteid"),
}


def without_accents(text: str) -> str:
    """Replace letters with accents by plain letters; other alphabets stay unchanged."""
    return "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))


def plain(header: str) -> str:
    """Normalise a header: lower case, no accents, words joined by underscores: `SiteID (No.)` is `site_id_no`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", without_accents(header))
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def _core(name: str) -> str:
    """The words of a header that carry its meaning."""
    words = name.split("_")
    core = "_".join(word for word in words if word not in _FILLERS and word != "n")
    return core or ("actual" if "actual" in words else name)


def is_usual(header: str, usual: Iterable[str]) -> bool:
    """Check whether a header is one of some usual names, apart from words without meaning.

    Args:
        header: the header as written.
        usual: normalised names.

    Returns:
        Whether it is: as written, without words such as `date` or `total`, or without those that say nothing beside
        others, such as `patients`.
    """
    names, name = set(usual), plain(header)
    return any(form(name) in names for form in (str, _core, _loose))


def _loose(name: str) -> str:
    """The words of a header without those that carry no meaning beside others."""
    core = _core(name)
    return "_".join(word for word in core.split("_") if word not in _BESIDE) or core


def recognise(table: RawTable, names: Mapping[str, Iterable[str]], given: Columns | None = None) -> dict[str, str]:
    """Find the header of each role.

    Args:
        table: the table.
        names: usual names by role.
        given: header by role that the user said, which takes precedence; an empty header means no column.

    Returns:
        Header by role; roles without a column are left out.

    Raises:
        DataError: a header that the user named is missing, or two headers fit the same role.
    """
    found, unclear = recognised(table, names, given)
    for role, candidates in unclear.items():
        message = (
            f"{len(candidates)} columns could be '{role}': {', '.join(candidates)}; "
            f"say which, as in --columns {quoted(f'{role}={candidates[0]}')}"
        )
        raise DataError(Problem(message, table.file, 1))
    return found


def uses(
    table: RawTable, found: Mapping[str, str], words: Mapping[str, str], given: Columns | None = None
) -> tuple[tuple[ColumnUse, ...], tuple[str, ...]]:
    """Describe for the account which columns are used.

    Args:
        table: the table.
        found: header by role.
        words: each role in words.
        given: header by role that the user said.

    Returns:
        The columns used, and headers of the others.
    """
    said = {header for header in (given or {}).values() if header}
    used = tuple(
        ColumnUse(words.get(role, role), header, BY_OPTION if header in said else BY_NAME)
        for role, header in found.items()
    )
    return used, tuple(header for header in table.columns if header not in set(found.values()))


def recognised(
    table: RawTable, names: Mapping[str, Iterable[str]], given: Columns | None = None
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Find the header of each role, and the candidates of roles that several headers fit.

    Args:
        table: the table.
        names: usual names by role; a header goes to the first role that claims it.
        given: header by role that the user said, which takes precedence; an empty header means no column.

    Returns:
        Header by role, and candidates by role.

    Raises:
        DataError: a header that the user named is missing.
    """
    said = {role: header for role, header in (given or {}).items() if role in names}
    for role, header in said.items():
        if header and header not in table.columns:
            message = f"there is no column '{header}' for '{role}'; {nearest(header, table.columns)}"
            raise DataError(Problem(message, table.file, 1, "--columns"))
    found = {role: header for role, header in said.items() if header}
    unclear: dict[str, list[str]] = {}
    for role, usual in names.items():
        if role in said:
            continue
        candidates = _candidates(table, set(usual), set(found.values()))
        if role == "date" and len(candidates) > 1:  # a year alone is the last choice for a date
            candidates = [header for header in candidates if plain(header) not in _LAST_DATES] or candidates
            candidates = [header for header in candidates if not _is_counting(table.cells[header])] or candidates
        best = [header for header in candidates if _core(plain(header)) in _PREFERRED.get(role, ())]
        candidates = best if len(best) == 1 else candidates
        if len(candidates) == 1:
            candidates = namesakes(table, candidates[0])
        if len(candidates) > 1:
            unclear[role] = candidates
        elif candidates:
            found[role] = candidates[0]
    return found, unclear


def namesakes(table: RawTable, header: str) -> list[str]:
    """Return a header, and those that the file writes alike where their cells differ: `Date (2)` for a second `Date`.

    A second column that is empty, or says the same, makes no doubt.

    Args:
        table: the table; its reader has numbered headers that occur twice.
        header: one of its columns.
    """
    alike = [name for name in table.columns if re.fullmatch(rf"{re.escape(header)} \(\d+\)", name)]
    first = table.cells[header]
    return [header, *(name for name in alike if ((table.cells[name] != first) & (table.cells[name] != "")).any())]


def _is_counting(cells: pd.Series[str]) -> bool:
    """Whether cells are small numbers, like periods counted from the first."""
    return bool(cells.str.fullmatch(r"\d{1,3}").all())


def _candidates(table: RawTable, usual: set[str], taken: set[str]) -> list[str]:
    """Headers with exactly a usual name, or else those with one after meaningless words are removed.

    A percentage never has a role.
    """
    free = [header for header in table.columns if header not in taken and "%" not in header]
    for form in (str, _core, _loose):
        found = [header for header in free if form(plain(header)) in usual]
        if found:
            return found
    return []


def columns_from(text: str | None) -> dict[str, str]:
    """Read the text after `--columns`, such as `date=Rand Dt,site=Centre`. `left=` means that there is no such column.

    Args:
        text: pairs of role and header, separated by commas; headers may have commas too. None or empty for none.

    Returns:
        Header by role.

    Raises:
        UsageError: the text is not ROLE=HEADER, or the role does not exist.
    """
    if not text:
        return {}
    roles = {*LOG_NAMES, *COUNT_NAMES, *SITE_NAMES}
    found = {}
    for part in re.split(rf",(?=\s*(?:{'|'.join(sorted(roles))})\s*=)", text):  # headers may have commas
        role, equals, header = (piece.strip() for piece in part.partition("="))
        if not (equals and role) or (not header and role == "date"):
            raise UsageError(Problem("write ROLE=HEADER, as in date=Rand_Dt,site=Centre", "--columns", value=part))
        if role not in roles:
            raise UsageError(Problem(f"there is no role '{role}'; {nearest(role, roles)}", "--columns"))
        found[role] = header
    return found
