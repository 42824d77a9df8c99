"""WebSocket for uvicorn on picows: the shortest way from a frame to `receive()`, and from `send()`.

uvicorn hands over the upgrade request; it is held back until the application accepts. Then picows'
protocol takes the connection, and what it reads comes in callbacks: no task, no queue and no pause
of reading for a message (docs/adr/0010). `WS_PROTOCOL` chooses between this and uvicorn's own.
"""

import asyncio
import base64
import binascii
import logging
import os
from collections import deque
from enum import Enum, auto
from http import HTTPStatus
from typing import Any
from urllib.parse import unquote

from picows import (
    WSAutoPingStrategy,
    WSCloseCode,
    WSFrame,
    WSListener,
    WSMsgType,
    WSProtocolError,
    WSTransport,
    WSUpgradeResponse,
    WSUpgradeResponseWithListener,
)
from picows.picows import WSProtocol  # type: ignore[attr-defined]
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HEADER_RE, HEADER_VALUE_RE, STATUS_LINE
from uvicorn.protocols.utils import ClientDisconnected, get_local_addr, get_remote_addr, is_ssl
from uvicorn.server import ServerState

from omegle.server.sockets import CLOSING_SECONDS

# So many messages may wait for the application; then the socket is not read until half are gone.
_WAITING = 16
# At most so much is taken from the socket at once: it bounds picows' buffer, which never shrinks.
_READ_BYTES = 8 * 1024
# What picows copies. Of a longer message the loop would keep a header that picows writes over.
_COPIED_BYTES = 8 * 1024
# In front of a longer one, for picows to write the header.
_HEADER_BYTES = 14
_KEY_BYTES = 16
_REASON_BYTES = 123
_NO_CODE, _NO_CLOSE, _FAULT, _RESTART = 1005, 1006, 1011, 1012

_TEXT, _BINARY, _CONTINUATION = WSMsgType.TEXT, WSMsgType.BINARY, WSMsgType.CONTINUATION
_CLOSE, _PING, _PONG = WSMsgType.CLOSE, WSMsgType.PING, WSMsgType.PONG

# An extension of ASGI: `send` in it takes a text, and says whether it could be sent at once.
SEND_NOW = "omegle.send_now"

Headers = list[tuple[bytes, bytes]]


class _State(Enum):
    ASKED = auto()  # the application has not answered yet
    DENYING = auto()  # it answers with a page of its own
    OPEN = auto()
    CLOSED = auto()  # by the application
    LOST = auto()  # by the client, the network or the server


_OPEN = _State.OPEN  # looking a member up costs more than what is asked for each message


