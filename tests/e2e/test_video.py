"""Two strangers see each other through a real relay: on real pages, with made-up cameras."""

import asyncio
import math
import re
import time
from collections.abc import Iterator

import pytest
from playwright.async_api import Browser, Page, expect

from omegle.server import turn
from omegle.server.turn import Turn
from tests.e2e.callers import (
    FILMING,
    PATCHED,
    Caller,
    Relay,
    meet,
    named,
    nothing_came,
    nothing_more_comes,
    show,
)
from tests.e2e.conftest import MakeCaller, running_copy
from tests.e2e.desk import desk_open
from tests.e2e.visitors import PHONE, agree, fits
from tests.process.copies import Copy

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# What the page promises: back, or text, when the relay is gone.
RECOVER_SECONDS = 20
RECOVER_MS = 11_000
AUTO_NEXT_MS = 5_000
CALLS_TRIED = 5
RELAYS = {turn.RELAYS_FROM}
# Presses Show the moment it is there, and notes when the match came and when the picture.
IN_HASTE = """
addEventListener("DOMContentLoaded", () => {
  const { prototype } = WebSocket;
  const listen = prototype.addEventListener;
  prototype.addEventListener = function (type, listener, ...rest) {
    const heard = (event) => {
      if (type === "message" && String(event.data).includes('"matched"'))
        window.matchedAt = performance.now();
      return listener.call(this, event);
    };
    return listen.call(this, type, heard, ...rest);
  };
  const show = document.querySelector("#call-show");
  const video = document.querySelector("#their-video");
  const press = new MutationObserver(() => show.hidden || show.click());
  press.observe(show, { attributeFilter: ["hidden"] });
  video.requestVideoFrameCallback(() => (window.pictureAt = performance.now()));
});
"""
# The least that two pages can do: one offers, one answers, both through the relay alone.
BARE_CALL = """
async ([offers, iceServers]) => {
  const channel = new BroadcastChannel("bare");
  const connection = new RTCPeerConnection({ iceServers, iceTransportPolicy: "relay" });
  const video = document.createElement("video");
  video.muted = true;
  connection.onicecandidate = ({ candidate }) => {
    channel.postMessage({ candidate: candidate?.toJSON() ?? null });
  };
  connection.ontrack = ({ track }) => {
    if (track.kind !== "video") return;
    video.srcObject = new MediaStream([track]);
    video.play();
  };
  const tell = async () => {
    await connection.setLocalDescription();
    channel.postMessage({ description: connection.localDescription.toJSON() });
  };
  const ready = Promise.withResolvers();
  let last = ready.promise;
  channel.onmessage = ({ data }) => {
    last = last.then(async () => {
      if (data.here) return channel.postMessage({ ready: true });
      if (data.ready) return connection.localDescription ? undefined : tell();
      if (!data.description) return connection.addIceCandidate(data.candidate ?? undefined);
      await connection.setRemoteDescription(data.description);
      if (data.description.type === "offer") await tell();
    });
  };
  const begun = performance.now();
  const stream = await navigator.mediaDevices.getUserMedia({ video: true, audio: true });
  for (const track of stream.getTracks()) connection.addTrack(track, stream);
  ready.resolve();
  // Either page may come first, and hears nothing that was said before.
  channel.postMessage(offers ? { here: true } : { ready: true });
  // It films on: the other may not have seen anything yet.
  video.requestVideoFrameCallback(() => (window.bareTaken = performance.now() - begun));
}
"""


@pytest.fixture(scope="session")
def watched(relay_server: Turn) -> Iterator[Copy]:
    """A copy that takes stills."""
    yield from running_copy(VIDEO="relay", FRAME_EVIDENCE="1", **relay_server.settings)


# --- Seeing each other ----------------------------------------------------------------------------


