"""The app's place in Django."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ModerationConfig(AppConfig):
    name = "moderation"
    verbose_name = "Moderation"

    def ready(self) -> None:
        from moderation.rights import guard_connect

        post_migrate.connect(_fill, sender=self)
        guard_connect()


def _fill(**kwargs: Any) -> None:
    """Bring in the start-up lists and the roles, whenever the tables have been made or emptied."""
    from moderation.roles import groups_sync
    from moderation.services.rules import rules_load

    rules_load()
    groups_sync()
