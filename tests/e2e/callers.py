"""Visitors with a camera: what a person does in a video chat, and what can be measured of it."""

import asyncio
import re
from contextlib import ExitStack
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from playwright.async_api import BrowserContext, Page, WebSocket, expect

from omegle.server.turn import Turn, configuration
from tests.e2e.visitors import Visitor
from tests.turn import running_turn

# Every connection that the page makes, and every track that it films with, is kept for the test.
WATCH_CALLS = """
window.calls = [];
window.RTCPeerConnection = new Proxy(RTCPeerConnection, {
  construct(target, [configuration, ...rest]) {
    const wanted = window.patched ? window.patched(configuration) : configuration;
    const connection = new target(wanted, ...rest);
    window.calls.push(connection);
    return connection;
  },
});
window.tracks = [];
const { getUserMedia } = MediaDevices.prototype;
MediaDevices.prototype.getUserMedia = async function (constraints) {
  const stream = await getUserMedia.call(this, constraints);
  window.tracks.push(...stream.getTracks());
  return stream;
};
"""
FILMING = "window.tracks.filter((track) => track.readyState === 'live').map((track) => track.kind)"
# A client of somebody who wants to learn more: it uses, and tells of, every way there is.
PATCHED = """
window.patched = (configuration) => ({ ...configuration, iceTransportPolicy: "all" });
const set = RTCPeerConnection.prototype.setConfiguration;
RTCPeerConnection.prototype.setConfiguration = function (configuration) {
  return set.call(this, window.patched(configuration));
};
"""
# What the connection says of itself: the pair in use, and what was sent and decoded in all.
MEASURE = """
async () => {
  const measured = [];
  for (const connection of window.calls) {
    const report = [...(await connection.getStats()).values()];
    const byId = new Map(report.map((entry) => [entry.id, entry]));
    const transport = report.find((entry) => entry.type === "transport");
    const pair = byId.get(transport?.selectedCandidatePairId);
    const all = (type) => report.filter((entry) => entry.type === type);
    const total = (type, field) => all(type).reduce((sum, entry) => sum + (entry[field] ?? 0), 0);
    const kind = (id) => byId.get(id).candidateType;
    measured.push({
      state: connection.connectionState,
      pair: pair && [kind(pair.localCandidateId), kind(pair.remoteCandidateId)],
      learned: all("remote-candidate").map((entry) => entry.address),
      sent: total("outbound-rtp", "packetsSent"),
      received: total("inbound-rtp", "packetsReceived"),
      decoded: total("inbound-rtp", "framesDecoded"),
    });
  }
  return measured;
}
"""
PLAYS = """
(since) => {
  const video = document.querySelector("#their-video");
  const visible = video.checkVisibility({ visibilityProperty: true });
  return visible && video.videoWidth > 0 && video.currentTime > since;
}
"""
_TOKENS = re.compile(r"[0-9A-Fa-f:.]*[.:][0-9A-Fa-f:.]*")
# What browsers write where an address belongs and none is told.
_NO_ADDRESS = re.compile(r"^o=.* IN IP4 127\.0\.0\.1$|0\.0\.0\.0", re.MULTILINE)


