"""What makes a conversation pleasant: links, emoji, sounds, suggestions, themes, installing."""

import asyncio
import re
from collections.abc import Iterator

import pytest
from playwright.async_api import Response, Route, expect

from tests.e2e.conftest import MakeVisitor, running_copy
from tests.e2e.proxy import Proxy
from tests.e2e.visitors import PHONE, fits, meet
from tests.process.copies import Copy

# Counts the tones, and keeps what the browser would have notified.
WATCH_NEWS = """
window.tones = 0;
const { start } = OscillatorNode.prototype;
OscillatorNode.prototype.start = function (...args) {
  window.tones += 1;
  return start.apply(this, args);
};
window.notified = [];
window.Notification = class extends EventTarget {
  static permission = "granted";
  static requestPermission = async () => "granted";
  constructor(title, { body }) {
    super();
    window.notified.push(body);
  }
  close() {}
};
"""
HIDE = """
(hidden) => {
  Object.defineProperty(document, "visibilityState", {
    configurable: true,
    get: () => (hidden ? "hidden" : "visible"),
  });
  document.dispatchEvent(new Event("visibilitychange"));
}
"""
GROUND = "() => getComputedStyle(document.body).backgroundColor"
# The theme when the body begins: nothing is painted before.
FIRST_THEME = """
new MutationObserver((_, observer) => {
  if (!document.body) return;
  observer.disconnect();
  window.firstTheme = document.documentElement.dataset.theme ?? "";
}).observe(document, { childList: true, subtree: true });
"""
LIGHT, DARK = "rgb(247, 245, 240)", "rgb(20, 23, 26)"

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


# --- Writing --------------------------------------------------------------------------------------


async def test_emoji_come_where_the_cursor_is_by_keys_alone(visitor: MakeVisitor) -> None:
    alice, bob = await visitor(), await visitor()
    await meet(alice, bob, "paleontology")
    await alice.composer.press_sequentially("a b")
    await alice.presses("ArrowLeft", "Tab", "Enter")
    panel = alice.part("emoji-panel")
    await expect(panel.get_by_role("button", name="grinning")).to_be_focused()
    await alice.presses("ArrowRight", "Enter", "ArrowLeft", "Enter", "Escape")
    await expect(panel).to_be_hidden()
    await expect(alice.part("emoji")).to_be_focused()
    await expect(alice.composer).to_have_value("a 😂😀b")
    await alice.is_in("talking")
    await expect(alice.part("stop")).to_have_attribute("data-stage", "stop")
    await alice.composer.press("Enter")
    await bob.hears("a 😂😀b")


async def test_other_scripts_and_long_words_hold_the_layout(visitor: MakeVisitor) -> None:
    alice, bob = await visitor(**PHONE), await visitor()
    await meet(alice, bob, "typography")
    await bob.says("مرحبا، كيف حالك؟", "hello שלום", "W" * 200)
    await expect(alice.heard).to_have_count(3)
    directions = await alice.heard.evaluate_all(
        "all => all.map(one => getComputedStyle(one).direction)"
    )
    assert directions == ["rtl", "ltr", "ltr"]
    await alice.part("emoji").click()
    await expect(alice.part("emoji-panel")).to_be_visible()
    await fits(alice.page)
    await expect(alice.part("message-theirs").first.locator("time")).to_be_visible()
    await expect(alice.part("message-theirs").nth(1).locator(".message-head")).to_have_class(
        "message-head visually-hidden"
    )


async def test_who_reads_back_is_not_pulled_down_but_told(visitor: MakeVisitor) -> None:
    alice, bob = await visitor(**PHONE), await visitor()
    await meet(alice, bob, "epigraphy")
    await bob.says(
        *[f"{number}: a line that is long enough for a phone to break" for number in range(14)]
    )
    await expect(alice.heard).to_have_count(14)
    await alice.page.locator("#log-frame").evaluate("frame => { frame.scrollTop = 0; }")
    await expect(alice.heard.first).to_be_in_viewport()
    await bob.says("and the newest")
    newest = alice.page.get_by_role("button", name="New messages below")
    await expect(newest).to_be_visible()
    await expect(alice.heard.first).to_be_in_viewport()
    await newest.click()
    await expect(alice.heard.last).to_be_in_viewport(ratio=1)
    await expect(newest).to_be_hidden()


