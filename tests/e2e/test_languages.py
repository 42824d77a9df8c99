"""A page in another language: the scripts' words, the languages one speaks, the offline page."""

import pytest
from playwright.async_api import Page, Route, expect

from tests.e2e.conftest import MakeVisitor
from tests.e2e.visitors import PHONE, fits

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

# As `JavaScriptCatalog` gives them: every message in brackets, whatever it is.
MADE_UP = """
const said = (message) => `⟦${message}⟧`;
globalThis.django = {
  gettext: said,
  pgettext: (context, message) => said(message),
  ngettext: (one, many, count) => said(count === 1 ? one : many),
};
"""
CHOSEN = "() => JSON.parse(localStorage.getItem('languages'))"
KEPT_LANGUAGE = """
async () => {
  const kept = await caches.match("/offline/", { ignoreVary: true });
  return /<html lang="(\\w+)"/.exec((await kept?.text()) ?? "")?.[1] ?? "";
}
"""


async def speak_made_up(page: Page) -> None:
    async def answer(route: Route) -> None:
        await route.fulfill(body=MADE_UP, content_type="text/javascript")

    await page.route("**/words/*.js", answer)


async def test_words_are_there_before_any_module_says_something(visitor: MakeVisitor) -> None:
    alice = await visitor(locale="ar", **PHONE)
    await speak_made_up(alice.page)
    await alice.enter()
    await expect(alice.page.locator("html")).to_have_attribute("dir", "rtl")
    await expect(alice.part("online")).to_contain_text("⟦")
    await alice.looks("calligraphy")
    await alice.is_in("waiting")
    waiting = alice.part("waiting").locator("#waiting-text")
    await expect(waiting).to_have_text(
        "⟦Looking for someone who likes \u2068\u2068calligraphy\u2069\u2069 and speaks "
        "\u2068\u2068العربية\u2069\u2069.⟧"
    )
    # Said by what was made when the modules were loaded.
    await expect(alice.page.locator("#stop-label")).to_have_text("⟦Stop⟧")
    await fits(alice.page)


async def test_languages_are_the_pages_and_the_browsers_until_others_are_chosen(
    visitor: MakeVisitor,
) -> None:
    alice = await visitor(locale="de-AT")
    await alice.context.add_cookies([{"name": "language", "value": "fr", "url": alice.url}])
    await alice.enter()
    chips = alice.part("language-chip").locator(".chip-text")
    await expect(chips).to_have_text(["Français", "Deutsch"])
    assert await alice.page.evaluate(CHOSEN) is None
    await chips.first.locator("xpath=..").get_by_role("button").press("Delete")
    await expect(chips).to_have_text(["Deutsch"])
    await alice.part("language-chip").get_by_role("button").press("Delete")
    await expect(chips).to_have_count(0)
    await expect(alice.part("language-suggestion")).to_have_text(["+ Deutsch"])
    assert await alice.page.evaluate(CHOSEN) == []
    await alice.page.reload()
    await alice.sees_the_start()
    await expect(chips).to_have_count(0)


async def test_arrows_follow_the_direction_of_the_page(visitor: MakeVisitor) -> None:
    alice = await visitor(locale="ar")
    await alice.enter()
    field = alice.part("interest-input")
    await field.press_sequentially("tea,jazz,")
    remove = alice.part("interest-chip").get_by_role("button")
    await expect(remove).to_have_count(2)
    await alice.presses("ArrowRight")
    await expect(remove.nth(1)).to_be_focused()
    await alice.presses("ArrowRight")
    await expect(remove.nth(0)).to_be_focused()
    await alice.presses("ArrowLeft", "ArrowLeft")
    await expect(field).to_be_focused()


async def test_page_for_offline_is_in_the_language_of_the_last_visit(visitor: MakeVisitor) -> None:
    alice = await visitor()
    await alice.enter()
    await alice.page.wait_for_function(f"async () => (await ({KEPT_LANGUAGE})()) === 'en'")
    await (
        alice.page.get_by_role("contentinfo").locator("[data-language-choice]").select_option("de")
    )
    await expect(alice.page.locator("html")).to_have_attribute("lang", "de")
    await alice.sees_the_start()
    await alice.page.wait_for_function(f"async () => (await ({KEPT_LANGUAGE})()) === 'de'")
