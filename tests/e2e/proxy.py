"""A TCP proxy between one browser and the copy that it talks to, for the test to cut and to mend.

Runs in the test's own event loop. Its port is another origin than the copy's: whoever enters by it
stays with it.
"""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

Cut = Literal["reset", "silence"]

_CHUNK = 64 * 1024
# Closing sends RST, as when the way is gone, and not FIN, as when somebody hangs up.
_RESET = struct.pack("ii", 1, 0)


class Proxy:
    """Forwards whatever comes to `target`, a port of this machine, until it is cut.

    `cut("reset")` breaks every connection and each new one at once; `cut("silence")` breaks
    nothing and lets nothing through, and what was under way arrives after `mend()`.

    `address`: what the copy sees its visitors come from, one of this machine's loopback addresses.
    """

    def __init__(self, target: int, *, address: str = "127.0.0.1") -> None:
        self.target = target
        self.address = address
        self.port = 0
        self._way = asyncio.Event()
        self._way.set()
        self._refuses = False
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self, how: Cut) -> None:
        if how == "silence":
            self._way.clear()
            return
        self._refuses = True
        for writer in list(self._writers):
            _reset(writer)

    def mend(self) -> None:
        self._refuses = False
        self._way.set()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Proxy"]:
        """Listen on a free port; at the end nothing of it is left."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with self._held(writer):
            await self._way.wait()
            if self._refuses:
                _reset(writer)
                return
            try:
                there, back = await asyncio.open_connection(
                    "127.0.0.1", self.target, local_addr=(self.address, 0)
                )
            except OSError:
                _reset(writer)
                return
            async with self._held(back):
                try:
                    async with asyncio.TaskGroup() as group:
                        group.create_task(self._forward(reader, back))
                        group.create_task(self._forward(there, writer))
                except* OSError:
                    # One side broke: the other shall not wait for it.
                    _reset(writer)
                    _reset(back)

    @asynccontextmanager
    async def _held(self, writer: asyncio.StreamWriter) -> AsyncIterator[None]:
        self._writers.add(writer)
        try:
            yield
        finally:
            self._writers.discard(writer)
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(_CHUNK):
            await self._way.wait()
            writer.write(data)
            await writer.drain()
        await self._way.wait()
        writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    own = writer.get_extra_info("socket")
    with contextlib.suppress(OSError):
        own.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()
