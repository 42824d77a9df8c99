"""What one who asks can do: look for two strangers with a question, and put further ones."""

from django.conf import settings

from chat import services
from chat.connection import Connection
from chat.protocol import Find, Notice, Question
from chat.rooms import RoomView
from chat.screening import ADVICE, text_clean, text_screen
from chat.store import Asked
from chat.switchboard import Switchboard
from spymode.questions import BadQuestion, question_check


async def strangers_ask(board: Switchboard, connection: Connection, wish: Find) -> None:
    """Look for two strangers who are to discuss a question.

    Raises:
        RedisError: Redis is away.
    """
    try:
        text = question_check(text_clean(wish.question) if isinstance(wish.question, str) else None)
    except BadQuestion as error:
        connection.refuse("bad_question", str(error), wish.ref)
        return
    screened = text_screen(text, early=True)
    if screened.refusal:
        connection.refuse("refused_text", screened.refusal, wish.ref)
        return
    question = Asked(screened.members, screened.aside, is_revealed=wish.reveal)
    await services.stranger_find(board, connection, wish, question=question)
    if screened.is_warned:
        connection.send(Notice(level="warning", text=ADVICE))


def question_ask(
    board: Switchboard, connection: Connection, room: RoomView, frame: Question
) -> None:
    """Put the next question in a room; its frame is the answer."""
    try:
        text = question_check(text_clean(frame.text))
    except BadQuestion as error:
        connection.refuse("bad_question", str(error), frame.ref)
        return
    early = room.age < settings.EARLY_SECONDS
    screened = text_screen(text, early=early, pieces=room.pieces)
    if screened.refusal:
        board.ledger.set_aside(connection, room, screened.aside)
        connection.refuse("refused_text", screened.refusal, frame.ref)
        return
    board.ledger.ask(
        connection, room, members=screened.members, aside=screened.aside, ref=frame.ref
    )
    if screened.is_warned:
        connection.send(Notice(level="warning", text=ADVICE))
