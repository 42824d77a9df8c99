"""What every test has: a private Redis, empty at its start, and the settings' defaults."""

from collections.abc import Iterator

import pytest
import redis
from django.db import connection
from django.test import TransactionTestCase

from moderation.triggers import triggers_create, triggers_drop
from tests import environment

pytest_plugins = ["tests.nothing_skipped"]

_DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "live_server"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the database, so that `-m database` repeats it on PostgreSQL."""
    for item in items:
        if item.get_closest_marker("django_db") or _DATABASE_FIXTURES & set(
            getattr(item, "fixturenames", ())
        ):
            item.add_marker("database")


@pytest.fixture(autouse=True, scope="session")
def _flush_what_is_append_only() -> Iterator[None]:
    """Let the flush between transactional tests do what the triggers let nobody do."""
    flush = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def teardown(case: TransactionTestCase) -> None:
        triggers_drop(connection)
        try:
            flush(case)
        finally:
            triggers_create(connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield


@pytest.fixture(scope="session")
def redis_server() -> Iterator[redis.Redis]:
    """Run the Redis that `settings.REDIS_URL` names; the client's replies are bytes."""
    with environment.running_redis() as client:
        yield client


@pytest.fixture(autouse=True)
def redis_db(redis_server: redis.Redis) -> redis.Redis:
    """Empty Redis before every test; a test that forgot to ask for it cannot see another's keys."""
    redis_server.flushall()
    return redis_server
