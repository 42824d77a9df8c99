"""The app's place in Django; it adds its frames to chat's."""

from django.apps import AppConfig


class SpymodeConfig(AppConfig):
    name = "spymode"

    def ready(self) -> None:
        from spymode import handlers  # noqa: F401  (registers when imported)
