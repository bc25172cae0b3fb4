"""What may be said of SDTM, and what cannot be."""

from __future__ import annotations

import pytest

from sim.exchange.findings import DataError
from sim.exchange.read import observed_from
from sim.exchange.sdtm.read import domain_of, is_said_of_sdtm
from sim.exchange.tables.read import table_of


def test_only_which_day_is_that_of_randomisation_can_be_said() -> None:
    assert is_said_of_sdtm({})
    assert is_said_of_sdtm({"date": "RFSTDTC"})
    assert is_said_of_sdtm({"date": "DSSTDTC"})
    assert not is_said_of_sdtm({"date": "DMDTC"})
    assert not is_said_of_sdtm({"date": "RFSTDTC", "site": "SITEID"})


@pytest.mark.parametrize(
    ("screened", "randomised", "ended", "said"),
    [
        ("2024-01-20", "2024-01-10", "", "randomised before screened"),
        ("2024-01-02", "2024-01-10", "2024-01-05", "left before randomised"),
    ],
)
def test_days_in_the_wrong_order_are_refused(screened: str, randomised: str, ended: str, said: str) -> None:
    dm = f"DOMAIN,USUBJID,RFSTDTC,RFICDTC,ARM\nDM,1,{randomised},{screened},X\n"
    ds = f"DOMAIN,USUBJID,DSDECOD,DSCAT,DSSTDTC\nDS,1,RANDOMIZED,PROTOCOL MILESTONE,{randomised}\n"
    if ended:
        ds += f"DS,1,LOST TO FOLLOW-UP,DISPOSITION EVENT,{ended}\n"
    with pytest.raises(DataError, match=said):
        observed_from([table_of(dm.encode(), "dm.csv"), table_of(ds.encode(), "ds.csv")])


@pytest.mark.parametrize(
    ("columns", "name", "domain"),
    [
        ("USUBJID,RFSTDTC", "x.csv", "DM"),
        ("usubjid,DSDECOD,RFSTDTC", "x.csv", "DS"),
        ("USUBJID,SVSTDTC", "x.csv", "SV"),
        ("SUBJID,RFSTDTC", "x.csv", ""),
        ("USUBJID,RFSTDTC,RANDDT", "x.csv", ""),
        ("USUBJID,AGE", "x.csv", ""),
        ("DOMAIN,AGE", "x.csv", "DM"),
    ],
)
def test_a_domain_is_known_by_what_only_it_has(columns: str, name: str, domain: str) -> None:
    cells = ",".join("DM" if column == "DOMAIN" else "1" for column in columns.split(","))
    assert domain_of(table_of(f"{columns}\n{cells}\n".encode(), name)) == domain
