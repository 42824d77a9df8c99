"""Addresses of the sockets."""

from typing import Any

from django.urls import path, re_path

from chat.consumers import StrangerConsumer


async def refuse(scope: Any, receive: Any, send: Any) -> Any:
    """Refuse a socket at an address that is none, before the upgrade."""
    await receive()
    await send({"type": "websocket.close"})


websocket_urlpatterns = [path("ws/", StrangerConsumer.as_asgi()), re_path("", refuse)]
