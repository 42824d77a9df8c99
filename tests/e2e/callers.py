"""Visitors with a camera: what a person does in a video chat, and what can be measured of it."""

import re
from ipaddress import ip_address
from typing import Any

from playwright.async_api import BrowserContext, Page, WebSocket, expect

from tests.e2e.visitors import Visitor

# Every connection that the page makes is kept for the test to look at.
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
"""
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
