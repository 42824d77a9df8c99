"""A call beside the talk, in video rooms: `signal`, `media`, `ice`."""

import time

from chat.connection import Connection
from chat.handlers import handles, is_elsewhere
from chat.protocol import Description, Ice, IceOffer, Media, RoomFrame, Signal
from chat.rooms import MediaState, RoomView
from chat.sdp import BadSignal
from chat.switchboard import Switchboard
from chat.video import ice_fresh, ice_policy, signal_passed, video_state
from omegle.lib.words import sentence


@handles(Signal)
async def signal(board: Switchboard, connection: Connection, frame: Signal) -> None:
    room = _call_room(connection, frame)
    if room is None:
        return
    if isinstance(frame.data.description, Description) and not _may_offer(connection, frame):
        return
    try:
        data = signal_passed(frame.data)
    except BadSignal as error:
        connection.refuse("bad_signal", error.sentence, frame.ref)
        return
    direct = video_state() == "direct"
    board.ledger.pass_signal(connection, room, data, direct=direct, ref=frame.ref)


@handles(Media)
async def media(board: Switchboard, connection: Connection, frame: Media) -> None:
    room = _call_room(connection, frame)
    if room is not None:
        # Where all is relayed there is nothing to agree to.
        is_asked = video_state() == "direct" and isinstance(frame.direct, bool)
        direct = frame.direct is True if is_asked else None
        state = MediaState(frame.camera, frame.microphone, frame.shown, direct)
        board.ledger.show_media(connection, room, state, ref=frame.ref)


@handles(Ice)
async def ice(board: Switchboard, connection: Connection, frame: Ice) -> None:
    if not _is_within_budget(connection, frame) or not _may_offer(connection, frame):
        return
    if isinstance(frame.room, str) and is_elsewhere(connection, frame):
        return
    room = connection.room
    if video_state() == "off" or room is None or room.mode != "video":
        connection.refuse("unavailable", sentence("There is no call here."), frame.ref)
        return
    servers = ice_fresh(connection.visitor.id)
    offer = IceOffer(ice_servers=servers, ice_policy=ice_policy(), ref=frame.ref)
    connection.send(offer)


def _call_room(connection: Connection, frame: RoomFrame) -> RoomView | None:
    """Give the room of a frame about its call; refuse the frame where there is none."""
    if not _is_within_budget(connection, frame):
        return None
    if video_state() == "off":
        connection.refuse("unavailable", sentence("There is no video here."), frame.ref)
        return None
    if is_elsewhere(connection, frame) or connection.room is None:
        return None
    if connection.room.mode != "video":
        connection.refuse("not_allowed", sentence("This is a text chat."), frame.ref)
        return None
    return connection.room


def _is_within_budget(connection: Connection, frame: RoomFrame) -> bool:
    if connection.budget.signals.spend(time.monotonic()):
        return True
    connection.refuse_flood(frame.ref)
    return False


def _may_offer(connection: Connection, frame: RoomFrame) -> bool:
    """Whether the visitor may begin anew: descriptions are long, and credentials open relays."""
    if connection.budget.offers.spend(time.monotonic()):
        return True
    connection.refuse("too_fast", sentence("Too many attempts to connect. Please wait."), frame.ref)
    return False
