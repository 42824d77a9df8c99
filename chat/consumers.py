"""The socket's door: who may open one, and the loop that reads it.

It runs its own loop over `receive()` instead of Channels' dispatch: one await per frame, no task
per message (docs/adr/0001). What a frame does is for `handlers`.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from channels.consumer import AsyncConsumer
from django.conf import settings

from chat import handlers, services, switchboard
from chat.admission import Caller, caller_of
from chat.connection import Connection, Send, SendNow
from chat.protocol import FRAME_BYTES, BadFrame, ClientFrame, Close, Hello, decode
from chat.switchboard import Switchboard
from omegle.lib import metrics
from omegle.lib.origin import is_own_origin
from omegle.lib.redis import RateGate, RedisError
from omegle.lib.words import sentence

logger = logging.getLogger(__name__)

_HELLO_SECONDS = 5.0
_CLOSE_SECONDS = 1.0

Extensions = dict[str, dict[str, Any]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class StrangerConsumer(AsyncConsumer):
    """One visitor's socket."""

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if (await receive())["type"] != "websocket.connect":
            return
        if not is_own_origin(scope):
            metrics.origins_refused.inc()
            await _close(send, Close.NOT_ADMITTED)  # before the upgrade this is a 403
            return
        await send({"type": "websocket.accept"})
        try:
            await _admit(caller_of(scope), receive, send, scope.get("extensions") or {})
        except RedisError as error:
            logger.error("A socket was turned away: %s", type(error).__name__)
            await _close(send, Close.SERVER_LEAVING)


async def _admit(caller: Caller, receive: Receive, send: Send, extensions: Extensions) -> None:
    """Serve a caller who is admitted and keeps the limits of their address.

    `extensions`: of our picows, ways to send and to be handed frames without a task in between.
    """
    board = await switchboard.current()
    if board.is_draining:
        await _close(send, Close.SERVER_LEAVING)
        return
    redis, tag = board.store.redis, caller.tag
    gate = RateGate("connect", settings.LIMIT_CONNECT)
    if not caller.is_simulated and await gate.wait(redis, tag):
        await _close(send, Close.FLOODING)
        return
    if caller.visitor is None:
        await _close(send, Close.NOT_ADMITTED)
        return
    most = 0 if caller.is_simulated else settings.LIMIT_CONNECTIONS
    if not await board.store.admit(process=board.process, tag=tag, most=most):
        await _close(send, Close.FLOODING)
        return
    send_now: SendNow | None = extensions.get("omegle.send_now", {}).get("send")
    connection = board.connect(
        caller.visitor, caller.addresses, send_now, caller.network, caller.language
    )
    if hand_over := extensions.get("omegle.receive_now", {}).get("hand_over"):
        hand_over(partial(_handle_now, board, connection))
    code: int | None = None
    try:
        code = await _serve(board, connection, receive, send)
    finally:
        board.disconnect(connection)
        if connection.may_have_place:
            await board.settle(lambda: services.visit_drop(board, connection, code=code))
        await board.settle(lambda: board.store.release(process=board.process, tag=tag))


async def _serve(
    board: Switchboard, connection: Connection, receive: Receive, send: Send
) -> int | None:
    """Read and write until either side closes; give the code the client closed with, if it did."""
    reader = asyncio.create_task(_read(board, connection, receive))
    writer = asyncio.create_task(connection.write(send))
    try:
        await asyncio.wait(
            {reader, writer, connection.overrun}, return_when=asyncio.FIRST_COMPLETED
        )
        if connection.close_code is not None:
            await _finish_writing(writer, connection, connection.close_code, send)
        elif not reader.done():  # sending failed; why the socket closed is on its way
            await asyncio.wait({reader}, timeout=_CLOSE_SECONDS)
        return reader.result() if reader.done() else None
    finally:
        for task in (reader, writer):
            task.cancel()
        await asyncio.gather(reader, writer, return_exceptions=True)


async def _finish_writing(
    writer: asyncio.Task[None], connection: Connection, code: int, send: Send
) -> None:
    """Let the close code out; a client that does not read may not keep us waiting."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_CLOSE_SECONDS):
            if connection.overrun.done():
                writer.cancel()
                await _close(send, code)
            else:
                await writer


async def _read(board: Switchboard, connection: Connection, receive: Receive) -> int | None:
    """Handle frames until the socket closes; give the client's close code."""
    try:
        async with asyncio.timeout(_HELLO_SECONDS):
            while not connection.greeted:
                event = await receive()
                if event["type"] == "websocket.disconnect":
                    return int(event.get("code") or 0)
                await _handle(board, connection, event)
    except TimeoutError:
        connection.close(Close.IDLE)
    while connection.close_code is None:
        event = await receive()
        if event["type"] == "websocket.disconnect":
            return int(event.get("code") or 0)
        await _handle(board, connection, event)
    return None


async def _handle(board: Switchboard, connection: Connection, event: dict[str, Any]) -> None:
    text = event.get("text")
    if text is None:
        connection.close(Close.BINARY)
        return
    frame = _frame_of(connection, text)
    if frame is None:
        return
    if not connection.greeted and not isinstance(frame, Hello):
        connection.refuse_frame("bad_frame", sentence("The first frame must be hello."), frame.ref)
        return
    try:
        await handlers.handle(board, connection, frame)
    except RedisError as error:
        logger.error("A frame was not handled: %s", type(error).__name__)
        if connection.greeted:
            connection.refuse("unavailable", sentence("Please try again in a moment."), frame.ref)
        else:
            connection.close(Close.SERVER_LEAVING)


def _handle_now(board: Switchboard, connection: Connection, text: str) -> bool:
    """Handle a frame that waits for nothing where it was read; False for any other.

    Called only while `receive()` waits, so nothing that came before is unhandled.
    """
    if not connection.greeted or connection.close_code is not None:
        return False
    frame = _frame_of(connection, text)
    return frame is None or handlers.handle_now(board, connection, frame)


def _frame_of(connection: Connection, text: str) -> ClientFrame | None:
    """Decode a frame; one that breaks the contract is refused."""
    if 4 * len(text) > FRAME_BYTES and len(text.encode()) > FRAME_BYTES:
        connection.close(Close.TOO_LARGE)
        return None
    connection.note_heard()
    try:
        return decode(text)
    except BadFrame as error:
        connection.refuse_frame(error.code, error.detail, error.ref)
        return None


async def _close(send: Send, code: int) -> None:
    await send({"type": "websocket.close", "code": code})
