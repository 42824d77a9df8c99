"""The app's place in Django."""

from django.apps import AppConfig


class SpymodeConfig(AppConfig):
    name = "spymode"
