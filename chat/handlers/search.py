"""Looking for a stranger: `find`, by role, `relax`, and `again` for the last one."""

from collections.abc import Awaitable, Callable

from chat import services
from chat.connection import Connection
from chat.handlers import handles
from chat.protocol import Again, Find, Relax, Role
from chat.switchboard import Switchboard
from chat.video import video_state
from omegle.lib.words import sentence

Seek = Callable[[Switchboard, Connection, Find], Awaitable[None]]

_roles: dict[Role, Seek] = {}


def seeks(role: Role) -> Callable[[Seek], Seek]:
    """Register the decorated function for a role; one without is answered `unavailable`."""

    def register(seek: Seek) -> Seek:
        _roles[role] = seek
        return seek

    return register


@handles(Find)
async def find(board: Switchboard, connection: Connection, frame: Find) -> None:
    seek = _roles.get(frame.role)
    if frame.role != "chat" and frame.mode != "text":
        connection.refuse_frame("bad_frame", sentence("Only the text chat has roles."), frame.ref)
    elif frame.role != "ask" and isinstance(frame.question, str):
        connection.refuse("bad_question", sentence("Only who asks has a question."), frame.ref)
    elif seek is None or (frame.mode == "video" and video_state() == "off"):
        connection.refuse("unavailable", sentence("That is not available here."), frame.ref)
    else:
        await seek(board, connection, frame)


@seeks("chat")
async def chat(board: Switchboard, connection: Connection, frame: Find) -> None:
    if await services.search_may_start(board, connection, ref=frame.ref):
        await services.stranger_find(board, connection, frame)


@handles(Relax)
async def relax(board: Switchboard, connection: Connection, frame: Relax) -> None:
    await services.wish_relax(board, connection, ref=frame.ref)


@handles(Again)
async def again(board: Switchboard, connection: Connection, frame: Again) -> None:
    await services.stranger_meet_again(board, connection, room=frame.room, ref=frame.ref)
