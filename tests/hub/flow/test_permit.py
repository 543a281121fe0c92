"""May it go now? Asked of quiet hours, caps and age at the moment a message would go."""

import threading
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from hub.core import Hub
from hub.flow import outbox, pipeline
from hub.flow.outbox import Intent
from hub.models import Customer, Message
from rules.errors import RuleError
from rules.hours import Calendar, Season
from rules.parse import read_text
from rules.read_sending import load_sending, read_sending

RULES = """
exempt: [rights]
stale_after: {service_notice: 2d}
quiet: {default: {from: "21:00", until: "08:00", channels: [sms], source: custom, reviewed_on: 2026-11-26}}
caps: [{purpose: service_notice, channel: sms, most: 2, within: 7d}]
"""


@pytest.fixture
def customer(hub, noting, told_by_club) -> int:
    told_by_club(member_id="m-1", phone="+493012345", version=1)
    noting["texts"].told.clear()
    obey(hub)
    with hub.look() as session:
        return session.scalars(select(Customer.id)).one()


def obey(hub: Hub, rules: str = RULES) -> None:
    hub.book.stand = replace(hub.book.stand, sending=read_sending(read_text(rules.encode(), "sending.yaml")))


def put(hub: Hub, customer_id: int, *keys: str, topic: str = "service_notice") -> None:
    with hub.begin() as work:
        ref = work.session.get_one(Customer, customer_id).ref
        intents = [Intent(topic, ref, key, {"customer_id": customer_id}) for key in keys]
        outbox.put(work, hub.partner("texts"), intents)


def send(hub: Hub, rounds: int = 4) -> None:
    for _ in range(rounds):
        pipeline.send(hub, hub.partner("texts"), Random(1))


def stands(hub: Hub) -> list[tuple[str, str]]:
    with hub.look() as session:
        rows = session.execute(select(Message.state, Message.why).order_by(Message.id))
        return [(state, why) for state, why in rows]


def at(clock, text: str) -> None:
    clock.now = datetime.fromisoformat(text).replace(tzinfo=UTC)


def told(noting) -> list[str]:
    return [push.key for push in noting["texts"].told]


def test_by_day_it_goes_and_by_night_it_waits_for_the_morning_there(hub, noting, customer, clock):
    put(hub, customer, "day")
    send(hub)
    at(clock, "2026-11-25T20:30:00")  # 21:30 in Berlin
    put(hub, customer, "night")
    send(hub)
    assert (told(noting), stands(hub)) == (["day"], [("sent", ""), ("waiting", "quiet_hours")])

    at(clock, "2026-11-26T06:59:00")
    send(hub)
    assert told(noting) == ["day"]
    at(clock, "2026-11-26T07:00:01")
    send(hub)

    assert told(noting) == ["day", "night"], "once, and it was no failed attempt"
    with hub.look() as session:
        assert session.scalars(select(Message.attempts)).all() == [1, 1]


@pytest.mark.parametrize(
    ("asked", "goes"),
    [("2026-10-24T21:30:00", "2026-10-25T07:00:01"), ("2026-03-28T21:30:00", "2026-03-29T06:00:01")],
    ids=["clocks go back", "clocks go forward"],
)
def test_in_a_night_that_the_clocks_change_morning_is_still_at_eight(hub, noting, customer, clock, asked, goes):
    at(clock, asked)
    put(hub, customer, "one")
    send(hub)
    at(clock, goes.replace(":00:01", ":00:00").replace("07:00", "06:59").replace("06:00", "05:59"))
    send(hub)
    assert told(noting) == []
    at(clock, goes)
    send(hub)

    assert told(noting) == ["one"]


def test_what_is_over_the_cap_goes_when_the_first_is_a_week_old(hub, noting, customer, clock):
    put(hub, customer, "one", "two")
    send(hub)
    obey(hub, RULES.replace("2d", "9d"))
    clock.pass_by(days=1)
    put(hub, customer, "three")
    send(hub)
    assert (told(noting), stands(hub)[-1]) == (["one", "two"], ("waiting", "cap"))

    clock.pass_by(days=6, seconds=1)
    send(hub)

    assert told(noting) == ["one", "two", "three"]