# --- Interests and waiting ------------------------------------------------------------------------


async def test_interests_are_suggested_and_taken_by_keys(visitor: MakeVisitor) -> None:
    alice = await visitor()
    await alice.page.route(
        "**/interests.json", lambda route: route.fulfill(json={"popular": ["musicals", "tea"]})
    )
    await alice.enter()
    field = alice.page.get_by_role("combobox", name="Interests")
    options = alice.part("interest-options").get_by_role("option")
    await field.press_sequentially("mus")
    await expect(options).to_have_text(
        ["musicals popular now", "classical music", "electronic music", "music"]
    )
    await alice.presses("ArrowDown", "ArrowDown")
    await expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    chosen = await options.nth(1).get_attribute("id")
    await expect(field).to_have_attribute("aria-activedescendant", chosen or "")
    await alice.presses("Enter")
    chips = alice.part("interest-chip").locator(".chip-text")
    await expect(chips).to_have_text(["classical music"])
    await expect(field).to_have_attribute("aria-expanded", "false")
    await field.press_sequentially("mus")
    await alice.presses("ArrowDown", "Escape", "Enter")
    await expect(chips).to_have_text(["classical music", "mus"])
    await alice.part("popular-interest").get_by_text("tea").click()
    await expect(chips).to_have_text(["classical music", "mus", "tea"])
    await expect(alice.part("popular-interest")).to_have_text(["+ musicals"])
    await expect(field).to_be_focused()


async def test_who_waits_long_is_helped(visitor: MakeVisitor) -> None:
    alice = await visitor()
    await alice.page.clock.install()
    await alice.page.route(
        "**/status.json",
        lambda route: route.fulfill(json={"online": 3, "waits": {"text": 20, "video": None}}),
    )
    await alice.looks("bookbinding")
    await alice.waits()
    await expect(alice.part("waiting-help")).to_be_hidden()
    await alice.page.clock.run_for(20_000)
    await expect(alice.part("waiting-help")).to_have_text(
        "Nobody with one of your interests is here yet. At the moment people wait about 20 s. "
        "Take anyone, or stop and add something that more people like."
    )


async def test_who_parted_by_accident_meet_again_when_both_want_it(visitor: MakeVisitor) -> None:
    alice, bob = await visitor(), await visitor()
    await meet(alice, bob, "numismatics")
    await alice.says("before")
    await bob.hears("before")
    await alice.presses("Escape", "Escape")
    await bob.is_in("ended")
    await bob.part("meet-again").click()
    await expect(bob.part("ended-again")).to_contain_text("You meet again if")
    await expect(alice.part("ended-again")).to_be_hidden()
    await alice.part("meet-again").click()
    for one in (alice, bob):
        await one.is_in("talking")
        await expect(one.part("common")).to_have_text("You both like numismatics.")
    await bob.says("after")
    await alice.hears("after")


# --- Sounds, notifications, theme -----------------------------------------------------------------


async def test_sounds_and_notifications_come_when_they_are_wanted(visitor: MakeVisitor) -> None:
    alice, bob = await visitor(), await visitor()
    await alice.page.add_init_script(WATCH_NEWS)
    await meet(alice, bob, "campanology")
    await bob.says("without a sound")
    await alice.hears("without a sound")
    assert await alice.page.evaluate("window.tones") == 0
    await alice.part("settings").click()
    await alice.part("sound").check()
    await alice.part("notify").check()
    await alice.presses("Escape")
    assert await alice.page.evaluate("window.tones") == 1
    await bob.says("with one")
    await alice.hears("without a sound", "with one")
    assert await alice.page.evaluate("[window.tones, window.notified]") == [2, []]
    await alice.page.evaluate(HIDE, True)
    await bob.says("a secret")
    await alice.hears("without a sound", "with one", "a secret")
    await bob.presses("Escape", "Escape")
    await alice.is_in("ended")
    told = ["There is a new message.", "The conversation is over."]
    assert await alice.page.evaluate("window.notified") == told
    await alice.page.reload()
    await alice.sees_the_start()
    await alice.part("settings").click()
    await expect(alice.part("sound")).to_be_checked()
    await expect(alice.part("notify")).to_be_checked()


