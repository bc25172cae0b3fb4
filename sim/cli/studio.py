"""`serve`: the studio in a browser.

The studio is an extra of the package, so nothing of it is imported before the command runs.
"""

from __future__ import annotations

import logging
import os
import secrets
import sys
from pathlib import Path

import click

from sim.cli.options import ENGINE
from sim.errors import Problem, UsageError


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", type=click.IntRange(1, 65535), default=8050, show_default=True, help="Port to listen on.")
@click.option("--production", is_flag=True, help="Serve many visitors (with waitress); always on off loopback.")
@click.option(
    "--token", metavar="TEXT", envvar="TRIALCLOCK_TOKEN", help="Token that visitors must enter, off loopback."
)
@click.option(
    "--host-name", "hosts", multiple=True, metavar="NAME", help="A host name that browsers may use; may be repeated."
)
@click.option("--redis", default="", envvar="TRIALCLOCK_REDIS", metavar="URL", help="Run jobs in Celery workers.")
@ENGINE
@click.option(
    "--results", type=click.Path(path_type=Path), default=Path("results"), show_default=True, help="Folder of runs."
)
def serve(
    host: str, port: int, production: bool, token: str | None, hosts: tuple[str, ...], redis: str, results: Path
) -> int:
    """Open the studio: plan, compare, explain, forecast, watch and learn, in a browser.

    It listens to this machine only. On any other address it asks visitors for a token, which is printed at the start
    unless you set one. Answers come from the compiled engine once it is compiled (see --engine); the first start on
    a machine compiles it meanwhile.
    """
    try:
        from sim.web.app import create_app
    except ImportError as error:
        message = f"needs the packages of the extra 'web' ({error.name} is missing): pip install 'trialclock[web]'"
        raise UsageError(Problem(message, "serve")) from None
    from sim.compiled.choice import AUTO, VARIABLE, asked, prepare
    from sim.compiled.ready import make_ready_beside
    from sim.experiment.workers import n_cores
    from sim.web.door import check_token
    from sim.web.safety import addresses
    from sim.web.server import serve as answer_requests
    from sim.web.settings import Settings, is_loopback

    if token:
        check_token(token)
    elif not is_loopback(host):
        token = secrets.token_urlsafe(16)
    engine = os.environ[VARIABLE] = asked()  # by which the processes that simulate know it
    prepare(engine)
    if engine == AUTO:
        make_ready_beside()
    settings = Settings(results, host, port, token or "", hosts, redis, n_cores())
    logging.basicConfig(stream=sys.stderr, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    app, studio = create_app(settings)
    first, *others = addresses(settings)
    click.echo(f"The studio is open: {first}")
    for other in others:
        click.echo(f"On this machine: {other}")
    click.echo("Ctrl-C ends it.")
    answer_requests(app, studio, production=production)
    return 0
