"""In a room: `message`, `typing`, `leave`, `block`, `report`."""

import time

from msgspec import UNSET

from chat import services
from chat.connection import Connection
from chat.handlers import handles, handles_now, is_elsewhere
from chat.protocol import (
    MESSAGE_CHARS,
    NOTE_CHARS,
    Block,
    Leave,
    Message,
    Report,
    Typing,
)
from chat.screening import text_clean
from chat.switchboard import Switchboard
from omegle.lib.words import sentence, sentence_counted


@handles_now(Message)
def message(board: Switchboard, connection: Connection, frame: Message) -> None:
    if not connection.budget.messages.spend(time.monotonic()):
        connection.refuse_flood(frame.ref)
        return
    text = text_clean(frame.text)
    if not 1 <= len(text) <= MESSAGE_CHARS:
        detail = sentence_counted(
            "A message has 1 to %(count)s character.",
            "A message has 1 to %(count)s characters.",
            MESSAGE_CHARS,
        )
        connection.refuse_frame("bad_frame", detail, frame.ref)
        return
    room = connection.room
    if room is None or frame.room not in (room.id, UNSET):
        connection.refuse("not_in_room", sentence("You are not in that conversation."), frame.ref)
        return
    if room.role == "ask":
        connection.refuse("not_allowed", sentence("Who asks only reads along."), frame.ref)
        return
    screened = services.writing_screen(board, connection, room, text, ref=frame.ref)
    if screened is None:
        return
    board.ledger.say(
        connection,
        room,
        id=frame.id,
        members=screened.members,
        aside=screened.aside,
        ref=frame.ref,
    )
    services.writer_advise(connection, screened)


@handles_now(Typing)
def typing(board: Switchboard, connection: Connection, frame: Typing) -> None:
    if not connection.budget.typing.spend(time.monotonic()):
        connection.refuse_flood(frame.ref)
        return
    if is_elsewhere(connection, frame) or connection.room is None:
        return
    if connection.room.role != "ask":  # of whom nobody sees a sign
        board.ledger.show_typing(connection, connection.room, on=frame.on)


@handles(Leave)
async def leave(board: Switchboard, connection: Connection, frame: Leave) -> None:
    if isinstance(frame.room, str) and is_elsewhere(connection, frame):
        return
    room = frame.room if isinstance(frame.room, str) else ""
    await services.place_leave(board, connection, room=room, ref=frame.ref)


@handles(Block)
async def block(board: Switchboard, connection: Connection, frame: Block) -> None:
    last = connection.room.id if connection.room is not None else connection.ended_room
    room = frame.room if isinstance(frame.room, str) else last
    if room is None or not await services.place_leave(
        board, connection, room=room, block=True, ref=frame.ref
    ):
        connection.refuse("not_in_room", sentence("You are not in that conversation."), frame.ref)


@handles(Report)
async def report(board: Switchboard, connection: Connection, frame: Report) -> None:
    note = text_clean(frame.note)
    if len(note) > NOTE_CHARS:
        detail = sentence_counted(
            "A note has at most %(count)s character.",
            "A note has at most %(count)s characters.",
            NOTE_CHARS,
        )
        connection.refuse_frame("bad_frame", detail, frame.ref)
        return
    await services.stranger_report(
        board,
        connection,
        reason=frame.reason,
        note=note,
        room="" if frame.room is UNSET else frame.room,
        about=None if frame.about is UNSET else frame.about,
        ref=frame.ref,
    )
