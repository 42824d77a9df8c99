"""The tables moderation follows: reasons, lanes, measures, roles, how long anything is kept.

Data and the plainest of rules; nothing here knows a framework. The reports' reasons are those of
the wire protocol.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, get_args

Reason = Literal[
    "nudity", "minor", "harassment", "hate", "violence", "spam", "self_harm", "illegal", "other"
]
About = Literal["seat", "question", "reader"]
Lane = Literal["child_safety", "imminent_harm", "sexual", "harassment", "spam", "other"]
Measure = Literal["dismiss", "warn", "video", "cooldown", "day", "week", "permanent"]
NoticeKind = Literal[
    "child_abuse", "intimate", "threat", "personal_data", "impersonation", "illegal", "rules"
]
SwitchName = Literal["video", "matches", "messages"]
Role = Literal["triage", "moderator", "senior", "legal", "admin"]
# All that an account can be.
Rank = Literal["none", "triage", "moderator", "senior", "legal", "admin", "superuser"]
RequestKind = Literal["permanent", "range-ban", "release-hold", "export", "role"]

REASONS: Final[dict[Reason, str]] = {
    "nudity": "Nudity or sexual content",
    "minor": "Somebody under age",
    "harassment": "Insults or harassment",
    "hate": "Hate",
    "violence": "Threats or violence",
    "spam": "Advertising or a bot",
    "self_harm": "Self-harm",
    "illegal": "Something illegal",
    "other": "Something else",
}
# What of somebody is reported. The last two are of the seat that asks; a stranger reports them.
ABOUT: Final[dict[About, str]] = {
    "seat": "the stranger",
    "question": "the question",
    "reader": "the reader",
}
# In the order in which they are looked at when everything else is equal.
LANES: Final[dict[Lane, str]] = {
    "child_safety": "Child safety",
    "imminent_harm": "Imminent harm",
    "sexual": "Sexual content",
    "harassment": "Harassment and hate",
    "spam": "Spam",
    "other": "Other",
}
LANE_OF: Final[dict[Reason, Lane]] = {
    "minor": "child_safety",
    "self_harm": "imminent_harm",
    "violence": "imminent_harm",
    "nudity": "sexual",
    "harassment": "harassment",
    "hate": "harassment",
    "spam": "spam",
    "illegal": "other",
    "other": "other",
}
# These jump the queue, and are never decided in bulk.
URGENT_LANES: Final[frozenset[Lane]] = frozenset({"child_safety", "imminent_harm"})

MEASURES: Final[dict[Measure, str]] = {
    "dismiss": "Dismiss",
    "warn": "Warn",
    "video": "No video, 1 day",
    "cooldown": "Cool-down, 1 hour",
    "day": "Ban, 1 day",
    "week": "Ban, 7 days",
    "permanent": "Ban, permanent",
}
# How long each takes video away; text goes on.
VIDEO_LOSSES: Final[dict[Measure, timedelta]] = {"video": timedelta(days=1)}
# How long each keeps somebody out; None is for good. What is not named keeps nobody out.
BANS: Final[dict[Measure, timedelta | None]] = {
    "cooldown": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=7),
    "permanent": None,
}
# Everybody behind an address is asked for a proof of work, so this is shorter.
ADDRESS_SPANS: Final[dict[Measure, timedelta]] = {
    "cooldown": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(days=3),
    "permanent": timedelta(days=7),
}
LADDER: Final[tuple[Measure, ...]] = ("warn", "cooldown", "day", "week", "permanent")
# What automation alone may impose.
AUTOMATIC_LONGEST: Final = timedelta(hours=24)
# So many strangers who are usually right, within a day, and there is a cool-down at once.
AUTOMATIC_WEIGHT: Final = 3.0
AUTOMATIC_SPAN: Final = timedelta(hours=24)
AUTOMATIC_MEASURE: Final[Measure] = "cooldown"
# For which reasons reports alone may bring it about, and the rule it then rests on. Not for what
# needs a person: somebody who may hurt themselves, a child, and what has no rule of its own.
AUTOMATIC_RULES: Final[dict[Reason, str]] = {
    "nudity": "sexual",
    "harassment": "harassment",
    "hate": "hate",
    "spam": "spam",
}

# Whom so many different strangers report from video within a day, whatever for, has none for a
# while. They may still write, and each report is in a case.
VIDEO_REPORTERS: Final = 3
VIDEO_MEASURE: Final[Measure] = "video"
VIDEO_RULE: Final = "video"

# What an operator can switch off while it runs, and what then still goes on.
SWITCHES: Final[dict[SwitchName, str]] = {
    "video": "Calls; the two go on in text.",
    "matches": "New conversations; those that run go on.",
    "messages": "Anything new that is written, and new conversations; strangers can still leave, "
    "block and report.",
}

CLAIM: Final = timedelta(minutes=20)
REPORT_WINDOW: Final = timedelta(minutes=10)
# So long a moderator's mute lets a reporter's reports count least.
MUTE: Final = timedelta(days=30)
# So many of one reporter's reports are set aside by one click.
SET_ASIDE_MOST: Final = 50
# So long after a report its reporter may send the still that belongs to it.
STILL_WINDOW: Final = timedelta(minutes=2)
# So long after a decision the person it is about may appeal, once.
APPEAL_WINDOW: Final = timedelta(days=180)
APPEAL_CHARS: Final = 1000
# What one person asks for and another approves, and so long they have for it.
REQUESTS: Final[dict[RequestKind, str]] = {
    "permanent": "Permanent ban",
    "range-ban": "Range ban",
    "release-hold": "Release of a legal hold",
    "export": "Export of evidence",
    "role": "Role",
}
REQUEST_WINDOW: Final = timedelta(hours=24)
# What keeps somebody out until their permanent ban is approved: as long as the request lives.
PERMANENT_UNTIL_APPROVED: Final[Measure] = "day"
# So long after its approval the one who asked for an export may fetch it.
EXPORT_WINDOW: Final = timedelta(hours=24)
# So long a range ban lasts at most.
RANGE_BAN_LONGEST: Final = timedelta(days=30)
# What somebody outside, who need never have been here, can give notice of (EU DSA Art. 16).
NOTICE_KINDS: Final[dict[NoticeKind, str]] = {
    "child_abuse": "Sexual abuse of a child",
    "intimate": "An intimate picture of me, or of somebody I may speak for",
    "threat": "A threat",
    "personal_data": "Personal data of mine",
    "impersonation": "Somebody pretends to be me",
    "illegal": "Something else that is illegal",
    "rules": "A breach of the rules",
}
# For what a notice is looked at; by that it is in a lane, too.
NOTICE_REASONS: Final[dict[NoticeKind, Reason]] = {
    "child_abuse": "minor",
    "intimate": "nudity",
    "threat": "violence",
    "personal_data": "other",
    "impersonation": "other",
    "illegal": "illegal",
    "rules": "other",
}
# By when a notice is decided: intimate pictures come down within 48 hours of it (TAKE IT DOWN Act,
# Pub. L. 119-12, sec. 3), and the others wait no longer. What waits 36 is told loudly.
NOTICE_DUE: Final = timedelta(hours=48)
NOTICE_ALERT: Final = timedelta(hours=36)
NOTICE_CHARS: Final = 2000
# So long a filter rule only counts what it would have met, before it may act.
RULE_OBSERVED_FOR: Final = timedelta(minutes=15)

# --- Moderators: what they look at, and second opinions -------------------------------------------

# What the first look at a case costs in a shift, of `EXPOSURE_BUDGET`; each still costs by itself.
EXPOSURE: Final[dict[Lane, int]] = {
    "child_safety": 5,
    "imminent_harm": 3,
    "sexual": 3,
    "harassment": 2,
    "spam": 1,
    "other": 1,
}
EXPOSURE_STILL: Final = 5
# The lanes that are closed to whoever has spent their budget, and those that are covered.
HEAVY_LANES: Final = frozenset(lane for lane, points in EXPOSURE.items() if points >= 2)
COVERED_LANES: Final = frozenset(lane for lane, points in EXPOSURE.items() if points >= 3)
# Somebody is told when this much of it is spent.
BUDGET_NEAR: Final = 0.8
# So long without a look ends a shift.
SHIFT_GAP: Final = timedelta(hours=8)
# So long without a look is a break. It is asked for, and after a while nothing more is given out.
BREAK: Final = timedelta(minutes=10)
BREAK_AFTER: Final = timedelta(minutes=50)
BREAK_LATEST: Final = timedelta(minutes=90)

# So much of a day's decisions by people is put to somebody else as well, and of how many days back.
SECOND_OPINIONS: Final = 0.05
SECOND_OPINION_DAYS: Final = 7
# How far apart two measures are; a dismissal is no step.
STEPS: Final[dict[Measure, int]] = {
    "warn": 0,
    "video": 1,
    "cooldown": 1,
    "day": 2,
    "week": 3,
    "permanent": 4,
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of the house, as a statement of reasons names it.

    Attributes:
        title: what a person reads first.
        text: the rule, as the public page has it.
        serious: begins the ladder at a ban instead of a warning.
        lanes: where it is offered to moderators.
    """

    title: str
    text: str
    lanes: tuple[Lane, ...]
    serious: bool = False


