"""The project as an app: its management commands and system checks."""

from django.apps import AppConfig


class OmegleConfig(AppConfig):
    name = "omegle"

    def ready(self) -> None:
        from omegle import checks  # noqa: F401  (registers them)
