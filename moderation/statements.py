"""What a person is told of a decision, in sentences. Pure."""

from datetime import datetime, timedelta
from typing import Final

from moderation.policy import BANS, MEASURES, RULES, VIDEO_LOSSES, Measure

# Facts a moderator chooses from; they name no words of the conversation.
PRESETS: Final[dict[str, tuple[str, ...]]] = {
    "minors": (
        "You told a stranger that you are under the minimum age.",
        "You spoke in a sexual way to somebody who said they are under age.",
        "You asked somebody who said they are under age for pictures or a contact.",
    ),
    "harm": (
        "You threatened a stranger.",
        "You encouraged a stranger to hurt themselves.",
    ),
    "sexual": (
        "You sent sexual messages that the stranger had not asked for.",
        "You pressed a stranger for sexual content.",
    ),
    "harassment": (
        "You insulted a stranger.",
        "You went on after a stranger had asked you to stop.",
    ),
    "hate": ("You attacked a stranger for what they are.",),
    "spam": (
        "You sent the same advertising to several strangers.",
        "Your messages were written by a program.",
    ),
    "privacy": ("You pressed a stranger for private details or published somebody's.",),
    "illegal": ("You offered or asked for something the law forbids.",),
}
# The same of one who asked two strangers a question and read along.
QUESTION_PRESETS: Final[dict[str, tuple[str, ...]]] = {
    "minors": (
        "You told strangers in a question that you are under the minimum age.",
        "You asked somebody who said they are under age for pictures or a contact.",
    ),
    "harm": (
        "You threatened strangers in a question.",
        "You encouraged strangers in a question to hurt themselves or others.",
    ),
    "sexual": ("You asked strangers a sexual question that they had not wanted.",),
    "harassment": ("You insulted strangers in a question.",),
    "hate": ("You attacked people in a question for what they are.",),
    "spam": (
        "You used a question to advertise.",
        "Your questions were written by a program.",
    ),
    "privacy": ("You asked strangers for private details, or published somebody's.",),
    "illegal": ("You offered or asked in a question for something the law forbids.",),
}

AUTOMATIC_FACTS: Final = "Several strangers reported you within a day."
VIDEO_FACTS: Final = "Several strangers reported you from video within a day."
# Why automation's measure is lifted once a person has decided.
REPLACED: Final = "Decided by a person."
# Why the day of a permanent ban is lifted once another has approved it.
EXTENDED: Final = "A permanent ban took its place."
VIDEO_WHY: Final = "A precaution, until a moderator has looked at what they reported."


def decision_why(rule: str) -> str:
    """Give the reason a decision states for this rule, unless the moderator writes another."""
    return f"What happened is what the rule “{RULES[rule].title}” asks of everybody not to do."


def statement_text(*, measure: Measure, rule: str, facts: str, until: datetime | None) -> str:
    """Give what the person is told at once: which rule, why, what happens next."""
    return f"{RULES[rule].title}. {facts} {statement_next(measure, until)}"


def range_statement(*, rule: str, facts: str, until: datetime) -> str:
    """Give what somebody is told whose whole network is kept out."""
    return (
        f"{RULES[rule].title}. {facts} Your whole network is kept out until {_moment(until)}, "
        "whoever in it did this."
    )


def statement_next(measure: Measure, until: datetime | None) -> str:
    """Give the last sentence of a statement: what follows."""
    if measure == "warn":
        return "This is a warning: you can go on. If it happens again you may be kept out."
    if measure in VIDEO_LOSSES and until is not None:
        return f"You can meet people by text; you have no video until {_moment(until)}."
    if until is None:
        return "You are kept out for good."
    return f"You are kept out until {_moment(until)}."


def span_told(span: timedelta) -> str:
    """Give a span that a rule is made of, as a sentence says it: `50 minutes`, `24 hours`."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 120:
        return f"{minutes} minutes"
    return f"{minutes // 60} hours" if minutes <= 48 * 60 else f"{span.days} days"


def _moment(at: datetime) -> str:
    return f"{at:%d %B %Y, %H:%M} UTC"


def measure_scope(measure: Measure, *, lane_days: int) -> str:
    """Give what a measure covers; `lane_days`: how long it keeps people among themselves after."""
    lane = ""
    if lane_days and (measure == "warn" or BANS.get(measure)):
        days = "a day" if lane_days == 1 else f"{lane_days} days"
        lane = f" For {days} after that you meet only others who were warned or banned lately."
    if measure == "warn":
        return f"A warning: you can go on.{lane}"
    if measure in VIDEO_LOSSES:
        return "You cannot meet anybody by video with this browser. Text chat goes on."
    return (
        "You cannot enter or meet anybody here with this browser. Others on your connection can, "
        f"after a short check.{lane}"
    )


def measure_label(measure: Measure) -> str:
    return MEASURES[measure]
