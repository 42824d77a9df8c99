"""Addresses of the pages."""

from django.urls import path

from chat import views

urlpatterns = [
    path("", views.home, name="home"),
    path("enter/", views.enter, name="enter"),
    path("status.json", views.status, name="status"),
    path("terms/", views.terms, name="terms"),
    path("safety/", views.safety, name="safety"),
]
