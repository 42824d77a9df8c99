"""Who may open a socket, and what happens to those who send nonsense."""

import json
from ipaddress import ip_network

import pytest
import websockets
from prometheus_client import REGISTRY
from pytest_django import Settings

from chat import visitors
from chat.visitors import REFUSAL_COOKIE
from omegle.lib.ratelimit import Rate
from tests.strangers import Chat, Frame, new_cookie


def refused_origins() -> float:
    return REGISTRY.get_sample_value("omegle_origins_refused_total") or 0.0


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "null",
        "http://elsewhere.example",
        "http://127.0.0.1.evil.example",
        "http://127.0.0.1",
        "http://127.0.0.1:1",
        "http://127.0.0.1:{port}.evil.example",
        "http://evil.example:{port}",
        "http://user@127.0.0.1:{port}",
        "http://127.0.0.1:{port}/path",
        "ftp://127.0.0.1:{port}",
        "127.0.0.1:{port}",
        "",
    ],
)
async def test_foreign_origin_is_refused_before_the_upgrade(chat: Chat, origin: str | None) -> None:
    before = refused_origins()
    own = origin.format(port=chat.port) if origin is not None else None
    with pytest.raises(websockets.InvalidStatus) as caught:
        await chat.open(origin=own)
    assert caught.value.response.status_code == 403
    assert refused_origins() == before + 1


async def test_host_that_is_not_ours_is_refused(chat: Chat) -> None:
    """A rebound name makes Origin and Host agree; neither is one of ours."""
    with pytest.raises(websockets.InvalidStatus) as caught:
        await chat.open(origin=f"http://rebound.example:{chat.port}", Host="rebound.example")
    assert caught.value.response.status_code == 403


async def test_origin_is_compared_without_case(chat: Chat) -> None:
    async with chat.stranger(origin=f"HTTP://127.0.0.1:{chat.port}"):
        pass


@pytest.mark.parametrize("cookie", ["", "forged", "a.self.adult.1:1abc:forged"])
async def test_socket_without_a_valid_cookie_is_closed(chat: Chat, cookie: str) -> None:
    async with chat.stranger(hello=False, cookie=cookie) as alice:
        assert await alice.closes() == 4401


async def test_socket_under_old_terms_is_closed(chat: Chat, settings: Settings) -> None:
    cookie = new_cookie()
    settings.TERMS_VERSION = "2"
    async with chat.stranger(hello=False, cookie=cookie) as alice:
        assert await alice.closes() == 4401


async def test_socket_of_a_refused_browser_is_closed(chat: Chat) -> None:
    both = f"{new_cookie()}; {REFUSAL_COOKIE}={visitors.refusal_write()}"
    async with chat.stranger(hello=False, cookie=both) as alice:
        assert await alice.closes() == 4401


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "[1]",
        "17",
        "NaN",
        "null",
        '"hello"',
        "{",
        "{}",
        '{"type":1}',
        '{"type":"message","id":"x","text":"\\ud800"}',
        '{"type":"typing","on":NaN}',
        "[" * 10_000,
        '{"type":"typing","on":' + '{"a":' * 2000 + "1" + "}" * 2000 + "}",
        '{"type":"typing"}',
        '{"type":"typing","on":"yes"}',
        '{"type":"typing","on":true,"extra":1}',
        '{"type":"message","id":"x"}',
        '{"type":"leave","room":7}',
        '{"type":"leave","ref":"' + "r" * 37 + '"}',
    ],
    ids=lambda text: text[:24],
)
async def test_bad_frame_is_refused_and_the_third_closes(chat: Chat, text: str) -> None:
    async with chat.pair() as (alice, bob):
        for _ in range(2):
            await alice.send_text(text)
            await alice.hears("error", code="bad_frame")
        await alice.says("still here")
        await bob.hears("message", text="still here")
        await alice.send_text(text)
        assert await alice.closes() == 4400
        await bob.hears("presence", connected=False)
        await bob.hears_nothing()


