"""Visitors for browser tests: a browser context each, and what a person does and sees there.

A visitor notes whatever the browser complains about; the fixture that made it checks that there was
nothing but what the test foresaw.
"""

import asyncio
import re
from collections.abc import Iterable, Sequence

from playwright.async_api import (
    BrowserContext,
    ConsoleMessage,
    Dialog,
    Error,
    Locator,
    Page,
    expect,
)

ADULT = "1990-05-17"
PHONE = {"viewport": {"width": 360, "height": 640}, "has_touch": True, "is_mobile": True}

# What the page violates of its own content security policy is said like any other error.
WATCH_POLICY = """
document.addEventListener("securitypolicyviolation", (event) => {
  console.error(`policy: ${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}`);
});
"""

# Visible elements that stick out of the page to the left or to the right.
STICKING_OUT = """
() => [...document.querySelectorAll("body *")]
  .filter((element) => element.checkVisibility())
  .filter((element) => !element.closest(".visually-hidden, .tool-label, .send-label"))
  .filter((element) => {
    const { left, right } = element.getBoundingClientRect();
    return left < -0.5 || right > innerWidth + 0.5;
  })
  .map((element) => element.outerHTML.slice(0, 80))
"""
SCROLL_WIDTH = "() => [innerWidth, document.documentElement.scrollWidth, document.body.scrollWidth]"


class Visitor:
    """One person at one page.

    Attributes:
        url: where this visitor enters: the copy itself, or a proxy before it.
        admitted: whether it was here before: it has the cookie that the door gives.
        complaints: errors on the console, uncaught errors, violations of the policy, dialogs.
    """

    def __init__(
        self, context: BrowserContext, page: Page, url: str, *, admitted: bool = False
    ) -> None:
        self.context = context
        self.page = page
        self.url = url
        self.admitted = admitted
        self.complaints: list[str] = []
        self._foreseen: list[str] = []
        page.on("console", self._hear)
        page.on("pageerror", self._fail)
        page.on("dialog", self._dismiss)

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.type}: {message.text}")

    def _fail(self, error: Error) -> None:
        self.complaints.append(f"uncaught: {error}")

    async def _dismiss(self, dialog: Dialog) -> None:
        self.complaints.append(f"dialog: {dialog.message}")
        await dialog.dismiss()

    def foresees(self, pattern: str) -> None:
        """Let the browser complain about this, which the test is about."""
        self._foreseen.append(pattern)

    def unforeseen(self) -> list[str]:
        return [
            complaint
            for complaint in self.complaints
            if not any(re.search(pattern, complaint) for pattern in self._foreseen)
        ]

    # --- What is on the page ----------------------------------------------------------------------

    def part(self, name: str) -> Locator:
        return self.page.get_by_test_id(name)

    @property
    def composer(self) -> Locator:
        return self.part("composer")

    @property
    def own(self) -> Locator:
        """What this visitor said, as this page shows it."""
        return self.part("message-mine").locator(".bubble")

    @property
    def heard(self) -> Locator:
        """What the stranger said."""
        return self.part("message-theirs").locator(".bubble")

    @property
    def marks(self) -> Locator:
        """The questions in the log, where they were asked."""
        return self.part("question-mark").locator(".question-words")

    def watched(self, seat: int) -> Locator:
        """What one of two strangers said, for who watches them."""
        return self.page.locator(f'[data-testid="message-theirs"][data-seat="{seat}"] .bubble')

    async def transcript(self) -> list[str]:
        """Give what was said and asked, in the order of this page."""
        return await self.part("log").locator(".bubble, .question-words").all_inner_texts()

    async def is_in(self, state: str) -> None:
        await expect(self.page.locator("body")).to_have_attribute("data-state", state)

    async def sees_the_start(self) -> None:
        """Have the start form on the page, with its scripts."""
        await self.is_in("idle")
        await expect(self.page.locator("#start-form:not([aria-busy])")).to_be_visible()

    async def log(self) -> list[str]:
        """Give every message of the conversation, in the order of this page."""
        return await self.part("log").locator(".bubble").all_inner_texts()

    async def stranger(self) -> str:
        """Give the name of the stranger."""
        greeting = re.compile(r"^You're now chatting with (.+)\. Say hi!$")
        await expect(self.part("status")).to_have_text(greeting)
        found = greeting.match(await self.part("status").inner_text())
        assert found
        return found[1]

    # --- What a person does -----------------------------------------------------------------------

    async def arrive(self) -> None:
        await self.page.goto(f"{self.url}/")

    async def answer(self, birth_date: str) -> None:
        """Fill in the form of the landing page and send it."""
        await self.page.get_by_label("Your date of birth").fill(birth_date)
        await self.page.get_by_role("checkbox").check()
        await self.page.get_by_role("button", name="Enter").click()

    async def enter(self) -> None:
        """Come to the start; who was never here says first that they are an adult."""
        await self.arrive()
        if not self.admitted:
            await self.answer(ADULT)
        await self.sees_the_start()

    async def likes(self, *interests: str) -> None:
        """Type interests, each ended by Enter."""
        field = self.part("interest-input")
        await field.click()
        for interest in interests:
            await self.page.keyboard.type(interest)
            await self.page.keyboard.press("Enter")
        chips = self.part("interest-chip").locator(".chip-text")
        await expect(chips).to_have_text(list(interests))

    async def looks(self, *interests: str) -> None:
        """Enter, and look for a stranger by interests."""
        await self.enter()
        await self.likes(*interests)
        await self.part("text-chat").click()

    async def opens_question_mode(self, *interests: str) -> None:
        await self.enter()
        await self.likes(*interests)
        await self.part("question-mode").locator("summary").click()

    async def asks(self, question: str, *interests: str, reveal: bool = False) -> None:
        """Enter, and look for two strangers who discuss a question."""
        await self.opens_question_mode(*interests)
        await self.part("question").fill(question)
        await self.part("reveal").set_checked(reveal)
        await self.part("ask").click()

    async def discusses(self, *interests: str) -> None:
        """Enter, and look for a question and a stranger to discuss it with."""
        await self.opens_question_mode(*interests)
        await self.part("discuss").click()

    async def asks_on(self, question: str) -> None:
        """Ask the next question, and see its mark."""
        await self.says(question)
        await expect(self.marks.last).to_have_text(question)

    async def waits(self) -> None:
        """Have a place in the queue, by the word of the server."""
        await self.is_in("waiting")
        await expect(self.part("relax")).to_be_visible()

    async def says(self, *texts: str) -> None:
        for text in texts:
            await self.composer.fill(text)
            await self.composer.press("Enter")
            await expect(self.composer).to_have_value("")

    async def hears(self, *texts: str) -> None:
        """See exactly these messages of the stranger, in this order."""
        await expect(self.heard).to_have_text(list(texts))

    async def presses(self, *keys: str) -> None:
        for key in keys:
            await self.page.keyboard.press(key)