async def test_a_theme_is_kept_and_there_before_anything_is_painted(visitor: MakeVisitor) -> None:
    alice = await visitor(color_scheme="light")
    await alice.page.add_init_script(FIRST_THEME)
    await alice.enter()
    assert await alice.page.evaluate(GROUND) == LIGHT
    await alice.part("settings").click()
    await alice.part("settings-dialog").get_by_label("Theme").select_option("dark")
    assert await alice.page.evaluate(GROUND) == DARK
    for path in ("/rules/", "/"):
        await alice.page.goto(f"{alice.url}{path}")
        assert await alice.page.evaluate("window.firstTheme") == "dark"
        assert await alice.page.evaluate(GROUND) == DARK
        colors = 'meta[name="theme-color"][media="all"]'
        await expect(alice.page.locator(colors)).to_have_attribute("content", "#14171a")
    await alice.page.get_by_role("contentinfo").get_by_label("Theme").select_option("auto")
    assert await alice.page.evaluate(GROUND) == LIGHT
    await alice.page.emulate_media(color_scheme="dark")
    assert await alice.page.evaluate(GROUND) == DARK


# --- Installed, and without a network -------------------------------------------------------------

KEPT = """
async () => {
  const given = new Promise((_, refuse) => setTimeout(() => refuse("there is no worker"), 20_000));
  await Promise.race([navigator.serviceWorker.ready, given]);
  const names = await caches.keys();
  const kept = await Promise.all(
    names.map(async (name) => (await (await caches.open(name)).keys()).map(({ url }) => url)),
  );
  return kept.flat().map((url) => new URL(url).pathname);
}
"""


async def test_nothing_made_for_one_visitor_is_ever_kept(visitor: MakeVisitor) -> None:
    alice, bob = await visitor(), await visitor()
    await alice.enter()
    await alice.page.evaluate(KEPT)
    await meet(alice, bob, "cryptography")
    await alice.says("keep this to yourself")
    await alice.page.reload()
    await alice.is_in("talking")
    await alice.part("report").click()
    await alice.part("reason-spam").click()
    await expect(alice.part("report-link")).to_have_attribute("href", re.compile("."))
    link = await alice.part("report-link").get_attribute("href")
    assert link
    second = await alice.context.new_page()
    for path in (link, "/status.json", "/interests.json", "/rules/", "/statement/none/none/"):
        await second.goto(f"{alice.url}{path}" if path.startswith("/") else path)
    await second.close()
    kept = await alice.page.evaluate(KEPT)
    assert "/offline/" in kept
    others = [path for path in kept if not re.fullmatch(r"/static/.+\.[0-9a-f]{12}\.\w+", path)]
    assert others == ["/offline/"]


async def test_without_a_network_there_is_a_page_that_says_so(
    visitor: MakeVisitor, proxy: Proxy
) -> None:
    alice = await visitor(url=proxy.url)
    alice.foresees(r"ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_FAILED|WebSocket")
    await alice.enter()
    await alice.page.evaluate(KEPT)
    proxy.cut("reset")
    await alice.page.reload()
    await expect(alice.page.get_by_role("heading", name="You are offline")).to_be_visible()
    assert await alice.page.evaluate(GROUND) == LIGHT
    proxy.mend()
    await alice.page.get_by_role("link", name="Try again").click()
    await alice.sees_the_start()


async def test_the_landing_page_stays_small(visitor: MakeVisitor) -> None:
    alice = await visitor(admitted=False)
    sizes: dict[str, int] = {}

    async def weigh(response: Response) -> None:
        told = await response.request.sizes()
        sizes[response.url] = told["responseBodySize"] + told["responseHeadersSize"]

    answered: list[asyncio.Task[None]] = []
    alice.page.on("response", lambda one: answered.append(asyncio.create_task(weigh(one))))
    await alice.arrive()
    await alice.page.wait_for_load_state("networkidle")
    await asyncio.gather(*answered)
    assert len(sizes) >= 5
    assert sum(sizes.values()) <= 100_000, sizes
