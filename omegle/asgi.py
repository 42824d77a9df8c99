"""The ASGI application: pages by Django, sockets by the consumers of chat and desk."""

import os
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omegle.settings")

from django.core.asgi import get_asgi_application

django_application = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter
from django.conf import settings

from chat import switchboard
from chat.routing import websocket_urlpatterns
from moderation.routing import desk_urlpatterns
from omegle.exposition import push_from_now_on

_BODY_BYTES = 1024 * 1024
_TOO_LARGE = [
    (b"content-type", b"text/plain"),
    (b"x-content-type-options", b"nosniff"),
    (b"connection", b"close"),  # the rest of it is not read
]


push_from_now_on()


async def lifespan(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Start the switchboard before the server listens, and stop it in order."""
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            await switchboard.start_current()
            await send({"type": "lifespan.startup.complete"})
        else:
            await switchboard.stop_current()
            await send({"type": "lifespan.shutdown.complete"})
            return


async def public_http(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """Serve pages under the scheme of PUBLIC_URL, which no header of a request can change.

    A body longer than any form or picture of ours is answered with 413 before Django has read it.
    """
    received = 0

    async def receive_some() -> Any:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        return message if received <= _BODY_BYTES else {"type": "http.disconnect"}

    scope = {**scope, "scheme": settings.PUBLIC_SCHEME}
    await django_application(scope, receive_some, send)
    if received > _BODY_BYTES:  # Django took it for a client that is gone, and said nothing
        await send({"type": "http.response.start", "status": 413, "headers": _TOO_LARGE})
        await send({"type": "http.response.body", "body": b"That is more than we take."})


application = ProtocolTypeRouter(
    {
        "http": public_http,
        "websocket": URLRouter([*desk_urlpatterns, *websocket_urlpatterns]),
        "lifespan": lifespan,
    }
)
