"""A room of three: what each seat is told, what it may do, how it ends."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
import redis
from pytest_django import Settings

from chat import switchboard
from chat.events import MessageEvent
from omegle.lib.ratelimit import Rate
from tests.clock import Clock
from tests.spymode.spies import QUESTION, Trio, trio_meet
from tests.strangers import Chat, Stranger, gone, queue_holds

Opening = Callable[..., AbstractAsyncContextManager[Trio]]
HIDDEN_OR_REVEALED = pytest.mark.parametrize("reveal", [False, True])


async def silence(*strangers: Stranger) -> None:
    for stranger in strangers:
        await stranger.hears_nothing()


# --- The match -----------------------------------------------------------------------------------


async def test_waiting_says_the_role(chat: Chat) -> None:
    async with chat.stranger() as asker, chat.stranger() as one:
        waiting = await asker.find(role="ask", question=QUESTION)
        assert (waiting["mode"], waiting["role"]) == ("text", "ask")
        assert (await one.find(role="discuss"))["role"] == "discuss"
        await silence(asker, one)  # nobody is matched before all three are there


@pytest.mark.parametrize("order", ["ask one two", "one ask two", "one two ask"])
async def test_three_meet_whoever_comes_last(chat: Chat, order: str) -> None:
    async with chat.stranger() as asker, chat.stranger() as one, chat.stranger() as two:
        for who in order.split():
            if who == "ask":
                await asker.find(role="ask", question=QUESTION)
            else:
                await (one if who == "one" else two).find(role="discuss")
        rooms = [await each.hears("matched") for each in (asker, one, two)]
        assert len({room["room"] for room in rooms}) == 1
        assert [room["role"] for room in rooms] == ["ask", "discuss", "discuss"]
        assert rooms[0]["you"]["seat"] == 0
        assert {room["you"]["seat"] for room in rooms[1:]} == {1, 2}


async def test_asker_sees_two_strangers_without_their_names(trio: Opening) -> None:
    async with trio() as (asker, one, _two):
        assert asker.room["you"] == {"seat": 0, "name": asker.welcome["name"]}
        assert asker.room["strangers"] == [
            {"seat": 1, "name": "Stranger 1"},
            {"seat": 2, "name": "Stranger 2"},
        ]
        assert (asker.room["question"], asker.room["spied"]) == (QUESTION, False)
        assert asker.room["revealed"] is False
        assert one.welcome["name"] not in str(asker.room)


@HIDDEN_OR_REVEALED
async def test_discussers_see_each_other_and_that_somebody_reads(
    trio: Opening, reveal: bool
) -> None:
    async with trio(reveal=reveal) as (asker, one, two):
        for me, other, seat in ((one, two, 1), (two, one, 2)):
            assert me.room["you"] == {"seat": seat, "name": me.welcome["name"]}
            assert me.room["strangers"] == [{"seat": 3 - seat, "name": other.welcome["name"]}]
            assert me.room["spied"] is True
            assert "revealed" not in me.room
            assert me.room["question"] == (QUESTION if reveal else None)
            assert asker.welcome["name"] not in str(me.room)


async def test_what_two_share_is_told_to_them_and_what_all_share_to_the_asker(chat: Chat) -> None:
    async with chat.stranger() as asker, chat.stranger() as one, chat.stranger() as two:
        await one.find("chess", "jazz", role="discuss", languages=["en", "de"])
        await two.find("jazz", "chess", role="discuss", languages=["de", "en"])
        await asker.find("jazz", role="ask", question=QUESTION, languages=["de"])
        assert sorted((await one.hears("matched"))["common_interests"]) == ["chess", "jazz"]
        assert sorted((await two.hears("matched"))["common_interests"]) == ["chess", "jazz"]
        seen = await asker.hears("matched")
        assert seen["common_interests"] == ["jazz"]
        assert seen["language"] == "de"


async def test_askers_own_interests_are_a_wish(chat: Chat, clock: Clock) -> None:
    async with chat.stranger() as asker, chat.stranger() as one, chat.stranger() as two:
        await one.find(role="discuss")
        await two.find(role="discuss")
        await asker.find("chess", role="ask", question=QUESTION)
        await silence(asker, one, two)
        await asker.send("relax")
        await asker.hears("waiting", relaxes_in=None, role="ask")
        await asker.hears("matched")


async def test_same_visitor_in_two_tabs_is_never_matched_with_themself(chat: Chat) -> None:
    async with chat.stranger() as asker, chat.stranger() as one:
        await asker.find(role="ask", question=QUESTION)
        await one.find(role="discuss")
        async with chat.stranger(cookie=asker.cookie) as tab:
            assert await asker.closes() == 4409
            await tab.find(role="discuss")
            await silence(tab, one)  # their wish to ask went with the older tab


async def test_roles_meet_nobody_of_the_ordinary_chat(chat: Chat) -> None:
    async with chat.stranger() as one, chat.stranger() as two, chat.stranger() as three:
        await one.find(role="discuss")
        await two.find()
        await three.find(role="ask", question=QUESTION)
        await silence(one, two, three)


# --- The talk ------------------------------------------------------------------------------------


async def test_each_says_something_to_the_other_and_the_asker_sees_both(trio: Opening) -> None:
    async with trio() as (asker, one, two):
        await one.says("hello")
        await two.hears("message", seat=1, seq=1, text="hello")
        await two.says("hi")
        await one.hears("message", seat=2, seq=1, text="hi")
        await asker.hears("message", seat=1, seq=1, text="hello")
        await asker.hears("message", seat=2, seq=1, text="hi")
        await one.send("typing", on=True)
        await asker.hears("typing", seat=1, on=True)
        await two.hears("typing", seat=1, on=True)


async def test_asker_cannot_speak_or_show_that_they_type(trio: Opening) -> None:
    async with trio() as (asker, one, two):
        await asker.send("message", id="x", text="boo", ref="r")
        await asker.hears("error", code="not_allowed", ref="r")
        await asker.send("typing", on=True)
        await silence(asker, one, two)


async def test_scripts_too_let_the_asker_say_nothing(trio: Opening) -> None:
    """Should a handler forget it."""
    async with trio() as (asker, one, two):
        board = await switchboard.current()
        mine = next(c for c in board.connections.values() if c.room and c.room.seat == 0)
        assert mine.room is not None
        board.ledger.say(mine, mine.room, id="x", members='"text":"boo"')
        await asker.hears("error", code="not_in_room")
        board.ledger.show_typing(mine, mine.room, on=True)
        await silence(asker, one, two)


async def test_discusser_cannot_ask(trio: Opening) -> None:
    async with trio() as (asker, one, two):
        await one.send("question", text="And what about you?", ref="r")
        await one.hears("error", code="not_allowed", ref="r")
        await silence(asker, two)


@HIDDEN_OR_REVEALED
async def test_next_question_goes_to_the_asker_and_when_revealed_to_all(
    trio: Opening, reveal: bool
) -> None:
    async with trio(reveal=reveal) as (asker, one, two):
        await one.says("a knife")
        await asker.hears("message")
        await two.hears("message")
        await asker.send("question", text="  And what would you leave?  ", ref="q")
        asked = await asker.hears(
            "question",
            room=asker.room["room"],
            n=1,
            text="And what would you leave?",
            after={"1": 1, "2": 0},
            ref="q",
        )
        for stranger in (one, two):
            if reveal:
                heard = await stranger.hears("question", n=1, text=asked["text"], at=asked["at"])
                assert "ref" not in heard
        await asker.send("question", text="And whom would you take?")
        await asker.hears("question", n=2)
        if not reveal:
            await silence(one, two)


async def test_asked_question_has_exactly_the_fields_of_the_contract(trio: Opening) -> None:
    async with trio(reveal=True) as (asker, one, _two):
        await asker.send("question", text="And what would you leave?")
        assert set(await one.hears("question")) == {"type", "room", "n", "text", "at", "after"}


@pytest.mark.parametrize("text", ["", "   ", "too short", "x" * 201, "\x00" * 20])
async def test_bad_questions_are_refused(chat: Chat, trio: Opening, text: str) -> None:
    async with chat.stranger() as alone:
        await alone.send("find", mode="text", role="ask", question=text, ref="r")
        await alone.hears("error", code="bad_question", ref="r")
        await alone.send("leave")
        await alone.find()  # not in a queue by the refused one
    async with trio() as (asker, _one, _two):
        await asker.send("question", text=text, ref="r")
        await asker.hears("error", code="bad_question", ref="r")


async def test_missing_question_is_refused(chat: Chat) -> None:
    async with chat.stranger() as alone:
        await alone.send("find", mode="text", role="ask", ref="r")
        await alone.hears("error", code="bad_question", ref="r")


@pytest.mark.parametrize("role", ["chat", "discuss"])
async def test_question_of_another_role_is_refused(chat: Chat, role: str) -> None:
    async with chat.stranger() as alone:
        await alone.send("find", mode="text", role=role, question=QUESTION, ref="r")
        await alone.hears("error", code="bad_question", ref="r")


async def test_held_back_question_is_refused_and_asked_of_nobody(chat: Chat, trio: Opening) -> None:
    link = "Have you seen www.example.com yet?"
    async with chat.stranger() as alone:
        await alone.send("find", mode="text", role="ask", question=link, ref="r")
        await alone.hears("error", code="refused_text", field="question", ref="r")
    async with trio(reveal=True) as (asker, one, two):
        await asker.send("question", text=link, ref="r")
        await asker.hears("error", code="refused_text", ref="r")
        await silence(one, two)


async def test_question_outside_a_room_is_refused(chat: Chat) -> None:
    async with chat.stranger() as alone:
        await alone.send("question", text=QUESTION, ref="r")
        await alone.hears("error", code="not_in_room", ref="r")


async def test_questions_share_the_limit_of_messages(trio: Opening) -> None:
    async with trio() as (asker, one, two):
        for _ in range(100):
            await asker.send("question", text=QUESTION)
        assert await asker.closes() == 4429
        await silence(one, two)


# --- The end -------------------------------------------------------------------------------------


@pytest.mark.parametrize("leaving", ["leave", "bye", "find", "hello", "gone"])
@HIDDEN_OR_REVEALED
async def test_asker_who_leaves_leaves_the_strangers_talking(
    chat: Chat, trio: Opening, clock: Clock, leaving: str, reveal: bool
) -> None:
    async with trio(reveal=reveal) as (asker, one, two):
        room = asker.room["room"]
        match leaving:
            case "leave" | "bye":
                await asker.send(leaving)
            case "find":
                await asker.send("find", mode="text", role="ask", question=QUESTION)
            case "hello":
                async with chat.stranger(cookie=asker.cookie):
                    assert await asker.closes() == 4409
            case "gone":
                asker.abort()
                await gone(asker)
                clock.advance(31)
        if leaving in ("leave", "find"):
            await asker.hears("ended", room=room, reason="you_left", by=0)
        for stranger in (one, two):
            await stranger.hears("reader", room=room, present=False)
        await one.says("still there?")
        await two.hears("message", text="still there?")
        await two.says("yes")
        await one.hears("message", text="yes")
        if leaving == "leave":
            await asker.hears_nothing()


async def test_asker_who_drops_and_comes_back_is_not_noticed(chat: Chat, trio: Opening) -> None:
    async with trio() as (asker, one, two):
        asker.abort()
        async with chat.stranger(cookie=asker.cookie, hello=False) as again:
            await again.resume(asker)
            await again.hears("matched", role="ask")
            await silence(one, two)


@pytest.mark.parametrize("seat", [1, 2])
async def test_stranger_who_leaves_ends_it_for_all(trio: Opening, seat: int) -> None:
    async with trio() as members:
        leaver, other = members[seat], members[3 - seat]
        await leaver.send("leave")
        await leaver.hears("ended", reason="you_left", by=seat)
        await other.hears("ended", reason="left", by=seat)
        await members.asker.hears("ended", reason="left", by=seat)


async def test_asker_may_ask_two_others_at_once(chat: Chat, trio: Opening) -> None:
    async with trio() as (asker, one, two), chat.stranger() as three, chat.stranger() as four:
        await three.find(role="discuss")
        await four.find(role="discuss")
        await asker.send("find", mode="text", role="ask", question=QUESTION)
        await asker.hears("ended", reason="you_left")
        await asker.hears("waiting", role="ask")
        await asker.hears("matched")
        await three.hears("matched")
        await four.hears("matched")
        for stranger in (one, two):
            await stranger.hears("reader", present=False)


async def test_discusser_may_go_on_to_an_ordinary_chat(trio: Opening) -> None:
    async with trio() as (asker, one, two):
        await one.send("find", mode="text")
        await one.hears("ended", reason="you_left")
        await one.hears("waiting", role="chat")
        await two.hears("ended", reason="left", by=1)
        await asker.hears("ended", reason="left", by=1)


async def test_end_after_the_asker_left_is_not_told_to_them(trio: Opening) -> None:
    async with trio() as (asker, one, two):
        await asker.send("leave")
        await asker.hears("ended")
        await one.hears("reader")
        await two.hears("reader")
        await one.send("leave")
        await two.hears("ended", reason="left", by=1)
        await asker.hears_nothing()


async def test_block_by_the_asker_ends_it_and_is_never_told_as_theirs(
    chat: Chat, trio: Opening, clock: Clock
) -> None:
    async with trio() as (asker, one, two):
        await asker.send("block", ref="b")
        await asker.hears("ended", reason="you_left", by=0, ref="b")
        for stranger in (one, two):
            await stranger.hears("ended", reason="left", by=None)
        clock.advance(301)
        await asker.find(role="ask", question=QUESTION)
        await one.find(role="discuss")
        async with chat.stranger() as three:
            await three.find(role="discuss")
            await silence(asker, one, three)  # `one` is blocked; two are not enough
            async with chat.stranger() as four:
                await four.find(role="discuss")
                await asker.hears("matched")
                await three.hears("matched")
                await four.hears("matched")
                await silence(one)


async def test_block_by_a_discusser_means_the_other_stranger(
    chat: Chat, trio: Opening, clock: Clock
) -> None:
    async with trio() as (asker, one, two):
        await one.send("block")
        await one.hears("ended", reason="you_left", by=1)
        await two.hears("ended", reason="left", by=1)
        await asker.hears("ended", reason="left", by=1)
        clock.advance(301)
        for stranger in (one, two):
            await stranger.find(role="discuss")
        await asker.find(role="ask", question=QUESTION)
        await silence(asker, one, two)
        await two.send("leave")
        async with chat.stranger() as three:
            await three.find(role="discuss")
            for member in (asker, one, three):
                await member.hears("matched")  # the asker and `one` may meet again


async def test_quiet_room_warns_all_and_hidden_questions_do_not_keep_it(
    trio: Opening, clock: Clock
) -> None:
    async with trio() as (asker, one, two):
        clock.advance(28.5 * 60)
        await asker.send("question", text="And what would you leave?")
        await asker.hears("question")
        for stranger in (one, two):
            await stranger.hears("notice", level="warning")
        await asker.hears("notice", level="warning")
        clock.advance(2 * 60)
        for stranger in (asker, one, two):
            await stranger.hears("ended", reason="idle", by=None)


# --- Resume --------------------------------------------------------------------------------------


async def until(stranger: Stranger, last: str) -> list[dict[str, Any]]:
    """Give the frames up to the first of this type."""
    frames = [await stranger.next()]
    while frames[-1]["type"] != last:
        frames.append(await stranger.next())
    return frames


async def test_asker_resumes_with_messages_then_questions_then_presence(
    chat: Chat, trio: Opening
) -> None:
    async with trio() as (asker, one, two):
        await one.says("a knife")
        await asker.hears("message")
        await asker.send("question", text="And what would you leave?")
        await asker.hears("question")
        asker.abort()
        await two.hears("message")
        await two.says("a book")
        async with chat.stranger(cookie=asker.cookie, hello=False) as again:
            await again.resume(asker, seen={"1": 1, "2": 0})
            frames = [await again.next() for _ in range(5)]
            assert [frame["type"] for frame in frames] == [
                "matched",
                "message",
                "question",
                "presence",
                "presence",
            ]
            assert frames[0] == asker.room
            assert (frames[1]["seat"], frames[1]["text"]) == (2, "a book")
            assert (frames[2]["n"], frames[2]["after"]) == (1, {"1": 1, "2": 0})
            assert sorted(frame["seat"] for frame in frames[3:]) == [1, 2]
            await again.hears_nothing()


@HIDDEN_OR_REVEALED
async def test_discusser_resumes_with_the_questions_only_when_revealed(
    chat: Chat, trio: Opening, reveal: bool
) -> None:
    async with trio(reveal=reveal) as (asker, one, two):
        one.abort()
        await asker.hears("presence", seat=1, connected=False)
        await two.hears("presence", seat=1, connected=False)
        await asker.send("question", text="And what would you leave?")
        await asker.hears("question")
        if reveal:
            await two.hears("question")
        await two.says("a book")
        async with chat.stranger(cookie=one.cookie, hello=False) as again:
            # Whatever it says it has seen of the seat it knows nothing of.
            await again.resume(one, seen={"0": 5, "1": 0, "2": 0})
            frames = await until(again, "presence")
            kinds = ["matched", "message", *(["question"] if reveal else []), "presence"]
            assert [frame["type"] for frame in frames] == kinds
            assert frames[0] == one.room
            await again.hears_nothing()


async def test_discusser_who_comes_back_is_told_that_the_reader_has_left(
    chat: Chat, trio: Opening
) -> None:
    async with trio() as (asker, one, two):
        one.abort()
        await two.hears("presence", seat=1, connected=False)
        await asker.send("leave")
        await two.hears("reader", present=False)
        async with chat.stranger(cookie=one.cookie, hello=False) as again:
            await again.resume(one)
            await again.hears("matched", spied=True)
            await again.hears("presence", seat=2, connected=True)
            await again.hears("reader", present=False)
            await again.hears_nothing()


async def test_asker_comes_back_after_the_end(chat: Chat, trio: Opening) -> None:
    async with trio() as (asker, one, two):
        asker.abort()
        await one.says("last word")
        await two.hears("message")
        await one.send("leave")
        await two.hears("ended")
        async with chat.stranger(cookie=asker.cookie, hello=False) as again:
            await again.resume(asker)
            frames = await until(again, "ended")
            kinds = [frame["type"] for frame in frames]
            assert kinds[:2] == ["matched", "message"]
            assert frames[-1] | {"reason": "left", "by": 1} == frames[-1]


@pytest.mark.parametrize("seat", [0, 1])
async def test_seen_above_the_servers_ends_it_with_reset(
    chat: Chat, trio: Opening, seat: int
) -> None:
    async with trio() as members:
        members[seat].abort()
        async with chat.stranger(cookie=members[seat].cookie, hello=False) as again:
            await again.resume(members[seat], seen={"2": 7})
            frames = await until(again, "ended")
            assert frames[-1]["reason"] == "reset"
        for other in members[:seat] + members[seat + 1 :]:
            frames = await until(other, "ended")
            assert (frames[-1]["reason"], frames[-1]["by"]) == ("reset", None)


async def test_queued_asker_resumes_with_their_question(chat: Chat) -> None:
    async with chat.stranger() as asker, chat.stranger() as one, chat.stranger() as two:
        await asker.find(role="ask", question=QUESTION, reveal=True)
        asker.abort()
        await queue_holds(0)
        await one.find(role="discuss")
        await two.find(role="discuss")
        await silence(one, two)
        async with chat.stranger(cookie=asker.cookie, hello=False) as again:
            await again.resume(asker)
            await again.hears("waiting", role="ask")
            await again.hears("matched", question=QUESTION)
            await one.hears("matched", question=QUESTION)


async def test_revealed_question_that_got_lost_is_filled_in(trio: Opening) -> None:
    async with trio(reveal=True) as (asker, one, _two):
        board = await switchboard.current()
        mine = next(c for c in board.connections.values() if c.room and c.room.seat == 1)
        deliver = board.delivery.deliver

        def lossy(event: Any) -> None:
            if not (isinstance(event, MessageEvent) and event.conn == mine.id):
                deliver(event)

        board.ledger._deliver = lossy
        await asker.send("question", text="And what would you leave?")
        await asker.hears("question", n=1)
        board.ledger._deliver = deliver
        await asker.send("question", text="And whom would you take?")
        await asker.hears("question", n=2)
        await one.hears("question", n=1)
        await one.hears("question", n=2)


async def test_revealed_question_comes_before_the_end(trio: Opening) -> None:
    async with trio(reveal=True) as (asker, one, two):
        board = await switchboard.current()
        deliver = board.ledger._deliver
        board.ledger._deliver = lambda _event: None
        await asker.send("question", text="And what would you leave?")
        await asker.hears("question", n=1)
        board.ledger._deliver = deliver
        await two.send("leave")
        await one.hears("question", n=1)
        await one.hears("ended", by=2)


@HIDDEN_OR_REVEALED
async def test_room_is_looked_over_for_what_strangers_could_read(
    trio: Opening, redis_db: redis.Redis, reveal: bool
) -> None:
    async with trio(reveal=reveal) as (asker, one, two):
        await asker.send("question", text="And what would you leave?")
        await asker.hears("question")
        if reveal:
            await one.hears("question")
            await two.hears("question")
        await one.send("leave")
        await two.hears("ended")
        assert redis_db.scard("rooms:screen") == int(reveal)


async def test_question_written_twice_counts_once(trio: Opening) -> None:
    """A call that failed half way is repeated."""
    async with trio() as (asker, _one, _two):
        board = await switchboard.current()
        relay, calls = board.store.relay, 0

        async def half_way(**kwargs: Any) -> Any:
            nonlocal calls
            calls += 1
            done = await relay(**kwargs)
            if calls == 1:
                raise redis.ConnectionError
            return done

        board.ledger._store.relay = half_way  # type: ignore[method-assign]
        await asker.send("question", text="And what would you leave?")
        await asker.hears("question", n=1)
        await asker.send("question", text="And whom would you take?")
        await asker.hears("question", n=2)


async def test_another_three_meet_after(chat: Chat, clock: Clock) -> None:
    """The same people, once they may: nothing of the last room is in the way."""
    async with chat.stranger() as asker, chat.stranger() as one, chat.stranger() as two:
        members = Trio(asker, one, two)
        await trio_meet(members)
        first = asker.room["room"]
        await one.send("leave")
        for member in members:
            await member.hears("ended")
        clock.advance(301)
        await trio_meet(members)
        assert asker.room["room"] != first


async def test_asker_who_left_is_told_nothing_said_later(trio: Opening) -> None:
    """Also when something they missed has to be looked up in a log that grows on."""
    async with trio() as (asker, one, two):
        board = await switchboard.current()
        mine = next(c for c in board.connections.values() if c.room and c.room.seat == 0)
        deliver, fill = board.ledger._deliver, board.delivery._fill

        def lossy(event: Any) -> None:
            if event.conn != mine.id:
                deliver(event)

        async def later(*args: Any, **kwargs: Any) -> None:
            await one.send("message", id="after", text="after")
            while len(await board.store.log(room=asker.room["room"])) < 2:
                pass
            await fill(*args, **kwargs)

        board.ledger._deliver = lossy
        board.delivery._fill = later  # type: ignore[method-assign]
        await one.says("before")
        await asker.send("leave")
        await asker.hears("message", text="before")
        await asker.hears("ended", reason="you_left")
        await asker.hears_nothing()
        await two.hears("message", text="before")


async def test_question_of_many_searches_is_not_even_screened(
    chat: Chat, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.LIMIT_FIND = Rate(1, 60)
    async with chat.stranger() as asker:
        await asker.find(role="ask", question=QUESTION)
        await asker.send("leave")
        monkeypatch.setattr("spymode.services.text_screen", None)
        await asker.send("find", mode="text", role="ask", question=QUESTION)
        await asker.hears("error", code="too_fast")
