"""In a room: `message`, `typing`, `leave`, `block`, `report`."""

import time
from dataclasses import replace

from django.conf import settings
from msgspec import UNSET, UnsetType

from chat import services
from chat.connection import Connection
from chat.handlers import handles, is_elsewhere
from chat.protocol import (
    MESSAGE_CHARS,
    NOTE_CHARS,
    Block,
    Leave,
    Message,
    Notice,
    Report,
    Typing,
    encode_text,
)
from chat.switchboard import Switchboard
from chat.transcripts import Aside, aside_members
from moderation import guard

# What a sender is told of a message that was held back, by why.
_HELD = {
    "link": "Links are held back in the first minutes of a conversation.",
    "phone": "Phone numbers are held back in the first minutes of a conversation.",
    "handle": "Contact details are held back in the first minutes of a conversation.",
}
_HELD_BY_RULE = "This message was not delivered: it is against the rules."
_ADVICE = "Please keep to the rules: what you wrote may hurt others or put you at risk."

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
    early = time.monotonic() - room.began < settings.EARLY_SECONDS
    verdict = guard.current().screen(text, early=early)
    if early and verdict.action != "hold" and (contact := room.pieces.completes(text)):
        verdict = replace(verdict, action="hold", text="", reason=contact)
    aside = ""
    if verdict.action != "allow" or verdict.is_reported:
        rules = tuple(hit.rule for hit in verdict.hits if not hit.observe and hit.action != "allow")
        written = Aside(
            verdict=verdict.action, reported=verdict.is_reported, text=text, rules=rules
        )
        aside = aside_members(written)
    if verdict.action == "hold":
        board.ledger.set_aside(connection, room, aside)
        connection.refuse("refused_text", _HELD.get(verdict.reason, _HELD_BY_RULE), frame.ref)
        return
    members = f'"text":{encode_text(verdict.text)}'
    if verdict.text != text:
        members += ',"masked":true'
    board.ledger.say(connection, room, id=frame.id, members=members, aside=aside, ref=frame.ref)
    if verdict.action == "warn":
        connection.send(Notice(level="warning", text=_ADVICE))


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


@handles(Report)
async def report(board: Switchboard, connection: Connection, frame: Report) -> None:
    note = frame.note.translate(_CONTROLS).strip()
    if len(note) > NOTE_CHARS:
        connection.refuse_frame(
            "bad_frame", f"A note has at most {NOTE_CHARS} characters.", frame.ref
        )
        return
    if not isinstance(frame.about, int | UnsetType):
        connection.refuse("unavailable", "That is not available here.", frame.ref)
        return
    await services.stranger_report(
        board,
        connection,
        reason=frame.reason,
        note=note,
        room="" if frame.room is UNSET else frame.room,
        about=None if isinstance(frame.about, UnsetType) else frame.about,
        ref=frame.ref,
    )