class PicowsProtocol(WSListener, asyncio.Protocol):
    """One WebSocket connection: uvicorn's protocol, then picows' listener, and ASGI's two calls."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        self._config, self._server, self._app_state = config, server_state, app_state
        self._loop = _loop or asyncio.get_running_loop()
        self._max_size = config.ws_max_size
        self._state = _State.ASKED
        self._scope: dict[str, Any] | None = None
        self._early = b""
        self._denial: tuple[int, Headers, bytes] = (0, [], b"")
        self._ws: WSTransport = None  # type: ignore[assignment]  # until accepted
        self._timer: asyncio.TimerHandle | None = None
        self._pinged, self._pinged_at = b"", 0.0
        # What the client said: the event `connect`, texts and binary messages.
        self._waiting: deque[dict[str, Any] | str | bytes] = deque()
        self._disconnect: dict[str, Any] | None = None
        self._receiver: asyncio.Future[None] | None = None
        self._is_deaf = False
        # A message that comes in fragments.
        self._parts: bytearray | None = None
        self._parts_kind = _TEXT
        self._is_clogged = False
        self._writable = asyncio.Event()
        self._writable.set()

    # --- Before the application has accepted ------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        self._transport: asyncio.Transport = transport
        self._server.connections.add(self)  # type: ignore[arg-type]

    def data_received(self, data: bytes) -> None:
        """Take the request, as uvicorn wrote it anew; what comes early waits for the answer."""
        if self._scope is None:
            self._take_request(data)
            return
        self._early += data
        if len(self._early) > self._max_size:
            self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(_NO_CLOSE)

    def _take_request(self, data: bytes) -> None:
        request, *lines = data.removesuffix(b"\r\n\r\n").split(b"\r\n")
        method, target, _ = request.split(b" ")
        headers = [(name, value) for name, _, value in (line.partition(b": ") for line in lines)]
        path, _, query = target.partition(b"?")
        root = self._config.root_path
        offered = [value for name, value in headers if name == b"sec-websocket-protocol"]
        self._scope = {
            "type": "websocket",
            "asgi": {"version": self._config.asgi_version, "spec_version": "2.4"},
            "http_version": "1.1",
            "scheme": "wss" if is_ssl(self._transport) else "ws",
            "server": get_local_addr(self._transport),
            "client": get_remote_addr(self._transport),
            "root_path": root,
            "path": root + unquote(path.decode("latin-1")),
            "raw_path": root.encode("ascii") + path,
            "query_string": query,
            "headers": headers,
            "subprotocols": [
                part.strip() for value in offered for part in value.decode("latin-1").split(",")
            ],
            "state": self._app_state.copy(),
            "extensions": {
                "websocket.http.response": {},
                SEND_NOW: {"send": self.send_now},
            },
        }
        self._key, refusal = _handshake_check(method, headers)
        if refusal is not None:
            self._refuse(*refusal)
            return
        self._waiting.append({"type": "websocket.connect"})
        task = self._loop.create_task(self._run())
        self._server.tasks.add(task)
        task.add_done_callback(self._server.tasks.discard)

    async def _run(self) -> None:
        logger = logging.getLogger("uvicorn.error")
        try:
            result = await self._config.loaded_app(self._scope, self.receive, self.send)
            if self._state in (_State.ASKED, _State.DENYING):
                logger.error("ASGI callable returned without completing handshake.")
            elif result is not None:
                logger.error("ASGI callable should return None, but returned '%s'.", result)
        except ClientDisconnected:
            pass
        except Exception:
            logger.exception("Exception in ASGI application\n")
        finally:
            if self._state in (_State.ASKED, _State.DENYING):
                self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, [], b"Internal Server Error")
            elif self._state is _State.OPEN:
                self._leave(_NO_CLOSE)

    def _refuse(self, status: int, headers: Headers, body: bytes = b"") -> None:
        """Answer the request with a page instead of a socket, and close."""
        given = {name.lower() for name, _ in headers}
        usual = [
            *self._server.default_headers,
            (b"connection", b"close"),
            (b"content-type", b"text/plain; charset=utf-8"),
            (b"content-length", str(len(body)).encode()),
        ]
        lines = _lines([*(pair for pair in usual if pair[0] not in given), *headers])
        self._transport.write(b"".join([STATUS_LINE[status], *lines, b"\r\n", body]))
        self._leave(_NO_CLOSE)

    def _accept(self, message: dict[str, Any]) -> None:
        """Give the connection to picows, which tells the client and reads what came early."""
        if self._transport.is_closing():
            raise ClientDisconnected
        headers = [*self._server.default_headers, *message.get("headers", ())]
        if subprotocol := message.get("subprotocol"):
            headers.append((b"sec-websocket-protocol", subprotocol.encode()))
        answer = WSUpgradeResponseWithListener(_Accepted(headers), self)
        wire = _Wire(answer, self._max_size)
        try:
            wire.connection_made(self._transport)
        except OSError:  # some systems set no option of a socket that was reset
            raise ClientDisconnected from None
        self._transport.set_protocol(wire)
        early, self._early = self._early, b""
        wire.feed(_REQUEST % self._key + early)

    # --- What the application calls ---------------------------------------------------------------

    async def receive(self) -> dict[str, Any]:
        while not self._waiting:
            if self._disconnect is not None:
                return self._disconnect
            self._receiver = self._loop.create_future()
            try:
                await self._receiver
            finally:
                self._receiver = None
        event = self._waiting.popleft()
        if self._is_deaf and len(self._waiting) <= _WAITING // 2:
            self._is_deaf = False
            self._transport.resume_reading()
        if type(event) is str:
            return {"type": "websocket.receive", "text": event}
        if type(event) is bytes:
            return {"type": "websocket.receive", "bytes": event}
        return event  # type: ignore[return-value]

    async def send(self, message: dict[str, Any]) -> None:
        if self._state is not _OPEN or message["type"] != "websocket.send":
            self._do(message)
            return
        if self._is_clogged:
            await self._drain()
        text = message.get("text")
        if text is None:
            self._write(_BINARY, message["bytes"])
        else:
            self._write(_TEXT, text.encode())

    def send_now(self, text: str) -> bool:
        """Send a text without a task that waits; False when it has to wait, or nobody is there."""
        if self._state is not _State.OPEN or self._is_clogged:
            return False
        self._write(_TEXT, text.encode())
        return True

    def _write(self, kind: WSMsgType, data: bytes) -> None:
        if len(data) <= _COPIED_BYTES:
            self._ws.send(kind, data)
        else:
            framed = bytearray(_HEADER_BYTES) + data
            self._ws.send_reuse_external_bytearray(kind, framed, _HEADER_BYTES)

    async def _drain(self) -> None:
        """Wait until the client has read enough of what was sent."""
        await self._writable.wait()
        if self._state is not _OPEN:
            raise ClientDisconnected

    def _do(self, message: dict[str, Any]) -> None:
        """Do what is not the sending of a message, or refuse what may not be said now."""
        kind = message["type"]
        match self._state, kind:
            case _State.LOST, _:
                raise ClientDisconnected
            case _State.ASKED, "websocket.accept":
                self._accept(message)
            case _State.ASKED, "websocket.close":
                self._refuse(HTTPStatus.FORBIDDEN, [])
            case _State.ASKED, "websocket.http.response.start":
                if message["status"] not in STATUS_LINE:
                    raise RuntimeError(f"Invalid HTTP status code '{message['status']}'.")
                self._state = _State.DENYING
                self._denial = (message["status"], list(message.get("headers", ())), b"")
            case _State.DENYING, "websocket.http.response.body":
                status, headers, body = self._denial
                self._denial = (status, headers, body + message.get("body", b""))
                if not message.get("more_body", False):
                    self._refuse(*self._denial)
            case _State.OPEN, "websocket.close":
                self._close(message.get("code", 1000), message.get("reason") or "")
            case _:
                raise RuntimeError(
                    f"Unexpected ASGI message '{kind}' ({self._state.name.lower()})."
                )

    # --- The end ----------------------------------------------------------------------------------

    def shutdown(self) -> None:
        """End it because the server ends; uvicorn calls this."""
        if self._state is _State.OPEN:
            self._write_close(_RESTART)
            self._leave(_RESTART)
        elif self._state in (_State.ASKED, _State.DENYING):
            self._refuse(HTTPStatus.INTERNAL_SERVER_ERROR, [], b"Internal Server Error")

    def _close(self, code: int, reason: str) -> None:
        """Close as the application asks, without waiting for a client that does not read."""
        self._write_close(code, reason)
        self._state = _State.CLOSED
        self._tell_end(code, reason)
        if self._is_deaf:  # the client's answer is to be read
            self._is_deaf = False
            self._transport.resume_reading()
        self._after(CLOSING_SECONDS, self._transport.abort)

    def _leave(self, code: int, reason: str = "") -> None:
        """Say no more; what is in buffers has a while to leave."""
        self._state = _State.LOST
        self._tell_end(code, reason)
        self._transport.close()
        self._after(CLOSING_SECONDS, self._transport.abort)

    def _end(self, code: int, reason: str = "") -> None:
        """Note that the connection is gone."""
        self._state = _State.LOST
        self._tell_end(code, reason)
        self._server.connections.discard(self)
        if self._timer is not None:
            self._timer.cancel()

    def _tell_end(self, code: int, reason: str) -> None:
        if self._disconnect is None:
            self._disconnect = {"type": "websocket.disconnect", "code": code, "reason": reason}
        self._wake()
        self._writable.set()

    def _write_close(self, code: int, reason: str = "") -> None:
        # Not `send_close`: that is how picows' own refusals are told from ours.
        self._ws.send(_CLOSE, code.to_bytes(2, "big") + reason.encode()[:_REASON_BYTES])

    # --- What picows calls ------------------------------------------------------------------------

    def on_ws_connected(self, transport: WSTransport) -> None:
        self._ws = transport
        self._state = _State.OPEN
        self._ping_later()

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if transport.is_close_frame_sent:  # what follows a breach
            return
        if frame.rsv1 or frame.rsv2 or frame.rsv3:
            raise WSProtocolError(WSCloseCode.PROTOCOL_ERROR, "reserved bits")
        kind = frame.msg_type
        if kind is _TEXT and frame.fin and self._parts is None:
            try:
                self._hand(frame.get_payload_as_utf8_text())
            except UnicodeDecodeError:
                raise WSProtocolError(WSCloseCode.INVALID_TEXT, "") from None
        elif kind is _PING:
            if not self._is_clogged:  # one who does not read gets no answers to keep
                transport.send_pong(frame.get_payload_as_bytes())
        elif kind is _PONG:
            self._take_pong(frame.get_payload_as_bytes())
        elif kind is _CLOSE:
            self._take_close(frame.get_payload_as_bytes())
        else:
            self._take_part(kind, frame)

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        refusal = transport.close_handshake.sent if transport.is_close_frame_sent else None
        if refusal is None:
            self._end(_NO_CLOSE)
        else:  # by picows, because of a breach
            self._end(refusal.code.value, refusal.reason)

    def pause_writing(self) -> None:
        self._is_clogged = True
        if self._state is _State.OPEN:
            self._writable.clear()

    def resume_writing(self) -> None:
        self._is_clogged = False
        self._writable.set()

    def _hand(self, message: str | bytes) -> None:
        """Put a message where the application finds it."""
        if self._state is not _OPEN:
            return
        self._waiting.append(message)
        receiver = self._receiver
        if receiver is not None and not receiver.done():
            receiver.set_result(None)
        elif len(self._waiting) > _WAITING and not self._is_deaf:
            self._is_deaf = True
            self._transport.pause_reading()

    def _wake(self) -> None:
        if self._receiver is not None and not self._receiver.done():
            self._receiver.set_result(None)

    def _take_part(self, kind: WSMsgType, frame: WSFrame) -> None:
        """Take a fragment, or a whole binary message."""
        if (kind is _CONTINUATION) is (self._parts is None):
            raise WSProtocolError(WSCloseCode.PROTOCOL_ERROR, "fragments")
        if self._parts is None:
            self._parts, self._parts_kind = bytearray(), kind
        self._parts += frame.get_payload_as_memoryview()
        if len(self._parts) > self._max_size:
            raise WSProtocolError(WSCloseCode.MESSAGE_TOO_BIG, "")
        if frame.fin:
            whole, self._parts = self._parts, None
            try:
                self._hand(whole.decode() if self._parts_kind is _TEXT else bytes(whole))
            except UnicodeDecodeError:
                raise WSProtocolError(WSCloseCode.INVALID_TEXT, "") from None

    def _take_close(self, payload: bytes) -> None:
        code = int.from_bytes(payload[:2], "big") if payload else _NO_CODE
        if code in (0, _NO_CLOSE) or code >= 5000:  # the others picows knows
            raise WSProtocolError(WSCloseCode.PROTOCOL_ERROR, "close code")
        if self._state is _State.OPEN:
            self._ws.send(_CLOSE, payload)
        self._leave(code, payload[2:].decode())

    # --- Whether the client is still there --------------------------------------------------------

    def _after(self, seconds: float, call: Any) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = self._loop.call_later(seconds, call)

    def _ping_later(self, since: float = 0.0) -> None:
        if interval := self._config.ws_ping_interval:
            self._after(max(0.0, interval - since), self._ping)

    def _ping(self) -> None:
        if self._transport.is_closing():  # picows refused something, and the client does not read
            self._transport.abort()
            return
        self._pinged, self._pinged_at = os.urandom(4), self._loop.time()
        self._ws.send_ping(self._pinged)
        if self._config.ws_ping_timeout is None:
            self._ping_later()
        else:
            self._after(self._config.ws_ping_timeout, self._note_silence)

    def _take_pong(self, payload: bytes) -> None:
        if payload == self._pinged and self._state is _State.OPEN:
            self._pinged = b""
            if self._config.ws_ping_timeout is not None:
                self._ping_later(self._loop.time() - self._pinged_at)

    def _note_silence(self) -> None:
        if self._is_deaf:  # the answer may be there: it is we who do not read
            self._ping_later()
            return
        self._write_close(_FAULT, "keepalive ping timeout")
        self._leave(_FAULT, "keepalive ping timeout")
        # Nobody answers: what is in the buffer will never leave it.
        self._transport.abort()


class _Wire(WSProtocol):  # type: ignore[misc]
    """picows' protocol with an end to its read buffer."""

    def __init__(self, answer: WSUpgradeResponseWithListener, max_size: int) -> None:
        super().__init__(
            None,  # host and
            None,  # path: of a client
            False,  # is no client
            lambda _: answer,
            _FAULTS,
            True,  # disconnect on an exception of ours
            None,  # handshake timeout: it begins with the request
            *(False, 1.0, 1.0, WSAutoPingStrategy.PING_PERIODICALLY),  # no pings, which need a task
            False,  # no pongs, which know no end
            max_size,
            None,  # headers: of a client
            _READ_BYTES // 2,
        )

    def get_buffer(self, size: int) -> memoryview:
        buffer: memoryview = super().get_buffer(size)
        return buffer[:_READ_BYTES]

    def feed(self, data: bytes) -> None:
        while data:
            buffer = self.get_buffer(-1)
            size = min(len(buffer), len(data))
            buffer[:size] = data[:size]
            self.buffer_updated(size)
            data = data[size:]


