"""The app's place in Django."""

from django.apps import AppConfig


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from chat.handlers import call, search, talk, visit  # noqa: F401  (they register themselves)
