"""A whole copy while strangers write, call and report: its logs and figures hold nothing of it."""

import asyncio
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
import redis
from django.conf import settings

from moderation.tags import visitor_tag
from tests.process.copies import Copy, wait_until
from tests.strangers import Chat, meet

pytestmark = pytest.mark.process

TOKEN = "0123456789abcdef0123456789abcdef"
SAID, NOTE, LIKED = "xylophones are wonderful", "kumquat", "marmalade"
# TEST-NET-3 and its IPv6 kin, from a proxy that is believed: in every writing.
CALLERS = ("203.0.113.7", "2001:db8::c0ff:ee")
WRITTEN = ("203.0.113.7", "cb007107", "0xcb007107", "3405803783", "2001:db8:", "20010db8")
SDP = ("candidate:", "ice-ufrag", "ice-pwd", "v=0", "fingerprint")
CANDIDATE = "candidate:1 1 udp 2122260223 203.0.113.7 50000 typ host"


@pytest.fixture
def copy(home: Path) -> Iterator[Copy]:
    copy = Copy(
        home / "c",
        settings={
            "SECRET_KEY": settings.SECRET_KEY,
            "METRICS_TOKEN": TOKEN,
            "WORKERS": "2",
            "VIDEO": "direct",
            "TRUSTED_PROXIES": "127.0.0.1",
            "LOG_LEVEL": "DEBUG",
        },
    )
    copy.start()
    try:
        copy.wait_ready()
        yield copy
    finally:
        copy.end()


def figures(copy: Copy, token: str = TOKEN) -> str:
    request = Request(f"{copy.url}/metrics", headers={"Authorization": f"Bearer {token}"})
    with urlopen(request, timeout=5) as answer:
        return str(answer.read().decode())


async def test_logs_and_figures_hold_no_text_no_address_and_no_sdp(copy: Copy) -> None:
    chat = Chat("127.0.0.1", copy.port)
    async with (
        chat.stranger(X_Forwarded_For=CALLERS[0]) as alice,
        chat.stranger(X_Forwarded_For=CALLERS[1]) as bob,
    ):
        await meet(alice, bob, interests=[LIKED])
        await alice.says(SAID)
        await bob.hears("message")
        await alice.send("find", mode="video", interests=[LIKED])
        for heard in ("ended", "waiting"):
            await alice.hears(heard)
        await bob.hears("ended")
        await bob.send("find", mode="video", interests=[LIKED])
        await bob.hears("waiting")
        await alice.hears("matched")
        await bob.hears("matched")
        for one, other in ((alice, bob), (bob, alice)):
            await one.send("media", camera=True, microphone=True, shown=True, direct=True)
            await other.hears("media")
        await alice.send(
            "signal", data={"candidate": {"candidate": CANDIDATE, "sdpMid": "0"}}, ref="s"
        )
        await bob.send("signal", data={"description": {"type": "offer", "sdp": "v=0\r\nbroken"}})
        await alice.send_text("not json " + SAID)
        await alice.send("report", reason="harassment", note=NOTE)
        broker = redis.Redis.from_url((copy.run_dir / "redis-url").read_text().strip())
        broker.rpush("celery:upkeep", "no job at all")
        visitors = [each.cookie.split(".")[0] for each in (alice, bob)]
        names = [alice.welcome["name"], bob.welcome["name"]]
        # Both processes and the worker have said what they counted.
        found = await asyncio.to_thread(
            wait_until,
            lambda: (
                (text := figures(copy))
                and 'omegle_jobs_total{job="moderation.report_file",outcome="done"} 1.0' in text
                and "omegle_messages_total 1.0" in text
                and text
            ),
            seconds=30,
            otherwise=lambda: figures(copy) + copy.err,
        )
    with pytest.raises(HTTPError) as refused:
        await asyncio.to_thread(figures, copy, "x" * 32)
    refused.value.close()
    assert refused.value.code == 401
    # A process is counted from its first visitor on, and both may have come to the same.
    assert re.search(r"^omegle_processes [12]\.0$", str(found), re.MULTILINE)
    copy.stop()
    for written in (str(found), copy.err, copy.out.partition("Omegle is ready")[2]):
        low = written.lower()
        for secret in (*WRITTEN, *SDP, SAID, "xylophone", NOTE, LIKED, *visitors, *names):
            assert secret.lower() not in low, secret
        assert not any(visitor_tag(each) in low for each in visitors)
        assert not re.search(r"\b(?!127\.0\.0\.)\d{1,3}(\.\d{1,3}){3}\b", written), written
    for line in copy.err.splitlines():
        assert json.loads(line)["event"]
