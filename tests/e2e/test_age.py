"""Ages that the reference provider vouches for: a real copy, a real provider, a real browser."""

import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from django.conf import settings
from playwright.async_api import Browser, expect

from chat.assurance import public_key
from omegle.server.parent import die_with_parent
from tests.e2e.visitors import ADULT, PHONE, WATCH_POLICY, Visitor, fits
from tests.environment import ROOT
from tests.process.copies import Copy, free_port

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@dataclass
class Site:
    copy: Copy
    provider: str


@pytest.fixture(scope="module")
def site() -> Iterator[Site]:
    place = Path(tempfile.mkdtemp(prefix="o-"))
    copy = Copy(place / "age", settings={"SECRET_KEY": settings.SECRET_KEY, "PATIENCE": "600"})
    command = [sys.executable, str(ROOT / "deploy" / "age-provider" / "provider.py")]
    command += ["--key", str(place / "key"), "--port", str(free_port())]
    provider = subprocess.Popen(
        [*command, "--site", f"{copy.url}={public_key()}"],
        stdout=subprocess.PIPE,
        text=True,
        preexec_fn=die_with_parent(),  # noqa: PLW1509  (no thread has started yet)
    )
    try:
        assert provider.stdout is not None
        told = dict(provider.stdout.readline().strip().split("=", 1) for _ in range(2))
        copy.settings |= {"AGE_ASSURANCE": "provider", **told}
        copy.start()
        copy.wait_ready()
        yield Site(copy, told["AGE_PROVIDER_URL"])
    finally:
        provider.terminate()
        provider.communicate()
        copy.end()
        shutil.rmtree(place)


@pytest_asyncio.fixture(loop_scope="session")
async def alice(site: Site, browser: Browser) -> AsyncIterator[Visitor]:
    context = await browser.new_context(**PHONE)  # type: ignore[arg-type]
    await context.add_init_script(WATCH_POLICY)
    visitor = Visitor(context, await context.new_page(), site.copy.url)
    yield visitor
    await context.close()
    assert visitor.unforeseen() == []


async def goes(alice: Visitor, site: Site) -> None:
    """Answer at the door and go to the provider."""
    await alice.arrive()
    await alice.answer(ADULT)
    await expect(alice.part("age-provider")).to_have_text("127.0.0.1")
    await fits(alice.page)
    await alice.part("age-check").click()
    await expect(alice.page.get_by_role("heading")).to_have_text("How old are you?")
    assert alice.page.url.startswith(f"{site.provider}?request=")


async def test_who_is_old_enough_comes_back_admitted(alice: Visitor, site: Site) -> None:
    await goes(alice, site)
    asked = alice.page.url
    await alice.page.get_by_role("button", name="18 or older").click()
    await alice.sees_the_start()
    assert alice.page.url == f"{site.copy.url}/"
    await alice.part("text-chat").click()
    await alice.is_in("waiting")
    # Neither side takes it twice.
    alice.foresees("status of 400")
    await alice.page.goto(asked)
    await expect(alice.page.locator("body")).to_have_text("This request was answered before.")


async def test_who_gives_up_can_go_again(alice: Visitor, site: Site) -> None:
    alice.foresees("status of 400")
    await goes(alice, site)
    await alice.page.get_by_role("button", name="Cancel").click()
    await expect(alice.part("age-problem")).to_contain_text("was not finished")
    await fits(alice.page)
    await alice.part("age-check").click()
    await alice.page.get_by_role("button", name="18 or older").click()
    await alice.sees_the_start()


async def test_who_is_too_young_is_refused(alice: Visitor, site: Site) -> None:
    alice.foresees("status of 403")
    await goes(alice, site)
    await alice.page.get_by_role("button", name="Younger").click()
    refused = re.compile("can't use this service")
    await expect(alice.page.get_by_role("heading")).to_have_text(refused)
    await alice.arrive()
    await expect(alice.page.get_by_role("heading")).to_have_text(refused)


async def test_request_that_was_changed_is_refused(alice: Visitor, site: Site) -> None:
    alice.foresees("status of 400")
    await goes(alice, site)
    body = alice.page.url.split(".")[-2]
    other = body[:-6] + ("A" if body[-6] != "A" else "B") + body[-5:]
    await alice.page.goto(alice.page.url.replace(body, other))
    await expect(alice.page.locator("body")).to_have_text(
        "This request is of no site that we know."
    )
