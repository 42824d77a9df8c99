"""What one echoed text costs the server, by what speaks WebSocket: CPU, and ratios.

    python -m benchmarks.transport

50 connections in a closed loop: each sends a text of 60 bytes as soon as the last has come back.
Server and client are processes of their own, on a core each where the system lets us choose. The
servers take turns, so that whatever else the machine does falls on all alike; the median counts.
`picows` is a bare listener of that library without ASGI, about the floor for Python.
"""

import asyncio
import os
import resource
import socket
import subprocess
import sys
from statistics import median
from typing import Any

import picows
import uvicorn
import uvloop

from omegle.server.web import SOCKET_OPTIONS, WS_PROTOCOLS

_CONNECTIONS = 50
_TEXT = "x" * 60
_COST = "cost"  # asks the server for the CPU it has used
_WARM, _MESSAGES, _ROUNDS = 100, 400, 7

_SERVERS = {
    "picows, bare": None,
    "uvicorn, ours on picows": WS_PROTOCOLS["picows"],
    "uvicorn, websockets-sansio": "websockets-sansio",
    "uvicorn, websockets": "websockets",
}


def _cost() -> str:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return str(used.ru_utime + used.ru_stime)


async def _echo(scope: Any, receive: Any, send: Any) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    while (event := await receive())["type"] == "websocket.receive":
        text = event["text"]
        answer = _cost() if text == _COST else text
        await send({"type": "websocket.send", "text": answer})


class _Echo(picows.WSListener):
    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type is picows.WSMsgType.CLOSE:
            transport.disconnect()
            return
        text = frame.get_payload_as_utf8_text()
        transport.send(picows.WSMsgType.TEXT, _cost() if text == _COST else text)


def _serve(name: str, descriptor: int) -> None:
    _pin(0)
    listener = socket.socket(fileno=descriptor)
    if name == "picows, bare":

        async def bare() -> None:
            server = await picows.ws_create_server(lambda _: _Echo(), sock=listener)
            await server.serve_forever()

        uvloop.run(bare())
        return
    options: Any = SOCKET_OPTIONS | {"ws": _SERVERS[name]}
    config = uvicorn.Config(_echo, loop="uvloop", lifespan="off", **options)
    uvicorn.Server(config).run([listener])


class _Talker(picows.WSListener):
    """Says its text again whenever it comes back, for a number of times."""

    def __init__(self) -> None:
        self.left = 0
        self.done: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type is not picows.WSMsgType.TEXT:
            return
        self.left -= 1
        if self.left > 0:
            transport.send(picows.WSMsgType.TEXT, _TEXT)
        else:
            self.done.set_result(frame.get_payload_as_utf8_text())


async def _measure(port: int) -> float:
    """Give the seconds of CPU that the server spent for a message."""
    url = f"ws://127.0.0.1:{port}/"
    pairs: list[tuple[picows.WSTransport, Any]] = [
        await picows.ws_connect(_Talker, url) for _ in range(_CONNECTIONS)
    ]

    async def talk(count: int) -> None:
        for transport, talker in pairs:
            talker.left, talker.done = count, asyncio.get_running_loop().create_future()
            transport.send(picows.WSMsgType.TEXT, _TEXT)
        await asyncio.gather(*(talker.done for _, talker in pairs))

    async def cost() -> float:
        transport, talker = pairs[0]
        talker.left, talker.done = 1, asyncio.get_running_loop().create_future()
        transport.send(picows.WSMsgType.TEXT, _COST)
        return float(await talker.done)

    await talk(_WARM)
    before = await cost()
    await talk(_MESSAGES)
    spent = await cost() - before
    for transport, _ in pairs:
        transport.disconnect()
    return spent / (_CONNECTIONS * _MESSAGES)


def _pin(number: int) -> None:
    """Stay on one of the cores we may use, where there is more than one and a way to say so."""
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, {cores[number % len(cores)]})


def main() -> None:
    listeners = {name: socket.create_server(("127.0.0.1", 0)) for name in _SERVERS}
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "benchmarks.transport", name, str(listener.fileno())],
            pass_fds=[listener.fileno()],
        )
        for name, listener in listeners.items()
    ]
    _pin(1)
    costs: dict[str, list[float]] = {name: [] for name in _SERVERS}
    try:
        for _ in range(_ROUNDS):
            for name, listener in listeners.items():
                costs[name].append(uvloop.run(_measure(listener.getsockname()[1])))
    finally:
        for process in processes:
            process.kill()
            process.wait()
    floor = median(costs["picows, bare"])
    print(f"{'server':<28} {'µs a message':>12} {'ratio':>6}   from … to")
    for name, found in costs.items():
        low, high = min(found) * 1e6, max(found) * 1e6
        cost = median(found)
        print(f"{name:<28} {cost * 1e6:>12.1f} {cost / floor:>6.2f}   {low:.1f} … {high:.1f}")


if __name__ == "__main__":
    if len(sys.argv) > 1:
        _serve(sys.argv[1], int(sys.argv[2]))
    else:
        main()
