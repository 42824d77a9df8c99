"""What is stored about a visitor: the page that says so, undoing blocks, and “forget me”."""

from typing import Any

import pytest
import redis
from channels.db import database_sync_to_async
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from chat import visitors
from moderation.models import Report
from moderation.policy import Measure
from moderation.receipts import receipt_url, statement_url
from moderation.services.cases import case_claim
from moderation.services.decisions import case_decide, decision_lift
from moderation.services.reports import report_receive, reports_sweep
from omegle.lib.ratelimit import Rate
from tests.away import redis_away
from tests.clock import Clock
from tests.moderation.drafts import draft
from tests.strangers import Chat, Stranger, queue_holds

pytestmark = pytest.mark.django_db
# What the served product reads has to be there for its own threads.
served = pytest.mark.django_db(transaction=True)


def browser(cookie: str) -> Client:
    """A browser with this visitor cookie, and the others that we set."""
    client = Client()
    client.cookies["visitor"] = cookie
    client.cookies["language"] = "en"
    return client


def id_of(one: Stranger | str) -> str:
    return (one if isinstance(one, str) else one.cookie).split(".")[0]


def new_cookie() -> str:
    return visitors.visitor_write(visitors.visitor_new(band="18+"))


def decide(visitor: str, measure: Measure, **fields: Any) -> Report:
    given = draft(subject=visitor, **fields)
    report_receive(given)
    reports_sweep()
    report = Report.objects.get(reference=given.reference)
    senior, _ = User.objects.get_or_create(username="senior", is_superuser=True)
    assert report.case is not None
    held = case_claim(report.case.pk, moderator=senior)
    facts = "You threatened a stranger."
    case_decide(
        held.pk,
        moderator=senior,
        version=held.version,
        measure=measure,
        rule="harm",
        facts=facts,
        why="It broke the rule.",
    )
    return report


async def post(one: Stranger, path: str) -> Any:
    return await database_sync_to_async(browser(one.cookie).post)(path)


def page(client: Client) -> str:
    response = client.get("/me/")
    assert response.status_code == 200
    return response.content.decode()


def gone(response: Any) -> set[str]:
    """The cookies that a response deletes."""
    return {name for name, morsel in response.cookies.items() if morsel["max-age"] == 0}


# --- The page -------------------------------------------------------------------------------------


def test_who_never_entered_is_told_that_nothing_is_stored() -> None:
    assert "Nothing is stored about you here." in page(Client())


def test_page_tells_age_terms_and_how_long_the_cookie_lasts(settings: Settings) -> None:
    settings.TERMS_VERSION = "7"
    cookie = new_cookie()
    shown = page(browser(cookie))
    assert "18+, by what you answered." in shown
    assert "Version 7, in the same cookie." in shown
    until = visitors.cookie_until({"visitor": cookie})
    assert f"{until:%H:%M} UTC" in shown
    assert "In no conversation" in shown
    assert "You blocked nobody." in shown
    assert "no warning and no ban" in shown


def test_no_id_and_no_address_is_shown() -> None:
    cookie = new_cookie()
    shown = page(browser(cookie))
    assert id_of(cookie) not in shown
    assert "127.0.0.1" not in shown


def test_decisions_lead_to_their_statements() -> None:
    cookie = new_cookie()
    decide(id_of(cookie), "warn")
    client = browser(cookie)
    shown = page(client)
    assert "No threats, no violence" in shown
    link = shown.split('data-testid="me-decisions"')[1].split('href="')[1].split('"')[0]
    assert "Statement of reasons" in client.get(link).content.decode()


@served
async def test_page_says_where_one_is(chat: Chat) -> None:
    async with chat.stranger() as alice, chat.stranger() as bob:
        shown = database_sync_to_async(lambda: page(browser(alice.cookie)))
        assert "you are in no conversation" in await shown()
        await alice.find()
        assert "You are looking for a stranger" in await shown()
        await bob.find()
        await alice.hears("matched")
        assert "You are in a conversation" in await shown()
        await bob.send("leave")
        await alice.hears("ended")
        assert "Your last conversation has ended" in await shown()


@pytest.mark.parametrize("path", ["/me/", "/me/forget/", "/me/unblock/"])
def test_redis_away_is_an_honest_503_and_no_cookie_goes(path: str, settings: Settings) -> None:
    client = browser(new_cookie())
    with redis_away(settings):
        response = client.get(path) if path == "/me/" else client.post(path)
    assert response.status_code == 503
    assert gone(response) == set()


# --- Blocks ---------------------------------------------------------------------------------------


