"""The app's place in Django."""

from django.apps import AppConfig


class MatchingConfig(AppConfig):
    name = "matching"
