"""What moderation's tests share."""

import pytest

from moderation.services import reports


@pytest.fixture(autouse=True)
def _database_is_thought_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no test remember that the database was away in the one before."""
    monkeypatch.setattr(reports, "_away_until", 0.0)