@served
async def test_blocks_are_counted_and_undone(chat: Chat, clock: Clock) -> None:
    async with chat.pair() as (alice, bob):
        await alice.send("block")
        await bob.hears("ended")
        read = database_sync_to_async(page)
        assert "You blocked 1 person." in await read(browser(alice.cookie))
        assert "You blocked nobody." in await read(browser(bob.cookie)), "not whom others blocked"
        response = await post(alice, "/me/unblock/")
        assert (response.status_code, response["Location"]) == (303, "/me/#blocks")
        assert "You blocked nobody." in await read(browser(alice.cookie))
        clock.advance(3600)
        await alice.hears("ended")
        await alice.find()
        await bob.find()
        await bob.hears("matched")


@served
async def test_whom_the_other_blocked_too_is_not_met(chat: Chat, clock: Clock) -> None:
    async with chat.pair() as (alice, bob):
        await alice.send("block")
        await alice.hears("ended")
        await bob.hears("ended")
        await bob.send("block", room=bob.room["room"])
        await bob.hears_nothing()
        await post(alice, "/me/unblock/")
        clock.advance(3600)
        await alice.find()
        await bob.find()
        await bob.hears_nothing()


@served
@pytest.mark.parametrize("who", ["reporter", "reported"])
async def test_reported_pair_stays_apart(chat: Chat, clock: Clock, who: str) -> None:
    async with chat.pair() as (alice, bob):
        await alice.send("block")
        await alice.hears("ended")
        await bob.hears("ended")
        await bob.send("block", room=bob.room["room"])
        await bob.hears_nothing()
        await alice.send("report", reason="spam", room=alice.room["room"])
        await alice.hears("reported")
        for one in (alice, bob) if who == "reporter" else (bob, alice):
            await post(one, "/me/unblock/")
        clock.advance(3600)
        await alice.find()
        await bob.find()
        await bob.hears_nothing()


# --- Who listens ---------------------------------------------------------------------------------


@pytest.mark.parametrize("reason", ["self_harm", "harassment"])
def test_receipt_and_statement_of_self_harm_name_who_listens(reason: str) -> None:
    report = decide(id_of(new_cookie()), "warn", reason=reason)
    assert report.case is not None
    links = (receipt_url(report.reference), statement_url(report.case.decisions.get().reference))
    for link in links:
        shown = Client().get(link).content.decode()
        assert ('id="crisis"' in shown) == (reason == "self_harm")


# --- Forget me ------------------------------------------------------------------------------------


@served
async def test_forgotten_in_a_conversation_the_stranger_sees_that_they_left(
    chat: Chat, redis_db: redis.Redis
) -> None:
    async with chat.pair() as (alice, bob):
        response = await post(alice, "/me/forget/")
        assert response.status_code == 200
        assert gone(response) == {"visitor", "language", "csrftoken", "age_check"}
        await bob.hears("ended", reason="left")
        assert await alice.closes() == 4401
        left = {key.split(b":")[0] for key in redis_db.scan_iter(f"*{id_of(alice)}*")}
        assert left <= {b"rate"}, "only what runs out within minutes"
        [digest] = redis_db.keys("forgotten:*")
        assert 0 < redis_db.ttl(digest) <= 30
        await bob.send("report", reason="harassment", room=bob.room["room"])
        await bob.hears("reported")


@served
async def test_socket_that_was_opened_before_makes_no_visit(
    chat: Chat, redis_db: redis.Redis
) -> None:
    async with chat.stranger(hello=False) as alice:
        await post(alice, "/me/forget/")
        await alice.send("hello", protocol=1)
        assert await alice.closes() == 4401
    assert not redis_db.exists(f"visitor:{id_of(alice)}")


@served
async def test_visit_that_is_looked_up_after_it_was_forgotten_is_not_made_anew(
    chat: Chat, redis_db: redis.Redis
) -> None:
    async with chat.stranger() as alice:
        redis_db.client_kill_filter(_type="pubsub")  # so that its process is not told
        await post(alice, "/me/forget/")
        assert await alice.closes() == 4401
    assert not redis_db.exists(f"visitor:{id_of(alice)}")


@served
async def test_who_keeps_the_number_comes_back_with_it_at_once(chat: Chat) -> None:
    async with chat.stranger(hello=False) as alice:
        await database_sync_to_async(decide)(id_of(alice), "warn")
        await post(alice, "/me/forget/")
        await alice.send("hello", protocol=1)
        await alice.hears("welcome")


@served
async def test_who_waits_is_taken_out_of_the_queue(chat: Chat) -> None:
    async with chat.stranger() as alice:
        await alice.find("chess")
        await post(alice, "/me/forget/")
        assert await alice.closes() == 4401
        await queue_holds(0)


@served
async def test_forgotten_lists_of_others_name_them_no_more(
    chat: Chat, redis_db: redis.Redis
) -> None:
    async with chat.pair() as (alice, bob):
        await alice.send("block")
        await bob.hears("ended")
        await post(alice, "/me/forget/")
        assert redis_db.smembers(f"blocked:{id_of(bob)}") == set()


