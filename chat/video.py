"""What video there is here, by the settings: its state, what it needs, what may pass."""

import hashlib
import hmac
import time
from datetime import datetime

from django.conf import settings

from chat.protocol import IcePolicy, IceServer, SignalData, Video
from chat.sdp import Passage, signal_clean
from chat.turn import ice_servers
from moderation import guard
from moderation.tags import derived_key
from omegle.lib.words import Sentence, sentence

_NAME_SECONDS = 3600


def video_state() -> Video:
    """Give whether strangers can see each other, and how.

    They can't without a relay that is described, nor while the operator has switched it off.
    """
    if guard.current().is_off("video"):
        return "off"
    if settings.VIDEO == "relay":
        described = settings.TURN_URLS and settings.TURN_SECRET and settings.TURN_RELAYS
        return "relay" if described else "off"
    return "direct" if settings.VIDEO == "direct" else "off"


def video_of(tag: str) -> Video:
    """Give the same for a visitor, who may have lost it."""
    return "off" if guard.current().video_lost_until(tag) else video_state()


def video_lost_text(until: datetime) -> Sentence:
    """Say to a visitor that they have no video, and until when."""
    return sentence("You have no video until %(until)s. You can meet people by text.", until=until)


def camera_interval() -> int | None:
    """Give every how many seconds a page lets us look at its own camera; None when it need not."""
    return settings.FRAME_SECONDS if settings.FRAME_CHECKS and video_state() != "off" else None


def ice_policy() -> IcePolicy:
    return "all" if video_state() == "direct" else "relay"


def ice_fresh(visitor: str) -> tuple[IceServer, ...]:
    """Give servers with fresh credentials of a visitor.

    The name in them stays the same for an hour, since the TURN server counts what one name takes;
    it says nothing to whoever has not our key.
    """
    urls, secret, now = settings.TURN_URLS, settings.TURN_SECRET, time.time()
    whose = f"{visitor}:{int(now) // _NAME_SECONDS}"
    name = hmac.digest(derived_key("turn"), whose.encode(), hashlib.sha256)[:12].hex()
    return ice_servers(urls, secret, now=now, name=name)


def signal_passed(data: SignalData) -> SignalData:
    """Give what of a signal may be passed on to the stranger.

    Raises:
        BadSignal: nothing of it.
    """
    direct = video_state() == "direct"
    passage = Passage(settings.TURN_RELAYS, ports=settings.TURN_PORTS, direct=direct)
    return signal_clean(data, passage)
