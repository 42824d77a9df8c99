"""The frames of question mode: `find` to ask or to discuss, `question`."""

import time

from msgspec import UNSET

from chat.connection import Connection
from chat.handlers import handles
from chat.handlers.search import seeks
from chat.protocol import Find, Question
from chat.services import search_may_start, stranger_find
from chat.switchboard import Switchboard
from omegle.lib.words import sentence
from spymode.services import question_ask, strangers_ask


@seeks("ask")
async def ask(board: Switchboard, connection: Connection, frame: Find) -> None:
    await strangers_ask(board, connection, frame)


@seeks("discuss")
async def discuss(board: Switchboard, connection: Connection, frame: Find) -> None:
    if await search_may_start(board, connection, ref=frame.ref):
        await stranger_find(board, connection, frame)


@handles(Question)
async def question(board: Switchboard, connection: Connection, frame: Question) -> None:
    if not connection.budget.messages.spend(time.monotonic()):
        connection.refuse_flood(frame.ref)
        return
    room = connection.room
    if room is None or frame.room not in (room.id, UNSET):
        connection.refuse("not_in_room", sentence("You are not in that conversation."), frame.ref)
    elif room.role != "ask":
        connection.refuse("not_allowed", sentence("Only who asked may ask again."), frame.ref)
    else:
        question_ask(board, connection, room, frame)
