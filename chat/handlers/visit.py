"""The visit: `hello`, `bye`."""

from msgspec import UNSET

from chat import services
from chat.connection import Connection
from chat.handlers import handles
from chat.protocol import Bye, Hello
from chat.switchboard import Switchboard
from omegle.lib.words import sentence


@handles(Hello)
async def hello(board: Switchboard, connection: Connection, frame: Hello) -> None:
    if connection.greeted:
        connection.refuse_frame("bad_frame", sentence("You have said hello already."), frame.ref)
        return
    await services.visit_open(
        board,
        connection,
        resume=None if frame.resume is UNSET else frame.resume,
        seen=frame.seen,
        epoch=None if frame.epoch is UNSET else frame.epoch,
        ref=frame.ref,
    )


@handles(Bye)
async def bye(board: Switchboard, connection: Connection, frame: Bye) -> None:
    await services.visit_close(board, connection)