def test_what_would_be_too_old_by_then_is_refused_at_once(hub, noting, customer, clock):
    put(hub, customer, "one", "two", "three")
    send(hub)

    assert told(noting) == ["one", "two"]
    assert stands(hub)[-1] == ("refused", "stale")
    with hub.look() as session:
        reason = session.scalars(select(Message.reason).order_by(Message.id.desc())).first()
    assert reason == ("2 service_notice by sms within 7 days are the most, and by then it would be older than 2 days")


def test_what_an_outage_held_up_too_long_is_not_sent_after_it(hub, noting, customer, clock):
    put(hub, customer, "one")
    clock.pass_by(days=2, minutes=1)
    send(hub)

    assert (told(noting), stands(hub)) == ([], [("refused", "stale")])


def test_what_waits_for_the_morning_holds_up_its_own_kind_only(hub, noting, customer, clock):
    at(clock, "2026-11-25T22:00:00")
    put(hub, customer, "notice")
    send(hub)
    obey(hub, RULES.replace("channels: [sms]", "channels: [push]"))
    put(hub, customer, "later notice")
    put(hub, customer, "tier", topic="tier_changed")
    send(hub)

    assert told(noting) == ["tier"], "the later notice stays behind the earlier one"


def test_without_rules_and_for_exempt_purposes_nobody_waits(hub, noting, customer, clock):
    at(clock, "2026-11-25T22:00:00")
    obey(hub, "exempt: [service_notice]\n" + RULES.replace("exempt: [rights]", ""))
    put(hub, customer, "one", "two", "three")
    send(hub)

    assert told(noting) == ["one", "two", "three"]


def test_two_workers_do_not_both_use_the_last_allowance(hub, noting, customer):
    obey(hub, RULES.replace("most: 2", "most: 1"))
    put(hub, customer, "one")
    put(hub, customer, "two", topic="tier_changed")  # the same purpose, and not behind the first
    meet = threading.Barrier(2)

    def work() -> None:
        meet.wait()
        for _ in range(8):
            pipeline.send(hub, hub.partner("texts"), Random(1))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()

    assert len(told(noting)) == 1
    assert sorted(state for state, _ in stands(hub)) in (["refused", "sent"], ["sent", "waiting"])


def test_every_message_that_does_not_go_has_one_reason_of_the_list(hub, noting, customer, clock):
    put(hub, customer, "no consent", topic="marketing")
    put(hub, customer, "one", "two", "three")
    send(hub)

    left = [why for state, why in stands(hub) if state != "sent"]

    assert len(left) == 2
    assert set(left) <= set(outbox.WHY)


def test_quiet_hours_that_end_in_the_hour_that_comes_twice_never_end_in_the_past():
    quiet = read_sending(read_text(RULES.replace("08:00", "02:30").encode(), "sending.yaml")).quiet["default"]
    again = datetime(2026, 10, 25, 1, 10, tzinfo=UTC)  # 02:10 in Berlin, for the second time

    assert quiet.over_at(again, "Europe/Berlin") == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


GULF = Calendar("gulf", "Asia/Dubai", ((),) * 7, (Season(date(2026, 2, 18), date(2026, 3, 19), ((),) * 7, "ramadan"),))
RAMADAN = """
quiet:
  AE:
    from: "21:00"
    until: "09:00"
    channels: [sms]
    source: custom
    reviewed_on: 2026-11-27
    seasons: [{calendar: gulf, season: ramadan, hours: [["16:30", "18:00"], ["18:00", "20:30"], ["00:30", "10:00"]]}]
"""


@pytest.mark.parametrize(
    ("local", "ends"),
    [
        ("2026-02-17T20:59", None),
        ("2026-02-17T21:30", "2026-02-18T10:00"),  # the night before: its own end, and then the first morning's
        ("2026-02-18T12:00", None),
        ("2026-02-18T16:30", "2026-02-18T20:30"),  # two spans that follow each other are one
        ("2026-02-18T22:00", None),
        ("2026-02-19T00:30", "2026-02-19T10:00"),
        ("2026-03-19T23:00", None),
        ("2026-03-20T21:00", "2026-03-21T09:00"),
    ],
)
def test_in_ramadan_the_quiet_hours_are_those_of_ramadan(local, ends):
    rules = read_sending(read_text(RAMADAN.encode(), "sending.yaml"), calendars={"gulf": GULF})
    zone = ZoneInfo("Asia/Dubai")
    over = rules.quiet["AE"].over_at(datetime.fromisoformat(local).replace(tzinfo=zone).astimezone(UTC), "Asia/Dubai")
    assert (over and f"{over.astimezone(zone):%Y-%m-%dT%H:%M}") == ends


