"""The times that the policy gives are those that pages and manuals name."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.test import Client

from moderation import policy
from moderation.policy import desk
from moderation.statements import span_told
from tests.environment import ROOT

HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("span", "told"),
    [
        (timedelta(minutes=10), "10 minutes"),
        (1.5 * HOUR, "90 minutes"),
        (8 * HOUR, "8 hours"),
        (48 * HOUR, "48 hours"),
        (timedelta(days=180), "180 days"),
    ],
)
def test_span_is_told_as_a_rule_says_it(span: timedelta, told: str) -> None:
    assert span_told(span) == told


@pytest.mark.parametrize(
    ("manual", "words"),
    [
        ("moderation.md", f"After {span_told(desk.BREAK_AFTER)} without"),
        ("moderation.md", f"after {desk.BREAK_LATEST.seconds // 60} nothing new"),
        ("moderation.md", f"approves or refuses within {span_told(policy.REQUEST_WINDOW)}"),
        ("moderation.md", f"{span_told(policy.NOTICE_DUE)} from its receipt a notice is due"),
        ("moderation.md", f"holds for {span_told(policy.CLAIM)}"),
        ("moderation.md", f"within {span_told(policy.APPEAL_WINDOW)}"),
        ("moderation.md", f"for {span_told(policy.MUTE)} their new reports count least"),
        ("staff.md", f"under **Requests** within {span_told(policy.REQUEST_WINDOW)}"),
        ("staff.md", f"due within {span_told(policy.NOTICE_DUE)}"),
    ],
)
def test_manual_names_the_time_of_the_policy(manual: str, words: str) -> None:
    text = Path(ROOT, "docs", manual).read_text()
    assert words in " ".join(text.split())


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("/safety/", f"decided within {span_told(policy.NOTICE_DUE)}"),
        ("/notice/", f"within {span_told(policy.NOTICE_DUE)}"),
        ("/terms/", f"appeal for {span_told(policy.APPEAL_WINDOW)}"),
    ],
)
@pytest.mark.django_db
def test_page_names_the_time_of_the_policy(client: Client, page: str, words: str) -> None:
    assert words in " ".join(client.get(page).content.decode().split())
