"""Deliveries of one dose: when they leave, arrive, fail and grow old, and what the source of cells hears of them."""

from __future__ import annotations

from typing import Any

import pytest
from small_world import happened, sites_of, someone, world_of

from sim.processes.couriers import Couriers
from sim.scenario.schema.treatment import Courier


class Claim:
    """A claim that is granted at once."""

    is_granted = True
    is_thawed = False

    def thaw(self) -> None:
        self.is_thawed = True

    def cancel(self) -> None:
        pass


class Source:
    """Cells without end, and what is asked of them."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, float]] = []

    def claim(self, person: Any, cells: float) -> Claim:
        del person
        self.asked.append(("claim", cells))
        return Claim()

    def __getattr__(self, name: str) -> Any:
        return lambda _person, cells=0.0: self.asked.append((name, cells))


class Way:
    """Couriers of one participant, who is due 5 cells on day 10."""

    def __init__(self, **rules: Any) -> None:
        self.world = world_of()
        self.person = someone(self.world, sites_of(self.world)[0])
        self.source = Source()
        self.couriers = Couriers(self.world, self.source, Courier(**rules), lambda: False)  # type: ignore[arg-type]
        self.couriers.prepare(self.person, 1, 0.0, 5.0, 10.0)

    def at(self, day: float, what: Any) -> None:
        self.world.env.call_at(day, what)

    def run(self) -> list[tuple[float, str]]:
        self.world.env.run_to_end()
        return [(round(e.day, 6), e.kind) for e in happened(self.world)]


def test_a_delivery_leaves_before_its_dose_and_is_there_for_it() -> None:
    way = Way(days=2.0, ahead_days=3.0)
    assert way.run() == [(7.0, "courier.sent"), (9.0, "courier.arrived")]
    claim = way.couriers.claim(way.person, 5.0)
    assert claim.is_granted
    claim.thaw()
    way.couriers.thawed(way.person, 5.0)
    assert way.source.asked == [("claim", 5.0), ("thawed", 5.0)], "counted when it left, and once"


def test_one_that_comes_too_early_is_ordered_again_when_the_participant_is_ready() -> None:
    """Two days of life: gone on day 9 unasked; asked for on day 10, another comes a day later."""
    way = Way(days=1.0, ahead_days=4.0, life_hours=48.0)
    claims: list[Any] = []
    way.at(10.0, lambda: claims.append(way.couriers.claim(way.person, 5.0)))
    way.at(11.5, lambda: claims[0].thaw())
    kinds = [(6.0, "sent"), (7.0, "arrived"), (9.0, "lost"), (10.0, "sent"), (11.0, "arrived")]
    assert way.run() == [(day, f"courier.{kind}") for day, kind in kinds]
    assert [name for name, _ in way.source.asked] == ["claim", "thawed", "more_due", "claim", "thawed"]


def test_a_ready_participant_gets_others_for_cells_that_grow_old() -> None:
    way = Way(days=1.0, life_hours=12.0)
    way.at(10.0, lambda: way.couriers.claim(way.person, 5.0))
    way.at(12.0, lambda: way.couriers.less_due(way.person, 5.0))
    kinds = [(10.0, "sent"), (11.0, "arrived"), (11.5, "lost"), (11.5, "sent"), (12.0, "lost")]
    assert way.run() == [(day, f"courier.{kind}") for day, kind in kinds]
    assert ("less_due", 5.0) not in way.source.asked, "what has left is no longer promised"


def test_one_that_is_lost_on_the_way_is_ordered_again_when_it_should_have_come() -> None:
    way = Way(days=1.5, failure=1.0)
    way.at(14.0, lambda: way.couriers.less_due(way.person, 15.0))
    found = way.run()
    assert found == [
        (day, f"courier.{kind}") for day, kind in [
            (10.0, "sent"), (11.5, "lost"), (11.5, "sent"), (13.0, "lost"), (13.0, "sent"), (14.0, "lost"),
        ]
    ]  # fmt: skip
    assert way.source.asked[-1] == ("less_due", 10.0), "of three doses, one had left"


def test_nothing_leaves_for_a_dose_that_is_not_due_any_more() -> None:
    way = Way(days=1.0)
    way.at(9.0, lambda: way.couriers.less_due(way.person, 5.0))
    assert way.run() == []
    assert way.source.asked == [("less_due", 5.0)]


@pytest.mark.parametrize("cells", [0.0])
def test_a_drug_needs_no_courier(cells: float) -> None:
    way = Way(days=1.0)
    other = someone(way.world, way.person.site, referral=1)
    way.couriers.prepare(other, 1, 0.0, cells, 3.0)
    assert way.couriers.claim(other, cells).is_granted
    way.couriers.thawed(other, cells)
    assert way.source.asked == [("claim", 0.0), ("thawed", 0.0)]