@served
@pytest.mark.parametrize("how", ["block", "report"])
async def test_who_is_forgotten_and_kept_the_cookie_does_not_meet_who_kept_them_away(
    chat: Chat, clock: Clock, redis_db: redis.Redis, how: str
) -> None:
    async with chat.pair() as (alice, bob):
        if how == "block":
            await bob.send("block")
            await alice.hears("ended")
            await bob.hears("ended")
        else:
            await bob.send("report", reason="spam")
            await alice.hears("ended")
            await bob.hears("ended")
            await bob.hears("reported")
        await post(alice, "/me/forget/")
        clock.advance(3600)
        redis_db.delete(*redis_db.keys("forgotten:*"))  # half a minute of Redis's own time
        async with chat.stranger(cookie=alice.cookie) as again:
            await again.find()
            await bob.find()
            await bob.hears_nothing()


@served
async def test_who_blocked_does_not_learn_that_the_other_was_forgotten(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await bob.send("block")
        await alice.hears("ended")
        await post(alice, "/me/forget/")
        shown = await database_sync_to_async(page)(browser(bob.cookie))
        assert "You blocked 1 person." in shown


@served
async def test_asker_who_is_forgotten_leaves_the_others_to_talk(chat: Chat) -> None:
    async with chat.stranger() as asker, chat.stranger() as one, chat.stranger() as other:
        for each in (one, other):
            await each.find(role="discuss")
        question = "Is a hot dog a sandwich?"
        await asker.find(role="ask", question=question)
        for each in (asker, one, other):
            await each.hears("matched")
        await post(asker, "/me/forget/")
        await one.hears("reader", present=False)
        await other.hears("reader", present=False)
        await one.says("still here")
        await other.hears("message")


def test_forgetting_twice_or_without_a_cookie_is_harmless() -> None:
    client = browser(new_cookie())
    for _ in range(2):
        assert "You are forgotten" in client.post("/me/forget/").content.decode()
        assert client.cookies["visitor"].value == ""
    assert "Nothing is stored about you here." in page(client)


@pytest.mark.parametrize("measure", ["cooldown", "day", "video", "warn"])
def test_decision_with_an_effect_keeps_the_number(measure: Measure) -> None:
    cookie = new_cookie()
    decide(id_of(cookie), measure)
    client = browser(cookie)
    assert 'data-testid="forget-bound"' in page(client)
    response = client.post("/me/forget/")
    assert "keeps its number for that reason alone" in response.content.decode()
    assert "visitor" not in gone(response)
    assert "language" in gone(response)
    if measure in ("cooldown", "day"):
        assert client.get("/").status_code == 403


@served
async def test_who_keeps_the_number_does_not_meet_who_blocked_them(
    chat: Chat, redis_db: redis.Redis
) -> None:
    async with chat.pair() as (alice, bob):
        await bob.send("block")
        await alice.hears("ended")
        await database_sync_to_async(decide)(id_of(alice), "day")
        await post(alice, "/me/forget/")
        assert redis_db.smembers(f"blocked:{id_of(alice)}") == {id_of(bob).encode()}


def test_decision_that_was_taken_back_keeps_nothing() -> None:
    cookie = new_cookie()
    report = decide(id_of(cookie), "day")
    assert report.case is not None
    decision = report.case.decisions.get()
    decision_lift(decision, moderator=User.objects.get(username="senior"), why="A mistake.")
    assert "visitor" in gone(browser(cookie).post("/me/forget/"))


def test_refusal_stays_for_its_day() -> None:
    client = Client()
    client.cookies["refused"] = visitors.refusal_write()
    assert "Nothing else is stored about you." in page(client)
    response = client.post("/me/forget/")
    assert "stays for its day" in response.content.decode()
    assert "refused" not in gone(response)


def test_session_of_a_moderator_stays_usable() -> None:
    client = browser(new_cookie())
    client.cookies["sessionid"] = "s"
    assert "csrftoken" not in gone(client.post("/me/forget/"))


def test_another_site_can_have_nobody_forgotten() -> None:
    client = Client(enforce_csrf_checks=True)
    client.cookies["visitor"] = new_cookie()
    assert client.post("/me/forget/").status_code == 403
    assert client.post("/me/unblock/").status_code == 403
    assert client.get("/me/forget/").status_code == 405


def test_too_often_is_refused(settings: Settings) -> None:
    settings.LIMIT_FORGET = Rate(1, 600)
    client = browser(new_cookie())
    for path in ("/me/forget/", "/me/unblock/"):
        client.post(path)
        assert client.post(path).status_code == 429
