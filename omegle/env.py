"""Readers of environment variables that raise on a malformed value.

`settings.py` and the launcher call them. Each reader names the variable and says what it takes, so
that a mistake is one clear line at the start and not a surprise at night. An empty value counts as
unset.
"""

import base64
import binascii
import ipaddress
import json
import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import SplitResult, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

from omegle.crisis import FILE_BYTES, HELPLINES, BadHelplines, Country, helplines_read
from omegle.lib.house_rules import BadText, texts_read
from omegle.lib.logo import BadLogo, Logo, logo_read
from omegle.lib.ratelimit import Rate

# ISO 3166-1 alpha-2 or 3166-2.
_COUNTRY = re.compile(r"[A-Z]{2}(?:-[A-Z0-9]{1,3})?")

_Held = TypeVar("_Held")
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

_NAME_CHARS = 40
_COLOUR = re.compile(r"#?([0-9a-f]{6})")
# What mail programs take from a link, not all that RFC 5322 allows.
_MAIL = re.compile(r"[\w.+-]{1,64}@(?:[\w-]{1,63}\.)+[a-z]{2,63}", re.IGNORECASE | re.ASCII)

# RFC 7065, without what browsers do not take.
_SECRET_CHARS = 32
_TURN_URL = re.compile(
    r"turns?:(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?(?:\?transport=(?:udp|tcp))?"
)


def adopt(found: str) -> None:
    """Take over the variables that are not set here, of a JSON object of them; '' has none."""
    for name, value in json.loads(found or "{}").items():
        if not text(name):
            os.environ[name] = value


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool = False) -> bool:
    value = text(name).lower()
    if value in ("1", "true", "yes", "on"):
        return True
    if value in ("0", "false", "no", "off"):
        return False
    if value:
        raise ImproperlyConfigured(f"{name} must be 1 or 0, not {value!r}")
    return default


def choice(name: str, default: str, among: tuple[str, ...]) -> str:
    value = text(name, default).lower()
    if value not in among:
        raise ImproperlyConfigured(f"{name} must be {_either(among)}, not {value!r}")
    return value


def _either(words: tuple[str, ...]) -> str:
    return " or ".join((", ".join(words[:-1]), words[-1]))


def integer(name: str, default: int, *, low: int = 0, high: int = 2**31) -> int:
    value = text(name)
    if not value:
        return default
    try:
        number = int(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be a whole number, not {value!r}") from None
    if not low <= number <= high:
        raise ImproperlyConfigured(f"{name} must be from {low} to {high}, not {number}")
    return number


def seconds(name: str, default: float, *, low: float = 0.0, high: float = 86_400.0) -> float:
    value = text(name)
    if not value:
        return default
    try:
        number = float(value)
    except ValueError:
        raise ImproperlyConfigured(f"{name} must be seconds, not {value!r}") from None
    if not low <= number <= high:
        raise ImproperlyConfigured(f"{name} must be from {low:g} to {high:g} seconds, not {value}")
    return number


def share(name: str, default: float) -> float:
    """Read a part of the whole, from 0 to 1."""
    value = text(name)
    try:
        number = float(value) if value else default
    except ValueError:
        number = -1.0
    if not 0 <= number <= 1:
        raise ImproperlyConfigured(f"{name} must be a number from 0 to 1, not {value!r}")
    return number


def files_by_word(name: str, among: tuple[str, ...]) -> tuple[tuple[str, Path], ...]:
    """Read comma-separated `word=/path/of/a/file`; a word may come again."""
    found = []
    for part in words(name):
        word, _, path = part.partition("=")
        if word not in among or not path.startswith("/"):
            raise ImproperlyConfigured(
                f"{name} must be reason=/path,… with a reason of {', '.join(among)}, not {part!r}"
            )
        found.append((word, Path(path)))
    return tuple(found)


def words(name: str, default: tuple[str, ...] = ()) -> tuple[str, ...]:
    """Give the comma-separated parts, without empty ones."""
    value = text(name)
    return tuple(part.strip() for part in value.split(",") if part.strip()) if value else default


def rate(name: str, default: str) -> Rate:
    """Read `count/seconds`; `0` means no limit."""
    value = text(name, default)
    try:
        return Rate.parse(value)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from None


def networks(name: str) -> tuple[Network, ...]:
    """Read comma-separated addresses or CIDR ranges."""
    try:
        return tuple(ipaddress.ip_network(part) for part in words(name))
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}: {error}") from None


