"""The token: what a link was to is opened after it, it leaves the address, and guessing is slow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import call
from werkzeug.test import Client

from sim.errors import UsageError
from sim.web import door
from sim.web.app import create_app
from sim.web.door import TOKEN_COOKIE, Door, check_token, kept_secret, may_send
from sim.web.safety import addresses
from sim.web.settings import Settings

TOKEN = "known to us all"
LINK = "/plan?set=sites.a%2Fb.count%3D4&set=x%3D1&seed=7"


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[Any]:
    app, studio = create_app(Settings(tmp_path, host="0.0.0.0", token=TOKEN))
    yield app.server
    studio.close()


def ask(client: Client, path: str, **more: Any) -> Any:
    return client.get(path, headers={"Accept": "text/html"}, **more)


def test_a_shared_link_survives_the_page_that_asks_for_the_token(guarded: Any) -> None:
    client = guarded.test_client()
    asked = ask(client, LINK)
    assert asked.status_code == 401
    action = asked.text.partition('action="')[2].partition('"')[0].replace("&amp;", "&")
    wrong = client.post(action, data={"token": "wrong"})
    assert wrong.status_code == 401
    assert f'action="{action.replace("&", "&amp;")}"' in wrong.text
    answer = client.post(action, data={"token": TOKEN})
    assert (answer.status_code, answer.headers["Location"]) == (303, LINK)
    assert client.get(LINK).status_code == 200


def test_the_token_leaves_the_address(guarded: Any) -> None:
    client = guarded.test_client()
    for _ in range(2):  # let in by it, and let in already
        answer = client.get(f"{LINK}&token=known+to+us+all")
        assert (answer.status_code, answer.headers["Location"]) == (303, LINK)


@pytest.mark.parametrize("path", ["//evil.example/", "/\\evil.example/", "/%2Fevil.example/", '/"><script>'])
def test_it_sends_nobody_to_another_place(guarded: Any, path: str) -> None:
    client = guarded.test_client()
    location = client.get(f"{path}?token=known+to+us+all").headers["Location"]
    assert location.startswith("/")
    assert not location.startswith(("//", "/\\"))
    assert "<script>" not in ask(guarded.test_client(), path).text


def test_the_cookie_is_not_the_token_and_nobody_else_can_make_it(guarded: Any, tmp_path: Path) -> None:
    client = guarded.test_client()
    cookie = client.get("/?token=known+to+us+all").headers["Set-Cookie"]
    assert TOKEN not in cookie
    assert "HttpOnly" in cookie
    settings = Settings(tmp_path, token=TOKEN)
    assert Door(settings).cookie in cookie, "it opens the same studio after a restart"
    assert Door(Settings(tmp_path / "other", token=TOKEN)).cookie not in cookie
    assert len(kept_secret(settings)) == 32
    assert (tmp_path / "studio" / "secret").stat().st_mode & 0o077 == 0
    stranger = guarded.test_client()
    stranger.set_cookie(TOKEN_COOKIE, TOKEN)
    assert stranger.get("/").status_code == 401


def test_guesses_are_slowed_and_those_who_are_in_stay_in(guarded: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(door.time, "monotonic", lambda: now[0])
    client, guessing = guarded.test_client(), guarded.test_client()
    assert client.get("/?token=known+to+us+all").status_code == 303
    codes = [guessing.post("/", data={"token": f"guess {i}"}).status_code for i in range(25)]
    assert codes == [401] * 20 + [429] * 5
    right = guessing.post("/", data={"token": TOKEN})
    assert right.status_code == 429, "or it would be known to be right"
    assert right.headers["Retry-After"] == "60"
    assert client.get("/").status_code == 200
    elsewhere = guarded.test_client().post("/", data={"token": TOKEN}, environ_base={"REMOTE_ADDR": "10.0.0.9"})
    assert elsewhere.status_code == 303
    now[0] += 61
    assert guessing.post("/", data={"token": TOKEN}).status_code == 303


def test_a_short_token_is_refused(tmp_path: Path) -> None:
    check_token("x" * 12)
    with pytest.raises(UsageError, match="at least 12 characters"):
        check_token("x" * 11)
    done = call("serve", "--token", "abc", "--results", tmp_path)
    assert done.code == 2
    assert "--token: must have at least 12 characters" in done.err
    assert "abc" not in done.err


def test_only_those_who_are_in_send_a_body_and_a_form_to_come_in(tmp_path: Path) -> None:
    settings = Settings(tmp_path, token=TOKEN)
    may, cookie = may_send(settings), Door(settings).cookie
    form = {"CONTENT_TYPE": "application/x-www-form-urlencoded"}
    assert may("POST", {"COOKIE": f"a=b; {TOKEN_COOKIE}={cookie}"}, 8_000_000)
    assert may("POST", form, 200)
    assert not may("POST", form, 1_000_000)
    assert not may("POST", form, -1)
    assert not may("POST", {"COOKIE": f"{TOKEN_COOKIE}={TOKEN}"}, 200)
    assert may_send(Settings(tmp_path))("POST", {}, 8_000_000), "where no token is asked for"


def test_the_address_is_one_that_colleagues_can_open() -> None:
    first, *others = addresses(Settings(host="0.0.0.0", port=8051, token="a&b known to us"))
    assert first.endswith(":8051/?token=a%26b+known+to+us")
    assert "0.0.0.0" not in first
    assert [other.partition("?")[0] for other in others] in ([], ["http://127.0.0.1:8051/"])
    named = Settings(host="0.0.0.0", hosts=("studio.example",))
    assert addresses(named) == ["http://studio.example:8050/", "http://127.0.0.1:8050/"]
    assert addresses(Settings()) == ["http://127.0.0.1:8050/"]
    assert addresses(Settings(host="::1")) == ["http://[::1]:8050/"]
