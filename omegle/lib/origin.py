"""Whose page opens a socket: only ours may, whichever socket it is."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import split_domain_port, validate_host

_DEFAULT_PORTS = {"http": "80", "https": "443"}


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
