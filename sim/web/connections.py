"""Connections of a studio that serves many: waitress, with bounds on how long and how many anybody may hold.

A browser keeps six connections open, and a class of thirty behind one address has 180. What is slow, idle or not
allowed in is cut off before others have to wait for it.
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
    """What connections may take.

    Attributes:
        connections: open at once.
        of_one_address: of these, from one address.
        threads: requests that are answered at once; most of them wait for what simulates.
        idle_seconds: after which a connection is closed over which nothing comes or goes.
        crowded_seconds: the same when more than half of all connections are taken.
        request_seconds: in which a request must have come, and as many more as it has `request_rate` bytes.
        request_rate: bytes a second.
        look_seconds: between looks at all connections.
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
    """Who may not ask sends no body: it is not read."""

    code = 401
    reason = "Unauthorized"


class _Channel(HTTPChannel):
    """A connection that knows since when a request has been coming."""

    since: float | None = None

    def received(self, data: bytes) -> bool:
        """Take what has come."""
        taken = bool(super().received(data))
        if self.request is None:
            self.since = None
        elif self.since is None:
            self.since = time.time()
        return taken


class Server(TcpWSGIServer):
    """Waitress's server, with these bounds.

    Attributes:
        bounds: what connections may take.
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
        """Close connections that are idle, or whose request takes too long to come."""
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
        """Take a connection, unless its address has enough of them."""
        super().handle_accept()
        addresses = [channel.addr[0] for channel in self.active_channels.values()]
        if addresses and addresses.count(addresses[-1]) > self.bounds.of_one_address:
            list(self.active_channels.values())[-1].handle_close()


def is_slow(channel: Any, bounds: Bounds, now: float) -> bool:
    """Whether a request has taken longer to come than it may."""
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
        may_send: whether a request with a body may send it, by its method, its headers (as WSGI names them,
            without `HTTP_`) and the length of the body (-1 where it does not say).
        largest: bytes that the body of a request may have.
        bounds: what connections may take.
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
    """As many as are wanted, or as the system lets this process have files open, with some left for others."""
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