def ipv4_addresses(name: str) -> frozenset[str]:
    """Read comma-separated IPv4 addresses of single machines."""
    try:
        found = [ipaddress.IPv4Address(part) for part in words(name)]
    except ValueError as error:
        raise ImproperlyConfigured(f"{name} must be IPv4 addresses: {error}") from None
    for address in found:
        if address.is_unspecified or address.is_multicast:
            raise ImproperlyConfigured(f"{name}: {address} is no machine's address")
    return frozenset(map(str, found))


def ports(name: str) -> range:
    """Read `lowest-highest`, both included; any port when it is not set."""
    value = text(name, "1-65535")
    found = re.fullmatch(r"([0-9]{1,5})-([0-9]{1,5})", value)
    lowest, highest = map(int, found.groups()) if found else (0, 0)
    if not 1 <= lowest <= highest <= 65_535:
        raise ImproperlyConfigured(f"{name} must look like 49160-53159, not {value!r}")
    return range(lowest, highest + 1)


def turn_urls(name: str) -> tuple[str, ...]:
    """Read comma-separated addresses of a TURN server, as browsers take them (RFC 7065)."""
    for url in words(name):
        if not _TURN_URL.fullmatch(url):
            raise ImproperlyConfigured(
                f"{name} must look like turn:turn.example.org:3478?transport=udp, not {url!r}"
            )
    return words(name)


def ages(name: str) -> tuple[int, ...]:
    """Read comma-separated ages in years."""
    for part in words(name):
        if not (part.isascii() and part.isdecimal() and 13 <= int(part) <= 99):
            raise ImproperlyConfigured(f"{name} must be ages from 13 to 99, not {part!r}")
    return tuple(sorted({int(part) for part in words(name)}))


def countries(name: str) -> tuple[str, ...]:
    """Read comma-separated codes of ISO 3166: a country, or a part of one."""
    codes = tuple(part.upper() for part in words(name))
    for code in codes:
        if not _COUNTRY.fullmatch(code):
            raise ImproperlyConfigured(f"{name} must be codes like GB or US-TX, not {code!r}")
    return codes


def helplines(name: str) -> Mapping[str, Country]:
    """Read the file that a path names, of who listens to somebody in a crisis, by country."""
    if not text(name):
        return HELPLINES
    try:
        return _from_file(name, lambda path: helplines_read(_bounded(path).decode("utf-8")))
    except (BadHelplines, UnicodeDecodeError) as wrong:
        said = " ".join(str(wrong).split())
        raise ImproperlyConfigured(f"{name}: {text(name)} cannot be used: {said}") from None


