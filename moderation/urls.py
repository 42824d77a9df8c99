"""Addresses of the pages behind secret links, and of the public figures."""

from django.urls import path

from moderation import views

urlpatterns = [
    path("transparency/", views.transparency, name="transparency"),
    path("reports/<str:reference>/<str:token>/", views.receipt, name="receipt"),
    path("decisions/<str:reference>/<str:token>/", views.statement, name="statement"),
]
