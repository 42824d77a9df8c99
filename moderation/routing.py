"""Addresses of the moderators' sockets."""

from django.urls import path

from moderation.consumers import DeskConsumer

desk_urlpatterns = [path("ws/desk/", DeskConsumer.as_asgi())]
