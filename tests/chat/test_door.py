"""Who may open a socket, and what happens to those who send nonsense."""

import asyncio
import contextlib
import json
from ipaddress import ip_network

import pytest
import websockets
from pytest_django import Settings

from chat import visitors
from chat.visitors import REFUSAL_COOKIE
from omegle.lib.metrics import REGISTRY
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


async def test_origin_of_another_scheme_is_refused(chat: Chat) -> None:
    with pytest.raises(websockets.InvalidStatus) as caught:
        await chat.open(origin=f"https://127.0.0.1:{chat.port}")
    assert caught.value.response.status_code == 403


@pytest.mark.parametrize("path", ["", "ws", "ws/x", "elsewhere/"])
async def test_socket_at_another_address_is_refused(
    chat: Chat, path: str, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(websockets.InvalidStatus) as caught:
        await websockets.connect(f"ws://127.0.0.1:{chat.port}/{path}", compression=None)
    assert caught.value.response.status_code == 403
    assert "Traceback" not in caplog.text


async def talk_http(chat: Chat, request: bytes, *, seconds: float = 10) -> bytes:
    """Send bytes, and give all that comes back until the server closes."""
    reader, writer = await asyncio.open_connection(chat.host, chat.port)
    try:
        async with asyncio.timeout(seconds):
            with contextlib.suppress(ConnectionError):
                writer.write(request)
                await writer.drain()
                return await reader.read()
        return b""
    finally:
        writer.transport.abort()


@pytest.mark.parametrize(
    "request_head",
    [
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 9000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: a\r\n" * 200 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 2_000_000,
    ],
    ids=["long line", "many lines", "no end"],
)
async def test_head_that_is_too_large_is_refused(chat: Chat, request_head: bytes) -> None:
    answer = await talk_http(chat, request_head)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 400")


@pytest.mark.parametrize("request_head", [b"", b"GET / HTTP/1.1\r\nHost: 127"])
async def test_head_that_does_not_come_is_cut_off(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, request_head: bytes
) -> None:
    monkeypatch.setattr("omegle.server.sockets.HANDSHAKE_SECONDS", 0.05)
    assert await talk_http(chat, request_head) == b""


async def test_body_that_is_too_large_is_not_read(chat: Chat) -> None:
    head = f"POST /enter/ HTTP/1.1\r\nHost: 127.0.0.1:{chat.port}\r\nContent-Length: 50000000\r\n"
    answer = await talk_http(chat, head.encode() + b"\r\n" + b"a" * 5_000_000)
    assert b"200 OK" not in answer


async def test_body_that_does_not_come_is_cut_off(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omegle.server.sockets.BODY_SECONDS", 0.05)
    head = f"POST /enter/ HTTP/1.1\r\nHost: 127.0.0.1:{chat.port}\r\nContent-Length: 500\r\n"
    assert await talk_http(chat, head.encode() + b"\r\n" + b"a" * 499) == b""


async def test_request_that_is_whole_waits_as_long_as_its_answer_takes(
    chat: Chat, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("omegle.server.sockets.BODY_SECONDS", 0.0)
    head = f"POST /enter/ HTTP/1.1\r\nHost: 127.0.0.1:{chat.port}\r\nConnection: close\r\n"
    answer = await talk_http(chat, head.encode() + b"Content-Length: 1\r\n\r\na")
    assert answer.startswith(b"HTTP/1.1 403")
    async with chat.stranger() as alice:
        await alice.hears_nothing()


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
