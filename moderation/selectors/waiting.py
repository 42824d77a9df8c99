"""How much waits for a moderator, of each kind: what the row of links above every page counts."""

from dataclasses import dataclass
from functools import cached_property

from django.contrib.auth.models import User

from moderation.selectors.appeals import appeal_queue
from moderation.selectors.desk import lane_counts
from moderation.selectors.notices import NoticeCounts, notice_counts
from moderation.selectors.opinions import opinion_queue
from moderation.selectors.requests import requests_waiting


@dataclass(frozen=True)
class Waiting:
    """What waits for one moderator, each counted when it is asked for and once."""

    moderator: User

    @cached_property
    def cases(self) -> int:
        """Count the cases in the lanes they see; also those that are claimed."""
        return sum(lane_counts(self.moderator).values())

    @cached_property
    def appeals(self) -> int:
        return appeal_queue(self.moderator).count()

    @cached_property
    def on_clock(self) -> NoticeCounts:
        """Count the notices, and those that are late."""
        return notice_counts(self.moderator)

    @property
    def notices(self) -> int:
        return self.on_clock.waiting

    @cached_property
    def requests(self) -> int:
        """Count what they may answer; not what they asked for."""
        return requests_waiting(self.moderator).exclude(by=self.moderator).count()

    @cached_property
    def opinions(self) -> int:
        return len(opinion_queue(self.moderator))
