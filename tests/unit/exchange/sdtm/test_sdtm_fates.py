"""What SDTM says became of each subject: arms, deaths, ends of participation, and subjects without a date."""

from __future__ import annotations

import pytest

from sim.exchange.observed import COMPLETED, FAILED, IN_SCREENING, LEFT, RANDOMISED, ObservedTrial
from sim.exchange.read import observed_from
from sim.exchange.tables.read import table_of

RANDOMIZED = "DS,{},RANDOMIZED,PROTOCOL MILESTONE,2024-01-10\n"


def read(dm: str, ds: str = "") -> ObservedTrial:
    tables = [table_of(dm.encode(), "dm.csv")]
    if ds:
        head = "DOMAIN,USUBJID,DSDECOD,DSCAT,DSSTDTC\n"
        tables.append(table_of(f"{head}{ds}".encode(), "ds.csv"))
    return observed_from(tables)


def became(trial: ObservedTrial) -> dict[str, tuple[str, str, str]]:
    """Status, way out and last day of each subject."""
    people = trial.people
    ended = ["" if day != day else str(trial.date_of(float(day))) for day in people.ended]
    return dict(zip(people.ids, zip(people.status, people.way_out, ended, strict=True), strict=True))


@pytest.mark.parametrize(
    ("names", "values", "status"),
    [
        ("", "", RANDOMISED),  # without arms, everybody with a start
        (",ARM", ",X", RANDOMISED),
        (",ARM", ",", IN_SCREENING),
        (",ARM", ",Not Assigned", IN_SCREENING),
        (",ARM", ",Screen Failure", FAILED),
        (",ARM,ARMCD", ",,X", RANDOMISED),
        (",ARM,ARMCD", ",X,", RANDOMISED),
        (",ARM,ARMNRS", ",,SCREEN FAILURE", FAILED),
        (",ACTARM", ",", RANDOMISED),
        (",ACTARM", ",Screen Failure", FAILED),
    ],
)
def test_an_arm_says_who_is_randomised(names: str, values: str, status: str) -> None:
    trial = read(f"DOMAIN,USUBJID,RFSTDTC,RFICDTC{names}\nDM,1,2024-01-10,2024-01-02{values}\n")
    assert became(trial)["1"][0] == status


ENDS = "DOMAIN,USUBJID,RFSTDTC,RFICDTC,ARM,RFPENDTC,DTHDTC,DTHFL\n"


def test_without_ds_an_end_of_participation_is_a_completion_unless_they_died() -> None:
    trial = read(
        f"{ENDS}DM,1,2024-01-10,2024-01-02,X,,,\nDM,2,2024-01-10,2024-01-02,X,2024-03-01,,\n"
        "DM,3,2024-01-10,2024-01-02,X,2024-03-01,2024-02-20,\nDM,4,2024-01-10,2024-01-02,X,2024-03-01,,Y\n"
        "DM,5,,2024-01-02,,2024-01-05,,\nDM,6,2024-01-10,2024-01-02,X,2024-03-01,,N\n"
    )
    assert became(trial) == {
        "1": (RANDOMISED, "", ""),
        "2": (COMPLETED, "", "2024-03-01"),
        "3": (LEFT, "death", "2024-02-20"),
        "4": (LEFT, "death", "2024-03-01"),
        "5": (FAILED, "", "2024-01-05"),
        "6": (COMPLETED, "", "2024-03-01"),
    }
    assert any("RFPENDTC says when 2 ended, not how" in note for note in trial.account.notes)


def test_with_ds_only_a_death_in_dm_adds_to_its_dispositions() -> None:
    trial = read(
        f"{ENDS}DM,1,2024-01-10,2024-01-02,X,2024-03-01,,\nDM,2,2024-01-10,2024-01-02,X,,2024-02-20,\n"
        "DM,3,2024-01-10,2024-01-02,X,2024-03-01,2024-02-20,\nDM,4,,2024-01-02,,,2024-01-20,\n",
        f"{RANDOMIZED.format(1)}{RANDOMIZED.format(2)}{RANDOMIZED.format(3)}"
        "DS,3,LOST TO FOLLOW-UP,DISPOSITION EVENT,2024-02-01\n",
    )
    assert became(trial) == {
        "1": (RANDOMISED, "", ""),
        "2": (LEFT, "death", "2024-02-20"),
        "3": (LEFT, "lost to follow-up", "2024-02-01"),
        "4": (IN_SCREENING, "", ""),
    }