def test_our_own_calendar_says_when_ramadan_is():
    seasons = load_sending(Path(__file__).parents[3] / "config").quiet["AE"].seasons
    assert [one.first for one in seasons] == [date(2026, 2, 18), date(2027, 2, 8)]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("calendar: gulf", "calendar: golf", "There is no calendar “golf”. Did you mean “gulf”?"),
        ("season: ramadan", "season: ramdan", "“gulf” has no season “ramdan”. Did you mean “ramadan”?"),
        ('["16:30", "18:00"]', '["half past four", "18:00"]', "sending.yaml:9:58: “half past four” is no time of day."),
        ('["16:30", "18:00"]', '["18:00", "18:00"]', "These quiet hours are empty."),
        ('["16:30", "18:00"]', '"16:30"', "Quiet hours of a season are pairs."),
    ],
)
def test_a_mistake_in_a_season_is_told_with_its_place(old, new, said):
    with pytest.raises(RuleError) as told:
        read_sending(read_text(RAMADAN.replace(old, new, 1).encode(), "sending.yaml"), calendars={"gulf": GULF})
    assert said in str(told.value)


def wrong(rules: str) -> str:
    with pytest.raises(Exception, match=r"sending\.yaml:\d+:\d+") as found:
        read_sending(read_text(rules.encode(), "sending.yaml"), ("marketing", "service_notice"), ("eu", "gcc"))
    return str(found.value)


@pytest.mark.parametrize(
    ("rules", "said"),
    [
        ("quite: {}", "sending.yaml:1:1: “quite” is no key here. Did you mean “quiet”?"),
        ("caps: [{purpose: marketing, most: 0, within: 7d}]", "“most” must be a whole number from 1 to 1,000."),
        ("caps: [{most: 3, within: soon}]", "“soon” is no span of time."),
        ("caps: [{most: 3, within: 7d, channel: pigeon}]", "“pigeon” is no channel to people."),
        ('quiet: {default: {from: "21:00", until: "8"}}', "“until” must be a time of day."),
        ('quiet: {default: {from: "21:00+02:00", until: "08:00"}}', "“from” must be a time of day."),
        (
            'quiet: {SG: {from: "21:00", until: "09:00", channels: [sms]}}',
            "Quiet hours name where they were read, and when.",
        ),
        (
            "caps: [{purpose: marketng, most: 3, within: 7d}]",
            "Nothing is sent for “marketng”. Did you mean “marketing”?",
        ),
        ("stale_after: {marketng: 3d}", "sending.yaml:1:15: Nothing is sent for “marketng”."),
        (
            'quiet: {Singapur: {from: "21:00", until: "09:00", channels: [], source: law, reviewed_on: 2026-11-26}}',
            "“Singapur” is no jurisdiction.",
        ),
        ("exempt: security", "“exempt” must be a list."),
        ("caps: [{most: 1, within: 7d, per: car}]", "“car” is nothing that messages are counted for."),
        ("stale_after: [3d]", "“stale_after” must be a mapping."),
        ("throttle: {default: {sms: {per_second: 0}}}", "“per_second” must be a whole number from 1 to 10,000."),
        ("throttle: {default: {sms: {}}}", "“sms” names no limit."),
        ("throttle: {default: {pigeon: {per_day: 10}}}", "“pigeon” is no channel to people."),
        ("throttle: {default: {sms: {per_minute: 9}}}", "“per_minute” is no key here."),
        ("throttle: {gc: {sms: {per_day: 10}}}", "sending.yaml:1:12: There is no region “gc”. Did you mean “gcc”?"),
    ],
)
def test_a_mistake_in_the_file_is_told_with_its_place(rules, said):
    assert said in wrong(rules)
