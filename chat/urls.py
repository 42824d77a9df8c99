"""Addresses of the pages."""

from django.urls import path

from chat.assurance import RETURN_PATH
from chat.views import entry, me, pages, pictures, status

urlpatterns = [
    path("", entry.home, name="home"),
    path("enter/", entry.enter, name="enter"),
    path("age/", entry.age_check, name="age_check"),
    path(RETURN_PATH.lstrip("/"), entry.age_return, name="age_return"),
    path("reports/<str:reference>/<str:token>/still/", pictures.still, name="still"),
    path("status.json", status.status, name="status"),
    path("interests.json", status.interests, name="interests"),
    path("camera/", pictures.camera, name="camera"),
    path("me/", me.me, name="me"),
    path("me/forget/", me.forget, name="forget"),
    path("me/unblock/", me.unblock, name="unblock"),
    path("help/", pages.help_page, name="help"),
    path("terms/", pages.terms, name="terms"),
    path("safety/", pages.safety, name="safety"),
    path("rules/", pages.rules, name="rules"),
    path("privacy/", pages.privacy, name="privacy"),
]
