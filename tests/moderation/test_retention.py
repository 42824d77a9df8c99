"""Nothing is kept without a word on how long: every table there is has its class, or its reason."""

from collections.abc import Iterable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, Final

import pytest
from django.apps import apps
from django.db import models

from chat.views.pages import _KEPT
from moderation.policy.retention import RETENTION
from moderation.services.upkeep import records_purge

# `test_sign_in` shows it.
_AXES: Final = "Stays empty: failures are counted in Redis, under the tag of an address."
# Tables that others made, and why the table of `policy.retention` has no row for them.
REASONS: Final = {
    "admin.LogEntry": "Who changed which account of staff: no visitor and no address is in it.",
    "auth.Group": "A role, with nobody's data.",
    "auth.Permission": "Made by `migrate`.",
    "auth.User": "An account of staff, until somebody deletes it.",
    "axes.AccessAttempt": _AXES,
    "axes.AccessAttemptExpiration": _AXES,
    "axes.AccessFailureLog": _AXES,
    "axes.AccessLog": _AXES,
    "contenttypes.ContentType": "Made by `migrate`.",
    "otp_totp.TOTPDevice": "Goes with its account.",
    "sessions.Session": "Deleted daily once it has run out (`upkeep.sessions_clear`).",
}


def unclassed(found: Iterable[Any]) -> list[str]:
    """Give the models that name no row of the table and are not excused."""
    return [
        each._meta.label
        for each in found
        if getattr(each, "retention", None) not in RETENTION and each._meta.label not in REASONS
    ]


def test_every_table_has_its_class_or_its_reason() -> None:
    assert unclassed(apps.get_models(include_auto_created=False)) == []


def test_ours_are_never_excused() -> None:
    ours = [each._meta.label for each in apps.get_models() if each.__module__.startswith("moder")]
    assert ours
    assert set(ours).isdisjoint(REASONS)


def test_table_without_a_class_is_found() -> None:
    meta = SimpleNamespace(label="moderation.Diary")
    assert unclassed([SimpleNamespace(_meta=meta)]) == ["moderation.Diary"]
    assert unclassed([SimpleNamespace(_meta=meta, retention="for ever")]) == ["moderation.Diary"]


def test_every_reason_is_of_a_table_that_is_there() -> None:
    assert REASONS.keys() <= {each._meta.label for each in apps.get_models()}


def test_every_row_of_the_table_is_of_some_model_and_told_to_visitors() -> None:
    named = {getattr(each, "retention", None) for each in apps.get_models()}
    assert RETENTION.keys() <= named
    assert RETENTION.keys() == _KEPT.keys()


@pytest.mark.django_db
def test_every_span_is_carried_out() -> None:
    spans = {kind for kind, span in RETENTION.items() if isinstance(span, timedelta)}
    assert spans <= records_purge(dry_run=True).keys()


def test_addresses_have_a_column_only_where_nothing_is_written() -> None:
    columns = {
        model._meta.label
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.GenericIPAddressField)
    }
    assert {REASONS.get(each) for each in columns} == {_AXES}
