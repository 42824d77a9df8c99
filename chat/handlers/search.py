"""Looking for a stranger: `find`, `relax`."""

from chat import services
from chat.connection import Connection
from chat.handlers import handles
from chat.protocol import Find, Relax
from chat.switchboard import Switchboard


@handles(Find)
async def find(board: Switchboard, connection: Connection, frame: Find) -> None:
    if frame.mode != "text" or frame.role != "chat":
        connection.refuse("unavailable", "That is not available here.", frame.ref)
        return
    await services.stranger_find(
        board,
        connection,
        mode=frame.mode,
        interests=frame.interests,
        languages=frame.languages,
        ref=frame.ref,
    )


@handles(Relax)
async def relax(board: Switchboard, connection: Connection, frame: Relax) -> None:
    await services.wish_relax(board, connection, ref=frame.ref)
