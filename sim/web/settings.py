"""Settings of a studio: where it listens, what it keeps, and how much each visitor may ask for.

They are set once, when the studio starts (`trialclock serve`), and given to every process that works for it.

Attributes:
    LOOPBACK: the address at which only this machine sees the studio; the default.
    PORT: the port where nothing else is said.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path

LOOPBACK = "127.0.0.1"
PORT = 8050


@dataclass(frozen=True)
class Limits:
    """Limits on questions and uploads from visitors.

    Attributes:
        replications: simulated trials of a run, or of a search over all its plans.
        points: scenarios of a sweep.
        swept: simulated trials of a sweep, over all its points.
        kept: simulated trials kept whole.
        sites: sites in all groups together.
        participants: participants to randomise.
        years: simulated time.
        referrals: mean number of patients referred to all sites in one simulated trial.
        plans: plans to choose from.
        upload_bytes: size of any request; files arrive as text, which is longer by a third.
        file_bytes: size of a data file.
        job_seconds: time of one job.
        job_bytes: memory of one process of a job.
        jobs: jobs that run at once; others wait for their turn.
        jobs_each: jobs of one visitor, including waiting ones.
        kept_days: days for which files are kept after their last use.
        kept_bytes: size of all visitors' files and runs; beyond it, the longest unused are deleted.
    """

    replications: int = 10_000
    points: int = 200
    swept: int = 50_000
    kept: int = 200
    sites: int = 500
    participants: int = 5_000
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
    """Settings of one studio.

    Attributes:
        results: folder of runs; visitors' files are below it, in `studio/`.
        host: address to listen on.
        port: port to listen on.
        token: token that visitors must enter; empty on loopback, where none is asked for.
        hosts: host names that browsers may use, besides `host` and loopback; if empty and not on loopback: any.
        redis: address of a Redis server, to run jobs in Celery workers; empty for processes of this server.
        workers: processes for first answers; a job uses as many.
        limits: limits on questions and uploads.
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
        """Whether only this machine can reach it."""
        return is_loopback(self.host)

    @property
    def kept(self) -> Path:
        """The folder of visitors' files."""
        return self.results / "studio"


def is_loopback(host: str) -> bool:
    """Whether an address, or a name, is this machine's own."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
