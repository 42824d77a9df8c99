"""What filtering one signal of a call's negotiation costs.

    python -m benchmarks.signals

It is done on the event loop, some thirty times at the start of a call. The bar: 30 µs at the median
for a candidate, and for an offer as a browser writes it that relays only.
"""

import sys
from contextlib import suppress
from pathlib import Path
from statistics import median
from time import process_time_ns

from chat.protocol import Description, SignalData
from chat.sdp import BadSignal, Passage, signal_clean

_BAR = 30.0
_ROUNDS = 2000
_SAMPLES = Path(__file__).parent.parent / "tests" / "chat" / "sdp"
_RELAY = "203.0.113.7"
_PASSAGE = Passage(relays=frozenset({_RELAY}), ports=range(49_160, 53_160))


def _candidate(address: str, kind: str) -> SignalData:
    line = (
        f"candidate:842163049 1 udp 41885439 {address} 50000 typ {kind} raddr 0.0.0.0 rport 0 "
        "generation 0 ufrag cp1l network-id 1 network-cost 50"
    )
    named = {"sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": "cp1l"}
    return SignalData(candidate={"candidate": line, **named})


def _description(name: str, *, gathered: bool) -> SignalData:
    lines = (_SAMPLES / name).read_bytes().decode().split("\r\n")
    kept = [line for line in lines if gathered or not line.startswith("a=candidate")]
    return SignalData(description=Description("offer", "\r\n".join(kept)))


def _microseconds(signal: SignalData) -> float:
    times = []
    for _ in range(_ROUNDS):
        began = process_time_ns()
        with suppress(BadSignal):
            signal_clean(signal, _PASSAGE)
        times.append(process_time_ns() - began)
    return median(times) / 1000


def main() -> None:
    ordinary = {
        "relayed candidate": _candidate(_RELAY, "relay"),
        "offer": _description("chromium-offer.sdp", gathered=False),
        "answer": _description("chromium-answer.sdp", gathered=False),
    }
    others = {
        "foreign candidate": _candidate("198.51.100.4", "relay"),
        "offer with 8 foreign candidates": _description("chromium-offer.sdp", gathered=True),
        "14,000 characters of candidates": SignalData(
            description=Description(
                "offer",
                "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n"
                + "a=candidate:1 1 udp 1 ::1 5 typ relay\r\n" * 358,
            )
        ),
    }
    too_slow = []
    for name, signal in (ordinary | others).items():
        taken = _microseconds(signal)
        print(f"{name:34} {taken:7.1f} µs")
        if name in ordinary and taken > _BAR:
            too_slow.append(name)
    if too_slow:
        sys.exit(f"over {_BAR:.0f} µs: {', '.join(too_slow)}")


if __name__ == "__main__":
    main()
