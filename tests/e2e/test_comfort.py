"""What makes a conversation pleasant: links, emoji, sounds, suggestions, themes, installing."""

from collections.abc import Iterator

import pytest
from playwright.async_api import Route, expect

from tests.e2e.conftest import MakeVisitor, running_copy
from tests.e2e.visitors import meet
from tests.process.copies import Copy

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest.fixture(scope="session")
def relaxed() -> Iterator[Copy]:
    """A copy in which links are not held back at the beginning."""
    yield from running_copy(EARLY_SECONDS="0")


async def test_a_link_is_text_with_a_button_for_its_reader(
    visitor: MakeVisitor, relaxed: Copy
) -> None:
    alice, bob = await visitor(url=relaxed.url), await visitor(url=relaxed.url)
    await meet(alice, bob, "meteorology")
    said = "look: https://example.org/a?b=c, and www.example.com."
    await alice.says(said)
    await bob.hears(said)
    await expect(bob.page.locator("#log-frame a")).to_have_count(0)
    buttons = bob.part("open-link")
    await expect(buttons).to_have_text(["Open link… example.org", "Open link… www.example.com"])
    await expect(alice.part("open-link")).to_have_count(0)


async def test_a_link_opens_with_the_second_press_and_tells_nothing(
    visitor: MakeVisitor, relaxed: Copy
) -> None:
    alice, bob = await visitor(url=relaxed.url), await visitor(url=relaxed.url)
    await meet(alice, bob, "volcanology")
    # The page that is linked to is made up: nothing leaves this machine.
    asked: list[dict[str, str]] = []

    async def answer(route: Route) -> None:
        asked.append(await route.request.all_headers())
        await route.fulfill(body="<title>there</title>", content_type="text/html")

    await bob.context.route("http://www.example.org/**", answer)
    await alice.says("www.example.org is not it, http://www.example.org/a is")
    await bob.part("open-link").nth(1).click()
    dialog = bob.part("link-dialog")
    await expect(dialog).to_be_visible()
    await expect(bob.part("link-host")).to_have_text("www.example.org")
    await expect(bob.part("link-address")).to_have_text("http://www.example.org/a")
    await expect(dialog).to_contain_text("your internet address")
    await bob.presses("Escape")
    await expect(dialog).to_be_hidden()
    await bob.is_in("talking")
    assert asked == []
    await bob.part("open-link").nth(1).click()
    async with bob.context.expect_page() as opening:
        await bob.part("link-open").click()
    page = await opening.value
    await expect(page).to_have_title("there")
    assert await page.evaluate("[window.opener, document.referrer]") == [None, ""]
    assert "referer" not in asked[0]
    await bob.is_in("talking")
