"""What each role may do on the desk, and how its permissions are called."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from moderation.policy import Lane, Measure

Role = Literal["triage", "moderator", "senior", "legal", "admin"]
# All that an account can be.
Rank = Literal["none", "triage", "moderator", "senior", "legal", "admin", "superuser"]

_EVERYDAY: Final[tuple[Lane, ...]] = ("sexual", "harassment", "spam", "other")
_ALL_LANES: Final[tuple[Lane, ...]] = get_args(Lane)


@dataclass(frozen=True, slots=True)
class RoleRights:
    """What a role may do on the desk."""

    lanes: tuple[Lane, ...]
    measures: tuple[Measure, ...] = ()
    edits_rules: bool = False
    sees_audit: bool = False
    sees_stills: bool = False
    holds_evidence: bool = False
    exports_evidence: bool = False
    bans_ranges: bool = False
    decides_appeals: bool = False
    decides_notices: bool = False
    mutes_reporters: bool = False
    manages_staff: bool = False


ROLES: Final[dict[Role, RoleRights]] = {
    "triage": RoleRights(_EVERYDAY, ("dismiss", "warn")),
    "moderator": RoleRights(
        (*_EVERYDAY, "imminent_harm"),
        ("dismiss", "warn", "video", "cooldown", "day"),
        sees_stills=True,
        decides_appeals=True,
        mutes_reporters=True,
    ),
    "senior": RoleRights(
        _ALL_LANES,
        get_args(Measure),
        edits_rules=True,
        sees_audit=True,
        sees_stills=True,
        decides_appeals=True,
        decides_notices=True,
        mutes_reporters=True,
        bans_ranges=True,
    ),
    "legal": RoleRights(
        _ALL_LANES,
        sees_audit=True,
        sees_stills=True,
        holds_evidence=True,
        exports_evidence=True,
        decides_notices=True,
    ),
    "admin": RoleRights(
        _ALL_LANES,
        get_args(Measure),
        edits_rules=True,
        sees_audit=True,
        sees_stills=True,
        holds_evidence=True,
        exports_evidence=True,
        decides_appeals=True,
        decides_notices=True,
        mutes_reporters=True,
        bans_ranges=True,
        manages_staff=True,
    ),
}


def lane_permission(lane: Lane) -> str:
    """Give the codename of the permission to see and decide in a lane."""
    return f"review_{lane}"


def measure_permission(measure: Measure) -> str:
    """Give the codename of the permission to impose a measure."""
    return f"impose_{measure}"
