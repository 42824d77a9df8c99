"""Pictures at rest: sealed with keys that are not in the database, each for one report only.

A seal holds the reference of its report: a row that is moved to another report does not open.
"""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class BadSeal(Exception):
    """It was changed, is another report's, or none of our keys opens it."""


def seal(data: bytes, *, reference: str) -> bytes:
    """Seal with the newest key."""
    return _ring().encrypt(reference.encode() + b"\n" + data)


def unseal(sealed: bytes, *, reference: str) -> bytes:
    """Give what was sealed for this report.

    Raises:
        BadSeal: it is not.
    """
    try:
        whose, _, data = _ring().decrypt(sealed).partition(b"\n")
    except InvalidToken:
        raise BadSeal("None of the present keys opens it, or it was changed.") from None
    if whose != reference.encode():
        raise BadSeal("It was sealed for another report.")
    return data


def reseal(sealed: bytes) -> bytes:
    """Seal the same with the newest key.

    Raises:
        BadSeal: none of our keys opens it.
    """
    try:
        return _ring().rotate(sealed)
    except InvalidToken:
        raise BadSeal("None of the present keys opens it, or it was changed.") from None


def is_newest(sealed: bytes) -> bool:
    """Whether the newest key opens it."""
    try:
        Fernet(settings.EVIDENCE_KEYS[0]).decrypt(sealed)
    except InvalidToken:
        return False
    return True


def _ring() -> MultiFernet:
    if not settings.EVIDENCE_KEYS:
        raise BadSeal("There is no key in EVIDENCE_KEYS.")
    return MultiFernet([Fernet(key) for key in settings.EVIDENCE_KEYS])