RULES: Final[dict[str, Rule]] = {
    "minors": Rule(
        "Keep children safe",
        "Nobody under the minimum age may be here, and nobody may look for them, speak to them in "
        "a sexual way or ask them for pictures or contacts.",
        ("child_safety",),
        serious=True,
    ),
    "harm": Rule(
        "No threats, no violence",
        "Do not threaten anyone, praise violence, or encourage anyone to hurt themselves.",
        ("imminent_harm", "harassment"),
        serious=True,
    ),
    "sexual": Rule(
        "No sexual content",
        "Do not send or show sexual content, and do not ask a stranger for it.",
        ("sexual", "child_safety"),
    ),
    "harassment": Rule(
        "No harassment",
        "Do not insult, humiliate or pursue anyone.",
        ("harassment",),
    ),
    "hate": Rule(
        "No hate",
        "Do not attack anyone for what they are: origin, colour, religion, sex, orientation, "
        "disability.",
        ("harassment",),
        serious=True,
    ),
    "spam": Rule(
        "No advertising, no bots",
        "Do not advertise, send the same text to many people, or let a program talk for you.",
        ("spam",),
    ),
    "privacy": Rule(
        "Leave people their privacy",
        "Do not publish anyone's name, address, number or pictures, and do not press for them.",
        ("harassment", "other"),
    ),
    "illegal": Rule(
        "Nothing illegal",
        "Do not offer, ask for or share what the law forbids.",
        ("other", "child_safety", "sexual"),
        serious=True,
    ),
    "video": Rule(
        "Video is lent on trust",
        "If several strangers report you from video within a day, you can only write until a "
        "moderator has looked at it, for a day at most.",
        (),
    ),
}


