"""The web server: uvicorn with the options this project needs, for `make run` and production alike.

`python -m omegle.server.web` takes everything from the settings. Told to stop, a process accepts
nobody new, gives what it holds to the others (`omegle.lib.lifecycle`), then ends. SIGHUP replaces
the workers one by one. Development uses daphne's `runserver` instead.
"""

import os
import resource
import socket
import sys
from logging.config import dictConfig
from typing import Any

import uvicorn
from uvicorn.supervisors import multiprocess

from omegle.lib import lifecycle
from omegle.server.sockets import PromptHttpProtocol

# How sockets are spoken, wherever uvicorn serves the product.
SOCKET_OPTIONS: dict[str, Any] = {
    "http": "omegle.server.sockets:PromptHttpProtocol",
    # The longest frame of the protocol. Compression costs memory for each socket and saves
    # nothing on short texts.
    "ws_max_size": 16 * 1024,
    "ws_per_message_deflate": False,
    # A connection that vanished is noticed within 9 s, so a cut of 40 s has outlived the 30 s
    # for which its place is kept.
    "ws_ping_interval": 5,
    "ws_ping_timeout": 4,
    # Addresses: believed and logged nowhere here. `TRUSTED_PROXIES` is read by the application.
    "proxy_headers": False,
    "access_log": False,
    "log_config": None,
    "log_level": "warning",
    "server_header": False,
}
# By the names that `WS_PROTOCOL` has for them (docs/adr/0010).
WS_PROTOCOLS = {
    "picows": "omegle.server.transport:PicowsProtocol",
    "websockets-sansio": "omegle.server.sockets:PromptWebSocketProtocol",
}
# Of the time to drain, what is left for closing sockets and for the application's own end.
_CLOSING_SECONDS = 1


class DrainingServer(uvicorn.Server):
    """Gives everything away before it closes what is left."""

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for server in self.servers:
            server.close()
        for listener in sockets or []:
            listener.close()
        # What a proxy keeps open between requests would bring it newcomers still.
        for connection in tuple(self.server_state.connections):
            if isinstance(connection, PromptHttpProtocol):
                connection.shutdown()
        await lifecycle.drain(_drain_seconds() - _CLOSING_SECONDS)
        await super().shutdown(sockets)


class _DrainingProcess(multiprocess.Process):
    @property
    def server(self) -> uvicorn.Server:
        if self._server is None:
            self._server = DrainingServer(config=self.config)
        return self._server


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "omegle.settings")
    from django.conf import settings

    # The application does the same in each worker; this is for the process that starts them.
    dictConfig(settings.LOGGING)
    _open_many_sockets()
    config = uvicorn.Config(
        "omegle.asgi:application",
        host=settings.HOST,
        port=settings.PORT,
        workers=settings.WORKERS,
        loop="uvloop",
        ws=WS_PROTOCOLS[settings.WS_PROTOCOL],
        timeout_graceful_shutdown=_CLOSING_SECONDS,
        **SOCKET_OPTIONS,
    )
    if settings.WORKERS > 1:
        # uvicorn has no other way to say which server its workers run.
        multiprocess.Process = _DrainingProcess  # type: ignore[misc]
        multiprocess.Multiprocess(config, [config.bind_socket()]).run()
        return
    server = DrainingServer(config)
    server.run()
    if not server.started:
        sys.exit(uvicorn.config.STARTUP_FAILURE)


def _drain_seconds() -> int:
    from django.conf import settings

    seconds: int = settings.DRAIN_SECONDS
    return seconds


def _open_many_sockets() -> None:
    """Raise the limit of open files, 1024 on many systems, as far as we may."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


if __name__ == "__main__":
    main()
