"""A relay on plain Channels, as its tutorial builds one: a consumer and a channel layer on Redis.

Arguments after the port: `core` or `pubsub`, which of the layers of channels-redis; and the address
of the Redis. The server is uvicorn, with its own choice of protocol.
"""

import json
import sys
from typing import Any

import uvicorn
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import channel_layers
from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings
from django.urls import path

_LAYERS = {
    "core": "channels_redis.core.RedisChannelLayer",
    "pubsub": "channels_redis.pubsub.RedisPubSubChannelLayer",
}

_waiting: list["Stranger"] = []


class Stranger(AsyncWebsocketConsumer):
    other: str | None = None

    async def disconnect(self, code: int) -> None:
        await self.leave()
        if self in _waiting:
            _waiting.remove(self)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        frame = json.loads(text_data or "")
        if frame["type"] == "find":
            await self.find()
        elif self.other is not None:
            await self.channel_layer.send(self.other, {"type": "said", "frame": frame})

    async def find(self) -> None:
        await self.leave()
        if not _waiting:
            _waiting.append(self)
            return
        other = _waiting.pop()
        self.other, other.other = other.channel_name, self.channel_name
        for seat, each in enumerate((other, self), 1):
            await each.send(json.dumps({"type": "matched", "seat": seat}))

    async def leave(self) -> None:
        other, self.other = self.other, None
        if other is not None:
            await self.channel_layer.send(other, {"type": "left"})

    async def said(self, event: dict[str, Any]) -> None:
        await self.send(json.dumps(event["frame"]))

    async def left(self, event: dict[str, Any]) -> None:
        self.other = None
        await self.send('{"type":"ended"}')


def main(port: int, layer: str, redis: str) -> None:
    config: dict[str, Any] = {
        # Its blocking reads take as long as redis-py 8 waits by itself, and each connection may
        # hold one of Redis, of which that has 100 by itself.
        "hosts": [{"address": redis, "socket_timeout": None, "max_connections": 10_000}]
    }
    if layer == "core":
        config["capacity"] = 10_000  # with the 100 it has by itself it drops what is said
    settings.configure(CHANNEL_LAYERS={"default": {"BACKEND": _LAYERS[layer], "CONFIG": config}})
    assert channel_layers.backends is not None
    application = ProtocolTypeRouter({"websocket": URLRouter([path("ws/", Stranger.as_asgi())])})
    uvicorn.run(
        application,
        host="127.0.0.1",
        port=port,
        loop="uvloop",
        log_level="warning",
        ws_per_message_deflate=False,
        backlog=4096,
    )


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
