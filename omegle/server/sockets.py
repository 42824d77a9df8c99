"""uvicorn's protocols with an end to everybody's patience.

A connection that sends no request, a request whose head or body has no end, a handshake that stays
half said, and a client that neither reads nor goes are cut after a few seconds or some kilobytes;
uvicorn alone would keep them for as long as their sockets live.
"""

import asyncio
import sys
from typing import Any

from httptools import HttpParserUpgrade
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

HANDSHAKE_SECONDS = 5.0
# Of a request's head, of one line in it, and how many lines: more than browsers and proxies send,
# less than the WebSocket library chokes on.
HEAD_BYTES = 32 * 1024
LINE_BYTES = 8 * 1024 - 64
LINES = 100
# Of a request's body: a picture of 512 KiB over a bad line.
BODY_SECONDS = 60.0
# After our side has closed: for the client's answer, and for what is still in buffers.
CLOSING_SECONDS = 5.0


class PromptHttpProtocol(HttpToolsProtocol):
    """HTTP on which each request's head is short and soon there, and its body not much later."""

    _head_timer: asyncio.TimerHandle | None = None
    _body_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_there()
        self._body_is_there()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._head_bytes > HEAD_BYTES:  # and what came before this had no end
            self.transport.abort()
            return
        if self._head_timer is not None:
            self._head_bytes += len(data)
        self._segment = data
        super().data_received(data)

    def handle_websocket_upgrade(self) -> None:
        """Pass on the request, and what came with it: uvicorn drops frames in the same segment."""
        upgrade = sys.exception()  # the parser's, which knows where the request ended
        super().handle_websocket_upgrade()
        if isinstance(upgrade, HttpParserUpgrade):
            behind = self._segment[upgrade.args[0] :]
            if behind and not self.transport.is_closing():
                protocol: Any = self.transport.get_protocol()
                protocol.data_received(behind)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._head_timer is None:
            self._expect_head()

    def on_header(self, name: bytes, value: bytes) -> None:
        super().on_header(name, value)
        if len(name) + len(value) > LINE_BYTES or len(self.headers) > LINES:
            raise ValueError("a request's head is too large")  # uvicorn answers 400

    def on_headers_complete(self) -> None:
        self._head_is_there()
        self._body_timer = self.loop.call_later(BODY_SECONDS, self.transport.abort)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._body_is_there()
        super().on_message_complete()

    def _expect_head(self) -> None:
        self._head_timer = self.loop.call_later(HANDSHAKE_SECONDS, self.transport.abort)

    def _head_is_there(self) -> None:
        self._head_bytes = 0
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _body_is_there(self) -> None:
        if self._body_timer is not None:
            self._body_timer.cancel()
            self._body_timer = None


class PromptWebSocketProtocol(WebSocketsSansIOProtocol):
    """WebSocket whose transport is aborted when the client lets the closing hang."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.close_timeout = CLOSING_SECONDS
        self._early = b""

    def data_received(self, data: bytes) -> None:
        """Keep what comes before the application has answered: else a pong overtakes the answer."""
        if not self.handshake_initiated or self.handshake_complete:
            super().data_received(data)
            return
        self._early += data
        if len(self._early) > self.config.ws_max_size:
            self.transport.abort()

    async def send(self, message: Any) -> None:
        if message["type"] == "websocket.close":
            # It may not wait until a client that does not read has read.
            self.writable.set()
        await super().send(message)
        if self._early and self.handshake_complete:
            early, self._early = self._early, b""
            if not self.close_sent:
                super().data_received(early)

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        # Nobody answers: what is in the buffer will never leave it.
        self.transport.abort()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        super().on_task_complete(task)
        if not self.disconnected:
            self.loop.call_later(CLOSING_SECONDS, self.transport.abort)
