"""Addresses of the pages."""

from django.urls import path

from chat import me, views
from chat.assurance import RETURN_PATH

urlpatterns = [
    path("", views.home, name="home"),
    path("enter/", views.enter, name="enter"),
    path("age/", views.age_check, name="age_check"),
    path(RETURN_PATH.lstrip("/"), views.age_return, name="age_return"),
    path("reports/<str:reference>/<str:token>/still/", views.still, name="still"),
    path("status.json", views.status, name="status"),
    path("interests.json", views.interests, name="interests"),
    path("camera/", views.camera, name="camera"),
    path("me/", me.me, name="me"),
    path("me/forget/", me.forget, name="forget"),
    path("me/unblock/", me.unblock, name="unblock"),
    path("help/", views.help_page, name="help"),
    path("terms/", views.terms, name="terms"),
    path("safety/", views.safety, name="safety"),
    path("rules/", views.rules, name="rules"),
    path("privacy/", views.privacy, name="privacy"),
]
