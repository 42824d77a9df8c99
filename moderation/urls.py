"""Addresses of the pages behind secret links."""

from django.urls import path

from moderation import views

urlpatterns = [
    path("reports/<str:reference>/<str:token>/", views.receipt, name="receipt"),
    path("decisions/<str:reference>/<str:token>/", views.statement, name="statement"),
]
