"""Secret links: a reference that may be seen, and a token that only its owner has.

The token is a keyed hash of the reference, 128 bits: nothing has to be kept, and the same report
gives the same link again.
"""

import hashlib
import hmac
import re
import secrets

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import constant_time_compare

# Nothing that is mistaken for another letter or digit when read out.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"


def reference_new(kind: str) -> str:
    """Give a reference like `R-7K3F-92MQ`; `kind` is its letter."""
    letters = [secrets.choice(_ALPHABET) for _ in range(8)]
    return f"{kind}-{''.join(letters[:4])}-{''.join(letters[4:])}"


def secret_token(reference: str) -> str:
    key = hmac.digest(settings.TAG_KEY.encode(), b"receipt", "sha256")
    return hmac.new(key, reference.encode(), hashlib.sha256).hexdigest()[:32]


def is_reference(text: str) -> bool:
    """Whether a text that somebody sent could be a reference at all, and may be looked up."""
    return re.fullmatch("[A-Za-z0-9-]{1,16}", text) is not None


def is_token_of(token: str, reference: str) -> bool:
    return constant_time_compare(token, secret_token(reference))


def receipt_url(reference: str) -> str:
    """Give the whole address of a report's status page."""
    return _url("receipt", reference)


def notice_path(reference: str) -> str:
    """Give where whoever sent a notice sees how it stands."""
    return _path("notice_receipt", reference)


def still_path(reference: str) -> str:
    """Give where the reporter sends the still that belongs to a report."""
    return _path("still", reference)


def statement_url(reference: str) -> str:
    """Give the whole address of a decision's statement of reasons."""
    return _url("statement", reference)


def statement_path(reference: str) -> str:
    """Give the same without the host."""
    return _path("statement", reference)


def _url(name: str, reference: str) -> str:
    return settings.PUBLIC_URL + _path(name, reference)


def _path(name: str, reference: str) -> str:
    return reverse(name, args=[reference, secret_token(reference)])
