"""What may be said of SDTM, and what cannot be."""

from __future__ import annotations

import pytest

from sim.exchange.findings import DataError
from sim.exchange.read import observed_from
from sim.exchange.sdtm.read import is_said_of_sdtm
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
