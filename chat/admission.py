"""Who is at the socket's door: origin, visitor cookie, address tag, read from an ASGI scope."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.cookie import parse_cookie
from django.http.request import split_domain_port, validate_host

from chat.visitors import Visitor, visitor_read
from moderation.tags import AddressTag, address_tags
from omegle.lib.network import caller_address, caller_tag

_DEFAULT_PORTS = {"http": "80", "https": "443"}


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who opened a socket.

    Attributes:
        visitor: who it is, None when not admitted under the current terms.
        tag: stands for the address today, for limits.
        address: stands for it longer, for sanctions.
    """

    visitor: Visitor | None
    tag: str
    address: AddressTag


def caller_of(scope: dict[str, Any]) -> Caller:
    visitor = visitor_read(parse_cookie(_header(scope, b"cookie")))
    if visitor is not None and not visitor.has_current_terms:
        visitor = None
    client = scope.get("client")
    peer, forwarded = client[0] if client else None, _header(scope, b"x-forwarded-for")
    address, _older = address_tags(caller_address(peer, forwarded))
    return Caller(visitor, caller_tag(peer, forwarded), address)


def is_own_origin(scope: dict[str, Any]) -> bool:
    """Whether the page that opens the socket is one of ours.

    Its `Origin` must have the scheme of `PUBLIC_URL` and name the very host and port of the
    request, which must be one of `ALLOWED_HOSTS`; absent, `null` or repeated headers are refused.
    """
    origins = [value for name, value in scope["headers"] if name == b"origin"]
    hosts = [value for name, value in scope["headers"] if name == b"host"]
    if len(origins) != 1 or len(hosts) != 1:
        return False
    try:
        origin = urlsplit(origins[0].decode("ascii"))
        host = hosts[0].decode("ascii").lower()
    except ValueError:
        return False
    domain, _port = split_domain_port(host)
    if not domain or not validate_host(domain, settings.ALLOWED_HOSTS):
        return False
    if origin.scheme != settings.PUBLIC_SCHEME or origin.path or origin.query or origin.fragment:
        return False
    return _with_port(origin.netloc.lower(), origin.scheme) == _with_port(host, origin.scheme)


def _with_port(host: str, scheme: str) -> str:
    bare = host.rpartition("]")[2] if host.startswith("[") else host
    return host if ":" in bare else f"{host}:{_DEFAULT_PORTS[scheme]}"


def _header(scope: dict[str, Any], name: bytes) -> str:
    """Give a header; repeated ones are joined, as RFC 9110 5.3 has it."""
    values = [value.decode("latin-1") for key, value in scope["headers"] if key == name]
    return ("; " if name == b"cookie" else ", ").join(values)
