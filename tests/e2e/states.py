"""Every page in every state, and how it gets there: on a real copy, with real strangers.

A scene is a generator: it leads its visitors from one state to the next and gives each as it is
reached, the page left as it is. `test_states.py` examines what it gives; `tests.screenshots` takes
pictures of it. Scenes speak to no words but those of the desk: visitors read any language.
"""

import asyncio
import re
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self

from django.conf import settings
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import translation
from playwright.async_api import Browser, BrowserContext, Page, Route, WebSocketRoute, expect

from chat.store import GRACE_MS
from chat.visitors import VISITOR_COOKIE, visitor_new, visitor_write
from omegle.server.turn import turn_new
from tests.e2e import callers
from tests.e2e.callers import WATCH_CALLS, Caller, Relay
from tests.e2e.conftest import ALLOWED, SETTINGS, prepared
from tests.e2e.desk import manage, sign_in
from tests.e2e.proxy import Proxy
from tests.e2e.visitors import ADULT, Visitor, discuss, meet
from tests.moderation.drawn import drawing, jpeg, pdq
from tests.process.copies import Copy

Language = Literal["en", "ar"]
# From right to left: what is examined there is where things are.
LANGUAGES: tuple[Language, ...] = ("en", "ar")

# Links are held back for so long: one is refused, one arrives.
_EARLY_SECONDS = 8
_SHARED = {
    "VIDEO": "relay",
    "EARLY_SECONDS": str(_EARLY_SECONDS),
    "LIMIT_NOTICES": "50/600",
}
# Without a relay, and somebody else vouches for ages: nobody ever asks them.
_VOUCHING = {
    "VIDEO": "direct",
    "AGE_ASSURANCE": "provider",
    "AGE_PROVIDER_URL": "https://age-checks.example.org/",
    "AGE_PROVIDER_KEY": "A" * 43,
}
_LONG = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
_QUESTION = "Which song would you keep, if it could only be one?"
# The first picture is drawn within four seconds; the list of known ones is loaded then.
_CHECKED_SECONDS = 60
# What the check of cameras knows and ends a conversation for.
_KNOWN = drawing(1, (320, 240))


class State(NamedTuple):
    """One state of a page.

    Attributes:
        is_desk: whether it is a page of the desk, which is in one language and not for phones.
        has_scripts: whether the browser runs any.
    """

    name: str
    page: Page
    is_desk: bool = False
    has_scripts: bool = True


class Stage:
    """What a scene needs: visitors that come to a copy, in one language."""

    def __init__(self, browser: Browser, copy: Copy, language: Language) -> None:
        self.browser = browser
        self.copy = copy
        self.language: Language = language
        self._ends = AsyncExitStack()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._ends.aclose()

    async def proxy(self, *, address: str = "127.0.0.1") -> Proxy:
        proxy = Proxy(self.copy.port, address=address)
        return await self._ends.enter_async_context(proxy.serving())

    async def visitor(self, *, url: str = "", admitted: bool = True, **options: Any) -> Visitor:
        url = url or self.copy.url
        context = await self._context(url, **options)
        page = await prepared(context, url, admitted=admitted)
        return Visitor(context, page, url, admitted=admitted)

    async def caller(self, *, admitted: bool = True) -> Caller:
        context = await self._context(self.copy.url, permissions=ALLOWED)
        page = await prepared(context, self.copy.url, WATCH_CALLS, admitted=admitted)
        return Caller(context, page, self.copy.url)

    async def _context(self, url: str, **options: Any) -> BrowserContext:
        context = await self.browser.new_context(**options)
        self._ends.push_async_callback(context.close)
        name = settings.LANGUAGE_COOKIE_NAME
        await context.add_cookies([{"name": name, "value": self.language, "url": url}])
        return context


Scene = Callable[[Stage], AsyncGenerator[State, None]]


