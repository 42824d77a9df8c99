"""What the desk's tests share."""

import pytest

from moderation.roles import groups_sync


@pytest.fixture
def roles(db: None) -> None:
    groups_sync()
