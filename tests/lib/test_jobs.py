"""Jobs leave every process for the broker of the settings."""

from celery import current_app
from django.conf import settings


def test_jobs_are_sent_by_the_projects_application() -> None:
    assert current_app.main == "omegle"
    assert current_app.conf.broker_url == settings.CELERY_BROKER_URL
