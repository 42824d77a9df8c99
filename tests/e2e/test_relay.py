"""Two browsers, a real TURN server, and between them nothing but what the filter lets through."""

import json
import time
from collections.abc import Iterator
from typing import Any, Self

import msgspec
import pytest
from playwright.async_api import Browser, BrowserContext, Page

from chat.protocol import SignalData
from chat.sdp import BadSignal, Passage, signal_clean
from chat.turn import ice_servers
from omegle.server import turn
from omegle.server.turn import Turn
from tests.chat.test_sdp import addresses
from tests.turn import running_turn

pytestmark = [
    pytest.mark.browser,
    pytest.mark.process,
    pytest.mark.asyncio(loop_scope="session"),
]

SECONDS = 20

# One calls, the other answers; a moving picture without a camera.
CALL = """
({calls, iceServers, iceTransportPolicy}) => {
  const pc = new RTCPeerConnection({iceServers, iceTransportPolicy});
  const canvas = document.createElement('canvas');
  const paint = canvas.getContext('2d');
  setInterval(() => {
    paint.fillStyle = `hsl(${Date.now() % 360} 90% 50%)`;
    paint.fillRect(0, 0, 300, 150);
  }, 40);
  const video = document.createElement('video');
  video.muted = video.autoplay = true;
  document.body.append(video);
  pc.ontrack = ({streams}) => { video.srcObject = streams[0]; };
  pc.onicecandidate = ({candidate}) => signal({candidate});
  const describe = async () => {
    await pc.setLocalDescription();
    signal({description: pc.localDescription});
  };
  window.heard = async ({description, candidate}) => {
    if (!description) return pc.addIceCandidate(candidate);
    await pc.setRemoteDescription(description);
    if (description.type === 'offer') await describe();
  };
  window.state = async () => {
    const stats = [...(await pc.getStats()).values()];
    const pair = stats.find((each) => each.type === 'candidate-pair' && each.nominated);
    const kind = (id) => stats.find((each) => each.id === id)?.candidateType;
    return {
      connection: pc.connectionState,
      pair: pair ? [kind(pair.localCandidateId), kind(pair.remoteCandidateId)] : [],
      width: video.videoWidth,
      time: video.currentTime,
    };
  };
  const stream = canvas.captureStream(25);
  for (const track of stream.getTracks()) pc.addTrack(track, stream);
  if (calls) return describe();
}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[Turn]:
    with running_turn() as server:
        yield server


class Caller:
    """A page with one end of a call.

    Attributes:
        wrote: every signal it sent, as it wrote it.
        heard: every signal it was told.
    """

    def __init__(self, page: Page) -> None:
        self.page = page
        self.wrote: list[str] = []
        self.heard: list[str] = []
        self.waiting: list[str] = []

    @classmethod
    async def open(cls, context: BrowserContext) -> Self:
        caller = cls(await context.new_page())
        await caller.page.expose_function("signal", caller._write)
        return caller

    def _write(self, data: dict[str, Any]) -> None:
        self.wrote.append(json.dumps(data))
        self.waiting.append(self.wrote[-1])

    async def begin(self, server: Turn, *, calls: bool, policy: str) -> None:
        urls = server.settings["TURN_URLS"].split(",")
        offered = ice_servers(urls, server.secret, now=time.time(), name=str(calls))
        await self.page.evaluate(
            CALL,
            {
                "calls": calls,
                "iceServers": msgspec.to_builtins(offered),
                "iceTransportPolicy": policy,
            },
        )

    async def state(self) -> dict[str, Any]:
        found: dict[str, Any] = await self.page.evaluate("state()")
        return found


async def pass_on(one: Caller, other: Caller, passage: Passage) -> None:
    """Let through what may be heard of what one has written since."""
    written, one.waiting = one.waiting, []
    for text in written:
        try:
            data = signal_clean(msgspec.json.decode(text, type=SignalData), passage)
        except BadSignal:
            assert "description" not in text, text
            continue
        other.heard.append(msgspec.json.encode(data).decode())
        await other.page.evaluate(f"heard({other.heard[-1]})")


async def sees(caller: Caller) -> bool:
    state = await caller.state()
    return bool(state["width"]) and state["time"] > 0.5


@pytest.mark.parametrize("policy", ["relay", "all"])
async def test_browsers_see_each_other_and_learn_the_relay_alone(
    browser: Browser, server: Turn, policy: str
) -> None:
    """One that is patched to try every way learns no more."""
    passage = Passage(relays=frozenset({turn.RELAYS_FROM}))
    context = await browser.new_context()
    alice, bob = await Caller.open(context), await Caller.open(context)
    began = time.monotonic()
    await alice.begin(server, calls=True, policy=policy)
    await bob.begin(server, calls=False, policy="relay")
    while not (await sees(alice) and await sees(bob)):
        await pass_on(alice, bob, passage)
        await pass_on(bob, alice, passage)
        assert time.monotonic() - began < SECONDS, (await alice.state(), await bob.state())
    print(f"{time.monotonic() - began:.1f} s until both saw half a second")
    assert (await bob.state())["pair"] == ["relay", "relay"]
    assert (await alice.state())["pair"][1] == "relay"
    for each in (alice, bob):
        told = " ".join(each.heard).replace("\\r\\n", " ").replace('"', " ")
        assert addresses(told) <= {turn.RELAYS_FROM, "0.0.0.0"}
        assert turn.RELAYS_FROM in told
        assert told.count(" typ ") == told.count(" typ relay") > 0
    # That there was something to keep back.
    assert (" typ host" in " ".join(alice.wrote)) == (policy == "all")
    await context.close()
