"""The tables moderation follows: reasons, lanes, measures, the rules and the ladder.

Data and the plainest of rules; nothing here knows a framework. The reports' reasons are those of
the wire protocol. In modules beside: roles (`roles`), how long anything is kept (`retention`), what
moderators look at (`desk`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from omegle.lib.words import gettext_noop

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
RequestKind = Literal["permanent", "range-ban", "release-hold", "export", "role"]

REASONS: Final[dict[Reason, str]] = {
    "nudity": gettext_noop("Nudity or sexual content"),
    "minor": gettext_noop("Somebody under age"),
    "harassment": gettext_noop("Insults or harassment"),
    "hate": gettext_noop("Hate"),
    "violence": gettext_noop("Threats or violence"),
    "spam": gettext_noop("Advertising or a bot"),
    "self_harm": gettext_noop("Self-harm"),
    "illegal": gettext_noop("Something illegal"),
    "other": gettext_noop("Something else"),
}
# What of somebody is reported. The last two are of the seat that asks; a stranger reports them.
ABOUT: Final[dict[About, str]] = {
    "seat": "the stranger",
    "question": gettext_noop("the question"),
    "reader": gettext_noop("the reader"),
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
    # Translators: what was decided about a visitor, as a heading: that they are warned.
    "warn": gettext_noop("Warn"),
    "video": gettext_noop("No video, 1 day"),
    "cooldown": gettext_noop("Cool-down, 1 hour"),
    "day": gettext_noop("Ban, 1 day"),
    "week": gettext_noop("Ban, 7 days"),
    "permanent": gettext_noop("Ban, permanent"),
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
    "child_abuse": gettext_noop("Sexual abuse of a child"),
    "intimate": gettext_noop("An intimate picture of me, or of somebody I may speak for"),
    "threat": gettext_noop("A threat"),
    "personal_data": gettext_noop("Personal data of mine"),
    "impersonation": gettext_noop("Somebody pretends to be me"),
    "illegal": gettext_noop("Something else that is illegal"),
    "rules": gettext_noop("A breach of the rules"),
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
        gettext_noop("Keep children safe"),
        gettext_noop(
            "Nobody under the minimum age may be here, and nobody may look for them, speak to them "
            "in a sexual way or ask them for pictures or contacts."
        ),
        ("child_safety",),
        serious=True,
    ),
    "harm": Rule(
        gettext_noop("No threats, no violence"),
        gettext_noop(
            "Do not threaten anyone, praise violence, or encourage anyone to hurt themselves."
        ),
        ("imminent_harm", "harassment"),
        serious=True,
    ),
    "sexual": Rule(
        gettext_noop("No sexual content"),
        gettext_noop("Do not send or show sexual content, and do not ask a stranger for it."),
        ("sexual", "child_safety"),
    ),
    "harassment": Rule(
        gettext_noop("No harassment"),
        gettext_noop("Do not insult, humiliate or pursue anyone."),
        ("harassment",),
    ),
    "hate": Rule(
        gettext_noop("No hate"),
        gettext_noop(
            "Do not attack anyone for what they are: origin, colour, religion, sex, orientation, "
            "disability."
        ),
        ("harassment",),
        serious=True,
    ),
    "spam": Rule(
        gettext_noop("No advertising, no bots"),
        gettext_noop(
            "Do not advertise, send the same text to many people, or let a program talk for you."
        ),
        ("spam",),
    ),
    "privacy": Rule(
        gettext_noop("Leave people their privacy"),
        gettext_noop(
            "Do not publish anyone's name, address, number or pictures, and do not press for them."
        ),
        ("harassment", "other"),
    ),
    "illegal": Rule(
        gettext_noop("Nothing illegal"),
        gettext_noop("Do not offer, ask for or share what the law forbids."),
        ("other", "child_safety", "sexual"),
        serious=True,
    ),
    "video": Rule(
        gettext_noop("Video is lent on trust"),
        gettext_noop(
            "If several strangers report you from video within a day, you can only write until a "
            "moderator has looked at it, for a day at most."
        ),
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
