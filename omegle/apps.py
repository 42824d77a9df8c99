"""The project as an app: its management commands and system checks; and the admin of its staff."""

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class OmegleConfig(AppConfig):
    name = "omegle"

    def ready(self) -> None:
        # Checks register themselves. Jobs are sent to the application that is loaded; without ours
        # they would go to a broker that nobody runs.
        from omegle import celery, checks  # noqa: F401


class StaffAdminConfig(AdminConfig):
    """Django's admin, on the site that asks for a second factor."""

    default_site = "moderation.site.StaffSite"

    def ready(self) -> None:
        super().ready()
        from django.contrib.auth.signals import user_logged_in

        from moderation.sessions import session_begin

        user_logged_in.connect(session_begin, dispatch_uid="staff-session")
