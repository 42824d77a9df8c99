"""What a person is told of a decision, in sentences.

The sentences are made when they are read, in the language in use; what is kept, and compared, is
English. No storage.
"""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from django.utils.translation import gettext, ngettext

from moderation.policy import BANS, MEASURES, RULES, VIDEO_LOSSES, Measure, Rule
from omegle.lib.languages import say
from omegle.lib.words import Sentence, gettext_noop, sentence

# Facts a moderator chooses from; they name no words of the conversation.
PRESETS: Final[dict[str, tuple[str, ...]]] = {
    "minors": (
        gettext_noop("You told a stranger that you are under the minimum age."),
        gettext_noop("You spoke in a sexual way to somebody who said they are under age."),
        gettext_noop("You asked somebody who said they are under age for pictures or a contact."),
    ),
    "harm": (
        gettext_noop("You threatened a stranger."),
        gettext_noop("You encouraged a stranger to hurt themselves."),
    ),
    "sexual": (
        gettext_noop("You sent sexual messages that the stranger had not asked for."),
        gettext_noop("You pressed a stranger for sexual content."),
    ),
    "harassment": (
        gettext_noop("You insulted a stranger."),
        gettext_noop("You went on after a stranger had asked you to stop."),
    ),
    "hate": (gettext_noop("You attacked a stranger for what they are."),),
    "spam": (
        gettext_noop("You sent the same advertising to several strangers."),
        gettext_noop("Your messages were written by a program."),
    ),
    "privacy": (
        gettext_noop("You pressed a stranger for private details or published somebody's."),
    ),
    "illegal": (gettext_noop("You offered or asked for something the law forbids."),),
}
# The same of one who asked two strangers a question and read along.
QUESTION_PRESETS: Final[dict[str, tuple[str, ...]]] = {
    "minors": (
        gettext_noop("You told strangers in a question that you are under the minimum age."),
        gettext_noop("You asked somebody who said they are under age for pictures or a contact."),
    ),
    "harm": (
        gettext_noop("You threatened strangers in a question."),
        gettext_noop("You encouraged strangers in a question to hurt themselves or others."),
    ),
    "sexual": (gettext_noop("You asked strangers a sexual question that they had not wanted."),),
    "harassment": (gettext_noop("You insulted strangers in a question."),),
    "hate": (gettext_noop("You attacked people in a question for what they are."),),
    "spam": (
        gettext_noop("You used a question to advertise."),
        gettext_noop("Your questions were written by a program."),
    ),
    "privacy": (gettext_noop("You asked strangers for private details, or published somebody's."),),
    "illegal": (gettext_noop("You offered or asked in a question for something the law forbids."),),
}

AUTOMATIC_FACTS: Final = gettext_noop("Several strangers reported you within a day.")
VIDEO_FACTS: Final = gettext_noop("Several strangers reported you from video within a day.")
# Why automation's measure is lifted once a person has decided.
REPLACED: Final = "Decided by a person."
# Why the day of a permanent ban is lifted once another has approved it.
EXTENDED: Final = "A permanent ban took its place."
VIDEO_WHY: Final = gettext_noop("A precaution, until a moderator has looked at what they reported.")
# Words that a moderator wrote may be a message, too, which another language says of something else.
_TRANSLATED: Final = frozenset({AUTOMATIC_FACTS, VIDEO_FACTS, VIDEO_WHY}).union(
    *PRESETS.values(), *QUESTION_PRESETS.values()
)
_WHY: Final = gettext_noop("What happened is what the rule “%(rule)s” asks of everybody not to do.")


def decision_why(rule: str) -> str:
    """Give the reason a decision states for this rule, unless the moderator writes another.

    As it is kept: in English.
    """
    return _WHY % {"rule": RULES[rule].title}


def why_told(rule: str, why: str) -> str:
    """Give the reason of a decision; one that a moderator wrote stays as they wrote it."""
    if why == decision_why(rule):
        return say(Sentence(_WHY, {"rule": gettext(RULES[rule].title)}))
    return facts_told(why)


def facts_told(facts: str) -> str:
    """Give the facts of a decision; what a moderator wrote stays as they wrote it."""
    return gettext(facts) if facts in _TRANSLATED else facts


def rule_told(rule: str) -> Rule:
    known = RULES[rule]
    return replace(known, title=gettext(known.title), text=gettext(known.text))


def statement_text(*, measure: Measure, rule: str, facts: str, until: datetime | None) -> str:
    """Give what the person is told at once: which rule, why, what happens next."""
    return _statement(rule, facts, _next(measure, until))


def range_statement(*, rule: str, facts: str, until: datetime) -> str:
    """Give what somebody is told whose whole network is kept out."""
    kept_out = sentence(
        "Your whole network is kept out until %(until)s, whoever in it did this.", until=until
    )
    return _statement(rule, facts, kept_out)


def _statement(rule: str, facts: str, what_follows: Sentence) -> str:
    title, told = gettext(RULES[rule].title), facts_told(facts)
    # Translators: the title of a rule; what happened and what follows are sentences.
    whole = sentence("%(rule)s. %(facts)s %(next)s", rule=title, facts=told, next=what_follows)
    return say(whole)


def statement_next(measure: Measure, until: datetime | None) -> str:
    """Give the last sentence of a statement: what follows."""
    return say(_next(measure, until))


def _next(measure: Measure, until: datetime | None) -> Sentence:
    if measure == "warn":
        return sentence(
            "This is a warning: you can go on. If it happens again you may be kept out."
        )
    if measure in VIDEO_LOSSES and until is not None:
        return sentence(
            "You can meet people by text; you have no video until %(until)s.", until=until
        )
    if until is None:
        return sentence("You are kept out for good.")
    return sentence("You are kept out until %(until)s.", until=until)


def span_told(span: timedelta) -> str:
    """Give a span that a rule is made of, as a sentence says it: `50 minutes`, `24 hours`."""
    minutes = int(span.total_seconds() // 60)
    if minutes < 120:
        return ngettext("%(count)s minute", "%(count)s minutes", minutes) % {"count": minutes}
    if minutes <= 48 * 60:
        hours = minutes // 60
        return ngettext("%(count)s hour", "%(count)s hours", hours) % {"count": hours}
    return ngettext("%(count)s day", "%(count)s days", span.days) % {"count": span.days}


def measure_scope(measure: Measure, *, lane_days: int) -> str:
    """Give what a measure covers; `lane_days`: how long it keeps people among themselves after."""
    if measure == "warn":
        scope = gettext("A warning: you can go on.")
    elif measure in VIDEO_LOSSES:
        return gettext("You cannot meet anybody by video with this browser. Text chat goes on.")
    else:
        scope = gettext(
            "You cannot enter or meet anybody here with this browser. Others on your connection "
            "can, after a short check."
        )
    if not lane_days or not (measure == "warn" or BANS.get(measure)):
        return scope
    lane = ngettext(
        "For a day after that you meet only others who were warned or banned lately.",
        "For %(count)s days after that you meet only others who were warned or banned lately.",
        lane_days,
    )
    return f"{scope} {lane % {'count': lane_days}}"


def measure_label(measure: Measure) -> str:
    return gettext(MEASURES[measure])
