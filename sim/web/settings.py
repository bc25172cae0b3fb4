"""How a studio is set up: where it listens, what it keeps, and how much anybody may ask of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

LOOPBACK = "127.0.0.1"
PORT = 8050


@dataclass(frozen=True)
class Limits:
    """What a scenario or an upload from outside may ask for.

    Attributes:
        replications: simulated trials of a run, or of a search for a plan over all its plans.
        points: scenarios of a sweep.
        swept: simulated trials of a sweep, over all its points.
        kept: simulated trials that are kept whole.
        sites: sites in all groups together.
        participants: participants to randomise.
        years: simulated time.
        referrals: patients that all sites look at in one simulated trial, on average.
        plans: plans to choose from.
        upload_bytes: size of any request; files come in it as text, which is longer by a third.
        file_bytes: size of a data file.
        job_seconds: time that one job may take.
        job_bytes: memory that one process of a job may take.
        jobs: jobs that run at once; others wait for their turn.
        jobs_each: jobs of one visitor, waiting ones among them.
        kept_days: days that something is kept after it was last used.
        kept_bytes: that all visitors' files and runs may take; of more, the longest unused are deleted.
    """

    replications: int = 10_000
    points: int = 200
    swept: int = 50_000
    kept: int = 200
    sites: int = 500
    participants: int = 2_000
    years: float = 25.0
    referrals: float = 100_000.0
    plans: int = 20_000
    upload_bytes: int = 8_000_000
    file_bytes: int = 5_000_000
    job_seconds: float = 900.0
    job_bytes: int = 4 * 2**30
    jobs: int = 2
    jobs_each: int = 4
    kept_days: float = 90.0
    kept_bytes: int = 20 * 2**30


@dataclass(frozen=True)
class Settings:
    """How this studio is set up.

    Attributes:
        results: the folder of runs; what visitors keep is below it, in `studio/`.
        host: address to listen on.
        port: port to listen on.
        token: what a visitor must know; empty on loopback, where none is asked for.
        hosts: names under which browsers may ask for it, besides `host` and loopback; empty and not on loopback: any.
        redis: address of a Redis server, where jobs run in Celery workers; empty for processes of this server.
        workers: processes that answer levers; a job uses as many.
        limits: what may be asked for.
    """

    results: Path = Path("results")
    host: str = LOOPBACK
    port: int = PORT
    token: str = ""
    hosts: tuple[str, ...] = ()
    redis: str = ""
    workers: int = 2
    limits: Limits = field(default_factory=Limits)

    @property
    def is_loopback(self) -> bool:
        """Whether nobody but this machine can reach it."""
        return is_loopback(self.host)

    @property
    def kept(self) -> Path:
        """The folder of what visitors keep."""
        return self.results / "studio"


def is_loopback(host: str) -> bool:
    """Whether an address, or a name, is this machine's own."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
