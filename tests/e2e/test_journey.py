"""Two people meet, talk, lose the connection, part, and meet somebody else: on real pages."""

import asyncio
import re
import time

import pytest
from playwright.async_api import expect

from tests.e2e.conftest import MakeVisitor
from tests.e2e.proxy import Proxy
from tests.e2e.visitors import Visitor, agree, meet

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CUT_SECONDS = 5
# What the browser itself notes while there is no way to the server.
NO_CONNECTION = r"^error: WebSocket connection to .* failed"


async def test_two_strangers_meet_talk_lose_each_other_and_go_on(
    visitor: MakeVisitor, proxy: Proxy
) -> None:
    alice = await visitor(admitted=False)
    bob = await visitor(url=proxy.url, admitted=False)
    bob.foresees(NO_CONNECTION)

    await alice.looks("jazz", "chess")
    await alice.waits()
    await bob.looks("Chess", "pottery")
    for person in (alice, bob):
        await person.is_in("talking")
        await expect(person.part("common")).to_have_text("You both like chess.")
    assert await alice.stranger() != await bob.stranger()

    await talk(alice, bob)
    await cut_and_resume(alice, bob, proxy)
    await part(alice, bob)
    await both_go_on(alice, bob, carol=await visitor(), dave=await visitor())


async def talk(alice: Visitor, bob: Visitor) -> None:
    await alice.composer.press_sequentially("hi")
    await expect(bob.part("typing")).to_have_text(f"{await bob.stranger()} is typing")
    await alice.composer.press("Enter")
    await bob.hears("hi")
    await expect(bob.part("typing")).to_be_hidden()
    await bob.says("hello! do you play much?")
    await alice.hears("hello! do you play much?")


async def cut_and_resume(alice: Visitor, bob: Visitor, proxy: Proxy) -> None:
    dropped = re.compile("connection dropped")
    proxy.cut("reset")
    ends = time.monotonic() + CUT_SECONDS
    await expect(bob.part("banner")).to_contain_text("Reconnecting…")
    await expect(alice.part("status")).to_have_text(dropped)
    await alice.says("every evening", "are you still there?")
    await bob.says("only at the weekend")
    pending = bob.page.locator('[data-testid="message-mine"][data-delivery="pending"]')
    while time.monotonic() < ends:
        assert await bob.part("banner").is_visible()
        assert await pending.count() == 1
        assert dropped.search(await alice.part("status").inner_text())
        # The length of the cut is what is tested: there is nothing to wait for.
        await asyncio.sleep(0.1)
    await bob.hears("hi")
    proxy.mend()
    await expect(bob.part("banner")).to_be_hidden()
    said = ["hi", "every evening", "are you still there?"]
    answered = ["hello! do you play much?", "only at the weekend"]
    await agree(alice, bob, said, answered)
    await alice.stranger()

    await bob.says("sorry, a tunnel")
    await alice.says("no problem")
    await agree(alice, bob, [*said, "no problem"], [*answered, "sorry, a tunnel"])


async def part(alice: Visitor, bob: Visitor) -> None:
    stop = alice.part("stop")
    bob_is = await alice.stranger()
    alice_is = await bob.stranger()
    await alice.presses("Escape")
    await expect(stop).to_have_attribute("data-stage", "really")
    await expect(stop).to_contain_text("Really?")
    await alice.presses("Escape")
    for person, said, who in (
        (alice, "You left the conversation.", bob_is),
        (bob, f"{alice_is} left the conversation.", alice_is),
    ):
        await person.is_in("ended")
        await expect(person.part("ended")).to_contain_text(said)
        await expect(person.part("status")).to_have_text(f"You talked with {who}.")
        await expect(person.part("stop")).to_have_attribute("data-stage", "new")


async def both_go_on(alice: Visitor, bob: Visitor, *, carol: Visitor, dave: Visitor) -> None:
    await carol.looks("jazz")
    await carol.waits()
    await dave.looks("pottery")
    await dave.waits()
    # Once by the key, once by the button.
    await alice.presses("Escape")
    await bob.part("new-stranger").click()
    for person, other, shared in ((alice, carol, "jazz"), (bob, dave, "pottery")):
        await person.is_in("talking")
        await expect(person.part("common")).to_have_text(f"You both like {shared}.")
        await agree(person, other, [], [])
        await person.says("a new start")
        await other.hears("a new start")


async def test_a_connection_that_falls_silent_is_replaced_and_loses_nothing(
    visitor: MakeVisitor, proxy: Proxy
) -> None:
    alice = await visitor()
    bob = await visitor(url=proxy.url)
    await bob.page.clock.install()
    await meet(alice, bob, "sailing")
    await bob.says("before")
    await alice.hears("before")

    proxy.cut("silence")
    await bob.says("into the silence")
    await alice.says("can you hear me?")
    # A confirmation that does not come within seconds: the page takes a new connection.
    await bob.page.clock.fast_forward(8_000)
    await expect(bob.part("banner")).to_contain_text("Reconnecting…")
    proxy.mend()
    await expect(bob.part("banner")).to_be_hidden()
    await agree(alice, bob, ["can you hear me?"], ["before", "into the silence"])