def test_subjects_without_any_date_are_left_out_and_counted() -> None:
    dm = "DOMAIN,USUBJID,RFSTDTC,RFICDTC,ARM\nDM,1,2024-01-10,2024-01-02,X\n"
    assert read(dm).account.ignored == ()
    trial = read(f"{dm}DM,2,,,X\nDM,3,,2024-01-04,\n")
    assert trial.account.ignored == (("no date of screening or randomisation", 1),)
    assert trial.people.ids.tolist() == ["1", "3"]


def test_an_incomplete_start_lies_after_collection_where_consent_is_not_given() -> None:
    """RFICDTC is empty, so DMDTC is the day of screening; the middle of what is left of the month is taken."""
    head = "DOMAIN,USUBJID,RFSTDTC,RFICDTC,DMDTC,ARM\n"
    trial = read(f"{head}DM,1,2024-01,,2024-01-21,X\nDM,2,2024-02-10,2024-01-30,2024-02-02,X\n")
    assert str(trial.date_of(float(trial.people.randomised[0]))) == "2024-01-26"
    assert [str(trial.date_of(float(day))) for day in trial.people.screened] == ["2024-01-21", "2024-01-30"]


@pytest.mark.parametrize(
    ("category", "status"),
    [(None, LEFT), ("DISPOSITION EVENT", LEFT), ("OTHER EVENT", RANDOMISED), ("PROTOCOL MILESTONE", RANDOMISED)],
)
def test_only_a_disposition_ends_participation_and_without_categories_each_row_is_one(
    category: str | None, status: str
) -> None:
    rows = [
        ("1", "RANDOMIZED", "PROTOCOL MILESTONE", "2024-01-10"),
        ("1", "WITHDRAWAL BY SUBJECT", category, "2024-02-01"),
    ]
    keep = [0, 1, 3] if category is None else [0, 1, 2, 3]
    lines = [("USUBJID", "DSDECOD", "DSCAT", "DSSTDTC"), *rows]
    ds = "".join(
        ",".join(["DOMAIN" if i == 0 else "DS", *(str(row[k]) for k in keep)]) + "\n" for i, row in enumerate(lines)
    )
    dm = "DOMAIN,USUBJID,RFSTDTC,RFICDTC,ARM\nDM,1,2024-01-10,2024-01-02,X\n"
    trial = observed_from([table_of(dm.encode(), "dm.csv"), table_of(ds.encode(), "ds.csv")])
    ended = "2024-02-01" if status == LEFT else ""
    assert became(trial)["1"] == (status, "withdrawal by subject" if ended else "", ended)


@pytest.mark.parametrize(
    ("row", "status"),
    [
        ("COMPLETED,,", COMPLETED),
        ("COMPLETED,END OF STUDY,", COMPLETED),
        ("COMPLETED,END OF TREATMENT,", RANDOMISED),
        ("DISCONTINUED,STUDY DRUG,", RANDOMISED),
        ("COMPLETED,,SCREENING", RANDOMISED),
        ("COMPLETED,,TREATMENT", COMPLETED),  # nothing says that there is follow-up
        ("ONGOING,,", RANDOMISED),
        ("ENROLLED,,", RANDOMISED),
        ("DEATH,,SCREENING", LEFT),
    ],
)
def test_a_disposition_of_treatment_or_of_an_epoch_before_it_ends_nothing(row: str, status: str) -> None:
    term, part, epoch = row.split(",")
    ds = "DOMAIN,USUBJID,DSDECOD,DSSCAT,EPOCH,DSCAT,DSSTDTC\nDS,1,RANDOMIZED,,,PROTOCOL MILESTONE,2024-01-10\n"
    ds += f"DS,1,{term},{part},{epoch},DISPOSITION EVENT,2024-02-01\n"
    dm = "DOMAIN,USUBJID,RFSTDTC,RFICDTC,ARM\nDM,1,2024-01-10,2024-01-02,X\n"
    trial = observed_from([table_of(dm.encode(), "dm.csv"), table_of(ds.encode(), "ds.csv")])
    assert became(trial)["1"][0] == status