async def test_unknown_type_counts_with_bad_frames(chat: Chat) -> None:
    async with chat.stranger() as alice:
        await alice.send("shout", ref="1")
        await alice.hears("error", code="unknown_type", ref="1")
        await alice.send("typing", ref="2")
        await alice.hears("error", code="bad_frame", ref="2")
        await alice.send("shout", ref="3")
        await alice.hears("error", code="unknown_type", ref="3")
        assert await alice.closes() == 4400


async def test_binary_frame_closes(chat: Chat) -> None:
    async with chat.stranger() as alice:
        await alice.socket.send(b"\x00\x01")
        assert await alice.closes() == 1003


def padded_hello(size: int) -> str:
    frame = {"type": "hello", "protocol": 1, "resume": ""}
    return json.dumps(frame) + " " * (size - len(json.dumps(frame)))


async def test_frame_of_16_kib_is_read(chat: Chat) -> None:
    async with chat.stranger(hello=False) as alice:
        await alice.send_text(padded_hello(16 * 1024))
        await alice.hears("welcome")


@pytest.mark.parametrize("fill", [" ", "é", "𝓍"])
async def test_larger_frame_closes(chat: Chat, fill: str) -> None:
    async with chat.stranger(hello=False) as alice:
        await alice.send_text(fill * (16 * 1024 // len(fill.encode())) + "!")
        assert await alice.closes() == 1009


async def test_too_many_sockets_of_one_address_are_closed(chat: Chat, settings: Settings) -> None:
    settings.LIMIT_CONNECTIONS = 2
    async with chat.stranger() as alice, chat.stranger() as bob:
        async with chat.stranger(hello=False) as carol:
            assert await carol.closes() == 4429
        await bob.send("bye")
        assert await bob.closes() == 1000
        await alice.hears_nothing()
        await room_for_one(chat)


async def room_for_one(chat: Chat) -> None:
    """The server counts a socket off when it has seen it close."""
    for _ in range(100):
        dave = await chat.open()
        await dave.send("hello", protocol=1)
        try:
            await dave.hears("welcome")
        except websockets.ConnectionClosed:
            continue
        await dave.socket.close()
        return
    raise AssertionError("no place was given back")


async def test_too_many_connects_of_one_address_are_closed(chat: Chat, settings: Settings) -> None:
    settings.LIMIT_CONNECT = Rate(2, 60)
    for _ in range(2):
        async with chat.stranger():
            pass
    async with chat.stranger(hello=False) as alice:
        assert await alice.closes() == 4429


async def test_forged_forwarded_address_is_ignored(chat: Chat, settings: Settings) -> None:
    settings.LIMIT_CONNECTIONS = 1
    async with (
        chat.stranger(X_Forwarded_For="203.0.113.1"),
        chat.stranger(hello=False, X_Forwarded_For="203.0.113.2") as other,
    ):
        assert await other.closes() == 4429


async def test_trusted_proxys_visitors_have_a_limit_each(chat: Chat, settings: Settings) -> None:
    settings.LIMIT_CONNECTIONS = 1
    settings.TRUSTED_PROXIES = (ip_network("127.0.0.0/8"),)
    async with (
        chat.stranger(X_Forwarded_For="203.0.113.1"),
        chat.stranger(X_Forwarded_For="198.51.100.9, 203.0.113.2"),
        chat.stranger(hello=False, X_Forwarded_For="198.51.100.7, 203.0.113.1") as third,
    ):
        assert await third.closes() == 4429


async def test_client_that_does_not_read_is_let_go(chat: Chat, settings: Settings) -> None:
    settings.LIMIT_MESSAGES = Rate(0, 1)
    async with chat.pair() as (alice, bob):
        bob.socket.transport.pause_reading()
        frame: Frame = {"type": ""}
        number = 0
        while frame["type"] != "presence":  # the system's buffers take some megabytes first
            number += 1
            assert number < 10_000
            await alice.send(
                "message", id=f"n{number}", text="\N{MATHEMATICAL BOLD SMALL A}" * 1000
            )
            frame = await alice.next()
        assert frame["connected"] is False
        bob.socket.transport.resume_reading()
        async with chat.stranger(hello=False, cookie=bob.cookie) as again:
            assert (await again.resume(bob))["resumed"] is True
