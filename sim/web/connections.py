"""Connections of a production studio: waitress, with limits on how long and how many each address may hold.

A browser keeps six connections open, and a class of thirty behind one address has 180. Connections that are slow, idle
or refused are closed before others have to wait for them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher
from waitress.utilities import Error
from waitress.wasyncore import close_all

MaySend = Callable[[str, Mapping[str, str], int], bool]


@dataclass(frozen=True)
class Bounds:
    """Limits on connections.

    Attributes:
        connections: open at once.
        of_one_address: open at once from one address.
        threads: requests answered at once; most of them wait for a simulation.
        idle_seconds: after which a connection without traffic is closed.
        crowded_seconds: the same when more than half of all connections are in use.
        request_seconds: within which a request must arrive, plus its size over `request_rate`.
        request_rate: bytes a second that a slow but honest client sends.
        look_seconds: between checks of all connections.
    """

    connections: int = 1000
    of_one_address: int = 400
    threads: int = 48
    idle_seconds: float = 60.0
    crowded_seconds: float = 5.0
    request_seconds: float = 20.0
    request_rate: float = 20_000.0
    look_seconds: float = 1.0


class _Refused(Error):
    """Answer for a client that may not ask: its body is not read."""

    code = 401
    reason = "Unauthorized"


class _Channel(HTTPChannel):
    """A connection that knows when its current request began to arrive."""

    since: float | None = None

    def received(self, data: bytes) -> bool:
        """Take bytes that have arrived."""
        taken = bool(super().received(data))
        if self.request is None:
            self.since = None
        elif self.since is None:
            self.since = time.time()
        return taken


class Server(TcpWSGIServer):
    """Waitress's server, with these limits.

    Attributes:
        bounds: limits on connections.
    """

    bounds: Bounds
    _is_over = False

    def run(self) -> None:
        """Answer requests until it is stopped or interrupted."""
        super().run()
        if self._is_over:
            self.task_dispatcher.shutdown()

    def stop(self) -> None:
        """Let `run`, in another thread, close all connections and return."""
        self._is_over = True

    def maintenance(self, now: float) -> None:
        """Close connections that are idle, or whose request takes too long to arrive."""
        if self._is_over:
            close_all(self._map)
            return
        bounds = self.bounds
        is_crowded = 2 * len(self.active_channels) > bounds.connections
        idle = bounds.crowded_seconds if is_crowded else bounds.idle_seconds
        for channel in list(self.active_channels.values()):
            if channel.requests:
                continue
            if channel.last_activity < now - idle or (channel.since is not None and is_slow(channel, bounds, now)):
                channel.will_close = True

    def handle_accept(self) -> None:
        """Accept a connection, unless its address has too many."""
        super().handle_accept()
        addresses = [channel.addr[0] for channel in self.active_channels.values()]
        if addresses and addresses.count(addresses[-1]) > self.bounds.of_one_address:
            list(self.active_channels.values())[-1].handle_close()


def is_slow(channel: Any, bounds: Bounds, now: float) -> bool:
    """Whether a request has taken longer to arrive than it may.

    Args:
        channel: the connection, whose `since` is the time at which its request began to arrive.
        bounds: limits on connections.
        now: seconds since 1970.
    """
    request = channel.request
    n_bytes = 0 if request is None else request.header_bytes_received + request.body_bytes_received
    return bool(now - channel.since > bounds.request_seconds + n_bytes / bounds.request_rate)


def make_server(
    app: Any, host: str, port: int, may_send: MaySend, largest: int, bounds: Bounds | None = None
) -> Server:
    """A server that listens; its `run` answers requests.

    Args:
        app: the WSGI app.
        host: address to listen on.
        port: port to listen on.
        may_send: whether a request may send its body, by method, headers (with WSGI's names, without `HTTP_`) and
            length of the body in bytes (-1 if not given). A request that may not is answered with 401, and its body is
            not read.
        largest: maximum size of the body of a request, in bytes.
        bounds: limits on connections.

    Returns:
        The server, listening but not yet answering.

    Raises:
        OSError: the address or port cannot be used.
    """

    class Parser(HTTPRequestParser):
        def parse_header(self, header_plus: bytes) -> None:
            super().parse_header(header_plus)
            length = -1 if self.chunked else self.content_length
            if length and not may_send(self.command, self.headers, length):
                self.error = _Refused("A token is needed.")
                self.completed = True

    class Channel(_Channel):
        parser_class = Parser

    class Listening(Server):
        channel_class = Channel

    bounds = bounds or Bounds()
    Listening.bounds = bounds
    adjustments = Adjustments(
        host=host,
        port=port,
        threads=bounds.threads,
        connection_limit=_most_connections(bounds.connections),
        cleanup_interval=bounds.look_seconds,
        asyncore_loop_timeout=bounds.look_seconds,
        asyncore_use_poll=True,
        backlog=min(bounds.connections, 1024),
        max_request_body_size=largest + 1,
        ident="trialclock",
    )
    dispatcher = ThreadedTaskDispatcher()
    dispatcher.set_thread_count(adjustments.threads)
    together: dict[int, Any] = {}
    servers = [
        Listening(app, together, dispatcher=dispatcher, adj=adjustments, sockinfo=found) for found in adjustments.listen
    ]
    return servers[-1]


def _most_connections(wanted: int) -> int:
    """As many as wanted, or as the system's limit on open files allows, with some files left for other uses."""
    others = 200
    try:
        import resource
    except ImportError:  # Windows
        return wanted
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted + others if hard == resource.RLIM_INFINITY else min(wanted + others, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
            soft = most
    return wanted if soft == resource.RLIM_INFINITY else max(min(wanted, soft - others), 10)