class _Accepted(WSUpgradeResponse):
    """The answer 101 with headers as the application gave them."""

    def __init__(self, headers: Headers) -> None:
        self.version = b"HTTP/1.1"
        self.status = HTTPStatus.SWITCHING_PROTOCOLS
        self.headers = {}  # type: ignore[assignment]  # picows puts one into it
        self._lines = _lines(headers)

    def to_bytes(self) -> bytearray:
        start = b"connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: %s\r\n"
        accept = start % self.headers["Sec-WebSocket-Accept"].encode()
        return bytearray(b"".join([STATUS_LINE[101], accept, *self._lines, b"\r\n"]))


class _Faults(logging.LoggerAdapter[logging.Logger]):
    """Drops what picows says of clients, which is their doing and may hold what they wrote."""

    def log(self, level: int, msg: object, *args: Any, **options: Any) -> None:
        if options.get("exc_info"):
            super().log(level, msg, *args, **options)


_FAULTS = _Faults(logging.getLogger("uvicorn.error"), {})
# What picows is told of a request: browsers say more than it takes in `Connection`.
_REQUEST = (
    b"GET / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\n\r\n"
)


def _handshake_check(
    method: bytes, headers: Headers
) -> tuple[bytes, tuple[int, Headers, bytes] | None]:
    """Give the key of a request, and how it is refused if it is no good (RFC 6455, section 4.2.1).

    uvicorn has seen that it asks for a WebSocket.
    """
    keys = [value for name, value in headers if name == b"sec-websocket-key"]
    versions = [value for name, value in headers if name == b"sec-websocket-version"]
    if versions != [b"13"]:
        return b"", (HTTPStatus.UPGRADE_REQUIRED, [(b"sec-websocket-version", b"13")], b"")
    has_body = any(
        name == b"transfer-encoding" or (name == b"content-length" and value != b"0")
        for name, value in headers
    )
    try:
        is_key = len(keys) == 1 and len(base64.b64decode(keys[0], validate=True)) == _KEY_BYTES
    except binascii.Error:
        is_key = False
    if method != b"GET" or has_body or not is_key:
        return b"", (HTTPStatus.BAD_REQUEST, [], b"")
    return keys[0], None


def _lines(headers: Headers) -> list[bytes]:
    for name, value in headers:
        if HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
            raise RuntimeError("Invalid HTTP header.")
    return [b"%s: %s\r\n" % pair for pair in headers]