def notice_lane(kind: NoticeKind) -> Lane:
    """Give in which lane a notice of this kind is looked at."""
    return LANE_OF[NOTICE_REASONS[kind]]


def rules_for(lane: Lane) -> list[str]:
    """Give the rules a decision in this lane can rest on, the closest first."""
    closest = [key for key, rule in RULES.items() if rule.lanes[:1] == (lane,)]
    return closest + [key for key, rule in RULES.items() if lane in rule.lanes[1:]]


def measure_span(measure: Measure) -> timedelta | None:
    """Give how long what it restricts lasts: none of it for a warning; None is for good."""
    return ({"warn": timedelta(0)} | VIDEO_LOSSES | BANS)[measure]


def suggested_measure(rule: str, priors: Sequence[Measure]) -> Measure:
    """Give the next step of the ladder for somebody who broke this rule.

    `priors`: what was imposed on them before and was not lifted, in any order.
    """
    first: Measure = "day" if RULES[rule].serious else "warn"
    start = LADDER.index(first)
    steps = [LADDER.index(measure) + 1 for measure in priors if measure in LADDER]
    return LADDER[min(max([start, *steps]), len(LADDER) - 1)]


# --- Roles ----------------------------------------------------------------------------------------

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


# --- Retention ------------------------------------------------------------------------------------

# How long each kind of record is kept: evidence and stills from the decision on, a report from then
# on too, an appeal and a notice from the answer, a case with its decisions from its last change.
# What nobody decides on goes with its case; what an appeal that waits is about waits with it.
# Carried out by `services.upkeep` (every hour, and `manage.py purge`), and shown on the privacy
# page. None: as long as the service runs.
RETENTION: Final[dict[str, timedelta | None]] = {
    "evidence": timedelta(days=30),
    # No longer than the evidence: it goes with it.
    "still": timedelta(days=30),
    "report": timedelta(days=180),
    "case": timedelta(days=365),
    "decision": timedelta(days=365),
    # Not before the window is over: who was answered cannot begin anew.
    "appeal": timedelta(days=180),
    # From its end; one about a case goes with the case at the latest.
    "request": timedelta(days=180),
    # From the decision on it, as a report's.
    "notice": timedelta(days=180),
    # Until it runs out.
    "mute": MUTE,
    "exposure": timedelta(days=30),
    "opt_out": None,
    # With its decision; one that nobody gave goes with the evidence.
    "second_opinion": timedelta(days=365),
    # From its end.
    "range_ban": timedelta(days=180),
    "audit": None,
    "filter": None,
    "switch": None,
}