async def test_two_strangers_see_each_other_once_both_agreed(
    caller: MakeCaller, relay: Relay
) -> None:
    alice, bob = await caller(), await caller()
    await meet(alice, bob, "lighthouses")
    await alice.part("show").click()
    await expect(bob.part("call-line")).to_contain_text("has pressed Show")
    await nothing_came(alice, bob)
    await bob.part("show").click()
    for each in (alice, bob):
        await each.sees()
        assert (await each.measured())["pair"] == ["relay", "relay"]
        assert named(each.sent) | named(each.received) == RELAYS

    await alice.says("nice hat")
    await bob.says("thank you")
    await agree(alice, bob, ["nice hat"], ["thank you"])

    await bob.part("cover").click()
    for each in (alice, bob):
        await each.sees_nothing()
    await nothing_more_comes(alice, bob)
    await bob.part("cover").click()
    for each in (alice, bob):
        await each.sees()

    await alice.presses("Escape", "Escape")
    for each in (alice, bob):
        await each.is_in("ended")
        assert (await each.measured())["state"] == "closed"
        live = "document.querySelector('#my-video').srcObject"
        assert await each.page.evaluate(live) is None


async def test_everything_fits_on_a_phone_and_the_next_stranger_comes_by_itself(
    caller: MakeCaller, relay: Relay
) -> None:
    alice, bob, carol = [
        await caller(**PHONE),
        await caller(),
        await caller(),
    ]
    await alice.page.clock.install()
    await alice.prepares("gramophones")
    await fits(alice.page)
    await alice.part("setup-auto-next").check()
    await alice.turns_on()
    await fits(alice.page)
    await alice.part("setup-start").click()
    await bob.calls("gramophones")
    await alice.is_on("connected")
    await fits(alice.page)
    await show(alice, bob)
    await fits(alice.page)
    for name in ("cover", "mute", "camera", "full", "composer", "stop"):
        await expect(alice.part(name)).to_be_in_viewport(ratio=1)
    await alice.part("full").click()
    await expect(alice.part("cover")).to_be_in_viewport(ratio=1)
    await carol.calls("gramophones")
    await bob.presses("Escape", "Escape")
    await expect(alice.part("ended-next")).to_contain_text("Next stranger in")
    await alice.page.clock.fast_forward(AUTO_NEXT_MS)
    await alice.is_on("connected")
    await carol.is_on("connected")
    await alice.sees_nothing()


async def test_picture_comes_nearly_as_fast_as_two_bare_pages_make_it(
    caller: MakeCaller, relay: Relay
) -> None:
    """Noise only adds: the quickest of several calls is compared with the quickest bare one."""
    ours, bare = math.inf, math.inf
    for _ in range(CALLS_TRIED):
        alice, bob = await caller(IN_HASTE), await caller(IN_HASTE)
        await asyncio.gather(alice.calls("sundials"), bob.calls("sundials"))
        ours = min(ours, await slower(alice.page, bob.page, "window.pictureAt - window.matchedAt"))
        one, other = await alice.context.new_page(), await alice.context.new_page()
        for page in (one, other):
            await page.goto(f"{alice.url}/rules/")
        # Of each one's own relays: nobody has more than a few.
        servers = [
            await each.page.evaluate("calls[0].getConfiguration().iceServers")
            for each in (alice, bob)
        ]
        await asyncio.gather(
            one.evaluate(BARE_CALL, [True, servers[0]]),
            other.evaluate(BARE_CALL, [False, servers[1]]),
        )
        bare = min(bare, await slower(one, other, "window.bareTaken"))
        for each in (alice, bob):
            await each.context.close()
        if ours <= 2 * bare:
            return
    pytest.fail(f"{ours:.0f} ms; bare pages take {bare:.0f} ms")


async def slower(one: Page, other: Page, measured: str) -> float:
    """Give what the slower of two pages has measured, in ms, once both have."""
    taken = [
        await (await page.wait_for_function(f"() => ({measured}) || 0")).json_value()
        for page in (one, other)
    ]
    return float(max(taken))


# --- Addresses ------------------------------------------------------------------------------------


async def test_client_that_wants_every_way_learns_and_tells_only_relays(
    caller: MakeCaller, relay: Relay
) -> None:
    mallory, bob = await caller(PATCHED), await caller()
    await meet(mallory, bob, "barometers")
    await show(mallory, bob)
    assert named(mallory.sent) - RELAYS, "there was something to filter"
    for each in (mallory, bob):
        assert named(each.received) == RELAYS
        assert set((await each.measured())["learned"]) <= RELAYS
    assert (await bob.measured())["pair"] == ["relay", "relay"]