class Caller(Visitor):
    """A visitor in a video chat.

    Attributes:
        sent, received: the frames that crossed the socket, as text.
    """

    def __init__(self, context: BrowserContext, page: Page, url: str) -> None:
        super().__init__(context, page, url, admitted=True)
        self.sent: list[str] = []
        self.received: list[str] = []
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framesent", lambda text: self.sent.append(str(text)))
        socket.on("framereceived", lambda text: self.received.append(str(text)))

    async def prepares(self, *interests: str) -> None:
        """Enter, and come to the question about camera and microphone."""
        await self.enter()
        await self.likes(*interests)
        await self.part("video-chat").click()
        await expect(self.part("video-setup")).to_be_visible()

    async def turns_on(self) -> None:
        await self.part("setup-on").click()
        await expect(self.part("setup-start")).to_be_visible()

    async def calls(self, *interests: str) -> None:
        """Enter, and look for a stranger to see."""
        await self.prepares(*interests)
        await self.turns_on()
        await self.part("setup-start").click()

    async def is_on(self, phase: str, *, seconds: float | None = None) -> None:
        """Have the call in this phase."""
        timeout = None if seconds is None else seconds * 1000
        await expect(self.part("call")).to_have_attribute("data-phase", phase, timeout=timeout)

    async def sees(self) -> None:
        """Have the stranger's picture, and see it move."""
        await self.page.wait_for_function(PLAYS, arg=0)
        now = await self.page.evaluate("document.querySelector('#their-video').currentTime")
        await self.page.wait_for_function(PLAYS, arg=now)

    async def sees_nothing(self) -> None:
        await expect(self.part("call")).to_have_attribute("data-seen", "false")
        await expect(self.part("their-video")).to_be_hidden()

    async def films_nothing(self) -> None:
        """Have camera and microphone off, by the word of the browser, and nothing connected."""
        await self.page.wait_for_function(f"() => {FILMING}.length === 0")
        every = await self.page.evaluate(MEASURE)
        assert {each["state"] for each in every} == {"closed"}

    async def measured(self) -> dict[str, Any]:
        """Give what the page's newest connection counts."""
        every: list[dict[str, Any]] = await self.page.evaluate(MEASURE)
        return every[-1]


def addresses(frame: str) -> set[str]:
    """Give the addresses that a frame names, but for where the TURN server itself is."""
    lines = re.sub(r'"ice_servers":\s*\[.*?\}\]', "", frame).replace("\\r\\n", "\n")
    found = set(re.findall(r"[\w-]+\.local\b", lines))
    for token in _TOKENS.findall(_NO_ADDRESS.sub("", lines)):
        try:
            found.add(str(ip_address(token)))
        except ValueError:
            continue
    return found


def named(frames: list[str]) -> set[str]:
    """Give the addresses that the signals among these frames name."""
    return {each for frame in frames if '"signal"' in frame for each in addresses(frame)}


class Relay:
    """The TURN server of these tests, to be taken away and put back."""

    def __init__(self, server: Turn) -> None:
        self.server = server
        self._stack = ExitStack()

    def start(self, **options: object) -> None:
        """Begin to relay; `options` of its configuration are others then."""
        text = configuration(self.server, directory=Path())
        for name, value in options.items():
            key = name.replace("_", "-")
            text, count = re.subn(rf"(?m)^{key}=.*$", f"{key}={value}", text)
            assert count == 1, key
        self._stack.enter_context(running_turn(self.server, text))

    def stop(self) -> None:
        self._stack.close()


async def meet(alice: Caller, bob: Caller, interest: str) -> None:
    """Let two find each other who are not here yet; their call stands, and is covered."""
    await asyncio.gather(alice.calls(interest), bob.calls(interest))
    for each in (alice, bob):
        await each.is_on("connected")
        await each.sees_nothing()


async def show(*callers: Caller) -> None:
    for each in callers:
        await each.part("show").click()
    for each in callers:
        await each.sees()


async def nothing_came(alice: Caller, bob: Caller) -> None:
    """Not covered on the screen alone: nothing was sent that a patched receiver could look at."""
    for each in (alice, bob):
        measured = await each.measured()
        assert (measured["sent"], measured["received"], measured["decoded"]) == (0, 0, 0)


async def nothing_more_comes(alice: Caller, bob: Caller) -> None:
    async def sent() -> list[int]:
        return [(await each.measured())["sent"] for each in (alice, bob)]

    # What was on its way when the cover came is counted a moment later.
    before, now = [-1, -1], await sent()
    while now != before:
        await asyncio.sleep(0.2)
        before, now = now, await sent()
    await asyncio.sleep(1)
    assert await sent() == now
