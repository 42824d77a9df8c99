"""Looking for a stranger: `find`, `relax`."""

from chat import services
from chat.connection import Connection
from chat.handlers import handles
from chat.protocol import INTEREST_CHARS, INTERESTS, Find, Relax
from chat.switchboard import Switchboard
from matching.interests import BadInterest, interests_fold


@handles(Find)
async def find(board: Switchboard, connection: Connection, frame: Find) -> None:
    if frame.mode != "text" or frame.role != "chat":
        connection.refuse("unavailable", "That is not available here.", frame.ref)
        return
    try:
        interests = interests_fold(frame.interests, limit=INTERESTS, chars=INTEREST_CHARS)
    except BadInterest as error:
        connection.refuse("bad_interest", str(error), frame.ref)
        return
    await services.stranger_find(
        board,
        connection,
        mode=frame.mode,
        interests=interests,
        languages=frame.languages,
        ref=frame.ref,
    )


@handles(Relax)
async def relax(board: Switchboard, connection: Connection, frame: Relax) -> None:
    await services.wish_relax(board, connection)
