"""What of a WebRTC negotiation is passed on to a stranger: no address but our relays'. Pure.

Whoever sends a signal chose every character of it, the word `relay` too. So nothing is searched for
and cut out: descriptions and candidates are written anew from the parts that are known and allowed,
and the rest is left out. RFC 8866 (SDP), RFC 8839 (candidates), RFC 8829 (what browsers write).
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Any, Final

from msgspec import UNSET

from chat.protocol import Description, SignalData
from omegle.lib.words import Problem, sentence

SDP_CHARS: Final = 14_000
CANDIDATE_CHARS: Final = 512
ANY_PORT: Final = range(1, 65_536)
_SECTIONS: Final = 8
_UFRAG_CHARS: Final = 256

_CANDIDATE = re.compile(
    r"candidate:(?P<foundation>[A-Za-z0-9+/]{1,32}) (?P<component>[12]) (?i:udp)"
    r" (?P<priority>[0-9]{1,10}) (?P<address>[0-9A-Za-z.:-]{2,64}) (?P<port>[1-9][0-9]{0,4})"
    r" typ (?P<type>host|srflx|prflx|relay)"
    r"(?: raddr [0-9A-Za-z.:-]{1,64} rport [0-9]{1,5})?(?P<rest>(?: [!-~]{1,64} [!-~]{1,256}){0,8})"
)
_UFRAG = re.compile(r" ufrag ([A-Za-z0-9+/]{4,256})(?: |\Z)")
_ICE_TEXT = re.compile(r"[A-Za-z0-9+/]{4,256}")
_MID = re.compile(r"[!-~]{0,32}")
# What a browser says instead of an address while its visitor has not allowed the camera.
_MDNS = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.local")

_ORIGIN = re.compile(r"o=\S+ ([0-9]{1,20}) ([0-9]{1,20}) IN IP[46] \S+")
_PROTOCOL: Final = "UDP/TLS/RTP/SAVPF"
_MEDIA = re.compile(rf"m=(audio|video) ([0-9]{{1,5}}) {_PROTOCOL}((?: [0-9]{{1,3}}){{1,64}})")
_PRINTABLE = bytes(range(0x20, 0x7F))

# Lines that pass as they are.
_EXACT: Final = frozenset(
    {"v=0", "s=-", "t=0 0"}
    | {
        f"a={name}"
        for name in (
            *("bundle-only", "end-of-candidates", "extmap-allow-mixed"),
            *("sendrecv", "sendonly", "recvonly", "inactive"),
            *("rtcp-mux", "rtcp-mux-only", "rtcp-rsize"),
        )
    }
)
# Lines that pass with whatever is after their colon. None is there to name an address, and browsers
# need all of them to show each other pictures. One picture is enough: nothing of simulcast.
_PASSED: Final = frozenset(
    {"b=AS", "b=TIAS"}
    | {
        f"a={name}"
        for name in (
            *("group", "msid-semantic", "msid", "mid", "setup", "fingerprint"),
            *("ice-ufrag", "ice-pwd", "ice-options", "ptime", "maxptime", "minptime"),
            *("rtcp-fb", "rtcp-xr", "rtpmap", "fmtp", "extmap", "ssrc", "ssrc-group"),
        )
    }
)

# What a browser says of its codecs: two thirds of a description, in words that none but browsers
# choose, the same in call after call.
_NAMES: Final = (
    *("AV1", "CN", "G722", "H264", "H265", "PCMA", "PCMU", "VP8", "VP9", "flexfec-03", "opus"),
    *("red", "rtx", "telephone-event", "ulpfec"),
)
_FEEDBACK: Final = ("ccm fir", "ccm tmmbr", "goog-remb", "nack", "nack pli", "transport-cc")
_PARAMETERS: Final = (
    *("apt", "cbr", "level-asymmetry-allowed", "level-id", "level-idx", "max-fr", "max-fs"),
    *("maxplaybackrate", "minptime", "packetization-mode", "profile", "profile-id"),
    *("profile-level-id", "rtx-time", "stereo", "tier", "tier-flag", "tx-mode", "useinbandfec"),
)
_PARAMETER: Final = rf"(?:{'|'.join(_PARAMETERS)})=[0-9a-f]{{1,6}}"
_CODECS = re.compile(
    r"(?:(?:\A|\r\n)a=(?:"
    rf"rtpmap:[0-9]{{1,3}} (?:{'|'.join(_NAMES)})/[0-9]{{4,6}}(?:/2)?"
    rf"|rtcp-fb:(?:[0-9]{{1,3}}|\*) (?:{'|'.join(_FEEDBACK)})"
    r"|fmtp:[0-9]{1,3} (?:[0-9]{1,3}(?:[/-][0-9]{1,3})?"
    rf"|{_PARAMETER}(?:;{_PARAMETER}){{0,7}})"
    r"))+"
)
_RTPMAP, _RTCP_FB, _FMTP = "\r\na=rtpmap:", "\r\na=rtcp-fb:", "\r\na=fmtp:"


class BadSignal(Problem):
    """A description or candidate that is not passed on."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Which addresses may pass.

    Attributes:
        relays: the addresses of our relays, as dotted IPv4.
        ports: what they relay from; whatever else listens at their address is none of a stranger's.
        direct: whether the two agreed to learn each other's address.
    """

    relays: Collection[str]
    ports: range = ANY_PORT
    direct: bool = False


def signal_clean(data: SignalData, passage: Passage) -> SignalData:
    """Give what of a signal may be passed on.

    Raises:
        BadSignal: nothing of it.
    """
    description, candidate = data.description, data.candidate
    if (description is UNSET) == (candidate is UNSET):
        raise BadSignal(sentence("A signal has a description or a candidate."))
    if isinstance(description, Description):
        return SignalData(description=_description_clean(description, passage))
    if isinstance(candidate, dict):
        return SignalData(candidate=candidate_clean(candidate, passage))
    return SignalData(candidate=None)


def candidate_clean(fields: Mapping[str, Any], passage: Passage) -> dict[str, Any]:
    """Give an `RTCIceCandidateInit` with the known fields alone and no address but an allowed one.

    Raises:
        BadSignal: it may not pass.
    """
    text = fields.get("candidate", "")
    if not isinstance(text, str):
        raise BadSignal(sentence("A candidate is text."))
    kept: dict[str, Any] = {"candidate": _candidate_line(text, passage) if text else ""}
    if (mid := fields.get("sdpMid")) is not None:
        kept["sdpMid"] = _matching(mid, _MID)
    if (index := fields.get("sdpMLineIndex")) is not None:
        if type(index) is not int or not 0 <= index < _SECTIONS:
            raise BadSignal(sentence("A candidate names a section there can't be."))
        kept["sdpMLineIndex"] = index
    if (ufrag := fields.get("usernameFragment")) is not None:
        kept["usernameFragment"] = _matching(ufrag, _ICE_TEXT)
    return kept


def sdp_clean(text: str, passage: Passage) -> str:
    """Give a description without addresses but allowed ones.

    Raises:
        BadSignal: it is too long, no description of audio and video, or asks for a data channel.
    """
    if len(text) > SDP_CHARS:
        raise BadSignal(sentence("The description is too long."))
    # Each section names the protocol once.
    if not text.startswith("v=0\r\n") or not 1 <= text.count(_PROTOCOL) <= _SECTIONS:
        raise BadSignal(sentence("This is no description of audio or video."))
    lines: list[str] = []
    others: list[str] = []
    at = 0
    for start, end in _codecs_found(text):
        others.append(text[at : start - 2])
        # As if it were one line.
        lines += (*others[-1].split("\r\n"), text[start:end])
        at = end + 2
    others.append(text[at:])
    lines += others[-1].split("\r\n")
    # Nothing but printable ASCII, and every line ended as it should be.
    ends = b"\r\n" * (len(lines) - len(others))
    if not text.isascii() or "\r\n".join(others).encode().translate(None, _PRINTABLE) != ends:
        raise BadSignal(sentence("The description holds characters that none needs."))
    kept = [
        line
        if line in _EXACT or line.partition(":")[0] in _PASSED
        else _line_written(line, passage)
        for line in lines
    ]
    clean = "\r\n".join((*filter(None, kept), ""))
    # What is written anew may be longer than what was there.
    if len(clean) > SDP_CHARS:
        raise BadSignal(sentence("The description is too long."))
    return clean


def _codecs_found(text: str) -> list[tuple[int, int]]:
    """Give where the lines about codecs are, in each section that has nothing else among them."""
    found: list[tuple[int, int]] = []
    start = text.find(_RTPMAP)
    for _ in range(_SECTIONS):
        if start < 0:
            break
        section = text.find(_PROTOCOL, start)
        limit = section if section >= 0 else len(text)
        last = max(
            text.rfind(_RTPMAP, start, limit),
            text.rfind(_RTCP_FB, start, limit),
            text.rfind(_FMTP, start, limit),
        )
        end = text.find("\r\n", last + 2)
        if end >= 0 and _is_codecs(text[start + 2 : end]):
            found.append((start + 2, end))
        start = text.find(_RTPMAP, limit)
    return found


def _is_codecs(text: str) -> bool:
    try:
        _codecs_checked(text)
    except BadSignal:
        return False
    return True


@lru_cache(maxsize=32)
def _codecs_checked(text: str) -> None:
    """Return if these lines are about codecs, from memory the next time.

    Only what has this form is remembered: it says nothing about who wrote it.

    Raises:
        BadSignal: they hold something else.
    """
    if not _CODECS.fullmatch(text):
        raise BadSignal(sentence("This is no description of audio or video."))


def _description_clean(description: Description, passage: Passage) -> Description:
    if description.type == "rollback":
        return Description(type="rollback")
    return Description(type=description.type, sdp=sdp_clean(description.sdp, passage))


def _line_written(line: str, passage: Passage) -> str:
    """Write a line anew in which an address may be; '' for one that is left out."""
    match line[:2]:
        case "m=":
            return _media_line(line)
        case "c=":
            return "c=IN IP4 0.0.0.0"
        case "o=":
            return _origin_line(line)
    if line.startswith("a=candidate:"):
        try:
            return "a=" + _candidate_line(line[2:], passage)
        except BadSignal:
            pass  # the others may do
    return ""


def _candidate_line(text: str, passage: Passage) -> str:
    """Write a candidate anew: where it is, without where it was seen from."""
    found = _CANDIDATE.fullmatch(text) if len(text) <= CANDIDATE_CHARS else None
    if found is None:
        raise BadSignal(sentence("This is no candidate, or of a kind that is not passed on."))
    foundation, component, priority, address, port, kind, rest = found.groups()
    address = _address_passed(address, kind, passage)
    ports = passage.ports if address in passage.relays else ANY_PORT
    if int(port) not in ports or int(priority) >= 2**32:
        raise BadSignal(sentence("There is no such port or priority."))
    line = f"candidate:{foundation} {component} udp {priority} {address} {port} typ {kind}"
    if kind != "host":
        line += " raddr 0.0.0.0 rport 0"
    ufrag = _UFRAG.search(rest) if rest else None
    return f"{line} ufrag {ufrag[1]}" if ufrag else line


def _address_passed(text: str, kind: str, passage: Passage) -> str:
    """Give the address as it is passed on.

    Raises:
        BadSignal: it is not passed on.
    """
    if text in passage.relays:
        # Ours, whatever it is called: only a relay has it.
        if kind == "relay" or passage.direct:
            return text
        raise BadSignal(sentence("Only relayed candidates are passed on."))
    if passage.direct and kind == "host" and _MDNS.fullmatch(text):
        return text
    # An IPv4 address may be written as an IPv6 one.
    dotted = _dotted(text)
    if dotted is not None and str(dotted) in passage.relays and kind == "relay":
        return str(dotted)
    if dotted is None or kind == "relay" or not passage.direct:
        raise BadSignal(sentence("Only candidates of our relays are passed on."))
    if dotted.is_multicast or dotted.is_unspecified or dotted == _BROADCAST:
        raise BadSignal(sentence("Nobody has that address."))
    return str(dotted)


_BROADCAST = IPv4Address("255.255.255.255")


def _dotted(text: str) -> IPv4Address | None:
    """Give the IPv4 address that is meant, None for anything else."""
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return address.ipv4_mapped if isinstance(address, IPv6Address) else address


def _matching(value: object, pattern: re.Pattern[str]) -> str:
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise BadSignal(sentence("A field of the candidate is malformed."))
    return value


def _media_line(line: str) -> str:
    found = _MEDIA.fullmatch(line)
    if found is None:
        raise BadSignal(sentence("Only audio and video are passed on."))
    kind, port, formats = found.groups()
    # 0 is a section that was refused; any other is the port of an address.
    return f"m={kind} {'0' if port == '0' else '9'} {_PROTOCOL}{formats}"


def _origin_line(line: str) -> str:
    """Keep what counts versions; the name is the browser's."""
    found = _ORIGIN.fullmatch(line)
    if found is None:
        raise BadSignal(sentence("The description's origin is malformed."))
    return f"o=- {found[1]} {found[2]} IN IP4 0.0.0.0"
