"""Age assurance by an outside provider: what we ask, and which answer we believe.

The browser carries both (docs/age-assurance.md). The request says from where it comes and which
ages matter; the answer, which of them the visitor has reached, and until when that may be believed.
The secret that binds the two together stays in a cookie of the browser that was sent: the provider
learns its hash alone.
"""

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlencode, urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.conf import settings
from django.core import signing

from chat.visitors import Visitor, ages, band_of
from matching.tickets import Band
from moderation.tags import derived_key
from omegle.lib.redis import SyncClient
from omegle.lib.tokens import BadToken, b64_write, token_read, token_sign

CHECK_COOKIE: Final = "age_check"
# As long as somebody may take to show a provider how old they are.
CHECK_SECONDS: Final = 30 * 60
RETURN_PATH: Final = "/age/return/"
_REQUEST: Final = "age-request+jwt"
_TOKEN: Final = "age-token+jwt"  # noqa: S105
# How old an answer may be, and how much its clock may be ahead of ours.
_FRESH_SECONDS: Final = 5 * 60
_SKEW_SECONDS: Final = 60


class _Answer(msgspec.Struct, forbid_unknown_fields=True):
    """What a provider says; what is not asked for is not taken."""

    aud: str
    nonce: str
    iat: int
    exp: int
    level: Literal["provider"]
    over: int


@dataclass(frozen=True, slots=True)
class Vouched:
    """What was vouched for: the band, None for too young, and until when (seconds since 1970)."""

    band: Band | None
    until: int


def provider_host() -> str:
    """Give the host of who vouches for ages here; '' where nobody does."""
    if settings.AGE_ASSURANCE != "provider":
        return ""
    return urlsplit(settings.AGE_PROVIDER_URL).hostname or ""


def check_begin(visitor: Visitor) -> tuple[str, str]:
    """Give where to send a visitor's browser, and the cookie that it has to come back with."""
    secret = secrets.token_urlsafe(32)
    now = int(time.time())
    request = token_sign(
        _key(),
        _REQUEST,
        {
            "iss": settings.PUBLIC_URL,
            "aud": settings.AGE_PROVIDER_URL,
            "return_to": settings.PUBLIC_URL + RETURN_PATH,
            "nonce": _nonce(secret),
            "ages": ages(),
            "iat": now,
            "exp": now + CHECK_SECONDS,
        },
    )
    url = f"{settings.AGE_PROVIDER_URL}?{urlencode({'request': request})}"
    return url, _signer(visitor).sign(secret)


def check_end(redis: SyncClient, token: str, *, visitor: Visitor, cookie: str) -> Vouched:
    """Give what the provider vouches for, for the visitor whose browser was sent; once.

    Raises:
        BadToken: it is not an answer to what this browser asked, or it was used, or came too late.
        RedisError: Redis is away; the answer can be brought again.
    """
    try:
        secret = _signer(visitor).unsign(cookie, max_age=CHECK_SECONDS)
    except signing.BadSignature:
        raise BadToken("not of this browser, or too late") from None
    answer = token_read(token, key=settings.AGE_PROVIDER_KEY, kind=_TOKEN, shape=_Answer)
    now = time.time()
    if answer.aud != settings.PUBLIC_URL:
        raise BadToken("for somebody else")
    if not hmac.compare_digest(answer.nonce.encode(), _nonce(secret).encode()):
        raise BadToken("the answer to another request")
    if not now - _FRESH_SECONDS <= answer.iat <= now + _SKEW_SECONDS:
        raise BadToken("from another time")
    if answer.exp <= now:
        raise BadToken("run out")
    if answer.over not in (0, *ages()):
        raise BadToken("of an age that was not asked for")
    # The cookie that a second use would need is void by then.
    if not redis.set(f"age:{answer.nonce}", "1", nx=True, ex=CHECK_SECONDS):
        raise BadToken("used before")
    # The visitor cookie, and with it the result, does not live longer.
    most = int(now + settings.VISITOR_COOKIE_AGE.total_seconds())
    return Vouched(band_of(answer.over), min(answer.exp, most))


def public_key() -> str:
    """Give the key by which a provider knows our requests, in URL-safe base64."""
    return b64_write(_key().public_key().public_bytes_raw())


def _key() -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(derived_key("age-request"))


def _nonce(secret: str) -> str:
    return b64_write(hashlib.sha256(secret.encode()).digest())


def _signer(visitor: Visitor) -> signing.TimestampSigner:
    """Give what signs the cookie of one visitor: nobody else's browser can use it."""
    return signing.TimestampSigner(salt=f"chat.{CHECK_COOKIE}.{visitor.id}")
