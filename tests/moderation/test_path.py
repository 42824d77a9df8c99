"""The filter, reports and sanctions where strangers meet them: over real sockets."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
import redis
from asgiref.sync import sync_to_async
from channels.db import database_sync_to_async
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from chat import store, switchboard, visitors
from chat.tasks import rooms_screen
from chat.transcripts import talk_of
from moderation import guard
from moderation.models import Case, Decision, Evidence, FilterRule, Report, Sanction
from moderation.policy import Measure
from moderation.services.appeals import appeal_claim, appeal_decide, appeal_make
from moderation.services.cases import case_claim
from moderation.services.decisions import case_decide
from moderation.services.reports import reports_sweep
from moderation.tags import visitor_tag
from omegle.lib import bells
from omegle.lib.ratelimit import Rate
from omegle.lib.redis import sync_client
from tests import clock as clocks
from tests.moderation.factories import approved
from tests.strangers import Chat, Stranger, meet

pytestmark = pytest.mark.django_db(transaction=True)

WITHIN = 2.0


def id_of(stranger: Stranger) -> str:
    visitor = visitors.visitor_read({"visitor": stranger.cookie})
    assert visitor is not None
    return visitor.id


def decide(stranger: Stranger, measure: Measure) -> None:
    """Let a moderator decide the only case there is."""
    reports_sweep()
    senior, _ = User.objects.get_or_create(username="senior", is_superuser=True, is_active=True)
    case = Case.objects.get(subject=visitor_tag(id_of(stranger)))
    claimed = case_claim(case.pk, moderator=senior)
    case_decide(
        case.pk,
        moderator=senior,
        version=claimed.version,
        measure=measure,
        rule="harassment",
        facts="You insulted a stranger.",
    )
    if measure == "permanent":
        approved(case)


def grant() -> None:
    """Let the one decision there is be appealed, and a colleague take it back."""
    appeal = appeal_make(Decision.objects.get(lifting=None), text="It was a joke.")
    colleague = User.objects.create(username="colleague", is_superuser=True)
    held = appeal_claim(appeal.pk, moderator=colleague)
    appeal_decide(
        held.pk, moderator=colleague, version=held.version, outcome="granted", why="It was."
    )


async def answered(chat: Chat, stranger: Stranger) -> str:
    """Give what the same browser hears when it comes again."""
    async with chat.stranger(cookie=stranger.cookie, hello=False) as again:
        await again.send("hello", protocol=1)
        return str((await again.next())["type"])


async def reported(alice: Stranger, bob: Stranger, **fields: Any) -> dict[str, Any]:
    """Let Alice report Bob; give her receipt."""
    await alice.send("report", reason="harassment", **fields)
    await alice.hears("ended", reason="you_left")
    receipt = await alice.hears("reported")
    await bob.hears("ended", reason="left")
    return receipt


# --- The filter -----------------------------------------------------------------------------------


async def test_insult_is_masked_for_the_stranger(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await alice.says("you f.u.c.k.i.n.g idiot")
        heard = await bob.hears("message", masked=True)
        assert "f.u.c.k" not in heard["text"]
        assert heard["text"].startswith("you *")
        await bob.says("class therapist from Scunthorpe")
        plain = await alice.hears("message", text="class therapist from Scunthorpe")
        assert "masked" not in plain


async def test_link_is_held_back_early_and_passes_later(chat: Chat, settings: Settings) -> None:
    async with chat.pair() as (alice, bob):
        await alice.send("message", id="a", text="see example.com/me", ref="r")
        await alice.hears("error", code="refused_text", ref="r")
        await bob.hears_nothing()
        settings.EARLY_SECONDS = 0
        assert (await alice.says("see example.com/me", id="a"))["seq"] == 1, "its id is free"
        await bob.hears("message", text="see example.com/me")


async def test_link_in_pieces_is_held_at_its_last_one(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        for piece in ("evil", "."):
            await alice.says(piece)
            await bob.hears("message", text=piece)
        await alice.send("message", id="last", text="com", ref="r")
        await alice.hears("error", code="refused_text", ref="r")
        await bob.hears_nothing()


async def test_evidence_holds_what_was_written_masked_and_refused(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await bob.send("message", id="x", text="add me on snapchat: bobby99", ref="r")
        await bob.hears("error", code="refused_text")
        await bob.says("fuck you")
        await alice.hears("message", masked=True)
        await bob.says("bye")
        await alice.hears("message")
        await reported(alice, bob, note="he swore")
    evidence = await Evidence.objects.select_related("report").aget()
    told = [(said["text"], said["shown"], said["verdict"]) for said in evidence.transcript]
    assert told[0] == ("add me on snapchat: bobby99", None, "hold")
    assert told[1][0] == "fuck you"
    assert told[1][1] != "fuck you"
    assert told[2] == ("bye", "bye", "allow")
    assert evidence.report.note == "he swore"


async def test_same_id_again_does_not_change_the_evidence(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await bob.says("fuck you", id="x")
        await alice.hears("message", masked=True)
        assert (await bob.says("oh damn fuck", id="x"))["seq"] == 1
        await bob.says("oh well", id="x")
        await reported(alice, bob)
    (said,) = (await Evidence.objects.select_related("report").aget()).transcript
    assert said["text"] == "fuck you"


async def test_text_that_is_held_and_to_be_reviewed_opens_a_case(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await bob.send("message", id="x", text="kill yourself, add me on snapchat: bobby99")
        await bob.hears("error", code="refused_text")
        await alice.hears_nothing()
        await database_sync_to_async(rooms_screen)()
    report = await Report.objects.aget()
    assert (report.source, report.reason) == ("automatic", "violence")


async def test_observing_rule_keeps_no_text(chat: Chat, redis_db: redis.Redis) -> None:
    await FilterRule.objects.acreate(text="gurkensalat", state="observe", action="report")
    await database_sync_to_async(guard.current().load)()
    async with chat.pair() as (alice, bob):
        await alice.says("gurkensalat")
        await bob.hears("message", text="gurkensalat")
        assert not redis_db.keys("room:*:aside:*")


async def test_replay_has_the_masked_text(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await alice.says("fuck")
        await bob.hears("message", masked=True)
        bob.abort()
        await alice.hears("presence", connected=False)
        async with chat.stranger(cookie=bob.cookie, hello=False) as again:
            await again.resume(bob, seen={})
            await again.hears("matched")
            heard = await again.hears("message", masked=True)
            assert "fuck" not in heard["text"]


async def test_interest_against_the_rules_is_refused(chat: Chat) -> None:
    async with chat.stranger() as alice:
        await alice.send("find", mode="text", interests=["fսck"], ref="r")
        await alice.hears("error", code="refused_text", ref="r")


async def test_rule_reaches_the_process_within_5_s(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await alice.says("gurkensalat")
        await bob.hears("message", text="gurkensalat")
        await FilterRule.objects.acreate(text="gurkensalat", state="act", action="mask")
        await sync_to_async(bells.ring)("rules")
        async with asyncio.timeout(5):
            while guard.current().screen("gurkensalat").action == "allow":
                await asyncio.sleep(0.05)
        await alice.says("gurkensalat")
        await bob.hears("message", masked=True)


async def test_observing_rule_counts_and_does_nothing(chat: Chat) -> None:
    rule = await FilterRule.objects.acreate(text="gurkensalat", state="observe", action="hold")
    await database_sync_to_async(guard.current().load)()
    async with chat.pair() as (alice, bob):
        await alice.says("gurkensalat")
        await bob.hears("message", text="gurkensalat")
    from moderation.services.rules import hits_write

    async with asyncio.timeout(5):
        while not await database_sync_to_async(hits_write)():
            await asyncio.sleep(0.05)
    await rule.arefresh_from_db()
    assert rule.hits == 1


# --- Reports --------------------------------------------------------------------------------------


async def test_report_ends_the_room_and_gives_a_receipt(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await bob.says("boo")
        await alice.hears("message")
        receipt = await reported(alice, bob, ref="r1")
        assert receipt["ref"] == "r1"
        report = await Report.objects.aget()
        assert receipt["receipt"] == report.reference
        assert receipt["url"].startswith("http://")
        assert (report.reporter, report.subject) == (
            visitor_tag(id_of(alice)),
            visitor_tag(id_of(bob)),
        )


async def test_reported_pair_never_meets_again(chat: Chat, clock: clocks.Clock) -> None:
    async with chat.pair() as (alice, bob):
        await reported(alice, bob)
        await alice.find()
        await bob.find()
        clock.advance(3600)
        await alice.hears_nothing()
        await bob.hears_nothing()


async def test_report_again_gives_the_same_receipt(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        first = await reported(alice, bob)
        await alice.send("report", reason="spam")
        again = await alice.hears("reported")
        assert (again["receipt"], again["url"]) == (first["receipt"], first["url"])
        assert await Report.objects.acount() == 1


async def test_report_after_the_end_and_from_a_new_visit(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await bob.says("boo")
        await alice.hears("message")
        room = alice.room["room"]
        await alice.send("bye")
        await alice.closes()
        await bob.hears("ended", reason="left")
        async with chat.stranger(cookie=alice.cookie) as again:
            await again.send("report", reason="spam", room=room)
            await again.hears("reported")
        evidence = await Evidence.objects.select_related("report").aget()
        assert evidence.transcript[0]["text"] == "boo"


async def test_report_too_late_or_by_somebody_else_is_refused(
    chat: Chat, clock: clocks.Clock
) -> None:
    async with chat.pair() as (alice, bob), chat.stranger() as carol:
        room = alice.room["room"]
        await carol.send("report", reason="spam", room=room)
        await carol.hears("error", code="not_in_room")
        await carol.send("report", reason="spam")
        await carol.hears("error", code="not_in_room")
        await alice.send("leave")
        await alice.hears("ended")
        await bob.hears("ended")
        clock.advance(660)
        await alice.send("report", reason="spam", room=room)
        await alice.hears("error", code="not_in_room")
        assert not await Report.objects.aexists()


async def test_forged_transcript_is_a_bad_frame(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        forged = [{"seat": 2, "text": "something terrible"}]
        await alice.send("report", reason="hate", transcript=forged, ref="r")
        await alice.hears("error", code="bad_frame", ref="r")
        await bob.hears_nothing()
        assert not await Report.objects.aexists()


async def test_reporting_a_lot_is_limited(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await reported(alice, bob)
        for _ in range(9):
            await alice.send("report", reason="spam")
            await alice.hears("reported")
        await alice.send("report", reason="spam")
        await alice.hears("error", code="too_fast")


async def test_stranger_in_another_room_meanwhile_stays_there(chat: Chat) -> None:
    async with chat.pair() as (alice, bob), chat.stranger() as carol:
        room = alice.room["room"]
        await alice.send("leave")
        await alice.hears("ended")
        await bob.hears("ended")
        await meet(bob, carol)
        await alice.send("report", reason="spam", room=room)
        await alice.hears("reported")
        await bob.says("still here")
        await carol.hears("message", text="still here")


# --- Sanctions ------------------------------------------------------------------------------------


async def test_ban_holds_on_the_open_socket_within_2_s(chat: Chat) -> None:
    async with chat.pair() as (alice, bob), chat.stranger() as carol:
        await reported(alice, bob)
        await meet(bob, carol)
        await database_sync_to_async(decide)(bob, "day")
        banned = await bob.hears("banned", seconds=WITHIN)
        assert "No harassment" in banned["statement"]
        assert banned["until"] > timezone.now().isoformat()
        assert await bob.closes() == 4403
        await carol.hears("ended", reason="moderated")
        async with chat.stranger(cookie=bob.cookie, hello=False) as again:
            await again.send("hello", protocol=1)
            await again.hears("banned")
            assert await again.closes() == 4403


async def test_granted_appeal_lets_them_in_within_2_s(chat: Chat, settings: Settings) -> None:
    settings.LIMIT_CONNECT = Rate(0, 1)  # they try as fast as they can
    async with chat.pair() as (alice, bob):
        await reported(alice, bob)
        await database_sync_to_async(decide)(bob, "permanent")
        await bob.hears("banned", seconds=WITHIN)
        await database_sync_to_async(grant)()
        async with asyncio.timeout(WITHIN):
            while await answered(chat, bob) == "banned":
                pass
        assert await answered(chat, bob) == "welcome"


async def test_ban_imposed_during_hello_holds(chat: Chat, monkeypatch: pytest.MonkeyPatch) -> None:
    async with chat.pair() as (alice, bob):
        await reported(alice, bob)
        await bob.send("bye")
        await bob.closes()
        board = await switchboard.current()
        hello = board.store.hello

        async def slow(**given: Any) -> Any:
            await database_sync_to_async(decide)(bob, "day")
            await database_sync_to_async(guard.current().load)()
            return await hello(**given)

        monkeypatch.setattr(board.store, "hello", slow)
        async with chat.stranger(cookie=bob.cookie, hello=False) as again:
            await again.send("hello", protocol=1)
            await again.hears("welcome")
            await again.hears("banned")
            assert await again.closes() == 4403


async def test_stranger_of_somebody_who_dropped_and_is_banned_is_told_at_once(chat: Chat) -> None:
    async with chat.pair() as (alice, bob), chat.stranger() as carol:
        await reported(alice, bob)
        await meet(bob, carol)
        bob.abort()
        await carol.hears("presence", connected=False)
        await database_sync_to_async(decide)(bob, "day")
        await database_sync_to_async(guard.current().load)()
        async with chat.stranger(cookie=bob.cookie, hello=False) as again:
            await again.send("hello", protocol=1, resume=bob.welcome["resume"])
            await again.hears("banned")
        await carol.hears("ended", reason="moderated")


async def test_rule_that_cannot_be_used_takes_nothing_down(
    chat: Chat, caplog: pytest.LogCaptureFixture
) -> None:
    rule = await FilterRule.objects.acreate(kind="pattern", text=r"(a)\1", state="act")
    await database_sync_to_async(guard.current().load)()
    assert guard.current().is_fresh
    assert guard.current().screen("fuck").action == "mask"
    assert f"Filter rule {rule.pk} can't be used" in caplog.text


async def test_spare_cookie_from_the_same_address_needs_a_proof_first(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await reported(alice, bob)
        await database_sync_to_async(decide)(bob, "day")
        await bob.hears("banned", seconds=WITHIN)
        async with chat.stranger(hello=False) as spare:
            await spare.send("hello", protocol=1)
            assert await spare.closes() == 4401
        proven = visitors.visitor_new(band="18+", proven=int(timezone.now().timestamp()) + 1)
        async with chat.stranger(cookie=visitors.visitor_write(proven)) as neighbour:
            await neighbour.find()
        await alice.find()
        await alice.hears_nothing()


async def test_who_was_forgotten_before_the_ban_needs_a_proof_first(chat: Chat) -> None:
    """An undecided report keeps nobody's number: the page would tell that there is one."""
    async with chat.pair() as (alice, bob):
        await reported(alice, bob)
        browser = Client()
        browser.cookies["visitor"] = bob.cookie
        forgotten = await database_sync_to_async(browser.post)("/me/forget/")
        assert "You are forgotten" in forgotten.content.decode()
        assert browser.cookies["visitor"].value == ""
        await database_sync_to_async(decide)(bob, "day")
        adult = {"birth_date": "1990-05-17", "terms": "on"}
        entered = await database_sync_to_async(browser.post)("/enter/", adult)
        assert entered.status_code == 428


