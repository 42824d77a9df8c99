"""What never changes under its address, for that holds the digest of its content."""

from hashlib import sha256

from django.http import HttpResponse
from django.utils.cache import patch_cache_control

_YEAR_SECONDS = 365 * 24 * 3600


def content_digest(content: bytes) -> str:
    """Give what an address says of its content, in 16 characters."""
    return sha256(content).hexdigest()[:16]


def keep_for_good(response: HttpResponse) -> HttpResponse:
    """Give an answer that browsers and caches on the way need never ask for again."""
    patch_cache_control(response, public=True, immutable=True, max_age=_YEAR_SECONDS)
    return response