def _bounded(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(FILE_BYTES + 1)
    if len(content) > FILE_BYTES:
        raise BadHelplines(f"it is longer than {FILE_BYTES >> 10} KiB")
    return content


def page_url(name: str) -> str:
    """Read the address of a page; https, but on this machine. Without a query of its own."""
    value = text(name)
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        parts, host = urlsplit(""), ""
    secure = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    strange = parts.query or parts.fragment or parts.username or not value.isprintable()
    if value and (not host or not secure or strange or " " in value):
        raise ImproperlyConfigured(f"{name} must look like https://age.example.org/, not {value!r}")
    return value


def site_name(name: str, default: str) -> str:
    value = text(name, default)
    if len(value) > _NAME_CHARS or not value.isprintable():
        raise ImproperlyConfigured(
            f"{name} must be at most {_NAME_CHARS} characters that can be printed"
        )
    return value


def colour(name: str) -> str:
    """Read a colour as `#rrggbb`; the sign, with which comments begin, may be missing."""
    value = text(name).lower()
    found = _COLOUR.fullmatch(value)
    if value and not found:
        raise ImproperlyConfigured(f"{name} must look like #0f766e, not {value!r}")
    return f"#{found[1]}" if found else ""


def contact(name: str) -> str:
    """Read where the operator is reached: an e-mail address, or that of a page."""
    value = text(name)
    if not value or _MAIL.fullmatch(value):
        return value
    try:
        return page_url(name)
    except ImproperlyConfigured:
        raise ImproperlyConfigured(
            f"{name} must look like help@example.org or https://example.org/contact, not {value!r}"
        ) from None


def logo(name: str) -> Logo | None:
    """Read the picture whose path it is."""
    if not text(name):
        return None
    try:
        return _from_file(name, logo_read)
    except BadLogo as bad:
        raise ImproperlyConfigured(f"{name}: {text(name)} {bad}") from None


def house_rules(name: str) -> dict[str, str]:
    """Read the texts, by language, of which one has this path and the others are beside it."""
    if not text(name):
        return {}
    try:
        return _from_file(name, texts_read)
    except BadText as bad:
        raise ImproperlyConfigured(f"{name}: {bad}") from None


def _from_file(name: str, read: Callable[[Path], _Held]) -> _Held:
    """Give what `read` makes of a file; its path begins where the project lies, unless it is a
    whole one.
    """
    path = Path(__file__).parent.parent / Path(text(name)).expanduser()
    try:
        return read(path)
    except OSError as error:
        told = f"{name}: {text(name)} cannot be read: {error.strerror}"
        raise ImproperlyConfigured(told) from None


def public_key(name: str) -> bytes:
    """Read a public key of Ed25519: 32 bytes in URL-safe base64, padded or not."""
    value = text(name).rstrip("=")
    try:
        key = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b"?"
    if len(key) not in (0, 32):
        raise ImproperlyConfigured(f"{name} must be 32 bytes in URL-safe base64, not {value!r}")
    return key


def sealing_keys(name: str, default: str = "") -> tuple[str, ...]:
    """Read comma-separated keys of 32 bytes in URL-safe base64; they are not repeated in errors."""
    keys = words(name) or tuple(filter(None, [default]))
    for number, key in enumerate(keys, 1):
        try:
            length = len(base64.b64decode(key, altchars=b"-_", validate=True))
        except (binascii.Error, ValueError):
            length = 0
        if length != 32:
            raise ImproperlyConfigured(
                f"{name}: key {number} is not 32 bytes in URL-safe base64 "
                "(openssl rand -base64 32 | tr +/ -_ makes one)"
            )
    return keys


def origin(name: str, default: str) -> SplitResult:
    """Read an `http(s)://host[:port]` address, without a path."""
    value = text(name, default).rstrip("/")
    if not is_origin(value):
        raise ImproperlyConfigured(f"{name} must look like https://chat.example.org, not {value!r}")
    return urlsplit(value)


def is_origin(value: str) -> bool:
    """Whether it is an `http(s)://host[:port]` address, without a path."""
    try:
        parts = urlsplit(value)
        valid = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        return False
    return bool(valid) and not (parts.path or parts.query or parts.fragment or parts.username)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach the host."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def long_secret(name: str) -> str:
    """Read a secret that nobody guesses, which is not repeated in errors; '' when it is not set."""
    value = text(name)
    if value and (len(value) < _SECRET_CHARS or not value.isascii() or not value.isprintable()):
        raise ImproperlyConfigured(
            f"{name} must be {_SECRET_CHARS} characters or more of ASCII "
            "(openssl rand -hex 32 makes one)"
        )
    return value


def directory(name: str, default: Path) -> Path:
    return Path(text(name, str(default))).expanduser().absolute()


def redis_url(name: str, default: str) -> str:
    value = text(name, default)
    if not value.startswith(("redis://", "rediss://", "unix://")):
        raise ImproperlyConfigured(f"{name} must look like redis://127.0.0.1:6379/0, not {value!r}")
    return value


def redis_nodes(name: str) -> tuple[str, ...]:
    """Read comma-separated addresses of nodes of one Redis Cluster, without a database's number."""
    for url in words(name):
        parts = urlsplit(url)
        if parts.scheme != "redis" or not parts.hostname or parts.path.strip("/"):
            raise ImproperlyConfigured(
                f"{name} must look like redis://10.0.0.1:6379,redis://10.0.0.2"
            )
    return words(name)


def word(name: str, default: str) -> str:
    """Read a word of letters and digits."""
    value = text(name, default)
    if not (value.isascii() and value.isalnum()):
        raise ImproperlyConfigured(f"{name} must be letters and digits, not {value!r}")
    return value


def database(name: str, default: str) -> dj_database_url.DBConfig:
    """Read a database's address; the password in it is not repeated in the error."""
    try:
        # None is kept between requests: under ASGI each may have a thread of its own, and a thread
        # that ends closes no connection.
        return dj_database_url.parse(text(name, default), conn_max_age=0)
    except ValueError:
        raise ImproperlyConfigured(
            f"{name} must look like postgres://user:password@host/name"
        ) from None
