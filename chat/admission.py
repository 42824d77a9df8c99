"""Who is at the socket's door: visitor cookie, address tag and language, of an ASGI scope."""

from dataclasses import dataclass
from typing import Any

from django.http.cookie import parse_cookie

from chat.visitors import Visitor, visitor_read
from moderation.tags import AddressTag, address_tags
from omegle.lib.languages import language_of
from omegle.lib.network import Network, caller_address, caller_tag, wide_network
from omegle.lib.simulated import HEADER, is_simulated

_TOKEN = HEADER.lower().encode()


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who opened a socket.

    Attributes:
        visitor: who it is, None when not admitted under the current terms, with a current age.
        tag: stands for the address today, for limits.
        addresses: stand for it longer, for sanctions; under each live key, today's first.
        network: of many, in which it is; in memory only.
        is_simulated: the operator's; no limit of addresses holds it up.
        language: of ours, in which pages would be.
    """

    visitor: Visitor | None
    tag: str
    addresses: tuple[AddressTag, ...]
    network: Network
    is_simulated: bool
    language: str


def caller_of(scope: dict[str, Any]) -> Caller:
    cookies = parse_cookie(_header(scope, b"cookie"))
    visitor = visitor_read(cookies)
    if visitor is not None and not visitor.is_admitted:
        visitor = None
    client = scope.get("client")
    peer, forwarded = client[0] if client else None, _header(scope, b"x-forwarded-for")
    address = caller_address(peer, forwarded)
    tag = caller_tag(peer, forwarded)
    simulated = is_simulated(_header(scope, _TOKEN), door="socket")
    language = language_of(cookies, _header(scope, b"accept-language"))
    return Caller(visitor, tag, address_tags(address), wide_network(address), simulated, language)


def _header(scope: dict[str, Any], name: bytes) -> str:
    """Give a header; repeated ones are joined, as RFC 9110 5.3 has it."""
    values = [value.decode("latin-1") for key, value in scope["headers"] if key == name]
    return ("; " if name == b"cookie" else ", ").join(values)
