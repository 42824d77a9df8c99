"""What a visitor wrote, as the filter lets it through; the same for messages and questions."""

from typing import NamedTuple

from chat.protocol import encode_text
from chat.transcripts import Aside, aside_members
from moderation import guard
from moderation.filters.pieces import Pieces
from omegle.lib.words import Sentence, sentence

# What a sender is told of something that was held back, by why.
_HELD = {
    "link": sentence("Links are held back in the first minutes of a conversation."),
    "phone": sentence("Phone numbers are held back in the first minutes of a conversation."),
    "handle": sentence("Contact details are held back in the first minutes of a conversation."),
}
_HELD_BY_RULE = sentence("This was not delivered: it is against the rules.")

# C0 and C1 but tab and line feed: nothing anybody types, and six bytes each in JSON.
_CONTROLS = dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - {0x09, 0x0A})


class Screened(NamedTuple):
    """What became of a text.

    Attributes:
        members: of its frame, as JSON: what others see of it.
        aside: what was written when that is something else, as JSON members; or ''.
        refusal: why nobody may see it; None when they may.
        is_warned: whether its writer is to be advised.
    """

    members: str
    aside: str
    refusal: Sentence | None
    is_warned: bool


def text_clean(text: str) -> str:
    """Take away control characters, and white space at the ends."""
    return text.strip() if text.isprintable() else text.translate(_CONTROLS).strip()


def text_screen(text: str, *, early: bool, pieces: Pieces | None = None) -> Screened:
    """Ask the filter. `early`: contacts are held back; `pieces`: also those written in pieces."""
    verdict = guard.current().screen(text, early=early)
    if (
        early
        and pieces is not None
        and verdict.action != "hold"
        and (contact := pieces.completes(text))
    ):
        verdict = verdict._replace(action="hold", text="", reason=contact)
    aside = ""
    if verdict.action != "allow" or verdict.is_reported:
        rules = tuple(hit.rule for hit in verdict.hits if not hit.observe and hit.action != "allow")
        written = Aside(
            verdict=verdict.action, reported=verdict.is_reported, text=text, rules=rules
        )
        aside = aside_members(written)
    if verdict.action == "hold":
        return Screened("", aside, _HELD.get(verdict.reason, _HELD_BY_RULE), False)
    members = f'"text":{encode_text(verdict.text)}'
    if verdict.text != text:
        members += ',"masked":true'
    return Screened(members, aside, None, verdict.action == "warn")
