"""The product itself, for what is asked about it while somebody is there."""

from tests.moderation.conftest import chat, clock

__all__ = ["chat", "clock"]
