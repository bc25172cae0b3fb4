"""compare, sweep, explain and plan on a Dask cluster: the bytes of this process alone, and a loss costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from test_api_experiments import OPTIONS, SMALL, ask, contents
from test_cluster import Dask, _patient, dask

import sim
from sim.errors import UsageError, WorkersLost

pytest.importorskip("distributed", reason="needs the extra 'cluster'")

__all__ = ["_patient", "dask"]  # fixtures

QUESTIONS = ("compare", "sweep", "explain", "plan")


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> sim.Scenario:
    monkeypatch.chdir(tmp_path)
    Path("small.yaml").write_text(yaml.safe_dump(SMALL))
    Path("ways.yaml").write_text(yaml.safe_dump(OPTIONS))
    return sim.load_scenario("small.yaml")


def test_the_bytes_are_those_of_this_process_alone(dask: Dask, small: sim.Scenario, tmp_path: Path) -> None:
    """All four on one cluster, one after the other."""
    dask.start_worker("a")
    for name in QUESTIONS:
        alone = ask(name, small, out=tmp_path / f"{name}-alone")
        on_cluster = ask(name, small, cluster=dask.address, out=tmp_path / f"{name}-cluster")
        assert len(contents(alone.folder)) >= 1
        assert contents(on_cluster.folder) == contents(alone.folder), name


def kill_at(dask: Dask, name: str, n: int) -> Callable[[int, int], None]:
    def progress(done: int, _total: int) -> None:
        if done >= n and name in dask.processes:
            dask.kill(name)

    return progress


@pytest.mark.parametrize("name", ["compare", pytest.param("plan", marks=pytest.mark.slow)])
def test_a_lost_cluster_costs_nothing(name: str, dask: Dask, small: sim.Scenario, tmp_path: Path) -> None:
    """It is said, what is finished is kept, and without the cluster it goes on to the same bytes."""
    dask.start_worker("a")
    lost = {"cluster": dask.address, "out": tmp_path / "r", "progress": kill_at(dask, "scheduler", 1)}
    with pytest.raises(WorkersLost, match="no longer answers; what is finished is kept"):
        ask(name, small, **lost)
    seen: list[int] = []
    ask(name, small, out=tmp_path / "r", progress=lambda done, _total: seen.append(done))
    assert seen[1] > 0
    assert contents(tmp_path / "r") == contents(ask(name, small, out=tmp_path / "alone").folder)


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_address_that_is_none_is_said(name: str, small: sim.Scenario, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="--cluster: is not the address of a Dask scheduler"):
        ask(name, small, cluster="locale", out=tmp_path / "r")


def test_what_raises_on_a_worker_raises_here(dask: Dask, monkeypatch: pytest.MonkeyPatch) -> None:
    """A defect is not taken for a lost worker, and is not tried again for ever."""
    from sim.experiment.cluster import Cluster

    dask.start_worker("a")
    with Cluster(dask.address, None) as crew, pytest.raises(ZeroDivisionError):
        list(crew.do(divmod, [(1, (1, 0))]))
