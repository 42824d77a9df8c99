"""What the desk's tests share."""

from typing import Any

import pytest
from django.db import connections
from django.test import TransactionTestCase

from moderation.roles import groups_sync
from moderation.triggers import triggers_create, triggers_drop

_flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]


def _flush_without_triggers(self: Any) -> None:
    """Empty the tables after a transactional test; the audit log's own guard would refuse."""
    for alias in self._databases_names(include_mirrors=False):
        triggers_drop(connections[alias])
    try:
        _flush(self)
    finally:
        for alias in self._databases_names(include_mirrors=False):
            triggers_create(connections[alias])


TransactionTestCase._fixture_teardown = _flush_without_triggers  # type: ignore[attr-defined]


@pytest.fixture
def roles(db: None) -> None:
    groups_sync()
