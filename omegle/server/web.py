"""The web server: uvicorn with the options this project needs, for `make run` and production alike.

`python -m omegle.server.web` takes everything from the settings. Development uses daphne's
`runserver` instead.
"""

import os
import resource
from logging.config import dictConfig
from typing import Any

import uvicorn

# How sockets are spoken, wherever uvicorn serves the product.
SOCKET_OPTIONS: dict[str, Any] = {
    "http": "httptools",
    "ws": "websockets-sansio",
    # The longest frame of the protocol. Compression costs memory for each socket and saves
    # nothing on short texts.
    "ws_max_size": 16 * 1024,
    "ws_per_message_deflate": False,
    # A connection that vanished is noticed within 16 s.
    "ws_ping_interval": 8,
    "ws_ping_timeout": 8,
    # Addresses: believed and logged nowhere here. `TRUSTED_PROXIES` is read by the application.
    "proxy_headers": False,
    "access_log": False,
    "log_config": None,
    "log_level": "warning",
    "server_header": False,
}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omegle.settings")
    from django.conf import settings

    # The application does the same in each worker; this is for the process that starts them.
    dictConfig(settings.LOGGING)
    _open_many_sockets()
    uvicorn.run(
        "omegle.asgi:application",
        host=settings.HOST,
        port=settings.PORT,
        workers=settings.WORKERS,
        loop="uvloop",
        timeout_graceful_shutdown=settings.DRAIN_SECONDS,
        **SOCKET_OPTIONS,
    )


def _open_many_sockets() -> None:
    """Raise the limit of open files, 1024 on many systems, as far as we may."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    main()
