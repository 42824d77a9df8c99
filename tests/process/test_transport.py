"""What a WebSocket protocol class owes to ASGI and RFC 6455, asked of both that can be chosen.

A real uvicorn on uvloop serves an application of the test's own; the client writes the bytes.
"""

import asyncio
import contextlib
import logging
import os
import queue
import socket
import ssl
import struct
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import Future
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from uvicorn.protocols.utils import ClientDisconnected
from websockets.asyncio.client import connect

from omegle.server.web import SOCKET_OPTIONS, WS_PROTOCOLS
from tests.process.copies import wait_until

pytestmark = pytest.mark.process

SECONDS = 10
LIMIT = SOCKET_OPTIONS["ws_max_size"]
TEXT, BINARY, CLOSE, PING, PONG = 0x1, 0x2, 0x8, 0x9, 0xA
KEY = b"dGhlIHNhbXBsZSBub25jZQ=="

Scope = dict[str, Any]
Event = dict[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[Any]]


async def echo(scope: Scope, receive: Receive, send: Send) -> Event:
    """Say everything back; give the event that ended it."""
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        await send(event | {"type": "websocket.send"})
    return event


class Served:
    """A server, and the outcomes of the applications it ran, one after the other."""

    def __init__(self, protocol: str, **options: Any) -> None:
        self.protocol = protocol
        self.app: App = echo
        self._outcomes: queue.SimpleQueue[Future[Any]] = queue.SimpleQueue()
        listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = listener.getsockname()[1]
        given: Any = SOCKET_OPTIONS | {"ws": WS_PROTOCOLS[protocol]} | options
        self.server = uvicorn.Server(
            uvicorn.Config(
                self._run,
                loop="uvloop",
                interface="asgi3",
                lifespan="on",
                timeout_graceful_shutdown=1,
                **given,
            )
        )
        self._thread = threading.Thread(target=self.server.run, args=([listener],))
        self._thread.start()

    async def _run(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            scope["state"]["kept"] = "from the start"
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        outcome: Future[Any] = Future()
        try:
            outcome.set_result(await self.app(scope, receive, send))
        except BaseException as error:
            outcome.set_exception(error)
            raise
        finally:
            self._outcomes.put(outcome)

    async def outcome(self) -> Any:
        """Give what the application returned, or raise what it raised."""
        done = await asyncio.to_thread(self._outcomes.get, timeout=SECONDS)
        return done.result()

    def forget(self) -> None:
        """Wait until everything of the last test is over."""
        wait_until(
            lambda: not self.server.server_state.tasks and not self.server.server_state.connections,
            seconds=SECONDS,
            otherwise=lambda: f"still there: {self.server.server_state}",
        )
        self.app = echo
        self._outcomes = queue.SimpleQueue()

    def stop(self) -> None:
        self.server.should_exit = True

    def join(self) -> None:
        self.stop()
        self._thread.join(SECONDS)
        assert not self._thread.is_alive()

    async def is_left_alone(self) -> None:
        """Wait until no connection is kept."""
        async with asyncio.timeout(SECONDS):
            while self.server.server_state.connections:
                await asyncio.sleep(0.005)


@asynccontextmanager
async def serving(protocol: str, **options: Any) -> AsyncIterator[Served]:
    served = Served(protocol, **options)
    try:
        yield served
    finally:
        await asyncio.to_thread(served.join)


@pytest.fixture(scope="module", params=WS_PROTOCOLS)
def shared(request: pytest.FixtureRequest) -> Iterator[Served]:
    served = Served(request.param)
    try:
        yield served
    finally:
        served.join()


@pytest.fixture
def served(shared: Served, caplog: pytest.LogCaptureFixture) -> Iterator[Served]:
    """A server with the options of production, that must have nothing to complain of."""
    yield shared
    shared.forget()
    if shared.protocol == "picows":
        assert caplog.records == []


@pytest.fixture
def complaining(shared: Served) -> Iterator[Served]:
    """The same, for what it logs."""
    yield shared
    shared.forget()


@pytest.fixture(params=WS_PROTOCOLS)
def protocol(request: pytest.FixtureRequest) -> str:
    """For servers with options of their own."""
    name: str = request.param
    return name


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, rsv: int = 0, masked: bool = True
) -> bytes:
    size = len(payload)
    head = bytes([fin << 7 | rsv << 4 | opcode])
    if size < 126:
        head += bytes([masked << 7 | size])
    elif size < 1 << 16:
        head += bytes([masked << 7 | 126]) + struct.pack("!H", size)
    else:
        head += bytes([masked << 7 | 127]) + struct.pack("!Q", size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    whole = (mask * (size // 4 + 1))[:size]
    masked_payload = int.from_bytes(payload, "big") ^ int.from_bytes(whole, "big")
    return head + mask + masked_payload.to_bytes(size, "big")


def request(*lines: bytes, path: bytes = b"/", key: bytes = KEY, version: bytes = b"13") -> bytes:
    head = [
        b"GET " + path + b" HTTP/1.1",
        b"Host: 127.0.0.1",
        b"Connection: keep-alive, Upgrade",  # as Firefox says it
        b"Upgrade: WebSocket",
        b"Sec-WebSocket-Version: " + version,
        b"Sec-WebSocket-Key: " + key,
    ]
    return b"\r\n".join([*head, *lines, b"", b""])


class Client:
    """Writes bytes, reads frames."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @property
    def address(self) -> tuple[str, int]:
        address: tuple[str, int] = self.writer.get_extra_info("sockname")
        return address

    def write(self, *parts: bytes) -> None:
        self.writer.write(b"".join(parts))

    async def head(self) -> tuple[int, list[tuple[str, str]]]:
        """Give the status of the answer, and its headers by lower-case names."""
        lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
        pairs = [line.split(": ", 1) for line in lines[1:]]
        return int(lines[0].split()[1]), [(name.lower(), value) for name, value in pairs]

    async def frame(self) -> tuple[int, bytes]:
        """Give the next frame's opcode and payload; the server's are whole and not masked."""
        first, size = await self.reader.readexactly(2)
        if size == 126:
            (size,) = struct.unpack("!H", await self.reader.readexactly(2))
        elif size == 127:
            (size,) = struct.unpack("!Q", await self.reader.readexactly(8))
        assert first & 0xF0 == 0x80
        return first & 0xF, await self.reader.readexactly(size)

    async def closed(self) -> tuple[int, str]:
        """Read to the close frame; give its code and reason."""
        while (got := await self.frame())[0] != CLOSE:
            pass
        return int.from_bytes(got[1][:2], "big"), got[1][2:].decode()

    async def ends(self) -> None:
        """Read to the end of the connection."""
        with contextlib.suppress(ConnectionError):
            while await self.reader.read(65536):
                pass

    def reset(self) -> None:
        """Drop the connection with a RST."""
        raw = self.writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.writer.transport.abort()


@asynccontextmanager
async def connected(served: Served, **options: Any) -> AsyncIterator[Client]:
    reader, writer = await asyncio.open_connection("127.0.0.1", served.port, **options)
    try:
        async with asyncio.timeout(SECONDS):
            yield Client(reader, writer)
    finally:
        writer.transport.abort()


@asynccontextmanager
async def opened(served: Served, *lines: bytes, path: bytes = b"/") -> AsyncIterator[Client]:
    async with connected(served) as client:
        client.write(request(*lines, path=path))
        status, _ = await client.head()
        assert status == 101
        yield client


# --- The request and its answer -------------------------------------------------------------------


async def test_scope_says_what_the_request_said(served: Served) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> Scope:
        assert await receive() == {"type": "websocket.connect"}
        await send({"type": "websocket.close"})
        return scope

    served.app = app
    lines = (b"X-Two: one", b"x-two: other", b"Sec-WebSocket-Protocol: a, b", b"Empty: ")
    async with connected(served) as client:
        client.write(request(*lines, path=b"/a%20b/%C3%A9?q=%20&r=%C3%A9"))
        await client.head()
        scope = await served.outcome()
        assert scope["client"] == client.address
    assert scope["type"] == "websocket"
    assert scope["asgi"] == {"version": "3.0", "spec_version": "2.4"}
    assert scope["http_version"] == "1.1"
    assert scope["scheme"] == "ws"
    assert scope["server"] == ("127.0.0.1", served.port)
    assert scope["root_path"] == ""
    assert scope["path"] == "/a b/é"
    assert scope["raw_path"] == b"/a%20b/%C3%A9"
    assert scope["query_string"] == b"q=%20&r=%C3%A9"
    assert scope["subprotocols"] == ["a", "b"]
    own = {"omegle.send_now"}  # picows' short way; no application has to know it
    assert scope["extensions"].keys() - own == {"websocket.http.response"}
    assert scope["state"] == {"kept": "from the start"}
    assert [value for name, value in scope["headers"] if name == b"x-two"] == [b"one", b"other"]
    assert (b"host", b"127.0.0.1") in scope["headers"]
    assert (b"empty", b"") in scope["headers"]


async def test_answer_has_the_subprotocol_and_headers_of_the_application(served: Served) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send(
            {
                "type": "websocket.accept",
                "subprotocol": "b",
                "headers": [(b"set-cookie", b"a=1"), (b"set-cookie", b"b=2")],
            }
        )
        await receive()

    served.app = app
    async with connected(served) as client:
        # No compression, whoever asks for it.
        client.write(request(b"Sec-WebSocket-Extensions: permessage-deflate"))
        status, headers = await client.head()
    assert status == 101
    assert ("sec-websocket-accept", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") in headers
    assert ("sec-websocket-protocol", "b") in headers
    assert [value for name, value in headers if name == "set-cookie"] == ["a=1", "b=2"]
    assert "sec-websocket-extensions" not in dict(headers)
    assert dict(headers)["upgrade"] == "websocket"
    assert dict(headers)["connection"].lower() == "upgrade"


async def test_close_before_accept_is_403(served: Served) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> Event:
        await receive()
        await send({"type": "websocket.close", "code": 4000})
        return await receive()

    served.app = app
    async with connected(served) as client:
        client.write(request())
        status, _ = await client.head()
        assert status == 403
        await client.ends()
    event = await served.outcome()
    assert (event["type"], event["code"]) == ("websocket.disconnect", 1006)


async def test_application_may_answer_with_a_page(served: Served) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        headers = [(b"content-type", b"text/html"), (b"x-own", b"1")]
        await send({"type": "websocket.http.response.start", "status": 402, "headers": headers})
        await send({"type": "websocket.http.response.body", "body": b"<p>", "more_body": True})
        await send({"type": "websocket.http.response.body", "body": b"pay</p>"})

    served.app = app
    async with connected(served) as client:
        client.write(request())
        status, pairs = await client.head()
        body = await client.reader.read()
    headers = dict(pairs)
    assert (status, body) == (402, b"<p>pay</p>")
    assert headers["content-type"] == "text/html"
    assert headers["x-own"] == "1"
    assert headers["content-length"] == "10"


async def crashing(scope: Scope, receive: Receive, send: Send) -> None:
    raise LookupError("on purpose")


async def returning(scope: Scope, receive: Receive, send: Send) -> None:
    await receive()


async def denying_by_half(scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "websocket.send", "text": "too early"})


@pytest.mark.parametrize("app", [crashing, returning, denying_by_half])
async def test_application_that_does_not_answer_is_500(
    complaining: Served, app: App, caplog: pytest.LogCaptureFixture
) -> None:
    complaining.app = app
    async with connected(complaining) as client:
        client.write(request())
        status, _ = await client.head()
        await client.ends()
    assert status == 500
    await complaining.is_left_alone()
    assert len(caplog.records) == 1
    with contextlib.suppress(LookupError, RuntimeError):
        await complaining.outcome()


async def test_application_that_crashes_ends_the_connection(
    complaining: Served, caplog: pytest.LogCaptureFixture
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        raise LookupError("on purpose")

    complaining.app = app
    async with opened(complaining) as client:
        await client.ends()
    await complaining.is_left_alone()
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    with pytest.raises(LookupError):
        await complaining.outcome()


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (request(key=b""), 400),
        (request(key=b"short"), 400),
        (request(key=b"!!!!IHNhbXBsZSBub25jZQ=="), 400),
        (request(b"Sec-WebSocket-Key: " + KEY), 400),
        (request(version=b"8"), None),
    ],
    ids=["no key", "short key", "bad key", "two keys", "old version"],
)
async def test_handshake_that_is_none_is_refused(
    complaining: Served, words: bytes, status: int | None
) -> None:
    async with connected(complaining) as client:
        client.write(words)
        answered, headers = await client.head()
        await client.ends()
    if status is None:  # RFC 6455, section 4.4; uvicorn's own class says 400
        status = 426 if complaining.protocol == "picows" else 400
        assert (status == 400) is (("sec-websocket-version", "13") not in headers)
    assert answered == status
    await complaining.is_left_alone()


@pytest.mark.parametrize(
    "words",
    [
        request().replace(b"GET", b"PUT"),
        request(b"Content-Length: 2") + b"ab",
        request(b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
    ],
    ids=["no GET", "a body", "a body in chunks"],
)
async def test_request_that_cannot_be_one_is_400(words: bytes) -> None:
    """uvicorn's own class takes some for a fault of its own."""
    async with serving("picows") as served, connected(served) as client:
        client.write(words)
        assert (await client.head())[0] == 400
        await client.ends()


@pytest.mark.parametrize("header", [(b"x", b"a\r\nb: c"), (b"x\r\ny", b"a")])
async def test_header_of_the_application_stays_one(header: tuple[bytes, bytes]) -> None:
    """uvicorn's own class lets it become two."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        with pytest.raises(RuntimeError):
            await send({"type": "websocket.accept", "headers": [header]})
        await send({"type": "websocket.close"})

    async with serving("picows") as served, connected(served) as client:
        served.app = app
        client.write(request())
        assert (await client.head())[0] == 403


async def test_too_much_before_the_answer_is_cut_off(protocol: str) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> Event:
        await receive()
        return await receive()

    async with serving(protocol) as served, connected(served) as client:
        served.app = app
        client.write(request(), frame(TEXT, b"x" * LIMIT), frame(TEXT, b"x" * LIMIT))
        await client.ends()
        assert (await served.outcome())["type"] == "websocket.disconnect"


# --- Messages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 4096, 8192, 8193, LIMIT])
@pytest.mark.parametrize("kind", [TEXT, BINARY])
async def test_message_of_any_size_comes_and_goes(served: Served, kind: int, size: int) -> None:
    payload = b"x" * size if kind == TEXT else os.urandom(size)
    async with opened(served) as client:
        for _ in range(3):
            client.write(frame(kind, payload))
            assert await client.frame() == (kind, payload)


async def test_text_is_utf_8(served: Served) -> None:
    text = "é \N{GRINNING FACE} \0 ア".encode()
    async with opened(served) as client:
        client.write(frame(TEXT, text))
        assert await client.frame() == (TEXT, text)


async def test_messages_longer_than_16_bits_leave(served: Served) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "bytes": b"x" * 70_000})
        await receive()

    served.app = app
    async with opened(served) as client:
        assert await client.frame() == (BINARY, b"x" * 70_000)


async def test_fragments_become_one_message_with_a_ping_between(served: Served) -> None:
    words = "ein Wört \N{GRINNING FACE}".encode()
    async with opened(served) as client:
        client.write(frame(TEXT, words[:5], fin=False))
        client.write(frame(PING, b"?"))
        client.write(frame(0, words[5:6], fin=False), frame(0, fin=False))
        assert await client.frame() == (PONG, b"?")
        client.write(frame(0, words[6:-1], fin=False), frame(0, words[-1:]))
        assert await client.frame() == (TEXT, words)
        client.write(frame(BINARY, b"\xff", fin=False), frame(0, b"\xfe"))
        assert await client.frame() == (BINARY, b"\xff\xfe")


async def test_frames_right_behind_the_request_are_heard(served: Served) -> None:
    async with connected(served) as client:
        client.write(request(), frame(TEXT, b"early"), frame(PING, b"?"), frame(TEXT, b"x" * 9000))
        status, _ = await client.head()
        assert status == 101
        got = [await client.frame() for _ in range(3)]
    assert sorted(got) == [(TEXT, b"early"), (TEXT, b"x" * 9000), (PONG, b"?")]


async def test_bytes_that_come_one_by_one_are_the_same(served: Served) -> None:
    async with connected(served) as client:
        client.writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in request():
            client.write(bytes([byte]))
            await client.writer.drain()
        await client.head()
        for byte in frame(TEXT, b"a", fin=False) + frame(0, b"b" * 126) + frame(TEXT, b"c"):
            client.write(bytes([byte]))
            await client.writer.drain()
        assert await client.frame() == (TEXT, b"a" + b"b" * 126)
        assert await client.frame() == (TEXT, b"c")


async def test_cancelled_receive_loses_nothing(served: Served) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> list[str]:
        await receive()
        await send({"type": "websocket.accept"})
        heard: list[str] = []
        while len(heard) < 2000:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(0.0002):
                    heard.append((await receive())["text"])
        return heard

    served.app = app
    said = [str(number) for number in range(2000)]
    async with opened(served) as client:
        for text in said:
            client.write(frame(TEXT, text.encode()))
            if int(text) % 10 == 0:
                await asyncio.sleep(0)
        assert await served.outcome() == said


async def test_wide_and_short_messages_to_a_late_reader_stay_whole(served: Served) -> None:
    """What waits in the loop's buffer may not change under it."""
    said = [b"%d " % number + b"x" * (20_000 if number % 2 else 5) for number in range(400)]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        for payload in said:
            await send({"type": "websocket.send", "text": payload.decode()})
        await receive()

    served.app = app
    ear = socket.socket()
    ear.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    ear.connect(("127.0.0.1", served.port))
    reader, writer = await asyncio.open_connection(sock=ear, limit=4096)
    client = Client(reader, writer)
    client.write(request())
    async with asyncio.timeout(SECONDS):
        await client.head()
        assert [(await client.frame())[1] for _ in said] == said
    writer.transport.abort()


# --- Who ends it, and how -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("payload", "code", "reason"),
    [
        (b"", 1005, ""),
        (b"\x03\xe8", 1000, ""),
        (b"\x03\xe9going", 1001, "going"),
        (b"\x0b\xb8", 3000, ""),
        (b"\x13\x87" + "grüß".encode(), 4999, "grüß"),
    ],
)
async def test_close_of_the_client_is_told_and_echoed(
    served: Served, payload: bytes, code: int, reason: str
) -> None:
    async with opened(served) as client:
        client.write(frame(TEXT, b"last"))
        assert await client.frame() == (TEXT, b"last")
        client.write(frame(CLOSE, payload))
        kind, answer = await client.frame()
        assert (kind, answer[:2]) == (CLOSE, payload[:2])
        await client.ends()
    event = await served.outcome()
    assert (event["code"], event.get("reason") or "") == (code, reason)
    await served.is_left_alone()


async def hang_up(client: Client) -> None:
    client.writer.transport.abort()


async def half_close(client: Client) -> None:
    """Say that nothing follows, and go on listening."""
    client.writer.write_eof()
    await client.ends()


async def reset_in_a_frame(client: Client) -> None:
    client.write(frame(TEXT, b"x" * 1000)[:500])
    await client.writer.drain()
    client.reset()


@pytest.mark.parametrize("go", [hang_up, half_close, reset_in_a_frame])
async def test_client_that_goes_without_a_word_is_told(
    served: Served, go: Callable[[Client], Awaitable[None]]
) -> None:
    async with opened(served) as client:
        await go(client)
        event = await served.outcome()
    # uvicorn's own class says that a close frame without a code has come.
    assert event["code"] == (1006 if served.protocol == "picows" else 1005)
    await served.is_left_alone()


async def test_client_that_goes_before_the_answer_is_told(served: Served) -> None:
    gone = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> Event:
        await receive()
        event = await receive()
        with pytest.raises(ClientDisconnected):
            await send({"type": "websocket.accept"})
        gone.set()
        return event

    served.app = app
    async with connected(served) as client:
        client.write(request())
        await client.writer.drain()
    assert (await served.outcome())["code"] == 1006
    assert gone.is_set()
    await served.is_left_alone()


async def test_close_of_the_application_is_told(served: Served) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> Event:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.send", "text": "last"})
        await send({"type": "websocket.close", "code": 4401, "reason": "grüß"})
        with pytest.raises(RuntimeError):
            await send({"type": "websocket.send", "text": "too late"})
        return await receive()

    served.app = app
    async with opened(served) as client:
        assert await client.frame() == (TEXT, b"last")
        assert await client.closed() == (4401, "grüß")
        # What crosses it is of no use to anybody.
        client.write(frame(TEXT, b"crossed"), frame(CLOSE, b"\x11\x31"))
        assert await client.reader.read() == b""
    event = await served.outcome()
    assert (event["type"], event["code"]) == ("websocket.disconnect", 4401)
    await served.is_left_alone()


async def test_client_that_does_not_answer_a_close_is_cut_off(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("sockets", "transport"):
        monkeypatch.setattr(f"omegle.server.{module}.CLOSING_SECONDS", 0.1)

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        await send({"type": "websocket.close", "code": 4400})

    served.app = app
    async with opened(served) as client:
        assert await client.closed() == (4400, "")
        await client.ends()
    await served.is_left_alone()


async def test_sending_to_one_who_is_gone_raises(served: Served) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> bool:
        await receive()
        await send({"type": "websocket.accept"})
        assert (await receive())["type"] == "websocket.disconnect"
        with pytest.raises(ClientDisconnected):
            await send({"type": "websocket.send", "text": "x"})
        return True

    served.app = app
    async with opened(served) as client:
        client.reset()
        assert await served.outcome()


async def test_text_that_is_no_unicode_is_the_application_s_mistake(served: Served) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.accept"})
        with pytest.raises(UnicodeEncodeError):
            await send({"type": "websocket.send", "text": "\ud800"})
        await send({"type": "websocket.send", "text": "whole"})
        await receive()

    served.app = app
    async with opened(served) as client:
        assert await client.frame() == (TEXT, b"whole")


async def test_server_that_stops_says_1012(protocol: str) -> None:
    async with serving(protocol) as served:
        async with opened(served) as client:
            client.write(frame(TEXT, b"there?"))
            assert await client.frame() == (TEXT, b"there?")
            served.stop()
            assert await client.closed() == (1012, "")
            await client.ends()
        assert (await served.outcome())["code"] == 1012


# --- Breaches -------------------------------------------------------------------------------------

TOO_LONG = bytes([0x81, 0xFF]) + struct.pack("!Q", 1 << 40) + b"mask"


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (frame(TEXT, b"x", masked=False), 1002),
        (frame(TEXT, b"x", rsv=4), 1002),
        (frame(TEXT, b"x", rsv=2), 1002),
        (frame(BINARY, b"x", rsv=1), 1002),
        (frame(PING, b"x", rsv=4), 1002),
        (frame(0x3, b"x"), 1002),
        (frame(0xB, b"x"), 1002),
        (frame(PING, b"x" * 126), 1002),
        (frame(CLOSE, b"\x03\xe8" + b"x" * 124), 1002),
        (frame(PING, b"x", fin=False), 1002),
        (frame(0, b"x"), 1002),
        (frame(TEXT, b"x", fin=False) + frame(TEXT, b"y"), 1002),
        (frame(TEXT, b"x", fin=False) + frame(BINARY, b"y"), 1002),
        (frame(CLOSE, b"\x03"), 1002),
        (frame(CLOSE, struct.pack("!H", 0)), 1002),
        (frame(CLOSE, struct.pack("!H", 999)), 1002),
        (frame(CLOSE, struct.pack("!H", 1004)), 1002),
        (frame(CLOSE, struct.pack("!H", 1005)), 1002),
        (frame(CLOSE, struct.pack("!H", 1006)), 1002),
        (frame(CLOSE, struct.pack("!H", 1015)), 1002),
        (frame(CLOSE, struct.pack("!H", 2999)), 1002),
        (frame(CLOSE, struct.pack("!H", 5000)), 1002),
        (frame(CLOSE, b"\x03\xe8\xff"), 1007),
        (frame(TEXT, b"\xff"), 1007),
        (frame(TEXT, b"\xed\xa0\x80"), 1007),
        (frame(TEXT, b"\xc3"), 1007),
        (frame(TEXT, b"\xc3", fin=False) + frame(0, b"\x28"), 1007),
        (frame(TEXT, b"x" * (LIMIT + 1)), 1009),
        (frame(BINARY, b"x" * (LIMIT + 1)), 1009),
        (frame(TEXT, b"x" * (LIMIT + 1))[:8], 1009),
        (TOO_LONG, 1009),
        (frame(TEXT, b"x" * LIMIT, fin=False) + frame(0, b"x"), 1009),
        (frame(TEXT, fin=False) + frame(0, b"x", fin=False) * (LIMIT + 1), 1009),
    ],
    ids=[
        "no mask",
        "reserved 4",
        "reserved 2",
        "reserved 1",
        "reserved of a ping",
        "opcode 3",
        "opcode 11",
        "long ping",
        "long close",
        "ping in fragments",
        "end without a beginning",
        "text in a text",
        "binary in a text",
        "half a code",
        "code 0",
        "code 999",
        "code 1004",
        "code 1005",
        "code 1006",
        "code 1015",
        "code 2999",
        "code 5000",
        "reason no UTF-8",
        "no UTF-8",
        "surrogate",
        "half a character",
        "no UTF-8 in fragments",
        "long text",
        "long binary",
        "long by its head",
        "endless by its head",
        "long by a fragment",
        "long by thousands of fragments",
    ],
)
async def test_breach_is_answered_with_its_code(served: Served, words: bytes, code: int) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> tuple[list[str], int]:
        await receive()
        await send({"type": "websocket.accept"})
        heard = []
        while (event := await receive())["type"] == "websocket.receive":
            heard.append(event["text"])
        return heard, event["code"]

    served.app = app
    async with opened(served) as client:
        client.write(words, frame(TEXT, b"heard by nobody"))
        assert (await client.closed())[0] == code
        client.write(frame(TEXT, b"nor this"))
        await client.ends()
    assert await served.outcome() == ([], code)
    await served.is_left_alone()


async def test_empty_fragments_without_end_cost_nothing(served: Served) -> None:
    async with opened(served) as client:
        client.write(frame(TEXT, b"a", fin=False))
        for _ in range(100):
            client.write(frame(0, fin=False) * 1000)
            await client.writer.drain()
        client.write(frame(0, b"b"))
        assert await client.frame() == (TEXT, b"ab")


# --- Whether the other side keeps up --------------------------------------------------------------


async def test_one_we_do_not_read_is_not_called_silent() -> None:
    """uvicorn's own class closes, though the answer to its ping is there."""
    goes_on = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> int:
        await receive()
        await send({"type": "websocket.accept"})
        await asyncio.to_thread(goes_on.wait)
        count = 0
        while (event := await receive())["type"] == "websocket.receive":
            count += 1
        assert event["code"] == 4000
        return count

    async with serving("picows", ws_ping_interval=0.02, ws_ping_timeout=0.02) as served:
        served.app = app
        async with opened(served) as client:
            client.write(frame(TEXT, b"x") * 5000)
            for _ in range(4):  # and nobody answers
                assert (await client.frame())[0] == PING
            client.write(frame(CLOSE, struct.pack("!H", 4000)))
            goes_on.set()
            assert await client.closed() == (4000, "")
        assert await served.outcome() == 5000


async def test_ping_is_answered(served: Served) -> None:
    async with opened(served) as client:
        for payload in (b"", b"x" * 125):
            client.write(frame(PING, payload), frame(PONG, b"nobody asked"))
            assert await client.frame() == (PONG, payload)


async def test_client_that_answers_pings_is_kept_and_a_silent_one_is_not(protocol: str) -> None:
    async with serving(protocol, ws_ping_interval=0.02, ws_ping_timeout=0.3) as served:
        async with opened(served) as client:
            asked = set()
            for _ in range(5):
                kind, payload = await client.frame()
                assert kind == PING
                client.write(frame(PONG, b"another"), frame(PONG, payload))
                asked.add(payload)
            assert len(asked) == 5
            assert (await client.frame())[0] == PING
            client.write(frame(PONG, b"another"), frame(PONG, asked.pop()))
            assert await client.closed() == (1011, "keepalive ping timeout")
            await client.ends()
        await served.is_left_alone()
        event = await served.outcome()
        assert event["type"] == "websocket.disconnect"


async def test_application_that_lags_stops_the_reading(served: Served) -> None:
    """Far more than buffers hold is not taken; nothing is lost once it goes on."""
    goes_on = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> int:
        await receive()
        await send({"type": "websocket.accept"})
        await asyncio.to_thread(goes_on.wait)
        count = 0
        while (event := await receive())["type"] == "websocket.receive":
            assert int(event["text"].split()[0]) == count
            count += 1
        return count

    served.app = app
    most = 64 * 2**20 // LIMIT
    async with opened(served) as client:
        count = 0
        with contextlib.suppress(TimeoutError):
            for _ in range(most):
                text = b"%d " % count
                client.write(frame(TEXT, text + b"x" * (LIMIT - len(text))))
                count += 1
                async with asyncio.timeout(1):
                    await client.writer.drain()
        assert count < most
        goes_on.set()
        client.write(frame(CLOSE))
        assert await served.outcome() == count


async def test_thousands_of_tiny_messages_come_in_order(served: Served) -> None:
    async with opened(served) as client:
        said = [b"%d" % number for number in range(20_000)]
        client.write(*(frame(TEXT, text) for text in said))
        assert [(await client.frame())[1] for _ in said] == said


@pytest.mark.parametrize("reads_on", [True, False])
async def test_client_that_does_not_read_stops_the_application_and_can_be_closed(
    served: Served, monkeypatch: pytest.MonkeyPatch, reads_on: bool
) -> None:
    for module in ("sockets", "transport"):
        monkeypatch.setattr(f"omegle.server.{module}.CLOSING_SECONDS", SECONDS if reads_on else 0.1)

    async def app(scope: Scope, receive: Receive, send: Send) -> int:
        await receive()
        await send({"type": "websocket.accept"})
        for count in range(64 * 2**20 // LIMIT):
            try:
                async with asyncio.timeout(0.5):
                    await send({"type": "websocket.send", "bytes": bytes(LIMIT)})
            except TimeoutError:
                async with asyncio.timeout(0.1):
                    await send({"type": "websocket.close", "code": 4008})
                return count
        raise AssertionError("all of it was taken")

    served.app = app
    async with opened(served) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        count = await served.outcome()
        if reads_on:
            client.writer.transport.resume_reading()  # type: ignore[attr-defined]
            for _ in range(count):
                assert await client.frame() == (BINARY, bytes(LIMIT))
            assert await client.closed() == (4008, "")
            client.write(frame(CLOSE, b"\x0f\xa8"))
            await client.ends()
        await served.is_left_alone()


async def test_send_that_waits_for_a_reader_ends_with_the_connection(served: Served) -> None:
    waiting = threading.Event()

    async def app(scope: Scope, receive: Receive, send: Send) -> bool:
        await receive()
        await send({"type": "websocket.accept"})

        async def pour() -> None:
            while True:
                await send({"type": "websocket.send", "bytes": bytes(LIMIT)})

        pouring = asyncio.create_task(pour())
        await asyncio.wait({pouring}, timeout=0.5)
        waiting.set()
        with pytest.raises(ClientDisconnected):
            await pouring
        return True

    served.app = app
    async with opened(served) as client:
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        await asyncio.to_thread(waiting.wait)
        client.reset()
        assert await served.outcome()


async def test_pings_of_one_who_does_not_read_fill_no_buffer() -> None:
    """Of uvicorn's own class they do."""
    async with serving("picows") as served:
        async with opened(served) as client:
            client.writer.transport.pause_reading()  # type: ignore[attr-defined]
            (kept,) = served.server.server_state.connections
            for _ in range(16 * 2**20 // 131 // 1000):
                client.write(frame(PING, b"x" * 125) * 1000)
                await client.writer.drain()
                assert kept._transport.get_write_buffer_size() < 2**17  # type: ignore[union-attr]


# --- Around it ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A key and a certificate for the loopback address, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


async def test_tls_is_spoken(protocol: str, certificate: Path) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> str:
        await echo(scope, receive, send)
        return str(scope["scheme"])

    trusting = ssl.create_default_context(cafile=str(certificate))
    async with serving(protocol, ssl_certfile=certificate, ssl_keyfile=certificate) as served:
        served.app = app
        url = f"wss://localhost:{served.port}/"
        async with connect(url, ssl=trusting, compression=None, host="127.0.0.1") as socket:
            for text in ("a", "é" * 4000, "x" * LIMIT):
                await socket.send(text)
                assert await socket.recv() == text
            for number in range(2000):
                await socket.send(str(number))
            for number in range(2000):
                assert await socket.recv() == str(number)
        assert await served.outcome() == "wss"


async def test_headers_of_a_trusted_proxy_are_believed(protocol: str) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> tuple[str, Any]:
        await send({"type": "websocket.close"})
        return scope["scheme"], scope["client"][0]

    options = {"proxy_headers": True, "forwarded_allow_ips": "127.0.0.1"}
    async with serving(protocol, **options) as served:
        served.app = app
        async with connected(served) as client:
            client.write(request(b"X-Forwarded-For: 203.0.113.9", b"X-Forwarded-Proto: https"))
            await client.head()
        assert await served.outcome() == ("wss", "203.0.113.9")