@contextmanager
def running_copies() -> Iterator[Callable[[Scene], Copy]]:
    """Give what gives the copy of a scene, which runs from then on.

    All share one that takes whatever they do to it, but for those of settings that would be in the
    way of the others.
    """
    with ExitStack() as ends:
        place = Path(ends.enter_context(tempfile.TemporaryDirectory(prefix="o-")))

        def started(name: str, **own: str) -> Copy:
            copy = Copy(place / name, settings=SETTINGS | own)
            ends.callback(copy.end)
            copy.start()
            copy.wait_ready()
            return copy

        @cache
        def shared() -> Copy:
            server, known = turn_new(), place / "known"
            relay = Relay(server)
            relay.start()
            ends.callback(relay.stop)
            known.write_text(f"{pdq(_KNOWN)}\n")
            return started("states", KNOWN_PICTURES=f"nudity={known}", **server.settings, **_SHARED)

        @cache
        def vouching() -> Copy:
            return started("ages", **_VOUCHING)

        yield lambda scene: vouching() if scene in (age, direct) else shared()


# --- Pages ----------------------------------------------------------------------------------------


async def door(stage: Stage) -> AsyncGenerator[State, None]:
    alice = await stage.visitor(admitted=False)
    await alice.arrive()
    yield State("landing", alice.page)
    await alice.page.locator("#enter").click()
    await expect(alice.page.locator("#entry-errors")).to_be_visible()
    yield State("landing-errors", alice.page)
    await _answer(alice, "2020-02-29")
    await expect(alice.page.locator(".message-page")).to_be_visible()
    yield State("refused", alice.page)

    bob = await stage.visitor(admitted=False)
    older = visitor_write(replace(visitor_new(band="18+"), terms="0"))
    await bob.context.add_cookies([{"name": VISITOR_COOKIE, "value": older, "url": bob.url}])
    await bob.arrive()
    yield State("landing-terms-changed", bob.page)
    await bob.context.clear_cookies(name="csrftoken")
    await bob.page.locator("#enter").click()
    yield State("403", bob.page)

    carol = await stage.visitor(admitted=False, java_script_enabled=False)
    await carol.arrive()
    yield State("landing-no-scripts", carol.page, has_scripts=False)
    await _answer(carol, ADULT)
    await expect(carol.page.locator("noscript .card")).to_be_visible()
    yield State("start-no-scripts", carol.page, has_scripts=False)


async def _answer(visitor: Visitor, birth_date: str) -> None:
    await visitor.page.locator("#birth-date").fill(birth_date)
    await visitor.page.locator("[name=terms]").check()
    await visitor.page.locator("#enter").click()


async def age(stage: Stage) -> AsyncGenerator[State, None]:
    alice = await stage.visitor(admitted=False)
    await alice.arrive()
    await _answer(alice, ADULT)
    await expect(alice.part("age-check")).to_be_visible()
    yield State("landing-age", alice.page)
    await alice.page.goto(f"{alice.url}/age/return/?error=cancelled")
    await expect(alice.part("age-problem")).to_be_visible()
    yield State("landing-age-problem", alice.page)


async def documents(stage: Stage) -> AsyncGenerator[State, None]:
    alice = await stage.visitor(admitted=False)
    names = ("help", "safety", "rules", "privacy", "terms", "transparency", "offline", "me")
    for name in names:
        await alice.page.goto(f"{alice.url}/{name}/")
        yield State(name, alice.page)
    await alice.page.goto(f"{alice.url}/nothing-is-here/")
    yield State("404", alice.page)
    for name in ("400", "500", "errors/503", "errors/429"):
        await _fails(alice, name)
        yield State(name.removeprefix("errors/"), alice.page)


async def _fails(visitor: Visitor, name: str) -> None:
    """Show what is answered to a fault, without one."""

    async def answer(route: Route) -> None:
        with translation.override(stage_language):
            # Faults as deep as 400 and 500 are answered without one as well.
            given = RequestFactory().get("/fault") if name.startswith("errors/") else None
            body = render_to_string(f"{name}.html", request=given)
        await route.fulfill(status=500, body=body, content_type="text/html")

    cookies = {each["name"]: each["value"] for each in await visitor.context.cookies()}
    stage_language = cookies[settings.LANGUAGE_COOKIE_NAME]
    await visitor.page.route("**/fault", answer)
    await visitor.page.goto(f"{visitor.url}/fault")
    await visitor.page.unroute("**/fault")


async def notice(stage: Stage) -> AsyncGenerator[State, None]:
    alice = await stage.visitor(admitted=False)
    await alice.page.goto(f"{alice.url}/notice/")
    yield State("notice", alice.page)
    await _fill_in(alice)
    await alice.part("notice-send").click()
    await expect(alice.part("notice-problem")).to_be_visible()
    yield State("notice-errors", alice.page)
    await _send(alice)
    yield State("notice-receipt", alice.page)


