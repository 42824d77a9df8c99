"""A bare relay on picows: about what Python can do at best."""

import sys

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, WSUpgradeRequest, ws_create_server

_ENDED = b'{"type":"ended"}'

_waiting: list["Stranger"] = []


class Stranger(WSListener):
    transport: WSTransport
    other: "Stranger | None" = None

    def on_ws_connected(self, transport: WSTransport) -> None:
        self.transport = transport

    def on_ws_disconnected(self, transport: WSTransport) -> None:
        self.leave()
        if self in _waiting:
            _waiting.remove(self)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        if frame.msg_type == WSMsgType.CLOSE:
            transport.disconnect()
            return
        payload = frame.get_payload_as_bytes()
        if payload.startswith(b'{"type":"find"'):
            self.find()
        elif self.other is not None:
            self.other.transport.send(WSMsgType.TEXT, payload)

    def find(self) -> None:
        self.leave()
        if not _waiting:
            _waiting.append(self)
            return
        other = _waiting.pop()
        self.other, other.other = other, self
        for seat, each in enumerate((other, self), 1):
            each.transport.send(WSMsgType.TEXT, b'{"type":"matched","seat":%d}' % seat)

    def leave(self) -> None:
        other, self.other = self.other, None
        if other is not None:
            other.other = None
            other.transport.send(WSMsgType.TEXT, _ENDED)


def _accept(request: WSUpgradeRequest) -> WSListener:
    return Stranger()


async def main(port: int) -> None:
    server = await ws_create_server(_accept, "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1])))