async def test_ban_ends_by_itself(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await reported(alice, bob)
        await database_sync_to_async(decide)(bob, "cooldown")
        await bob.hears("banned", seconds=WITHIN)
        tag = visitor_tag(id_of(bob))
        ban = guard.current().ban_of(tag)
        assert ban is not None
        with pytest.MonkeyPatch.context() as patch:
            later = timezone.now() + timedelta(hours=1, seconds=1)
            patch.setattr("moderation.guard.timezone.now", lambda: later)
            assert guard.current().ban_of(tag) is None


async def test_warning_is_told_once_and_the_talk_goes_on(chat: Chat) -> None:
    async with chat.pair() as (alice, bob), chat.stranger() as carol:
        await reported(alice, bob)
        await meet(bob, carol)
        await database_sync_to_async(decide)(bob, "warn")
        warned = await bob.hears("warned", seconds=WITHIN)
        assert "warning" in warned["statement"]
        await bob.says("sorry")
        await carol.hears("message")
        async with chat.stranger(cookie=bob.cookie, hello=False) as again:
            await again.hello()
            await again.hears_nothing()


async def test_warning_waits_for_who_is_away(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await reported(alice, bob)
        await bob.send("bye")
        await bob.closes()
        await database_sync_to_async(decide)(bob, "warn")
        await database_sync_to_async(guard.current().load)()
        async with chat.stranger(cookie=bob.cookie) as again:
            await again.hears("warned")


async def test_without_a_fresh_guard_nobody_is_matched_but_talks_go_on(
    chat: Chat, clock: clocks.Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with (
        chat.pair() as (alice, bob),
        chat.stranger() as carol,
        chat.stranger() as dave,
        chat.stranger() as erin,
    ):
        await dave.find("lutes")
        await erin.find("harps")
        with monkeypatch.context() as stale:
            stale.setattr("moderation.guard.STALE_SECONDS", 0.0)
            await carol.send("find", mode="text", ref="r")
            await carol.hears("error", code="unavailable", ref="r")
            await dave.send("relax")
            await dave.hears("waiting", relaxes_in=None)
            erin.abort()
            async with chat.stranger(cookie=erin.cookie, hello=False) as again:
                await again.resume(erin)
                await again.hears("waiting")
                clock.advance(60)
                await again.hears("waiting", relaxes_in=None)
                await dave.hears_nothing()
                await alice.says("still here")
                await bob.hears("message")
                stale.undo()
                clock.advance(2)
                await again.hears("matched")
                await dave.hears("matched")


async def test_address_is_remembered_as_a_tag_alone(chat: Chat, redis_db: redis.Redis) -> None:
    async with chat.pair() as (alice, bob):
        await reported(alice, bob)
        await database_sync_to_async(decide)(bob, "day")
        sanction = await Sanction.objects.aget(target="address")
        assert len(sanction.tag) == 32
        dump = (
            b"".join(redis_db.dump(key) or b"" for key in redis_db.keys("*"))
            + repr([vars(r) async for r in Report.objects.all()]).encode()
        )
        for spelling in (b"127.0.0.1", b"7f000001", b"2130706433"):
            assert spelling not in dump


# --- Off the path ---------------------------------------------------------------------------------


async def test_talk_is_looked_over_every_so_often_and_at_its_end(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        for number in range(20):
            await alice.send("message", id=f"n{number}", text="fuck" if number > 15 else "well")
        for _ in range(20):
            await bob.hears("message")
        assert store.rooms_to_screen(sync_client(), 10) == [alice.room["room"]]
        await database_sync_to_async(rooms_screen)()
        await database_sync_to_async(rooms_screen)()
        assert store.rooms_to_screen(sync_client(), 10) == []
        await alice.send("bye")
        await alice.closes()
    reports = [r async for r in Report.objects.filter(source="automatic")]
    assert {r.subject for r in reports} == {visitor_tag(id_of(alice))}
    assert len({(r.room, r.reason) for r in reports}) == len(reports) >= 1
    assert store.rooms_to_screen(sync_client(), 10) == [alice.room["room"]], "it has ended"


async def test_transcript_of_a_running_talk_names_no_visitor(chat: Chat) -> None:
    async with chat.pair() as (alice, bob):
        await alice.says("hi")
        await bob.hears("message")
        card = await sync_to_async(store.talk_card)(sync_client(), alice.room["room"])
        assert card is not None
        assert id_of(alice) not in repr(talk_of(card))


async def test_fault_of_the_filter_holds_the_message_and_keeps_the_talk(
    chat: Chat, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async with chat.pair() as (alice, bob):
        with monkeypatch.context() as broken:
            broken.setattr("moderation.filters.book.RuleBook.screen", lambda *_, **__: 1 / 0)
            await alice.send("message", id="x", text="something private", ref="r")
            await alice.hears("error", code="refused_text", ref="r")
        await alice.says("hello")
        await bob.hears("message", text="hello")
    assert "The filter failed" in caplog.text
    assert "something private" not in caplog.text
