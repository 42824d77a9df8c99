"""In a room: `message`, `typing`, `leave`, `block`."""

import time

from msgspec import UNSET

from chat import services
from chat.connection import Connection
from chat.handlers import handles, is_elsewhere
from chat.protocol import MESSAGE_CHARS, Block, Leave, Message, Typing, encode_text
from chat.switchboard import Switchboard

# C0 and C1 but tab and line feed: nothing anybody types, and six bytes each in JSON.
_CONTROLS = dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - {0x09, 0x0A})


@handles(Message)
async def message(board: Switchboard, connection: Connection, frame: Message) -> None:
    if not connection.budget.messages.spend(time.monotonic()):
        connection.refuse_flood(frame.ref)
        return
    text = frame.text.translate(_CONTROLS).strip()
    if not 1 <= len(text) <= MESSAGE_CHARS:
        detail = f"A message has 1 to {MESSAGE_CHARS} characters."
        connection.refuse_frame("bad_frame", detail, frame.ref)
        return
    room = connection.room
    if room is None or frame.room not in (room.id, UNSET):
        connection.refuse("not_in_room", "You are not in that conversation.", frame.ref)
        return
    board.ledger.say(connection, room, id=frame.id, text_json=encode_text(text), ref=frame.ref)


@handles(Typing)
async def typing(board: Switchboard, connection: Connection, frame: Typing) -> None:
    if not connection.budget.typing.spend(time.monotonic()):
        connection.refuse_flood(frame.ref)
    elif not is_elsewhere(connection, frame) and connection.room is not None:
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
        connection.refuse("not_in_room", "You are not in that conversation.", frame.ref)
