"""What a connection sends at once, and what waits: never out of order."""

import asyncio
import contextlib
from typing import Any

from chat import visitors
from chat.connection import Budget, Connection


class Socket:
    """A server that takes texts at once, until it is clogged."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.is_clogged = False
        self.may_go_on = asyncio.Event()

    def send_now(self, text: str) -> bool:
        if not self.is_clogged:
            self.sent.append(text)
        return not self.is_clogged

    async def send(self, message: dict[str, Any]) -> None:
        await self.may_go_on.wait()
        self.sent.append(message["text"])


def _connection(socket: Socket) -> Connection:
    return Connection("p:1", visitors.visitor_new(band="adult"), Budget(), send_now=socket.send_now)


async def test_text_is_sent_at_once_when_nothing_waits() -> None:
    socket = Socket()
    _connection(socket).send_text("one")
    assert socket.sent == ["one"]


async def test_text_behind_a_queue_waits_although_the_socket_is_free_again() -> None:
    socket = Socket()
    connection = _connection(socket)
    socket.is_clogged = True
    connection.send_text("one")
    writer = asyncio.create_task(connection.write(socket.send))
    await asyncio.sleep(0)  # the writer has taken it, and waits for the socket
    socket.is_clogged = False
    connection.send_text("two")
    assert socket.sent == []
    socket.may_go_on.set()
    while len(socket.sent) < 2:
        await asyncio.sleep(0)
    connection.send_text("three")
    assert socket.sent == ["one", "two", "three"]
    writer.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await writer


async def test_nothing_is_sent_after_the_close() -> None:
    socket = Socket()
    connection = _connection(socket)
    connection.close(1000)
    connection.send_text("late")
    assert socket.sent == []
