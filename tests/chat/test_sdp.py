"""What of a negotiation passes: no address but our relays', whatever a sender writes."""

import contextlib
import re
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chat.protocol import Description, SignalData
from chat.sdp import (
    SDP_CHARS,
    BadSignal,
    Passage,
    _codecs_checked,
    candidate_clean,
    sdp_clean,
    signal_clean,
)

RELAY = "203.0.113.7"
RELAYED = Passage(relays=frozenset({RELAY}))
DIRECT = Passage(relays=frozenset(), direct=True)
FOLDER = Path(__file__).parent / "sdp"
# As Chromium writes them once it has gathered, on policy `all`: host candidates of both families.
OFFER = (FOLDER / "chromium-offer.sdp").read_bytes().decode()
ANSWER = (FOLDER / "chromium-answer.sdp").read_bytes().decode()


def line(
    address: str = RELAY,
    *,
    port: object = 50_000,
    kind: str = "relay",
    transport: str = "udp",
    rest: str = "",
) -> str:
    return f"candidate:842163049 1 {transport} 41885439 {address} {port} typ {kind}{rest}"


def passed(text: str, passage: Passage = RELAYED) -> str | None:
    """Give what becomes of a candidate, None when it is refused."""
    try:
        return str(candidate_clean({"candidate": text}, passage)["candidate"])
    except BadSignal:
        return None


def addresses(text: str) -> set[str]:
    """Give every IP address in a text, its ports left out."""
    found = set()
    for word in re.split(r"[\s=]", text):
        with contextlib.suppress(ValueError):
            found.add(str(ip_address(word)))
    return found


# --- Candidates -----------------------------------------------------------------------------------


def test_relayed_candidate_passes_without_where_it_was_seen_from() -> None:
    written = line(
        rest=" raddr 198.51.100.4 rport 61000 generation 0 ufrag cp1l network-id 1 network-cost 10"
    )
    assert passed(written) == line(rest=" raddr 0.0.0.0 rport 0 ufrag cp1l")


@pytest.mark.parametrize(
    "text",
    [
        line(transport="UDP"),
        line(f"::ffff:{RELAY}"),
        line("::FFFF:CB00:7107"),
        line(rest=" raddr 0.0.0.0 rport 0"),
        line(rest=" generation 0"),
        line(rest=" raddr 198.51.100.4"),
        line("0:0:0:0:0:ffff:203.0.113.7"),
    ],
)
def test_other_writings_of_our_relay_pass_as_one(text: str) -> None:
    assert passed(text) == line(rest=" raddr 0.0.0.0 rport 0")


@pytest.mark.parametrize("kind", ["host", "srflx", "prflx", "relay"])
@pytest.mark.parametrize(
    "address", ["198.51.100.4", "192.168.0.10", "10.0.0.1", "127.0.0.1", "169.254.169.254"]
)
def test_address_of_somebody_else_is_dropped_whatever_it_is_called(kind: str, address: str) -> None:
    assert passed(line(address, kind=kind)) is None
    assert passed(line(address, kind=kind, rest=f" raddr {RELAY} rport 50000")) is None


@pytest.mark.parametrize(
    "text",
    [
        line(kind="host"),
        line(kind="srflx"),
        line(kind="relayed"),
        line(kind="RELAY"),
        line(kind="relay host"),
        line("2001:db8::7"),
        line("::1"),
        line("::ffff:198.51.100.4"),
        line("::203.0.113.7"),
        line("64:ff9b::cb00:7107"),
        line("fe80::1%eth0"),
        line("203.0.113.07"),
        line("203.0.113.7."),
        line("3405803783"),
        line("0xcb007107"),
        line("relay.example.org"),
        line("8a1b2c3d-0000-4000-8000-123456789abc.local"),
        line(port=0),
        line(port=65_536),
        line(port=99_999),
        line(port="0x50"),
        line(port="５０"),
        line(port=-1),
        line(transport="tcp"),
        line(transport="tcp", rest=" tcptype active"),
        line(transport="ssltcp"),
        line(rest="\r\na=candidate:1 1 udp 1 198.51.100.4 5 typ host"),
        line(rest="\n"),
        line(rest=" ufrag a\tb"),
        line(rest=" ufrag \x00"),
        line(rest=" x" * 300),
        "a=" + line(),
        line().upper(),
        line().replace("41885439", "4294967296"),
        line().replace(" 1 udp", " 3 udp"),
        line().replace(" ", "  "),
        "candidate:",
        "x" * 100_000,
        "candidate:" + "1" * 100_000,
    ],
)
def test_anything_but_a_relayed_candidate_is_dropped(text: str) -> None:
    assert passed(text) is None


