"""uvicorn's protocols with an end to everybody's patience.

A connection that sends no request, a handshake that stays half said, and a client that neither
reads nor goes are cut after a few seconds; uvicorn alone would keep them for as long as their
sockets live.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

HANDSHAKE_SECONDS = 5.0
# After our side has closed: for the client's answer, and for what is still in buffers.
CLOSING_SECONDS = 2.0


class PromptHttpProtocol(HttpToolsProtocol):
    """HTTP on which each request's head must be there within `HANDSHAKE_SECONDS`."""

    _head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._head_is_there()
        super().connection_lost(exc)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._head_timer is None:
            self._expect_head()

    def on_headers_complete(self) -> None:
        self._head_is_there()
        super().on_headers_complete()

    def handle_websocket_upgrade(self) -> None:
        self._head_is_there()
        super().handle_websocket_upgrade()

    def _expect_head(self) -> None:
        self._head_timer = self.loop.call_later(HANDSHAKE_SECONDS, self.transport.abort)

    def _head_is_there(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None


class PromptWebSocketProtocol(WebSocketsSansIOProtocol):
    """WebSocket whose transport is aborted when the client lets the closing hang."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.close_timeout = CLOSING_SECONDS

    def keepalive_timeout(self) -> None:
        super().keepalive_timeout()
        # Nobody answers: what is in the buffer will never leave it.
        self.transport.abort()

    def on_task_complete(self, task: asyncio.Task[None]) -> None:
        super().on_task_complete(task)
        if not self.disconnected:
            self.loop.call_later(CLOSING_SECONDS, self.transport.abort)
