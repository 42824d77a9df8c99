"""Which lane a visitor meets strangers in, by what moderation decided lately."""

from matching.tickets import Lane
from moderation import guard


def lane_of(tag: str) -> Lane:
    return "moderated" if guard.current().was_sanctioned_lately(tag) else "open"
