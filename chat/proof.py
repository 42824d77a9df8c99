"""Proof of work: a little computing that a browser does before it enters, where many misuse it.

It stores nothing: a challenge is signed, and its solution says all that is needed to check it.
That each is used once is for the caller to see to, by the id that `proof_check` gives.
"""

import hmac
import json
import secrets
import time
from typing import Final

import altcha
from django.conf import settings

EXPIRES_SECONDS: Final = 10 * 60
# Hashes for each attempt, and between which attempts the right one is. About a million hashes take
# a phone's JavaScript 1 to 3 s; checking takes us a tenth of a millisecond. The bound makes the
# wait foreseeable, and lets the page show how far it is.
COST: Final = 64
ATTEMPTS: Final = (8_000, 24_000)
# A payload has about 800.
_MOST_CHARS: Final = 4096
_ALGORITHM: Final = "SHA-256"


def challenge_new() -> str:
    """Give a challenge for one entry, as JSON for the page."""
    least, most = ATTEMPTS
    challenge = altcha.create_challenge(
        _ALGORITHM,
        COST,
        counter=least + secrets.randbelow(most - least),
        expires_at=int(time.time()) + EXPIRES_SECONDS,
        data={"most": most},
        hmac_secret=_key(),
    )
    return json.dumps(challenge.to_dict())


def proof_check(payload: str) -> str | None:
    """Give the id of the challenge that this solves; None when it does not, or came too late.

    The same challenge always has the same id, however it is written, so that the caller can refuse
    it the second time. An id may be forgotten after `EXPIRES_SECONDS`.
    """
    if not payload or len(payload) > _MOST_CHARS:
        return None
    try:
        solved = altcha.Payload.from_base64(payload)
        result = altcha.verify_solution(solved, _key())
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return solved.challenge.signature if result.verified else None


def _key() -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), b"proof-of-work", "sha256")
