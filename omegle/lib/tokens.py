"""Signed statements between services: JWS (RFC 7515) in its compact form, with Ed25519 alone.

The algorithm is not the sender's to choose: a header that names another one, or another kind of
token, is refused.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

_ALGORITHM = "EdDSA"
_MOST_CHARS = 4096

T = TypeVar("T")


class BadToken(Exception):
    """A token that is not what it should be; says why, and nothing of what is in it."""


class _Header(msgspec.Struct, forbid_unknown_fields=True):
    alg: str
    typ: str


def token_sign(key: Ed25519PrivateKey, kind: str, claims: Mapping[str, Any]) -> str:
    """Give a signed token of this kind (`typ`)."""
    head = b64_write(json.dumps({"alg": _ALGORITHM, "typ": kind}).encode())
    body = b64_write(json.dumps(claims).encode())
    return f"{head}.{body}.{b64_write(key.sign(f'{head}.{body}'.encode()))}"


def token_read(token: str, *, key: bytes, kind: str, shape: type[T]) -> T:
    """Give the claims of a token that whoever has this key signed.

    Raises:
        BadToken: it is malformed, of another kind or algorithm, or signed by somebody else.
    """
    if len(token) > _MOST_CHARS or token.count(".") != 2:
        raise BadToken("malformed")
    signed, _, signature = token.rpartition(".")
    head, _, body = signed.partition(".")
    try:
        header = msgspec.json.decode(b64_read(head), type=_Header)
        if (header.alg, header.typ) != (_ALGORITHM, kind):
            raise BadToken("of another kind")
        Ed25519PublicKey.from_public_bytes(key).verify(b64_read(signature), signed.encode())
        return msgspec.json.decode(b64_read(body), type=shape)
    except InvalidSignature:
        raise BadToken("not signed with the key") from None
    except (ValueError, msgspec.MsgspecError):  # also what is no base64, and a key that is none
        raise BadToken("malformed") from None


def b64_write(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def b64_read(text: str) -> bytes:
    """Read base64 as it has to be written, and in no other way."""
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except binascii.Error as error:
        raise ValueError(str(error)) from None
    if b64_write(data) != text:
        raise ValueError("not canonical")
    return data