async def _fill_in(visitor: Visitor) -> None:
    """Write a notice, all but the last box."""
    await visitor.page.locator("[name=kind]").first.check()
    await visitor.page.locator("[name=text]").fill("In a recording she said she is fourteen.")
    await visitor.page.locator("[name=place]").fill("1 May, 20:00 UTC")


async def _send(visitor: Visitor) -> None:
    await visitor.page.locator("[name=good_faith]").check()
    await visitor.part("notice-send").click()
    await expect(visitor.part("notice-receipt-page")).to_be_visible()


# --- The start and the search ---------------------------------------------------------------------


async def start(stage: Stage) -> AsyncGenerator[State, None]:
    alice = await stage.visitor()
    await alice.page.clock.install()
    popular = {"popular": ["musicals", "tea", "film photography"]}
    waits = {"online": 3, "waits": {"text": 20, "video": None}}
    await alice.page.route("**/interests.json", lambda route: route.fulfill(json=popular))
    await alice.page.route("**/status.json", lambda route: route.fulfill(json=waits))
    await alice.enter()
    await expect(alice.page.locator("#first-tips")).to_be_visible()
    yield State("start-first", alice.page)
    await alice.page.locator("#first-tips-close").click()
    await alice.likes("bookbinding", "the history of early railways", "مقهى")
    for language in ("de", "ar"):
        await alice.part("language-select").select_option(language)
        await _if_shown(alice, "#language-add")
    yield State("start-interests", alice.page)
    await alice.part("interest-input").press_sequentially("a-very-long-word-about-ornithology,")
    await expect(alice.page.locator("#interest-error")).to_be_visible()
    yield State("start-error", alice.page)
    await alice.part("interest-input").clear()
    await alice.part("interest-input").press_sequentially("mus")
    await expect(alice.part("interest-options")).to_be_visible()
    await alice.presses("ArrowDown")
    yield State("start-suggestions", alice.page)
    await alice.presses("Escape")
    await alice.part("interest-input").clear()
    await alice.part("settings").click()
    yield State("settings", alice.page)
    await alice.presses("Escape")
    await alice.part("question-mode").locator("summary").click()
    await alice.part("question").fill("Why?")
    await alice.part("ask").click()
    await expect(alice.part("question-error")).to_be_visible()
    yield State("start-question", alice.page)
    await alice.part("question").clear()
    await alice.part("text-chat").click()
    await alice.waits()
    yield State("searching", alice.page)
    await alice.page.clock.run_for(20_000)
    await expect(alice.part("waiting-help")).to_be_visible()
    yield State("searching-help", alice.page)


async def _if_shown(visitor: Visitor, selector: str) -> None:
    button = visitor.page.locator(selector)
    if await button.is_visible():
        await button.click()


# --- A conversation -------------------------------------------------------------------------------


