"""Credentials for the TURN server: what the server recomputes."""

import base64
import hashlib
import hmac

import msgspec

from chat.protocol import IceServer
from chat.turn import LIVES_SECONDS, ice_servers

URLS = ("turn:turn.example.org?transport=udp", "turn:turn.example.org?transport=tcp")


def test_credential_is_what_the_server_recomputes() -> None:
    [server] = ice_servers(URLS, "geheim", now=1_700_000_000.9, name="q3Jm0tY8")
    expected = hmac.new(b"geheim", b"1700000600:q3Jm0tY8", hashlib.sha1).digest()
    assert server == IceServer(
        urls=URLS,
        username="1700000600:q3Jm0tY8",
        credential=base64.b64encode(expected).decode(),
    )


def test_credentials_live_ten_minutes() -> None:
    assert LIVES_SECONDS == 600


def test_browser_takes_it_as_it_is() -> None:
    [server] = ice_servers(URLS, "s", now=0, name="n")
    assert set(msgspec.to_builtins(server)) == {"urls", "username", "credential"}


def test_without_a_server_there_is_none() -> None:
    assert ice_servers((), "geheim", now=0, name="n") == ()
    assert ice_servers(URLS, "", now=0, name="n") == ()