@pytest.mark.parametrize("fields", [{}, {"candidate": ""}, {"candidate": "", "sdpMid": "0"}])
def test_end_of_candidates_passes(fields: dict[str, Any]) -> None:
    assert candidate_clean(fields, RELAYED) == {"candidate": ""} | fields


def test_no_unknown_field_passes() -> None:
    fields = {"sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "cp1l"}
    secret = {"address": "198.51.100.4", "relatedAddress": "198.51.100.4", "url": "turn:x"}
    written = line(rest=" raddr 0.0.0.0 rport 0")
    assert candidate_clean({"candidate": line()} | fields | secret, RELAYED) == {
        "candidate": written,
        **fields,
    }
    empty = dict.fromkeys(fields)
    assert candidate_clean({"candidate": line()} | empty, RELAYED) == {"candidate": written}


@pytest.mark.parametrize(
    "fields",
    [
        {"candidate": 1},
        {"candidate": None},
        {"candidate": [line()]},
        {"sdpMid": 0},
        {"sdpMid": "a b"},
        {"sdpMid": "m" * 33},
        {"sdpMLineIndex": "0"},
        {"sdpMLineIndex": True},
        {"sdpMLineIndex": -1},
        {"sdpMLineIndex": 8},
        {"sdpMLineIndex": 0.5},
        {"usernameFragment": "a b c d"},
        {"usernameFragment": "abc"},
        {"usernameFragment": "u" * 257},
        {"usernameFragment": {}},
    ],
)
def test_malformed_field_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(BadSignal):
        candidate_clean({"candidate": line()} | fields, RELAYED)


@pytest.mark.parametrize(
    ("port", "passes"),
    [
        *((49_160, True), (50_000, True), (53_159, True)),
        *((49_159, False), (53_160, False), (53, False), (1, False), (65_535, False)),
    ],
)
def test_relay_is_called_at_its_own_ports_alone(port: int, passes: bool) -> None:
    for direct in (False, True):
        passage = Passage(relays=frozenset({RELAY}), ports=range(49_160, 53_160), direct=direct)
        for address in (RELAY, f"::ffff:{RELAY}"):
            assert (passed(line(address, port=port), passage) is not None) == passes
        for kind in ("host", "srflx") if direct else ():
            written = passed(line(f"::ffff:{RELAY}", port=port, kind=kind), passage)
            assert (written is not None) == passes
            # Whoever agreed may have any port of their own.
            assert passed(line("198.51.100.4", port=port, kind=kind), passage)


# --- Descriptions ---------------------------------------------------------------------------------


@pytest.mark.parametrize("text", [OFFER, ANSWER], ids=["offer", "answer"])
def test_description_of_a_browser_loses_its_addresses_and_nothing_else(text: str) -> None:
    assert "192.0.2.2" in text
    cleaned = sdp_clean(text, RELAYED)
    assert addresses(cleaned) == {"0.0.0.0"}
    lost = {each.partition(":")[0] for each in set(text.split("\r\n")) - set(cleaned.split("\r\n"))}
    assert {each[:2] for each in lost if not each.startswith("a=")} == {"o=", "m=", "c="}
    assert {each for each in lost if each.startswith("a=")} == {"a=candidate", "a=rtcp"}
    # A second time changes nothing.
    assert sdp_clean(cleaned, RELAYED) == cleaned


def test_relayed_candidate_inside_a_description_stays() -> None:
    ours, others = f"a={line()}", f"a={line('198.51.100.4')}"
    cleaned = sdp_clean(with_lines(ours, others), RELAYED)
    assert f"a={line(rest=' raddr 0.0.0.0 rport 0')}\r\n" in cleaned
    assert addresses(cleaned) == {"0.0.0.0", RELAY}


def with_lines(*lines: str) -> str:
    return OFFER + "".join(f"{each}\r\n" for each in lines)


@pytest.mark.parametrize(
    "planted",
    [
        "a=rtcp:9 IN IP4 198.51.100.4",
        "a=remote-candidates:1 198.51.100.4 5000",
        "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:198.51.100.4",
        "a=candidate:1 1 udp 1 198.51.100.4 5 typ relay",
        "a=Candidate:1 1 udp 1 198.51.100.4 5 typ relay",
        " a=candidate:1 1 udp 1 198.51.100.4 5 typ relay",
        "a=ice-lite",
        "a=x-mine:198.51.100.4",
        "a=source-filter: incl IN IP4 * 198.51.100.4",
        "c=IN IP4 198.51.100.4/127",
        "c=IN IP6 2001:db8::4",
        "u=http://198.51.100.4/",
        "e=me@198.51.100.4",
        "i=198.51.100.4",
        "k=uri:198.51.100.4",
        "o=198.51.100.4 1 1 IN IP4 198.51.100.4",
        "m=audio 40000 UDP/TLS/RTP/SAVPF 111",
    ],
)
def test_planted_line_brings_no_address_across(planted: str) -> None:
    cleaned = sdp_clean(with_lines(planted), RELAYED)
    assert "198.51.100.4" not in cleaned
    assert "2001:db8::4" not in cleaned
    assert "40000" not in cleaned


@pytest.mark.parametrize(
    "text",
    [
        "",
        "v=0",
        "v=0\r\n",
        "v=1\r\n" + OFFER,
        OFFER.replace("\r\n", "\n"),
        OFFER.replace("\r\n", "\r"),
        OFFER.replace("s=-", "s=\x00"),
        OFFER.replace("s=-", "s=ü"),
        OFFER.replace("s=-", "s=-\n"),
        with_lines("m=application 9 UDP/DTLS/SCTP webrtc-datachannel"),
        with_lines("m=application 0 UDP/DTLS/SCTP webrtc-datachannel"),
        with_lines("m=image 9 udptl t38"),
        with_lines("m=audio 9 RTP/AVP 0"),
        with_lines("m=video 9 UDP/TLS/RTP/SAVPF 96 198.51.100.4"),
        with_lines("o=- 1 1 IN IP4"),
        with_lines(*["m=audio 9 UDP/TLS/RTP/SAVPF 0"] * 7),
        with_lines("a=fmtp:96 " + "x" * SDP_CHARS),
        "v=0\r\n" + "a=mid:0\r\n" * 125_000,
    ],
    ids=lambda text: f"{text[:10]!r} {len(text)}",
)
def test_no_description_of_audio_and_video_is_refused(text: str) -> None:
    with pytest.raises(BadSignal):
        sdp_clean(text, RELAYED)


def test_refused_section_stays_refused() -> None:
    cleaned = sdp_clean(with_lines("m=video 0 UDP/TLS/RTP/SAVPF 96"), RELAYED)
    assert "m=video 0 UDP/TLS/RTP/SAVPF 96\r\n" in cleaned


@pytest.mark.parametrize(
    "planted",
    [
        "a=candidate:1 1 udp 1 198.51.100.4 5 typ relay",
        "a=rtcp:9 IN IP4 198.51.100.4",
        "c=IN IP4 198.51.100.4",
        "198.51.100.4",
    ],
)
def test_line_among_those_about_codecs_is_looked_at_as_any_other(planted: str) -> None:
    for each in ("a=rtpmap:8 PCMA/8000\r\n", "a=rtcp-fb:96 nack\r\n", "a=fmtp:97 apt=96\r\n"):
        assert OFFER.count(each) == 1
        cleaned = sdp_clean(OFFER.replace(each, f"{each}{planted}\r\n"), RELAYED)
        assert "198.51.100.4" not in cleaned
        with pytest.raises(BadSignal):
            sdp_clean(OFFER.replace(each, f"{each[:-2]}\x00\r\n"), RELAYED)


@pytest.mark.parametrize(
    "telling",
    [
        *("a=rtpmap:96 alice/90000", "a=fmtp:96 name=alice", "a=fmtp:96 apt=96;alice=1"),
        *("a=fmtp:96 x-alice", "a=rtcp-fb:96 alice", "a=ssrc:1 cname:alice", "a=mid:alice"),
    ],
)
def test_nothing_anybody_could_be_known_by_is_remembered(telling: str) -> None:
    _codecs_checked.cache_clear()
    sdp_clean(OFFER, RELAYED)
    assert _codecs_checked.cache_info().currsize == OFFER.count("m=") == 2
    told = OFFER.replace("a=rtcp-fb:96 nack\r\n", f"a=rtcp-fb:96 nack\r\n{telling}\r\n")
    assert f"{telling}\r\n" in sdp_clean(told, RELAYED)
    assert _codecs_checked.cache_info().currsize == 2


# --- Signals --------------------------------------------------------------------------------------


def test_signal_has_one_of_the_two() -> None:
    end = SignalData(candidate=None)
    assert signal_clean(end, RELAYED) == end
    for bad in (SignalData(), SignalData(description=Description("rollback"), candidate=None)):
        with pytest.raises(BadSignal):
            signal_clean(bad, RELAYED)


def test_rollback_carries_nothing() -> None:
    cleaned = signal_clean(SignalData(description=Description("rollback", "198.51.100.4")), RELAYED)
    assert cleaned.description == Description("rollback")


# --- Direct ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (line("192.168.0.10", kind="host"), line("192.168.0.10", kind="host")),
        (
            line("198.51.100.4", kind="srflx", rest=" raddr 192.168.0.10 rport 5"),
            line("198.51.100.4", kind="srflx", rest=" raddr 0.0.0.0 rport 0"),
        ),
        (
            line("8a1b2c3d-0000-4000-8000-123456789abc.local", kind="host"),
            line("8a1b2c3d-0000-4000-8000-123456789abc.local", kind="host"),
        ),
        (line("8a1b2c3d-0000-4000-8000-123456789abc.local", kind="srflx"), None),
        (line("printer.local", kind="host"), None),
        (line("198.51.100.4", kind="relay"), None),
        (line("2001:db8::4", kind="host"), None),
        (line("224.0.0.1", kind="host"), None),
        (line("0.0.0.0", kind="host"), None),
        (line("255.255.255.255", kind="host"), None),
        (line("198.51.100.4", kind="host", transport="tcp", rest=" tcptype active"), None),
    ],
)
def test_who_agreed_learn_addresses_and_no_more(text: str, written: str | None) -> None:
    assert passed(text, DIRECT) == written


