"""A moderator at the desk of a copy."""

import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from playwright.async_api import Browser, ConsoleMessage, Page, expect

from moderation.policy.roles import Role
from tests.e2e.visitors import WATCH_POLICY
from tests.environment import ROOT
from tests.moderation.staff import token
from tests.process.copies import Copy


class Member(NamedTuple):
    """What one member of staff signs in with."""

    name: str
    password: str
    secret: str


def member_new(copy: Copy, name: str, role: Role) -> Member:
    """Enrol somebody on a copy, as an operator does."""
    told = manage(copy, "create_moderator", name, "--role", role)
    words = dict(re.findall(r"^  (\w+) {2,}(\S+)$", told, re.MULTILINE))
    return Member(name, words["password"], words["secret"])


def manage(copy: Copy, *words: str) -> str:
    """Run `manage.py` on a copy; give what it said."""
    return _told(copy, str(Path(ROOT, "manage.py")), *words)


def _told(copy: Copy, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=copy.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def manage_tomorrow(copy: Copy, *words: str) -> str:
    """Run `manage.py` on a copy as if it were a day later: today is over then."""
    script = (
        "import sys, manage\n"
        "from datetime import timedelta\n"
        "from django.utils import timezone\n"
        "now = timezone.now\n"
        "timezone.now = lambda: now() + timedelta(days=1)\n"
        "manage.main()\n"
    )
    return _told(copy, "-c", script, *words)


def _first(copy: Copy) -> Member:
    assert copy.password is not None
    assert copy.secret is not None
    return Member("admin", copy.password, copy.secret)


@asynccontextmanager
async def desk_open(
    browser: Browser, copy: Copy, member: Member | None = None
) -> AsyncIterator[Page]:
    """Give a page on which a moderator has signed in with a second factor.

    Without a `member` it is who the first start made.
    """
    complaints: list[str] = []
    async with await browser.new_context(viewport={"width": 1440, "height": 900}) as context:
        await context.add_init_script(WATCH_POLICY)
        page = await context.new_page()

        def hear(said: ConsoleMessage) -> None:
            if said.type == "error":
                complaints.append(said.text)

        page.on("console", hear)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        await sign_in(page, copy, member)
        yield page
    assert complaints == []


async def sign_in(page: Page, copy: Copy, member: Member | None = None) -> None:
    """Come to the desk as a member, else as who the first start made."""
    member = member or _first(copy)
    await page.goto(f"{copy.url}/admin/")
    await page.get_by_label("Name").fill(member.name)
    await page.get_by_label("Password").fill(member.password)
    await page.get_by_label("Code of your authenticator app").fill(token(member.secret))
    await page.get_by_role("button", name="Sign in").click()
    await expect(page.get_by_role("link", name="Queue").first).to_be_visible()
