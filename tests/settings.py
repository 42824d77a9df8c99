"""The project's settings, in the private place of one test run (`tests.environment`)."""

from tests import environment

environment.enter()

from omegle.settings import *  # noqa: E402, F403

# Hashed names need a collected manifest; `tests/process` meets the real storage.
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
