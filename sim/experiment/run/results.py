"""The results of a run as pandas frames.

Each table is read from the folder when it is asked for, and columns of replications one by one, so that large runs fit
into the memory.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from sim.analysis import country_tables, funnel_tables, rule_tables, summary
from sim.analysis.cost_months import month_table, spending
from sim.analysis.drift_table import drift_table
from sim.analysis.from_tables import event_rows
from sim.analysis.measures import PATH_MILESTONES, STEPS, path_name
from sim.analysis.one_by_one import OneByOne
from sim.analysis.risk_table import risk_table
from sim.analysis.shown import Shown, dates_and_odds, heading
from sim.core.design import Design
from sim.core.events import Log
from sim.errors import InputError, Problem, ResultsError, UsageError
from sim.experiment.files import LOCK, file_hash, opened, read_json, read_object
from sim.experiment.identity import changed, program_fingerprint
from sim.experiment.replicate import Failure, refuse_failed, replicate
from sim.experiment.run.assemble import CURVES, ENROLMENT, EVENTS, FAILURES, PARTICIPANTS, REPLICATIONS
from sim.experiment.run.folder import ASSUMPTIONS, CAUSES, MANIFEST, RUN, checked_manifest
from sim.experiment.run.table_checks import first_line, wrong_tables
from sim.scenario.extension_files import Extensions, read_extensions
from sim.scenario.load import scenario_from_json
from sim.scenario.schema import Scenario

_MOST_PRICED = 50  # trials kept whole of which costs by month are worked out


class Results(Shown):
    """The results of a finished run. Each frame is read when it is first asked for.

    Args:
        path: the run's folder.

    Attributes:
        path: the run's folder.
    """

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    def _lines(self) -> Iterator[str]:
        yield heading(f"Run of {self.scenario.name}", self.n_replications, self.seed, self.path)
        yield from dates_and_odds(self.milestones(), self.odds(), self.design.clock)

    @property
    def scenarios(self) -> tuple[Scenario, ...]:
        """The scenario, as the only one that this answer is about."""
        return (self.scenario,)

    @cached_property
    def manifest(self) -> dict[str, Any]:
        """What was run, when, by which versions, and the hash of every file; ResultsError if unfinished."""
        if not self.path.is_dir():
            raise ResultsError(Problem("there is no such results folder", str(self.path)))
        if not (self.path / MANIFEST).is_file():
            unfinished = (self.path / RUN).is_file()
            what = "this run was not finished; run it again to continue" if unfinished else "is not a results folder"
            raise ResultsError(Problem(what, str(self.path)))
        return checked_manifest(self.path / MANIFEST)

    @cached_property
    def until(self) -> dict[str, Any] | None:
        """What the rule of `--until` decided; None without a rule."""
        found: dict[str, Any] | None = self.manifest.get("until")
        return found

    @cached_property
    def identity(self) -> dict[str, Any]:
        """Scenario, seed, replications and versions, also while the run is being finished; ResultsError if damaged."""
        path = self.path / RUN
        found: Any = read_object(path) if path.is_file() else self.manifest.get("run")
        problem = changed(found)
        if problem:
            raise ResultsError(Problem(problem, str(path if path.is_file() else self.path / MANIFEST)))
        checked: dict[str, Any] = found
        return checked

    @cached_property
    def scenario(self) -> Scenario:
        """The resolved scenario."""
        return scenario_from_json(self.identity["scenario"], str(self.path / MANIFEST))

    @cached_property
    def design(self) -> Design:
        """The scenario, made ready.

        Raises:
            ResultsError: it has an extension whose file this process was not given.
        """
        try:
            return Design(self.scenario)
        except InputError as error:
            first = error.problems[0]
            raise ResultsError(Problem(first.message, str(self.path), path=first.path, value=first.value)) from None

    @property
    def seed(self) -> int:
        """Seed of the random numbers."""
        return int(self.identity["seed"])

    @property
    def n_replications(self) -> int:
        """Number of simulated trials."""
        return int(self.identity["replications"])

    def damaged_files(self) -> list[str]:
        """List files that are no longer what the run wrote: changed or missing.

        Returns:
            Such as "replications.parquet was changed" or "events.parquet is missing", in alphabetical order; empty if
            all files have the hashes that the manifest names.
        """
        known: dict[str, str] = self.manifest["files"]
        return [
            f"{name} is missing" if not (self.path / name).is_file() else f"{name} was changed"
            for name, digest in sorted(known.items())
            if not (self.path / name).is_file() or file_hash(self.path / name) != digest
        ]

    def wrong_tables(self) -> list[str]:
        """List tables that no run writes, although their hashes match; see `table_checks.wrong_tables`.

        Returns:
            What is wrong with each, in words; empty if a run could have written them.
        """
        return wrong_tables(self.path, self.design, self.n_replications)

    def changed_files(self) -> list[str]:
        """List files that differ from what the run wrote: changed, missing or added.

        Returns:
            Clauses as from `damaged_files`, and "... was added" for each file that the manifest does not know.
        """
        others = {item.name for item in self.path.iterdir()} - set(self.manifest["files"]) - {MANIFEST, LOCK}
        return self.damaged_files() + [f"{name} was added" for name in sorted(others)]

    def is_of_this_program(self) -> bool:
        """Return whether this program would simulate the same events, so that a replay is exact."""
        return bool(self.identity["program"] == program_fingerprint())

    @contextmanager
    def _told(self, name: str) -> Iterator[None]:
        """Turn whatever is wrong with the file of a table into a message."""
        try:
            yield
        except FileNotFoundError:
            raise ResultsError(Problem("there is no such file", str(self.path / name))) from None
        except (OSError, ValueError, TypeError, LookupError, pa.ArrowException) as error:
            raise ResultsError(Problem(f"is damaged: {first_line(error)}", str(self.path / name))) from None

    def _table(self, name: str, filters: Any = None, columns: list[str] | None = None) -> pa.Table:
        """Read a table of the run.

        Args:
            name: name of the file in the run's folder.
            filters: which rows, as `pyarrow.parquet.read_table` takes them; None for all.
            columns: which columns, only without `filters`; None for all.

        Raises:
            ResultsError: the file is missing or damaged.
        """
        with self._told(name), opened(self.path / name) as source:
            if filters is not None:
                return pq.read_table(source, filters=filters)
            with pq.ParquetFile(source) as file:  # takes a third of the time
                return file.read(columns)

    def _frame(self, name: str, of: Sequence[int] | None = None, columns: list[str] | None = None) -> pd.DataFrame:
        chosen = None if of is None else [("replication", "in", list(of))]
        frame: pd.DataFrame = self._table(name, chosen, columns).to_pandas()
        return frame

    def kept_events(self, replication: int) -> pa.Table:
        """Return the events of one replication as the run kept them; no rows if it kept none.

        Args:
            replication: its number, from 0.
        """
        return self._table(EVENTS, [("replication", "=", replication)])

    @cached_property
    def replications(self) -> pd.DataFrame:
        """One row per replication; a day that never came is NaN."""
        return self._frame(REPLICATIONS)

    def columns(self, *names: str) -> pd.DataFrame:
        """Return `outcome` and some other columns of `replications`, without loading the others into memory.

        Args:
            names: names of columns, or patterns as in a shell, such as `value_*`. Those that fit no column are skipped.

        Returns:
            One row per replication; the columns are in the order of the table.
        """
        known = self._column_names
        wanted = [name for name in known if any(fnmatchcase(name, pattern) for pattern in ("outcome", *names))]
        return self._frame(REPLICATIONS, columns=wanted)

    @property
    def _one_by_one(self) -> OneByOne:
        """`replications`, with one column in memory at a time; the file stays open as long as the table is in use."""
        self.refuse_failed()
        with self._told(REPLICATIONS):
            file = pq.ParquetFile(opened(self.path / REPLICATIONS))

        def column(name: str) -> pd.Series:
            with self._told(REPLICATIONS):
                found: pd.Series = file.read([name]).column(0).to_pandas()
            return found

        return OneByOne(column, file.schema_arrow.names, file.metadata.num_rows)

    @cached_property
    def _column_names(self) -> list[str]:
        with self._told(REPLICATIONS), opened(self.path / REPLICATIONS) as source:
            return list(pq.read_schema(source).names)

    @cached_property
    def enrolment(self) -> pd.DataFrame:
        """One row per randomisation, of all replications."""
        return self._frame(ENROLMENT)

    @cached_property
    def events(self) -> pd.DataFrame:
        """Events of the replications that were kept."""
        return self._frame(EVENTS)

    @cached_property
    def participants(self) -> pd.DataFrame:
        """Participants of the replications that were kept."""
        return self._frame(PARTICIPANTS)

    def events_of(self, replications: Sequence[int]) -> pd.DataFrame:
        """Return the events of some of the kept replications, without loading the others.

        Args:
            replications: their numbers; those that were not kept have no rows.

        Returns:
            A row for each event, in order of replication and time; columns as of `events`.
        """
        return self._frame(EVENTS, replications)

    def participants_of(self, replications: Sequence[int]) -> pd.DataFrame:
        """Return the participants of some of the kept replications, without loading the others.

        Args:
            replications: their numbers; those that were not kept have no rows.

        Returns:
            A row for each participant, in order of replication and randomisation; columns as of `participants`.
        """
        return self._frame(PARTICIPANTS, replications)

    def rows_of(self, replication: int) -> npt.NDArray[np.float64]:
        """Return the events of a kept replication as (n, WIDTH) rows; see `sim.core.events`.

        Args:
            replication: its number, from 0.
        """
        return event_rows(self.design, self._table(EVENTS, [("replication", "==", replication)]))

    def n_events(self) -> int:
        """Count the events of all kept replications, without reading them."""
        with opened(self.path / EVENTS) as file:
            return int(pq.read_metadata(file).num_rows)

    @cached_property
    def curves(self) -> pd.DataFrame:
        """Quantiles of the number randomised by each day."""
        return self._frame(CURVES)

    @cached_property
    def failures(self) -> list[dict[str, Any]]:
        """Replications that raised an exception, which is a defect of the program; ResultsError if damaged."""
        path = self.path / FAILURES
        failures: Any = read_json(path) if path.is_file() else []
        if not isinstance(failures, list) or not all(_is_failure(item) for item in failures):
            raise ResultsError(Problem("is damaged: it does not say which simulated trials failed", str(path)))
        return failures

    def refuse_failed(self) -> None:
        """Check that no replication failed; with a failure, no table and no report has an answer.

        Raises:
            ReplicationFailed: at least one failed.
        """
        failures = [Failure(item["replication"], item["error"], item["trace"]) for item in self.failures]
        refuse_failed(failures, f" (see {(self.path / FAILURES).as_posix()})")

    def milestones(self) -> pd.DataFrame:
        """Return days and dates of the milestones with their Monte Carlo errors; see `sim.analysis.summary`.

        Returns:
            A row for each milestone that the scenario has. Days count from day 0: `p10`, `p50`, `p80` and `p90`, each
            with `_low` and `_high` (95 %), `share` of trials that get there, and the dates of all days. Infinity and an
            empty date are later than the horizon.
        """
        return summary.with_dates(summary.milestone_table(self._one_by_one, self.scenario), self.design.clock)

    def odds(self) -> pd.DataFrame:
        """Return the probabilities of meeting the planned dates, and of never reaching the target.

        Returns:
            A row for each planned date and one for `never_reached`: `probability` from 0 to 1 with its interval.
        """
        return summary.odds_table(self.design, self._one_by_one)

    def outcomes(self) -> pd.DataFrame:
        """Return how replications ended, including those that failed.

        Returns:
            A row for each outcome, also those that did not occur: `n`, and `share` with its interval.
        """
        return summary.outcome_table(self.columns())

    def too_few(self) -> list[str]:
        """List the quantiles of dates that have no interval because there are too few replications.

        Returns:
            Such as `["P10", "P90"]`; empty if there are enough.
        """
        return summary.too_few(self._one_by_one)

    def funnel(self) -> pd.DataFrame:
        """Return mean numbers of people at each stage from referral to the last visit.

        Returns:
            A row for each stage that the scenario has: `mean` people with its interval, and `share` of those referred.
        """
        return funnel_tables.funnel_table(self.scenario, self._one_by_one)

    def losses(self) -> pd.DataFrame:
        """Return the people who were referred but not randomised, by reason.

        Returns:
            A row for each reason that the scenario can have: `mean` people with its interval.
        """
        return funnel_tables.loss_table(self.scenario, self._one_by_one)

    def caps(self) -> pd.DataFrame:
        """Return how often each cap was reached, when, and how many people it turned away.

        Returns:
            A row for each cap; see `sim.analysis.rule_tables.cap_table`. No rows without caps.
        """
        return rule_tables.cap_table(self.design, self._one_by_one)

    def countries(self) -> pd.DataFrame:
        """Return sites, people, first days and costs by country.

        Returns:
            See `sim.analysis.country_tables.country_table`. No rows if no site group names a country.
        """
        return country_tables.country_table(self.design, self._one_by_one)

    def start_up(self) -> pd.DataFrame:
        """Return the days of each start-up step and how often it is critical, over all sites and by country.

        Returns:
            See `sim.analysis.country_tables.start_up_table`. No rows without steps of start-up.
        """
        return country_tables.start_up_table(self.design, self._one_by_one)

    def drift(self) -> pd.DataFrame:
        """Return how far rates have drifted by the end of recruitment; empty if they do not drift.

        Returns:
            See `sim.analysis.drift_table.drift_table`.
        """
        return drift_table(self.design, self._one_by_one)

    def cost_by_month(self) -> pd.DataFrame:
        """Return the cost of each month and the cumulative cost, over at most 50 kept trials; empty without costs.

        Trials that failed do not count. The attribute `n` of the frame (`frame.attrs["n"]`) is the number of trials.
        """
        spent = []
        if self.scenario.costs is not None:
            frame = summary.finished(self.columns("replication", "day_end", "value_*"))
            kept = frame[frame["replication"] < min(self.identity["keep"], _MOST_PRICED)]
            events = self._table(EVENTS, [("replication", "<", _MOST_PRICED)])
            of_each = events.column("replication").to_numpy()
            rows = event_rows(self.design, events)
            trials = kept.to_dict("records")
            spent = [spending(rows[of_each == row["replication"]], self.design, row) for row in trials]
        found = month_table(self.design, spent)
        found.attrs["n"] = len(spent)
        return found

    def interims(self) -> pd.DataFrame:
        """Return how often each interim look took place, when, and what was decided.

        Returns:
            A row for each look; see `sim.analysis.rule_tables.interim_table`. No rows without looks.
        """
        return rule_tables.interim_table(self.design, self._one_by_one)

    def amendments(self) -> pd.DataFrame:
        """Return how often each amendment was decided, and from when it was in force.

        Returns:
            A row for each amendment; see `sim.analysis.rule_tables.amendment_table`. No rows without amendments.
        """
        return rule_tables.amendment_table(self.design, self._one_by_one)

    def risks(self, milestone: str = "") -> pd.DataFrame:
        """Return how often each risk strikes, and how many days it adds.

        Args:
            milestone: count days lost up to this milestone, where the run measured them; empty to count none.

        Returns:
            A row for each risk; see `sim.analysis.risk_table.risk_table`. No rows without risks.
        """
        return risk_table(self.design, self._one_by_one, self.causes() if milestone else None, milestone)

    def criteria(self) -> pd.DataFrame:
        """Return screen failures by criterion.

        Returns:
            A row for each criterion, in the order of the protocol; see `sim.analysis.funnel_tables.criterion_table`.
        """
        return funnel_tables.criterion_table(self.design, self._one_by_one)

    def paths(self) -> pd.DataFrame:
        """Return the critical path to each milestone; see `sim.analysis.summary.path_table`.

        Raises:
            ResultsError: an earlier version made the run, without a critical path.
        """
        if path_name(PATH_MILESTONES[0], next(iter(STEPS))) not in self._column_names:
            version = self.identity.get("version", "an earlier version")
            message = f"was made by trialclock {version}, which kept no critical path; run it again"
            raise ResultsError(Problem(message, str(self.path)))
        done = summary.finished(self._one_by_one)
        return summary.path_table(self.scenario, lambda name: done[name].to_numpy(dtype=np.float64))

    def causes(self) -> pd.DataFrame | None:
        """Return one row per milestone and cause: days lost to it, their interval, and the number of pairs of trials.

        The largest of a milestone comes first. A trial that never gets there counts as the horizon. None: not measured.
        """
        if not (self.path / CAUSES).is_file():
            return None
        return pd.read_csv(self.path / CAUSES, keep_default_na=False, na_values={"lost_low": "", "lost_high": ""})

    def assumptions(self) -> pd.DataFrame | None:
        """Return one row per assumption of grade D: days by which the trial ends later with it lower, and higher.

        The assumption that moves the end most comes first. None where the run did not look at them.
        """
        if not (self.path / ASSUMPTIONS).is_file():
            return None
        ends = {f"{side}{end}": "" for side in ("lower", "higher") for end in ("", "_low", "_high")}
        return pd.read_csv(self.path / ASSUMPTIONS, keep_default_na=False, na_values=ends)

    def costs(self) -> pd.DataFrame:
        """Return the cost by part.

        Returns:
            A row for all and for each part, `mean` in the scenario's currency with its interval; no rows without costs.
        """
        return summary.cost_table(self.scenario, self._one_by_one)

    def replay(self, replication: int) -> Log:
        """Simulate one replication again and return its events.

        Args:
            replication: its number, from 0; it need not be a kept one.

        Returns:
            Its log, the same as in the run if `is_of_this_program`.

        Raises:
            UsageError: the run has no such replication.
        """
        if not 0 <= replication < self.n_replications:
            last = self.n_replications - 1
            raise UsageError(f"this run has replications 0 to {last}, and no replication {replication}")
        return replicate(self.design, self.seed, replication)

    def typical_replication(self) -> int | None:
        """Return the kept replication whose last randomisation is nearest to the median; None if none was kept.

        Where the median or all of these days are never, it is the first kept one. Failed replications are left out.
        """
        frame = self.columns("replication", "day_last_randomised")
        kept = frame[frame["replication"] < self.identity["keep"]]
        kept = kept[kept["outcome"] != "error"]
        if kept.empty:
            return None
        median = self.milestones().loc["last_randomised", "p50"]
        days = kept["day_last_randomised"].to_numpy(dtype=np.float64)
        distance = np.where(np.isnan(days), np.inf, np.abs(days - median))
        if not np.isfinite(distance).any():
            return int(kept["replication"].iloc[0])
        return int(kept["replication"].to_numpy()[int(np.nanargmin(distance))])


def _is_failure(item: object) -> bool:
    kinds = {"replication": int, "error": str, "trace": str}
    return isinstance(item, dict) and all(isinstance(item.get(key), kind) for key, kind in kinds.items())


def open_results(path: Path | str, extensions: Extensions = ()) -> Results:
    """Open the results of a finished run.

    Args:
        path: its folder.
        extensions: files of the extensions that took part.

    Returns:
        The results; tables are read when they are asked for.

    Raises:
        InputError: there is no finished run, or a file of an extension cannot be used.
    """
    read_extensions(extensions)
    results = Results(path)
    _ = results.manifest
    return results