async def talk(stage: Stage) -> AsyncGenerator[State, None]:
    # These are given up half a minute later, while the others are looked at.
    cut = await stage.proxy()
    carol, dave = await stage.visitor(), await stage.visitor(url=cut.url)
    await meet(carol, dave, "dendrochronology")
    await carol.says("are you still there?")
    await dave.hears("are you still there?")
    cut.cut("reset")

    proxy = await stage.proxy()
    alice, bob = await stage.visitor(), await stage.visitor(url=proxy.url)
    await meet(alice, bob, "jazz", "film photography")
    began = asyncio.get_running_loop().time()
    yield State("talking-empty", alice.page)
    await alice.says("https://example.org/before-anybody-knows-you")
    await expect(alice.page.locator('[data-delivery="failed"]')).to_be_visible()
    await bob.says(
        "hi! jazz and film photography, that doesn't happen every day", "مرحبا، كيف حالك؟"
    )
    await alice.says("hello! what are you listening to right now?", "شكرا", _LONG)
    await bob.says(_LONG, "Coltrane, and the rain on my tent\nyou?", "🌧️🎷")
    await expect(alice.heard).to_have_count(5)
    await bob.composer.press_sequentially("ha")
    await alice.composer.fill("Ella and Louis. Found the record at a flea market, and since then I")
    yield State("talking", alice.page)
    await alice.part("emoji").click()
    yield State("talking-emoji", alice.page)
    await alice.presses("Escape")
    await alice.composer.clear()
    await alice.part("block").click()
    await alice.part("stop").click()
    await expect(alice.part("stop")).to_have_attribute("data-stage", "really")
    yield State("talking-really", alice.page)
    await alice.part("report").click()
    yield State("report", alice.page)
    await alice.part("report-cancel").click()

    # The server counts from the meeting.
    await asyncio.sleep(max(0, began + _EARLY_SECONDS + 1 - asyncio.get_running_loop().time()))
    await alice.says("https://www.example.org/a/long/way/to/it?and=what-it-asks-for&more=of-that")
    await bob.part("open-link").click()
    yield State("link", bob.page)
    await bob.part("link-cancel").click()

    proxy.cut("reset")
    await bob.says("only at the weekend")
    await expect(bob.part("banner")).to_be_visible()
    yield State("reconnecting", bob.page)
    await expect(alice.part("status")).not_to_be_empty()
    yield State("talking-stranger-away", alice.page)
    proxy.mend()
    await _if_shown(bob, "#banner-action")
    await expect(bob.part("banner")).to_be_hidden()
    second = Visitor(bob.context, await bob.context.new_page(), bob.url, admitted=True)
    await second.enter()
    await second.part("text-chat").click()
    await expect(bob.part("banner")).to_be_visible()
    yield State("talking-elsewhere", bob.page)

    await expect(dave.page.locator("#banner-action")).to_be_visible()
    yield State("unreachable", dave.page)
    await expect(carol.part("ended")).to_be_visible(timeout=2 * GRACE_MS)
    yield State("ended-lost", carol.page)
    cut.mend()
    await expect(dave.part("ended")).to_be_visible()
    yield State("ended-away", dave.page)


async def end(stage: Stage) -> AsyncGenerator[State, None]:
    alice, bob = await stage.visitor(), await stage.visitor()
    await meet(alice, bob, "numismatics")
    await bob.says("I have to go")
    await alice.hears("I have to go")
    await bob.presses("Escape", "Escape")
    await alice.is_in("ended")
    yield State("ended-by-stranger", alice.page)
    yield State("ended-by-me", bob.page)
    await alice.part("meet-again").click()
    await expect(alice.part("ended-again")).to_be_visible()
    yield State("ended-meet-again", alice.page)

    carol, dave = await stage.visitor(), await stage.visitor()
    await meet(carol, dave, "sigillography")
    await carol.part("block").click()
    await carol.part("block").click()
    await carol.is_in("ended")
    yield State("ended-blocked", carol.page)


# --- Question mode --------------------------------------------------------------------------------


async def question(stage: Stage) -> AsyncGenerator[State, None]:
    asker, one, other = [await stage.visitor() for _ in range(3)]
    await asker.asks(_QUESTION, "cellos")
    await asker.waits()
    yield State("asking", asker.page)
    await asker.part("stop").click()
    await asker.is_in("idle")
    await one.discusses("cellos")
    await one.waits()
    yield State("discuss-waiting", one.page)
    await one.part("stop").click()
    await one.is_in("idle")
    first, second = await discuss(asker, one, other, _QUESTION, "cellos", reveal=True)
    await first.says("the one that my grandmother sang", _LONG)
    await second.says("which one is that?", "مرحبا")
    await asker.asks_on("And who would you play it to?")
    await first.says("my cat")
    await expect(asker.watched(1)).to_have_count(3)
    await second.composer.press_sequentially("hm")
    yield State("watching", asker.page)
    yield State("discussing", first.page)
    await asker.part("report").click()
    yield State("watching-report", asker.page)
    await asker.part("report-cancel").click()
    await second.presses("Escape", "Escape")
    for person in (asker, first):
        await person.is_in("ended")
    yield State("watching-ended", asker.page)
    yield State("discussing-ended", first.page)


# --- Video ----------------------------------------------------------------------------------------


