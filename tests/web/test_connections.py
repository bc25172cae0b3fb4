"""Connections by raw sockets: many at once, slow ones, idle ones, and bodies of those who may not send any.

Nothing here waits for a time to pass: a connection that is to be closed is read until it is.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from sim.web.connections import Bounds, Server, is_slow, make_server

PATIENCE_SECONDS = 180.0
GET = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"
KEY = b"Cookie: key=1\r\n"
Start = Callable[..., Callable[[], socket.socket]]


def _app(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    n = len(environ["wsgi.input"].read())
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", str(len(str(n))))])
    return [str(n).encode()]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a server with bounds; it returns what opens a connection to it."""
    servers: list[Server] = []
    threads: list[threading.Thread] = []
    opened = ExitStack()

    def started(largest: int = 1000, **bounds: Any) -> Callable[[], socket.socket]:
        may_send = lambda _method, headers, _length: "key=1" in headers.get("COOKIE", "")  # noqa: E731
        server = make_server(_app, "127.0.0.1", 0, may_send, largest, Bounds(look_seconds=0.05, **bounds))
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        servers.append(server)
        threads.append(thread)

        def connect() -> socket.socket:
            found = socket.create_connection(("127.0.0.1", int(server.effective_port)), timeout=PATIENCE_SECONDS)
            return opened.enter_context(found)

        return connect

    yield started
    opened.close()
    for server in servers:
        server.stop()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)


def read(connection: socket.socket) -> bytes:
    """One answer with its body, or what came before the connection was closed."""
    text = b""
    try:
        while b"\r\n\r\n" not in text:
            if not (more := connection.recv(65536)):
                return text
            text += more
        head, _, body = text.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
        while len(body) < length and (more := connection.recv(65536)):
            body += more
    except ConnectionResetError:
        return text
    return head + body


def status(connection: socket.socket) -> int:
    return int(read(connection).split(b" ")[1])


def until_closed(connection: socket.socket) -> None:
    try:
        while connection.recv(65536):
            pass
    except ConnectionResetError:
        pass


def test_thirty_browsers_with_six_connections_each_are_served(start: Start) -> None:
    connect = start()
    browsers = [connect() for _ in range(180)]
    for connection in (*browsers, connect()):
        connection.sendall(GET)
    assert [status(connection) for connection in browsers] == [200] * 180
    browsers[0].sendall(GET)
    assert status(browsers[0]) == 200, "it is kept open"


def test_who_may_not_send_a_body_is_refused_before_it_comes(start: Start) -> None:
    connect = start(threads=1)
    slow = [connect() for _ in range(20)]
    for connection in slow:
        connection.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\n\r\n")  # and no body
    assert [status(connection) for connection in slow] == [401] * 20
    chunked = connect()
    chunked.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert status(chunked) == 401
    let_in = connect()
    let_in.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\n" + KEY + b"Content-Length: 3\r\n\r\nabc")
    assert read(let_in).endswith(b"3")


def test_a_body_that_is_too_large_is_refused_before_it_comes(start: Start) -> None:
    connection = start(largest=10)()
    connection.sendall(b"POST /x HTTP/1.1\r\nHost: x\r\n" + KEY + b"Content-Length: 1000000000\r\n\r\n")
    assert status(connection) == 413


@pytest.mark.parametrize(
    "begun",
    [b"GET /hea", b"POST /x HTTP/1.1\r\nHost: x\r\n" + KEY + b"Content-Length: 900\r\n\r\nabc"],
    ids=["head", "body"],
)
def test_a_request_that_does_not_come_to_its_end_is_cut_off(begun: bytes, start: Start) -> None:
    connect = start(request_seconds=0.2, threads=1)
    connection = connect()
    connection.sendall(begun)
    other = connect()
    other.sendall(GET)
    assert status(other) == 200, "it holds up nobody"
    until_closed(connection)


def test_slow_is_what_comes_slower_than_a_bad_line() -> None:
    class Channel:
        since = 100.0

        class request:  # noqa: N801
            header_bytes_received, body_bytes_received = 100, 0

    bounds = Bounds(request_seconds=20, request_rate=1000.0)
    assert not is_slow(Channel, bounds, 120.0)
    assert is_slow(Channel, bounds, 121.0)
    Channel.request.body_bytes_received = 50_000
    assert not is_slow(Channel, bounds, 170.0)
    assert is_slow(Channel, bounds, 171.0)


def test_a_connection_that_says_nothing_is_closed(start: Start) -> None:
    connect = start(idle_seconds=0.2)
    silent, once = connect(), connect()
    once.sendall(GET)
    assert status(once) == 200
    until_closed(silent)
    until_closed(once)


def test_when_more_than_half_are_taken_idle_ones_make_room(start: Start) -> None:
    connect = start(connections=20, crowded_seconds=0.2)  # the others would be kept for a minute
    held = [connect() for _ in range(40)]
    newest = connect()
    newest.sendall(GET)
    assert status(newest) == 200
    until_closed(held[0])


def test_one_address_does_not_have_all_connections(start: Start) -> None:
    connect = start(of_one_address=5)
    held = [connect() for _ in range(5)]
    for connection in held:
        connection.sendall(GET)
        assert status(connection) == 200
    one_more = connect()
    until_closed(one_more)
    held[0].sendall(GET)
    assert status(held[0]) == 200
