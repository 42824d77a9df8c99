"""Credentials for a TURN server that shares a secret with us, as browsers take them. Pure.

The scheme is that of "A REST API For Access To TURN Services" (draft-uberti-behave-turn-rest-00):
nothing is registered anywhere, the server recomputes the password from the name.
"""

import base64
import hashlib
import hmac
from collections.abc import Sequence

from chat.protocol import IceServer

LIVES_SECONDS = 600


def ice_servers(
    urls: Sequence[str], secret: str, *, now: float, name: str
) -> tuple[IceServer, ...]:
    """Give the `ice_servers` of a match: one server with all its addresses, or none.

    `now`: seconds since 1970 by the clock that the TURN server shares. `name`: random; it must say
    nothing about the visitor, since the TURN server sees it.
    """
    if not urls or not secret:
        return ()
    username = f"{int(now) + LIVES_SECONDS}:{name}"
    # SHA-1 is what the scheme has; as an HMAC it is still sound.
    digest = hmac.digest(secret.encode(), username.encode(), hashlib.sha1)
    credential = base64.b64encode(digest).decode()
    return (IceServer(urls=tuple(urls), username=username, credential=credential),)
