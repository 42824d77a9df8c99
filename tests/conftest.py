"""What every test has: a private Redis, empty at its start, and the settings' defaults."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection, transaction
from django.test import TransactionTestCase
from django.utils import translation
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker, Settings

from moderation import guard
from moderation.filters.book import RuleBook
from moderation.models import FilterRule
from moderation.triggers import triggers_create, triggers_drop
from tests import environment
from tests.languages import Catalogue

pytest_plugins = ["tests.nothing_skipped"]

# What takes long on a machine that is busy with something else is not wrong.
hypothesis_settings.register_profile("tests", deadline=None)
hypothesis_settings.load_profile("tests")

# What a compiled rule depends on.
_COMPILED = ("id", "kind", "text", "severity", "action", "language", "state")
_DATABASE_FIXTURES = {"db", "transactional_db", "django_db_reset_sequences", "live_server"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what uses the database, so that `-m database` repeats it on PostgreSQL."""
    for item in items:
        if item.get_closest_marker("django_db") or _DATABASE_FIXTURES & set(
            getattr(item, "fixturenames", ())
        ):
            item.add_marker("database")


# Filled by `migrate`: to fill them again after every test would cost more than most tests.
_KEPT_TABLES = {
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_content_type",
    "moderation_filterrule",
}


def _empty_tables(case: TransactionTestCase) -> None:
    """Leave the database as `migrate` left it, also what is append-only."""
    triggers_drop(connection)
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            for table in sorted(set(connection.introspection.django_table_names()) - _KEPT_TABLES):
                cursor.execute(f"DELETE FROM {table}")
            FilterRule.objects.exclude(origin=FilterRule.Origin.LIST).delete()
    finally:
        triggers_create(connection)


@pytest.fixture(autouse=True, scope="session")
def _cheap_flush() -> Iterator[None]:
    """Empty the tables after transactional tests ourselves."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", _empty_tables)
        yield


@pytest.fixture(autouse=True, scope="session")
def _books_kept() -> Iterator[None]:
    """Compile the same rules once: the start-up lists take longer than most tests."""
    books: dict[tuple[Any, ...], RuleBook] = {}
    make = guard._book_of

    def book_of(rules: Iterable[FilterRule], *, before: RuleBook) -> RuleBook:
        found = list(rules)
        key = tuple(tuple(each.__dict__[field] for field in _COMPILED) for each in found)
        if key not in books:
            book = make(found, before=before)
            if book is before:
                return before  # they can't be used together
            books[key] = book
        return books[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(guard, "_book_of", book_of)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Let the database be dropped: PostgreSQL keeps one whose sessions tests' threads left open."""
    yield
    if connection.vendor == "postgresql":
        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )


@pytest.fixture(scope="session")
def redis_server() -> Iterator[redis.Redis]:
    """Run the Redis that `settings.REDIS_URL` names; the client's replies are bytes."""
    with environment.running_redis() as client:
        yield client


@pytest.fixture(autouse=True)
def _english() -> Iterator[None]:
    """A page that a test has asked for leaves its language in force in the test's own thread."""
    with translation.override(django_settings.LANGUAGE_CODE):
        yield


@pytest.fixture(autouse=True)
def redis_db(redis_server: redis.Redis) -> redis.Redis:
    """Empty Redis before every test; a test that forgot to ask for it cannot see another's keys."""
    redis_server.flushall()
    return redis_server


@pytest.fixture
def german(tmp_path: Path, settings: Settings) -> Catalogue:
    """Give a catalogue to teach; words of `tests.languages`, whatever `locale/` holds."""
    return Catalogue(tmp_path / "locale", settings)
