"""Addresses of the pages."""

from django.urls import path

from chat import views

urlpatterns = [
    path("", views.home, name="home"),
    path("enter/", views.enter, name="enter"),
    path("reports/<str:reference>/<str:token>/still/", views.still, name="still"),
    path("status.json", views.status, name="status"),
    path("camera/", views.camera, name="camera"),
    path("terms/", views.terms, name="terms"),
    path("safety/", views.safety, name="safety"),
    path("rules/", views.rules, name="rules"),
    path("privacy/", views.privacy, name="privacy"),
]
