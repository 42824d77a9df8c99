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

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":  # noqa: F405
    # A file: several threads and processes of a test share it, and wait for each other as they do
    # in production.
    DATABASES["default"]["TEST"] = {"NAME": str(RUN_DIR / "test.sqlite3")}  # noqa: F405