async def video(stage: Stage) -> AsyncGenerator[State, None]:
    alice, bob = await stage.caller(), await stage.caller()
    await alice.prepares("gramophones")
    yield State("video-setup", alice.page)
    await alice.turns_on()
    yield State("video-check", alice.page)
    await alice.part("setup-start").click()
    await alice.is_in("waiting")
    yield State("video-searching", alice.page)
    await bob.calls("gramophones")
    for each in (alice, bob):
        await each.is_on("connected")
    yield State("video-covered", alice.page)
    await callers.show(alice, bob)
    await bob.says("nice hat")
    await alice.says("thank you")
    yield State("video-shown", alice.page)
    await bob.part("camera").click()
    await expect(alice.part("call-line")).not_to_be_empty()
    yield State("video-sound-only", alice.page)
    yield State("video-own-camera-off", bob.page)
    await bob.presses("Escape", "Escape")
    await alice.is_in("ended")
    yield State("video-ended", alice.page)


async def camera(stage: Stage) -> AsyncGenerator[State, None]:
    alice, bob = await stage.caller(), await stage.caller()
    await alice.page.route(
        "**/camera/", lambda route: route.continue_(post_data=jpeg(_KNOWN, quality=90))
    )
    await callers.meet(alice, bob, "kaleidoscopes")
    await callers.show(alice, bob)
    for each in (alice, bob):
        await expect(each.part("ended")).to_be_visible(timeout=_CHECKED_SECONDS * 1000)
    yield State("ended-checked", alice.page)
    yield State("ended-moderated", bob.page)


async def direct(stage: Stage) -> AsyncGenerator[State, None]:
    alice, bob = [await _vouched_caller(stage) for _ in range(2)]
    await alice.prepares("heliographs")
    yield State("video-setup-direct", alice.page)
    await alice.turns_on()
    await alice.part("setup-start").click()
    await bob.calls("heliographs")
    await expect(alice.part("call-agree")).to_be_visible()
    yield State("video-consent", alice.page)
    await alice.part("call-agree").click()
    await expect(alice.part("call-consent")).to_be_hidden()
    yield State("video-agreed", alice.page)
    await bob.part("call-decline").click()
    await alice.is_on("ended")
    yield State("video-declined", alice.page)


async def _vouched_caller(stage: Stage) -> Caller:
    caller = await stage.caller(admitted=False)
    until = int(time.time()) + 3600
    cookie = visitor_write(visitor_new(band="18+", level="provider", until=until))
    await caller.context.add_cookies([{"name": VISITOR_COOKIE, "value": cookie, "url": caller.url}])
    return caller


# --- Moderation -----------------------------------------------------------------------------------


async def moderation(stage: Stage) -> AsyncGenerator[State, None]:
    proxy = await stage.proxy(address=f"127.0.0.{10 + LANGUAGES.index(stage.language)}")
    alice, bob = await stage.visitor(), await stage.visitor(url=proxy.url)
    await _links_lead_to(bob, stage.copy.url)
    await meet(alice, bob, "lute making")
    await bob.says("hi", "you fucking fool")
    await expect(alice.part("filtered")).to_be_visible()
    yield State("talking-filtered", alice.page)
    reference, receipt = await _report(alice)
    yield State("report-done", alice.page)
    await alice.part("report-close").click()
    yield State("ended-reported", alice.page)
    await alice.page.goto(receipt)
    yield State("receipt", alice.page)

    await _decide(stage, reference, "day")
    await expect(bob.part("ban")).to_be_visible()
    yield State("ban", bob.page)
    await bob.page.reload()
    yield State("banned", bob.page)
    await bob.part("ban-link").click()
    yield State("statement", bob.page)
    await bob.part("appeal-text").fill("He is an old friend of mine. 🙂\nHe laughed.")
    await bob.part("appeal-send").click()
    await expect(bob.part("appeal")).to_have_attribute("data-state", "received")
    yield State("appeal", bob.page)
    await alice.page.reload()
    await expect(alice.part("receipt-state")).to_have_attribute("data-state", "decided")
    yield State("receipt-decided", alice.page)

    await bob.page.goto(f"{bob.url}/me/")
    yield State("me-banned", bob.page)
    carol = await stage.visitor(url=proxy.url, admitted=False)
    await carol.arrive()
    await expect(carol.part("proof")).to_be_visible()
    yield State("landing-proof", carol.page)


