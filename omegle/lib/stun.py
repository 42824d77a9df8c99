"""A small TURN client: asks for a relay and whether it would pass something on. RFC 8489, RFC 8656.

Only `manage.py doctor` uses it, to see what a browser would. It waits for each answer.
"""

import contextlib
import hashlib
import hmac
import ipaddress
import os
import re
import socket
import ssl
import struct
from dataclasses import dataclass, field
from typing import Final, Self

_COOKIE: Final = 0x2112A442
_ALLOCATE, _REFRESH, _PERMIT = 0x0003, 0x0004, 0x0008
_SUCCESS, _ERROR = 0x0100, 0x0110
_USERNAME, _INTEGRITY, _ERROR_CODE, _LIFETIME = 0x0006, 0x0008, 0x0009, 0x000D
_PEER, _REALM, _NONCE, _RELAYED, _TRANSPORT = 0x0012, 0x0014, 0x0015, 0x0016, 0x0019
_UDP = b"\x11\x00\x00\x00"
_UNAUTHORIZED = 401
# As env.turn_urls has let through.
_URL = re.compile(r"(turns?):(\[[^\]]+\]|[^:?]+)(?::([0-9]+))?(?:\?transport=(udp|tcp))?")
_PORTS = {"turn": 3478, "turns": 5349}
_TRIES = 3
_DISCARD = 9

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Refused(Exception):
    """The server said no.

    Attributes:
        code: as STUN has it: 401, 403, 486, …
    """

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(f"{code} {reason}")
        self.code = code


@dataclass
class TurnClient:
    """One conversation with a server; used as a context, which gives the relay back.

    Every call raises `Refused`, or `OSError` when no answer comes within `seconds`.
    """

    url: str
    username: str
    password: str
    seconds: float = 3.0
    _realm: bytes = b""
    _nonce: bytes = b""
    _socket: socket.socket = field(init=False)

    def __enter__(self) -> Self:
        parts = _URL.fullmatch(self.url)
        if parts is None:
            raise OSError("no address of a TURN server")
        scheme, host, port, transport = parts.groups()
        self._is_stream = scheme == "turns" or transport == "tcp"
        kind = socket.SOCK_STREAM if self._is_stream else socket.SOCK_DGRAM
        host = host.strip("[]")
        family, kind, proto, _, address = socket.getaddrinfo(
            host, int(port or _PORTS[scheme]), type=kind
        )[0]
        self._socket = socket.socket(family, kind, proto)
        try:
            self._socket.settimeout(self.seconds)
            self._socket.connect(address)
            if scheme == "turns":
                context = ssl.create_default_context()
                self._socket = context.wrap_socket(self._socket, server_hostname=host)
        except BaseException:
            self._socket.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            if self._nonce:
                self.release()
        except (OSError, Refused):
            pass  # it lapses by itself
        finally:
            self._socket.close()

    def allocate(self) -> tuple[Address, int]:
        """Ask for a relay; give its address and port."""
        try:
            answer = self._ask(_ALLOCATE, [(_TRANSPORT, _UDP)])
        except Refused as refused:
            if refused.code != _UNAUTHORIZED or not self._nonce:
                raise
            answer = self._ask(_ALLOCATE, [(_TRANSPORT, _UDP)])
        return _address_read(answer[_RELAYED])

    def release(self) -> None:
        """Give the relay back; leaving the context does so."""
        self._ask(_REFRESH, [(_LIFETIME, bytes(4))])

    def permit(self, peer: Address) -> None:
        """Ask to be let through to a peer and back."""
        id = os.urandom(12)
        self._ask(_PERMIT, [(_PEER, _address_write(peer, id))], id)

    def _ask(
        self, method: int, attributes: list[tuple[int, bytes]], id: bytes = b""
    ) -> dict[int, bytes]:
        """Give the attributes of the answer; a realm and nonce in it are for the next question."""
        id = id or os.urandom(12)
        request = self._request(method, attributes, id)
        kind, answer = self._sent(request, id)
        if kind == method | _SUCCESS:
            return answer
        self._realm, self._nonce = answer.get(_REALM, self._realm), answer.get(_NONCE, self._nonce)
        error = answer.get(_ERROR_CODE, bytes(4))
        raise Refused(error[2] * 100 + error[3], error[4:].decode(errors="replace"))

    def _sent(self, request: bytes, id: bytes) -> tuple[int, dict[int, bytes]]:
        """Send a request, over UDP again while it may have been lost; give the answer's kind."""
        for _ in range(0 if self._is_stream else _TRIES - 1):
            self._socket.sendall(request)
            with contextlib.suppress(TimeoutError):
                return self._answer(id)
        self._socket.sendall(request)
        return self._answer(id)

    def _request(self, method: int, attributes: list[tuple[int, bytes]], id: bytes) -> bytes:
        if not self._nonce:
            return _message(method, id, _packed(attributes))
        whose = [
            (_USERNAME, self.username.encode()),
            (_REALM, self._realm),
            (_NONCE, self._nonce),
        ]
        body = _packed([*attributes, *whose])
        secret = b":".join((self.username.encode(), self._realm, self.password.encode()))
        key = hashlib.md5(secret, usedforsecurity=False).digest()  # the protocol's choice
        # The length counts the seal before it is there.
        sealed = _message(method, id, body, more=24)
        seal = hmac.digest(key, sealed, hashlib.sha1)
        return sealed + _packed([(_INTEGRITY, seal)])

    def _answer(self, id: bytes) -> tuple[int, dict[int, bytes]]:
        while True:
            message = self._read()
            kind, _, cookie = struct.unpack("!HHI", message[:8])
            if cookie == _COOKIE and message[8:20] == id:
                return kind, _unpacked(message[20:])

    def _read(self) -> bytes:
        if not self._is_stream:
            return self._socket.recv(2048)
        head = self._read_exactly(20)
        return head + self._read_exactly(int.from_bytes(head[2:4], "big"))

    def _read_exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            if not (more := self._socket.recv(count - len(data))):
                raise ConnectionError("closed by the server")
            data += more
        return data


def _message(method: int, id: bytes, body: bytes, *, more: int = 0) -> bytes:
    return struct.pack("!HHI", method, len(body) + more, _COOKIE) + id + body


def _packed(attributes: list[tuple[int, bytes]]) -> bytes:
    return b"".join(
        struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)
        for kind, value in attributes
    )


def _unpacked(body: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    while len(body) >= 4:
        kind, length = struct.unpack("!HH", body[:4])
        found.setdefault(kind, body[4 : 4 + length])
        body = body[4 + length + -length % 4 :]
    return found


def _address_write(address: Address, id: bytes) -> bytes:
    family = 1 if address.version == 4 else 2
    mask = _COOKIE.to_bytes(4, "big") + id
    masked = bytes(a ^ b for a, b in zip(address.packed, mask, strict=False))
    return struct.pack("!xBH", family, _DISCARD ^ _COOKIE >> 16) + masked


def _address_read(value: bytes) -> tuple[Address, int]:
    family, port = struct.unpack("!xBH", value[:4])
    if family != 1:
        raise Refused(0, "a relay of another family")
    plain = int.from_bytes(value[4:8], "big") ^ _COOKIE
    return ipaddress.IPv4Address(plain), port ^ _COOKIE >> 16
