"""What happens on each frame: a registry, filled by one module per family of frames.

A frame that nobody registered for is answered `unavailable`. Apps above chat register theirs in
their `ready()`. A handler checks what the frame may say here and calls one service.
"""

import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from chat.connection import Connection
from chat.protocol import ClientFrame, Ice, Media, Message, Question, RoomFrame, Signal, Typing
from chat.switchboard import Switchboard
from omegle.lib.words import sentence

F = TypeVar("F", bound=ClientFrame)
Handler = Callable[[Switchboard, Connection, F], Awaitable[None]]
HandlerNow = Callable[[Switchboard, Connection, F], None]

# Frames whose handlers spend a budget of their own.
OWN_LIMITS = (Message, Typing, Question, Signal, Media, Ice)

_handlers: dict[type[ClientFrame], Handler[Any]] = {}
_handlers_now: dict[type[ClientFrame], HandlerNow[Any]] = {}


def handles(frame: type[F]) -> Callable[[Handler[F]], Handler[F]]:
    """Register the decorated function for a frame."""

    def register(handler: Handler[F]) -> Handler[F]:
        _handlers[frame] = handler
        return handler

    return register


def handles_now(frame: type[F]) -> Callable[[HandlerNow[F]], HandlerNow[F]]:
    """Register the decorated function, which waits for nothing, for a frame with its own limit."""

    def register(handler: HandlerNow[F]) -> HandlerNow[F]:
        _handlers_now[frame] = handler
        return handler

    return register


def handle_now(board: Switchboard, connection: Connection, frame: ClientFrame) -> bool:
    """Do what a frame asks; False, and nothing done, when that may have to wait."""
    handler = _handlers_now.get(type(frame))
    if handler is None:
        return False
    handler(board, connection, frame)
    return True


async def handle(board: Switchboard, connection: Connection, frame: ClientFrame) -> None:
    """Do what a frame asks, within the socket's budget."""
    if handle_now(board, connection, frame):
        return
    if not isinstance(frame, OWN_LIMITS) and not connection.budget.frames.spend(time.monotonic()):
        connection.refuse_flood(frame.ref)
        return
    handler = _handlers.get(type(frame))
    if handler is None:
        connection.refuse("unavailable", sentence("That is not available here."), frame.ref)
    else:
        await handler(board, connection, frame)


def is_elsewhere(connection: Connection, frame: RoomFrame) -> bool:
    """Refuse a frame about a room the visitor is not in.

    One about the room that has just ended crossed with `ended` on its way: it is dropped without
    a word. Without `room` it means the current one.
    """
    here = connection.room.id if connection.room is not None else None
    if frame.room == here or (not isinstance(frame.room, str) and here is not None):
        return False
    if isinstance(frame.room, str) and frame.room != connection.ended_room:
        connection.refuse("not_in_room", sentence("You are not in that conversation."), frame.ref)
    return True