async def test_where_addresses_may_pass_both_are_asked_first_and_the_wire_shows_them(
    caller: MakeCaller, direct: Copy
) -> None:
    """The other side of the tests above: what they look for is found where nothing is filtered."""
    alice, bob = await caller(url=direct.url), await caller(url=direct.url)
    await alice.enter()
    await expect(alice.part("video-note")).to_contain_text("goes directly")
    await asyncio.gather(alice.calls("compasses"), bob.calls("compasses"))
    for each in (alice, bob):
        await expect(each.part("call-consent")).to_be_visible()
        await expect(each.part("call-line")).to_contain_text("could learn your network address")
    await alice.part("call-agree").click()
    await expect(alice.part("call-line")).to_contain_text("Waiting for the stranger to agree")
    assert named(bob.received) == set()
    assert not await bob.page.evaluate("window.calls.length")
    await bob.part("call-agree").click()
    for each in (alice, bob):
        await each.is_on("connected")
    await show(alice, bob)
    assert named(alice.received) - RELAYS
    assert named(bob.received) - RELAYS


async def test_who_does_not_agree_to_be_learned_goes_on_in_text(
    caller: MakeCaller, direct: Copy
) -> None:
    alice, bob = await caller(url=direct.url), await caller(url=direct.url)
    await asyncio.gather(alice.calls("sextants"), bob.calls("sextants"))
    await bob.part("call-agree").click()
    await alice.part("call-decline").click()
    await alice.says("only text, please")
    await bob.says("all right")
    await agree(alice, bob, ["only text, please"], ["all right"])
    for each in (alice, bob):
        assert named(each.sent) | named(each.received) == set()


# --- When something is missing --------------------------------------------------------------------


async def test_call_comes_back_when_the_relay_does_and_is_text_when_it_does_not(
    caller: MakeCaller, relay: Relay
) -> None:
    alice, bob = await caller(), await caller()
    for each in (alice, bob):
        await each.page.clock.install()
    await meet(alice, bob, "astrolabes")
    await show(alice, bob)
    relay.stop()
    ends = time.monotonic() + RECOVER_SECONDS
    await expect(alice.part("call-line")).to_contain_text("Getting it back")
    relay.start()
    for each in (alice, bob):
        await each.is_on("connected", seconds=ends - time.monotonic())
    for each in (alice, bob):
        await each.sees()
        assert (await each.measured())["pair"] == ["relay", "relay"]

    relay.stop()
    ends = time.monotonic() + RECOVER_SECONDS - RECOVER_MS / 1000
    for each in (alice, bob):
        await each.is_on("recovering", seconds=ends - time.monotonic())
    for each in (alice, bob):
        await each.page.clock.fast_forward(RECOVER_MS)
        await each.is_on("ended")
        await expect(each.part("call-line")).to_contain_text("go on in text")
        assert (await each.measured())["state"] == "closed"
    await alice.says("can you read me?")
    await bob.says("I can")
    await agree(alice, bob, ["can you read me?"], ["I can"])


async def test_reload_in_the_middle_of_a_call_takes_it_up_again(
    caller: MakeCaller, relay: Relay
) -> None:
    alice, bob = await caller(), await caller()
    await meet(alice, bob, "telegraphs")
    await show(alice, bob)
    for each, other in ((alice, bob), (bob, alice)):
        await each.page.reload()
        await each.is_on("connected")
        await other.is_on("connected")
        # It was not asked again: nothing is on, and nothing is shown.
        await expect(each.part("self")).to_contain_text("Your camera is off")
        await each.sees_nothing()
        await each.part("camera").click()
        await each.part("show").click()
        await other.sees()
        await each.sees()


async def test_camera_refused_is_said_and_text_goes_on(caller: MakeCaller, relay: Relay) -> None:
    alice, bob = await caller(allows=False), await caller()
    await alice.prepares("semaphores")
    await alice.part("setup-on").click()
    await expect(alice.part("setup-problem")).to_have_text(re.compile("does not allow the camera"))
    await expect(alice.part("preview")).to_be_hidden()
    await alice.part("setup-without").click()
    await bob.calls("semaphores")
    for each in (alice, bob):
        await each.is_on("connected")
    await alice.says("I have no camera")
    await bob.says("never mind")
    await agree(alice, bob, ["I have no camera"], ["never mind"])
    await alice.part("show").click()
    await bob.part("show").click()
    await alice.sees()
    await expect(bob.part("call-line")).to_contain_text("camera is off")


