"""A road between a client and a server that can be cut: nothing arrives, and nobody is told.

What is on its way when the road is cut waits, as TCP's retransmissions would have it, and arrives
when the road is open again.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.strangers import Chat

_PING = b"\x89"


class Road:
    """A TCP proxy.

    Attributes:
        chat: where clients knock.
    """

    def __init__(self) -> None:
        self.chat = Chat("127.0.0.1", 0)
        self._open = asyncio.Event()
        self._open.set()
        self._ping_cuts = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()

    @asynccontextmanager
    async def to(self, server: Chat) -> AsyncIterator["Road"]:
        """Open the road to a server; everything on it is cut off at the end."""

        async def carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await self._open.wait()
            there = await asyncio.open_connection(server.host, server.port)
            self._writers |= {writer, there[1]}
            for source, target, back in ((reader, there[1], False), (there[0], writer, True)):
                task = asyncio.create_task(self._carry(source, target, back=back))
                self._tasks.add(task)

        listener = await asyncio.start_server(carry, "127.0.0.1", 0)
        self.chat = Chat("127.0.0.1", listener.sockets[0].getsockname()[1])
        try:
            yield self
        finally:
            listener.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            for writer in self._writers:
                writer.transport.abort()
                with contextlib.suppress(OSError):
                    await writer.wait_closed()

    def cut(self) -> None:
        self._open.clear()

    def restore(self) -> None:
        self._ping_cuts = False
        self._open.set()

    async def cut_at_ping(self, *, seconds: float) -> None:
        """Cut with the server's next ping, which is the first thing that does not arrive."""
        self._ping_cuts = True
        async with asyncio.timeout(seconds):
            while self._open.is_set():
                await asyncio.sleep(0.01)

    async def _carry(
        self, source: asyncio.StreamReader, target: asyncio.StreamWriter, *, back: bool
    ) -> None:
        try:
            while data := await source.read(65536):
                if back and self._ping_cuts and data.startswith(_PING):
                    self.cut()
                await self._open.wait()
                target.write(data)
                await target.drain()
            await self._open.wait()
            target.close()
        except OSError:
            await self._open.wait()
            target.transport.abort()
