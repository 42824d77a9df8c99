"""Strangers for tests: `async with chat.stranger() as alice`, over a real server and real sockets.

`Chat` is anything that serves the product: `serving()` runs uvicorn inside the test's own event
loop, process tests point one at a real copy. A stranger reads frames one by one and knows what it
has not been asked about yet.
"""

import asyncio
import contextlib
import itertools
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn
import websockets
from django.conf import settings
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

from chat import visitors
from matching.pool import waiting_counts
from omegle.lib.redis import sync_client
from omegle.server.web import SOCKET_OPTIONS, WS_PROTOCOLS

SECONDS = 5.0

Frame = dict[str, Any]


class Stranger:
    """One visitor with one socket.

    Attributes:
        cookie: the value of the visitor cookie.
        welcome: the answer to `hello`, once there was one.
        room: the last room it was told.
    """

    _ids = itertools.count(1)

    def __init__(self, socket: ClientConnection, cookie: str) -> None:
        self.socket = socket
        self.cookie = cookie
        self.welcome: Frame = {}
        self.room: Frame = {}

    async def send(self, type: str, **fields: Any) -> None:
        await self.send_text(json.dumps({"type": type, **fields}))

    async def send_text(self, text: str) -> None:
        await self.socket.send(text)

    async def next(self, *, seconds: float = SECONDS) -> Frame:
        """Give the next frame, whatever it is; counts of who is online are passed over."""
        while True:
            async with asyncio.timeout(seconds):
                frame: Frame = json.loads(await self.socket.recv())
            if frame["type"] != "online":
                break
        if frame["type"] == "matched":
            self.room = frame
        return frame

    async def hears(self, type: str, *, seconds: float = SECONDS, **fields: Any) -> Frame:
        """Give the next frame, which must be of this type and hold these fields."""
        frame = await self.next(seconds=seconds)
        assert frame == frame | {"type": type, **fields}, frame
        return frame

    async def hears_nothing(self) -> None:
        """Check that nothing is on its way: the refusal of a wish that can't be comes first."""
        ref = f"fence-{next(self._ids)}"
        await self.send("find", mode="text", question="?", ref=ref)
        await self.hears("error", code="bad_question", ref=ref)

    async def hello(self, **fields: Any) -> Frame:
        await self.send("hello", protocol=1, **fields)
        self.welcome = await self.hears("welcome")
        return self.welcome

    async def resume(self, old: "Stranger", **fields: Any) -> Frame:
        """Take up the place of the same visitor's old socket."""
        return await self.hello(resume=old.welcome["resume"], **fields)

    async def find(self, *interests: str, **fields: Any) -> Frame:
        """Look for a stranger; give the `waiting` frame."""
        await self.send("find", **({"mode": "text", "interests": list(interests)} | fields))
        return await self.hears("waiting")

    async def says(self, text: str, **fields: Any) -> Frame:
        """Send a message; give the `sent` frame."""
        id = f"m{next(self._ids)}"
        await self.send("message", **({"room": self.room["room"], "id": id, "text": text} | fields))
        return await self.hears("sent", id=fields.get("id", id))

    async def closes(self) -> int:
        """Wait for the end of the socket; give the server's close code."""
        async with asyncio.timeout(2 * SECONDS):
            with contextlib.suppress(websockets.ConnectionClosed):
                while True:
                    await self.socket.recv()
        assert self.socket.close_code is not None
        return self.socket.close_code

    def abort(self) -> None:
        """Cut the connection without a word."""
        self.socket.transport.abort()


@dataclass(frozen=True, slots=True)
class Chat:
    """A running copy."""

    host: str
    port: int

    @property
    def origin(self) -> str:
        return f"http://{self.host}:{self.port}"

    async def open(
        self, *, cookie: str | None = None, origin: str | None = "own", **headers: str
    ) -> Stranger:
        """Open a socket, as a new visitor or as the one of `cookie` ('' for none)."""
        value = new_cookie() if cookie is None else cookie
        fields = {name.replace("_", "-"): text for name, text in headers.items()}
        if value:
            fields["Cookie"] = f"visitor={value}"
        chosen = self.origin if origin == "own" else origin
        socket = await connect(
            f"ws://{self.host}:{self.port}/ws/",
            origin=Origin(chosen) if chosen is not None else None,
            additional_headers=fields,
            compression=None,
            ping_interval=None,
            open_timeout=SECONDS,
            close_timeout=1,
            max_size=2**20,
        )
        return Stranger(socket, value)

    @asynccontextmanager
    async def stranger(self, *, hello: bool = True, **options: Any) -> AsyncIterator[Stranger]:
        """Open a socket and say hello; closed at the end."""
        stranger = await self.open(**options)
        try:
            if hello:
                await stranger.hello()
            yield stranger
        finally:
            await stranger.socket.close()

    @asynccontextmanager
    async def pair(self, **fields: Any) -> AsyncIterator[tuple[Stranger, Stranger]]:
        """Two strangers in a room; `fields` of the wish of both."""
        async with self.stranger() as alice, self.stranger() as bob:
            await meet(alice, bob, **fields)
            yield alice, bob


def new_cookie() -> str:
    return visitors.visitor_write(visitors.visitor_new(band="18+"))


async def meet(alice: Stranger, bob: Stranger, **fields: Any) -> None:
    """Let two strangers who look for anybody find each other."""
    await alice.find(**fields)
    await bob.find(**fields)
    await bob.hears("matched")
    await alice.hears("matched")


async def queue_holds(count: int) -> None:
    """Wait until so many tickets can be matched."""
    async with asyncio.timeout(SECONDS):
        while sum(waiting_counts(sync_client()).values()) != count:
            await asyncio.sleep(0.005)


async def gone(stranger: Stranger) -> None:
    """Wait until it is written that a stranger's connection is gone."""
    visitor = stranger.cookie.split(".")[0]
    async with asyncio.timeout(SECONDS):
        while sync_client().hget(f"visitor:{visitor}", "conn"):
            await asyncio.sleep(0.005)


@asynccontextmanager
async def serving() -> AsyncIterator[Chat]:
    """Serve the product from the running event loop, on a free port."""
    from omegle.asgi import application  # the static files' directory is there only now

    listener = socket.create_server(("127.0.0.1", 0))
    ws: Any = WS_PROTOCOLS[settings.WS_PROTOCOL]
    config = uvicorn.Config(application, loop="none", lifespan="on", ws=ws, **SOCKET_OPTIONS)
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup(sockets=[listener])
    try:
        yield Chat("127.0.0.1", listener.getsockname()[1])
    finally:
        # As uvicorn does it, without its pause for clients that are still there.
        for listening in server.servers:
            listening.close()
        listener.close()
        async with asyncio.timeout(2 * SECONDS):
            await asyncio.gather(*server.server_state.tasks)
        await server.lifespan.shutdown()
