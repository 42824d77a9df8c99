"""Visitors, rooms and the talk: admission, places, the socket's frames, delivery."""
