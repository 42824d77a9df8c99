"""What an asker can do: look for two strangers with a question, and put further ones."""

from chat.connection import Connection
from chat.protocol import Find, Question
from chat.rooms import RoomView
from chat.screening import text_clean, text_screen
from chat.services import search_may_start, stranger_find, writer_advise, writing_screen
from chat.store import Asked
from chat.switchboard import Switchboard
from omegle.lib.words import sentence
from spymode.questions import BadQuestion, question_check


async def strangers_ask(board: Switchboard, connection: Connection, wish: Find) -> None:
    """Look for two strangers who are to discuss a question.

    Raises:
        RedisError: Redis is away.
    """
    written = text_clean(wish.question) if isinstance(wish.question, str) else ""
    if not await search_may_start(board, connection, ref=wish.ref):
        return
    try:
        text = question_check(written)
    except BadQuestion as error:
        connection.refuse("bad_question", error.sentence, wish.ref)
        return
    screened = text_screen(text, early=True)
    if screened.refusal:
        # Translators: why is a sentence.
        detail = sentence("The question was not asked: %(why)s", why=screened.refusal)
        connection.refuse("refused_text", detail, wish.ref, field="question")
        return
    question = Asked(screened.members, screened.aside, is_revealed=wish.reveal)
    if await stranger_find(board, connection, wish, question=question):
        writer_advise(connection, screened)


def question_ask(
    board: Switchboard, connection: Connection, room: RoomView, frame: Question
) -> None:
    """Put the next question in a room; its frame is the answer."""
    try:
        text = question_check(text_clean(frame.text))
    except BadQuestion as error:
        connection.refuse("bad_question", error.sentence, frame.ref)
        return
    screened = writing_screen(board, connection, room, text, ref=frame.ref)
    if screened is None:
        return
    board.ledger.ask(
        connection, room, members=screened.members, aside=screened.aside, ref=frame.ref
    )
    writer_advise(connection, screened)
