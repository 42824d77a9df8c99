"""A moment on visitors' pages is in their language's own form, and exact."""

from datetime import UTC, datetime

import pytest
from django.utils import translation

from moderation.templatetags.moments import moment

AT = datetime(2026, 11, 5, 2, 13, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "date"),
    [("en", "5 November 2026"), ("de", "5. November 2026"), ("fr", "5 novembre 2026")],
)
def test_moment_is_told_as_the_language_writes_dates(language: str, date: str) -> None:
    with translation.override(language):
        shown = moment(AT)
    assert f">{date}" in shown
    assert "02:13" in shown
    assert shown.startswith('<time datetime="2026-11-05T02:13:00+00:00">')


def test_moment_takes_the_name_that_tests_find_it_by() -> None:
    assert ' data-testid="appeal-until">' in moment(AT, "appeal-until")


def test_no_moment_is_nothing() -> None:
    assert moment(None) == ""
