"""The interface of a detector, and what its findings mean. Pure."""

import struct
from collections.abc import Iterable
from typing import Final, NamedTuple, Protocol

from msgspec import Struct

from moderation.policy import LANE_OF, REASONS, URGENT_LANES, Reason

# What is looked at is small: our page draws it at 320 pixels.
SAMPLE_BYTES: Final = 64 * 1024
SAMPLE_PIXELS: Final = 300_000
# In front of each picture on its way to the process that looks.
LENGTH: Final = struct.Struct(">I")

# What a detector calls that which nobody may show here. Its other labels (faces, feet, what is
# covered) mean nothing.
EXPLICIT: Final[dict[str, Reason]] = {
    "ANUS_EXPOSED": "nudity",
    "BUTTOCKS_EXPOSED": "nudity",
    "FEMALE_BREAST_EXPOSED": "nudity",
    "FEMALE_GENITALIA_EXPOSED": "nudity",
    "MALE_GENITALIA_EXPOSED": "nudity",
}
_KNOWN: Final[dict[str, Reason]] = {f"KNOWN_{reason}".upper(): reason for reason in REASONS}


class Finding(Struct, frozen=True):
    """Something a detector found; `score` from 0 to 1."""

    label: str
    score: float


class Detector(Protocol):
    """Looks at a picture."""

    def detect(self, jpeg: bytes) -> list[Finding]: ...


class Verdict(NamedTuple):
    """Why a picture may not be shown."""

    reason: Reason
    label: str
    score: float


def known_label(reason: Reason) -> str:
    """Give the label of a picture that is on a list of this reason."""
    return f"KNOWN_{reason}".upper()


def verdict(findings: Iterable[Finding], threshold: float) -> Verdict | None:
    """Give the worst of what is not allowed: what cannot wait first, then the surest; or None.

    A known picture is what it is, whatever the threshold.
    """
    against = [
        Verdict(_KNOWN[finding.label], finding.label, finding.score)
        for finding in findings
        if finding.label in _KNOWN
    ]
    if not against:
        against = [
            Verdict(EXPLICIT[finding.label], finding.label, finding.score)
            for finding in findings
            if finding.label in EXPLICIT and finding.score >= threshold
        ]
    return max(
        against, key=lambda each: (LANE_OF[each.reason] in URGENT_LANES, each.score), default=None
    )