# --- Devices --------------------------------------------------------------------------------------

SENT_FROM = """
window.calls.at(-1).getSenders().find(({ track }) => track?.kind === "video")
  .track.getSettings().deviceId
"""


async def test_other_camera_is_seen_without_a_new_negotiation(
    caller: MakeCaller, relay: Relay
) -> None:
    alice, bob = await caller(), await caller()
    await meet(alice, bob, "periscopes")
    await show(alice, bob)
    first = await alice.page.evaluate(SENT_FROM)
    negotiated = [len(descriptions(each)) for each in (alice, bob)]
    await alice.part("swap").click()
    await alice.page.wait_for_function(f"(first) => {SENT_FROM} !== first", arg=first)
    await bob.sees()
    await expect(alice.part("self")).to_contain_text("You")
    assert sorted(await alice.page.evaluate(FILMING)) == ["audio", "video"], "the first is off"
    await alice.part("swap").click()
    await alice.page.wait_for_function(f"(first) => {SENT_FROM} === first", arg=first)
    await bob.sees()
    assert [len(descriptions(each)) for each in (alice, bob)] == negotiated


def descriptions(caller: Caller) -> list[str]:
    return [frame for frame in caller.sent if '"description"' in frame]


async def test_small_and_full_screen_pictures_come_and_go(caller: MakeCaller, relay: Relay) -> None:
    alice, bob = await caller(), await caller()
    await meet(alice, bob, "kinetoscopes")
    await expect(alice.part("small")).to_be_disabled()
    await show(alice, bob)
    await alice.part("full").click()
    await alice.page.wait_for_function("() => document.fullscreenElement?.id === 'call'")
    await expect(alice.part("full")).to_have_accessible_name("Leave full screen")
    await alice.part("full").click()
    await alice.page.wait_for_function("() => document.fullscreenElement === null")
    await expect(alice.part("full")).to_have_accessible_name("Full screen")

    await alice.part("small").click()
    await alice.page.wait_for_function(
        "() => document.pictureInPictureElement?.id === 'their-video'"
    )
    await alice.part("small").click()
    await alice.page.wait_for_function("() => document.pictureInPictureElement === null")
    await alice.part("small").click()
    await alice.page.wait_for_function("() => document.pictureInPictureElement !== null")
    # What is covered is covered there too.
    await bob.part("cover").click()
    await alice.page.wait_for_function("() => document.pictureInPictureElement === null")


NO_WINDOWS = """
for (const name of ["pictureInPictureEnabled", "fullscreenEnabled"])
  Object.defineProperty(Document.prototype, name, { get: () => false });
"""


async def test_browser_without_small_and_full_screen_pictures_offers_none(
    caller: MakeCaller,
) -> None:
    alice = await caller(NO_WINDOWS)
    await alice.enter()
    for name in ("small", "full"):
        await expect(alice.part(name)).to_have_attribute("hidden", "")


async def test_camera_that_goes_away_is_said_and_can_be_switched_on_again(
    caller: MakeCaller, relay: Relay
) -> None:
    """The made-up camera can't be pulled out; the browser takes it back from the page instead."""
    alice, bob = await caller(), await caller()
    await meet(alice, bob, "heliographs")
    await show(alice, bob)
    await alice.context.clear_permissions()
    await expect(alice.part("call-problem")).to_contain_text("camera and microphone were unplugged")
    await expect(alice.part("self")).to_contain_text("Your camera is off")
    await expect(bob.part("call-line")).to_contain_text("camera is off")
    await alice.sees()
    await alice.context.grant_permissions(["camera", "microphone"])
    await alice.part("camera").click()
    await bob.sees()
    await expect(alice.part("call-problem")).to_be_hidden()


IN_USE = """
const { getUserMedia: given } = MediaDevices.prototype;
window.inUse = true;
MediaDevices.prototype.getUserMedia = async function (constraints) {
  if (window.inUse && constraints.video)
    throw new DOMException("Could not start video source", "NotReadableError");
  return given.call(this, constraints);
};
"""


