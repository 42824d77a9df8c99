"""Addresses of the pages behind secret links, of notices from outside and of the public figures."""

from django.urls import path

from moderation import outside, views

urlpatterns = [
    path("transparency/", views.transparency, name="transparency"),
    path("notice/", outside.notice, name="notice"),
    path("notices/<str:reference>/<str:token>/", outside.notice_receipt, name="notice_receipt"),
    path("reports/<str:reference>/<str:token>/", views.receipt, name="receipt"),
    path("decisions/<str:reference>/<str:token>/", views.statement, name="statement"),
]
