"""Notices from outside for tests."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User

from moderation.drafts import NoticeDraft
from moderation.models import Notice, Report
from moderation.policy import NoticeKind
from moderation.services.notices import notice_claim, notice_decide, notice_make
from moderation.services.stills import still_attach
from tests.moderation.factories import picture, report

TEXT = "That is a picture of me, which I never agreed to."
WHY = "It is as you say, and gone."


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Have it be then."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("django.utils.timezone.now", lambda: moment)
        yield


def noticed(kind: NoticeKind = "intimate", *, age: timedelta | None = None, **said: Any) -> Notice:
    """Give a notice that came in; `age`: so long ago."""
    notice = notice_make(kind, NoticeDraft(**{"text": TEXT, "place": "Yesterday", **said}))
    if age is not None:
        notice.received_at -= age
        notice.due_at -= age
        notice.save(update_fields=["received_at", "due_at"])
    return notice


def decided(notice: Notice, moderator: User, outcome: Any = "removed", **fields: Any) -> Notice:
    """Give it claimed and decided."""
    version = notice_claim(notice.pk, moderator=moderator).version
    asked = {"outcome": outcome, "why": WHY} | fields
    return notice_decide(notice.pk, moderator=moderator, version=version, **asked)


def filed(**fields: Any) -> Report:
    """Give a report with its evidence, filed."""
    return Report.objects.get(case=report("nudity", **fields))


def pictured() -> Report:
    """Give one from video, with a still."""
    made = filed(mode="video")
    still_attach(picture(), reference=made.reference, reporter=made.reporter)
    return made
