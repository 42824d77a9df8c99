"""Addresses of the sockets."""

from django.urls import path

from chat.consumers import StrangerConsumer

websocket_urlpatterns = [path("ws/", StrangerConsumer.as_asgi())]
