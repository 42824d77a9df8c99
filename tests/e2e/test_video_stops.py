"""When it is over nobody is filmed any more, and nothing is sent: whatever ends it."""

import asyncio
import subprocess
import sys
import time

import pytest
from playwright.async_api import expect

from tests.e2e.callers import FILMING, Caller, Relay, meet, nothing_more_comes, show
from tests.e2e.conftest import MakeCaller
from tests.e2e.proxy import Proxy
from tests.e2e.visitors import agree
from tests.environment import ROOT
from tests.process.copies import Copy

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# So long the server keeps the place of somebody it does not hear from.
AWAY_MS = 30_000
SWITCH_SECONDS = 5


async def test_second_tab_takes_the_call_up_and_the_first_films_nothing(
    caller: MakeCaller, relay: Relay
) -> None:
    alice, bob = await caller(), await caller()
    await meet(alice, bob, "phonographs")
    await show(alice, bob)
    async with alice.context.expect_page() as opening:
        # As when a tab is duplicated: it knows what the first one remembered.
        await alice.page.evaluate("void window.open('/')")
    second = Caller(alice.context, await opening.value, alice.url)
    await expect(alice.part("banner")).to_contain_text("opened in another tab")
    await alice.films_nothing()
    for each in (second, bob):
        await each.is_on("connected")
        await each.sees_nothing()
    # It was not asked again.
    assert await second.page.evaluate(FILMING) == []
    await second.part("camera").click()
    # Bob's word still holds.
    await second.part("show").click()
    for each in (second, bob):
        await each.sees()
    await alice.films_nothing()
    assert second.complaints == []


async def test_camera_is_off_when_the_server_gave_the_place_up(
    caller: MakeCaller, relay: Relay, proxy: Proxy
) -> None:
    alice, bob = await caller(url=proxy.url), await caller()
    await alice.page.clock.install()
    await meet(alice, bob, "semaphore towers")
    await show(alice, bob)
    alice.foresees("WebSocket connection to|ERR_CONNECTION_RESET")
    proxy.cut("reset")
    await expect(alice.part("banner")).to_be_visible()
    # The call itself does not need the server: it goes on for a while.
    await alice.sees()
    await alice.page.clock.fast_forward(AWAY_MS)
    await alice.is_on("ended")
    await alice.films_nothing()
    proxy.mend()


async def test_report_stops_picture_and_sound_at_once_and_for_good(
    caller: MakeCaller, direct: Copy
) -> None:
    """On a copy whose desk nobody else looks at."""
    alice, bob = await caller(url=direct.url), await caller(url=direct.url)
    await asyncio.gather(alice.calls("magic lanterns"), bob.calls("magic lanterns"))
    for each in (alice, bob):
        await each.part("call-agree").click()
    await show(alice, bob)
    await alice.part("report").click()
    for each in (alice, bob):
        await each.sees_nothing()
    await nothing_more_comes(alice, bob)
    await alice.part("reason-other").click()
    await expect(alice.part("report-done")).to_be_visible()
    for each in (alice, bob):
        await each.films_nothing()
        await each.is_in("ended")


async def test_block_stops_picture_and_sound_for_both(caller: MakeCaller, relay: Relay) -> None:
    alice, bob = await caller(), await caller()
    await meet(alice, bob, "zoetropes")
    await show(alice, bob)
    await alice.part("block").click()
    await alice.part("block").click()
    for each in (alice, bob):
        await each.films_nothing()
        await each.is_in("ended")


async def test_operator_switches_video_off_and_on_again(
    caller: MakeCaller, relay: Relay, copy: Copy
) -> None:
    alice, bob = await caller(), await caller()
    await meet(alice, bob, "stereoscopes")
    await show(alice, bob)
    switch(copy, "off")
    try:
        ends = time.monotonic() + SWITCH_SECONDS
        for each in (alice, bob):
            await each.is_on("ended", seconds=ends - time.monotonic())
        for each in (alice, bob):
            await each.films_nothing()
            await expect(each.part("log")).to_contain_text("no video any more")
        await alice.says("and now?")
        await bob.says("we write")
        await agree(alice, bob, ["and now?"], ["we write"])
    finally:
        switch(copy, "on")
    for each in (alice, bob):
        await each.is_on("connected")
        await each.sees_nothing()
    await show(alice, bob)


def switch(copy: Copy, state: str) -> None:
    subprocess.run(
        [sys.executable, "manage.py", "switch", "video", state],
        cwd=ROOT,
        env=copy.environment(),
        capture_output=True,
        check=True,
    )