async def _links_lead_to(visitor: Visitor, url: str) -> None:
    """Have a visitor told links to where they entered, which is not where the copy says it is.

    A page leads to no other site, whatever it is told.
    """

    def carry(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()
        server.on_message(lambda said: socket.send(str(said).replace(url, visitor.url)))

    await visitor.page.route_web_socket(re.compile(""), carry)


async def warning(stage: Stage) -> AsyncGenerator[State, None]:
    alice, bob = await stage.visitor(), await stage.visitor()
    await meet(alice, bob, "campanology")
    await bob.says("you fucking fool")
    await expect(alice.part("filtered")).to_be_visible()
    reference, _ = await _report(alice)
    await _decide(stage, reference, "warn")
    await expect(bob.part("warning")).to_be_visible()
    yield State("warning", bob.page)


async def care(stage: Stage) -> AsyncGenerator[State, None]:
    alice, bob = await stage.visitor(), await stage.visitor()
    await meet(alice, bob, "limnology")
    await bob.says("i want to kill myself")
    await expect(alice.part("care")).to_be_visible()
    yield State("care-stranger", alice.page)
    yield State("care", bob.page)
    await alice.part("report").click()
    await alice.part("reason-self_harm").click()
    await expect(alice.part("report-lines")).to_be_visible()
    yield State("report-lines", alice.page)
    await alice.page.goto(f"{alice.url}/me/")
    yield State("me-entered", alice.page)
    await alice.part("forget-ask").click()
    yield State("me-forget", alice.page)
    await alice.part("forget").click()
    await expect(alice.page.locator("#forgotten-browser")).not_to_be_empty()
    yield State("forgotten", alice.page)


async def _report(visitor: Visitor) -> tuple[str, str]:
    """Report the stranger; give the reference, and the address of the receipt."""
    await visitor.part("report").click()
    await visitor.part("reason-harassment").click()
    await expect(visitor.part("report-receipt")).not_to_be_empty()
    link = await visitor.part("report-link").get_attribute("href")
    assert link
    return await visitor.part("report-receipt").inner_text(), link


async def _decide(stage: Stage, reference: str, measure: str) -> None:
    words = ("--as", "admin", "--measure", measure, "--rule", "harassment")
    facts = ("--facts", "You insulted a stranger.")
    await asyncio.to_thread(manage, stage.copy, "ban", reference, *words, *facts)


# --- The desk -------------------------------------------------------------------------------------

_DESK = {
    "dashboard": "case/dashboard/",
    "appeals": "appeal/",
    "notices": "notice/",
    "requests": "request/",
    "opinions": "secondopinion/",
    "decisions": "decision/",
    "reports": "report/",
    "rules": "filterrule/",
    "rule": "filterrule/1/change/",
    "audit": "auditentry/",
    "own": "shift/",
    "ranges": "rangeban/",
}


async def desk(stage: Stage) -> AsyncGenerator[State, None]:
    await asyncio.to_thread(manage, stage.copy, "seed_demo", "--cases", "40", "--yes")
    alice = await stage.visitor(admitted=False)
    await alice.page.goto(f"{alice.url}/notice/")
    await _fill_in(alice)
    await _send(alice)
    page = (await stage.visitor(admitted=False)).page
    await page.goto(f"{stage.copy.url}/admin/")
    yield State("desk-sign-in", page, is_desk=True)
    await sign_in(page, stage.copy)
    await page.goto(f"{stage.copy.url}/admin/moderation/case/")
    yield State("desk-queue", page, is_desk=True)
    await page.get_by_role("button", name=re.compile("^Next case")).click()
    await expect(page.get_by_role("button", name="Decide", exact=True)).to_be_visible()
    yield State("desk-case", page, is_desk=True)
    for name, path in _DESK.items():
        await page.goto(f"{stage.copy.url}/admin/moderation/{path}")
        yield State(f"desk-{name}", page, is_desk=True)
    for name in ("appeal", "notice"):
        await page.goto(f"{stage.copy.url}/admin/moderation/{name}/")
        await page.get_by_role("button", name="Claim").first.click()
        await expect(page).to_have_url(re.compile("/change/"))
        yield State(f"desk-{name}", page, is_desk=True)


SCENES: tuple[Scene, ...] = (
    *(door, age, documents, notice, start, talk, end, question, video, camera, direct),
    *(moderation, warning, care, desk),
)