async def test_camera_in_use_is_said_and_sound_goes_on(caller: MakeCaller, relay: Relay) -> None:
    alice, bob = await caller(IN_USE), await caller()
    await alice.prepares("dictaphones")
    await alice.turns_on()
    await expect(alice.part("setup-problem")).to_contain_text("Another program is using the camera")
    await alice.part("setup-start").click()
    await bob.calls("dictaphones")
    await alice.is_on("connected")
    await bob.is_on("connected")
    await alice.part("show").click()
    await bob.part("show").click()
    await alice.sees()
    await expect(bob.part("call-line")).to_contain_text("camera is off")
    await alice.part("camera").click()
    await expect(alice.part("call-problem")).to_contain_text("Another program is using the camera")
    await alice.page.evaluate("window.inUse = false")
    await alice.part("camera").click()
    await bob.sees()


# --- A narrow way ---------------------------------------------------------------------------------

ALLOWANCE = """
window.calls.at(-1).getSenders().find(({ track }) => track?.kind === "video")
  ?.getParameters().encodings[0].maxBitrate
"""


async def test_picture_gets_smaller_where_it_does_not_fit_through(
    caller: MakeCaller, relay: Relay
) -> None:
    relay.stop()
    relay.start(max_bps=15_000)
    alice, bob = await caller(), await caller()
    await meet(alice, bob, "speaking tubes")
    for each in (alice, bob):
        await each.part("show").click()
    for each in (alice, bob):
        await each.page.wait_for_function(f"() => {ALLOWANCE} < 600_000")
    for each in (alice, bob):
        await each.is_on("connected")


# --- Reporting what is seen -----------------------------------------------------------------------

# How many colours there are in the picture: a frame of nothing would have one.
COLOURS = """
(picture) => {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [picture.naturalWidth, picture.naturalHeight];
  const brush = canvas.getContext("2d");
  brush.drawImage(picture, 0, 0);
  const { data } = brush.getImageData(0, 0, canvas.width, canvas.height);
  return new Set(new Uint32Array(data.buffer)).size;
}
"""


async def test_report_of_a_running_call_brings_what_was_seen_to_who_holds_the_case(
    caller: MakeCaller, watched: Copy, relay: Relay, browser: Browser
) -> None:
    alice, bob = await caller(url=watched.url), await caller(url=watched.url)
    await meet(alice, bob, "kites")
    await alice.part("report").click()
    await expect(alice.part("report-still-row")).to_be_hidden()
    await alice.part("report-cancel").click()
    await show(alice, bob)
    await alice.part("report").click()
    await alice.sees_nothing()
    await expect(alice.part("report-still")).to_be_checked()
    await alice.part("reason-nudity").click()
    await expect(alice.part("report-still-text")).to_have_text("The still was sent with it.")
    await bob.is_in("ended")

    async with desk_open(browser, watched) as desk:
        fetched: list[str] = []
        desk.on("request", lambda request: fetched.append(request.url))
        await desk.get_by_role("link", name="Queue").first.click()
        await desk.get_by_role("button", name=re.compile("^Next case")).click()
        await expect(desk.get_by_text("their claim, not our log")).to_be_visible()
        picture = desk.locator("#desk-still-picture")
        await expect(picture).to_be_hidden()
        cover = desk.get_by_role("button", name="Cover it")
        await expect(cover).to_be_hidden()
        assert not any("/still/" in url for url in fetched)
        show_it = desk.get_by_role("button", name="Show it small and grey")
        await show_it.click()
        await expect(picture).to_have_css("filter", "grayscale(1)")
        await expect(picture).to_have_js_property("complete", True)
        assert await picture.evaluate(COLOURS) > 10
        await desk.get_by_role("button", name="Show it as it was sent").click()
        await expect(picture).to_have_css("filter", "none")
        await cover.press("Enter")
        await expect(picture).to_be_hidden()
        await expect(show_it).to_be_focused()
        assert sum("/still/" in url for url in fetched) == 1
        await desk.goto(f"{watched.url}/admin/moderation/auditentry/?action__exact=view-still")
        await expect(desk.get_by_text("still of R-")).to_be_visible()