def test_description_between_those_who_agreed_names_addresses_in_candidates_alone() -> None:
    cleaned = sdp_clean(OFFER, DIRECT)
    assert {each.partition(":")[0] for each in cleaned.split("\r\n") if "192.0.2.2" in each} == {
        "a=candidate"
    }
    assert "fd00::2" not in cleaned


# --- Whatever may come ----------------------------------------------------------------------------

_words = st.sampled_from(
    [
        *("candidate:1", "1", "udp", "tcp", "41885439", RELAY, "198.51.100.4", "::1", "50000"),
        *("typ", "relay", "host", "srflx", "raddr", "rport", "ufrag", "abcd", "\r\n", "a=", ":"),
        *("c=IN", "IP4", "m=audio", "9", "UDP/TLS/RTP/SAVPF", "v=0", "\x00", "é", ""),
    ]
)
_junk = st.text(max_size=200) | st.lists(_words, max_size=24).map(" ".join)


@given(_junk)
def test_any_text_passes_with_our_address_or_not_at_all(text: str) -> None:
    if written := passed(text):
        assert addresses(written) <= {RELAY, "0.0.0.0"}
        assert len(written.splitlines()) == 1


@given(st.lists(_junk | st.sampled_from(OFFER.split("\r\n")), max_size=12))
def test_any_description_passes_without_a_foreign_candidate_or_not_at_all(lines: list[str]) -> None:
    text = "\r\n".join(["v=0", *lines, "m=audio 9 UDP/TLS/RTP/SAVPF 0", ""])
    with contextlib.suppress(BadSignal):
        cleaned = sdp_clean(text, RELAYED)
        for each in cleaned.splitlines():
            if each.startswith(("a=candidate", "c=", "o=", "m=", "a=rtcp:")):
                assert addresses(each) <= {RELAY, "0.0.0.0"}


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=5,
)
_names = st.sampled_from(["candidate", "sdpMid", "sdpMLineIndex", "usernameFragment", "x"])


@given(st.dictionaries(_names, _json | _junk))
def test_any_fields_pass_cleaned_or_not_at_all(fields: dict[str, Any]) -> None:
    with contextlib.suppress(BadSignal):
        cleaned = signal_clean(SignalData(candidate=fields), RELAYED).candidate
        assert isinstance(cleaned, dict)
        assert cleaned.keys() <= {"candidate", "sdpMid", "sdpMLineIndex", "usernameFragment"}


def test_description_that_grows_when_written_anew_is_refused() -> None:
    text = "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" + 2600 * "c=\r\n"
    assert len(text) < SDP_CHARS
    with pytest.raises(BadSignal, match="too long"):
        sdp_clean(text, RELAYED)


@pytest.mark.parametrize("line", ["s=-", "v=0", "t=0 0", "a=sendrecv", "a=end-of-candidates"])
def test_line_without_a_value_passes_nothing_behind_a_colon(line: str) -> None:
    text = f"v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111\r\n{line}:198.51.100.4\r\n"
    assert "198.51.100.4" not in sdp_clean(text, RELAYED)
