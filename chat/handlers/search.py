"""Looking for a stranger: `find`, by role, and `relax`."""

from collections.abc import Awaitable, Callable

from chat import services
from chat.connection import Connection
from chat.handlers import handles
from chat.protocol import Find, Relax, Role
from chat.switchboard import Switchboard
from chat.video import video_state

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
        connection.refuse_frame("bad_frame", "Only the text chat has roles.", frame.ref)
    elif frame.role != "ask" and isinstance(frame.question, str):
        connection.refuse("bad_question", "Only who asks has a question.", frame.ref)
    elif seek is None or (frame.mode == "video" and video_state() == "off"):
        connection.refuse("unavailable", "That is not available here.", frame.ref)
    else:
        await seek(board, connection, frame)


@seeks("chat")
async def chat(board: Switchboard, connection: Connection, frame: Find) -> None:
    await services.stranger_find(board, connection, frame)


@handles(Relax)
async def relax(board: Switchboard, connection: Connection, frame: Relax) -> None:
    await services.wish_relax(board, connection, ref=frame.ref)