async def fits(page: Page) -> None:
    """Have nothing that sticks out of the page of a telephone."""
    widths = await page.evaluate(SCROLL_WIDTH)
    assert widths == [360, 360, 360]
    assert await page.evaluate(STICKING_OUT) == []


async def meet(alice: Visitor, bob: Visitor, *interests: str) -> None:
    """Let two visitors who are not here yet find each other by interests of their own."""
    await asyncio.gather(alice.looks(*interests), bob.looks(*interests))
    for visitor in (alice, bob):
        await visitor.is_in("talking")


async def discuss(
    asker: Visitor, one: Visitor, other: Visitor, question: str, interest: str, *, reveal: bool
) -> tuple[Visitor, Visitor]:
    """Let three who are not here yet find each other; give those in seat 1 and 2."""
    await one.discusses(interest)
    await one.waits()
    await other.discusses(interest)
    await other.waits()
    await asker.asks(question, interest, reveal=reveal)
    for visitor in (asker, one, other):
        await visitor.is_in("talking")
    return one, other


async def agree(alice: Visitor, bob: Visitor, said: Sequence[str], answered: Iterable[str]) -> None:
    """Both pages show what each of them said: everything once, in order, and delivered."""
    for speaker, listener, texts in ((alice, bob, list(said)), (bob, alice, list(answered))):
        await listener.hears(*texts)
        await expect(speaker.own).to_have_text(texts)
        delivered = speaker.page.locator('[data-testid="message-mine"][data-delivery="sent"]')
        await expect(delivered).to_have_count(len(texts))
