"""Several journeys on a virtual clock give way to each other as they do when messages go."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hub.flow.rivals import Wanting
from hub.flow.side_by_side import spoken
from hub.flow.simulating import simulate
from rules.parse import read_text
from rules.read_sending import read_sending
from walking import PLAIN, applied, happens

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
DAY = timedelta(days=1)
RULES = "caps: [{purpose: marketing, most: 1, within: 7d}]\nstale_after: {marketing: 3d}\n"


def sending(rules=RULES):
    return read_sending(read_text(rules.encode(), "sending.yaml"))


def a_want(journey, euros=0.0, after=timedelta(), purpose="marketing"):
    return Wanting(NOW + after, purpose, "mail", journey, None, 100.0 * euros, "EUR" if euros else "")


def told(wants, rules=RULES, until=NOW + 30 * DAY):
    return [
        (one.journey, one.sent_at - NOW if one.sent_at else one.why) for one in spoken(sending(rules), wants, until)
    ]


def test_at_one_moment_the_dearest_goes_and_the_other_was_outranked_where_it_cannot_wait_so_long():
    assert told([a_want("wash", 2), a_want("brakes", 40)]) == [("brakes", timedelta()), ("wash", "outranked")]


def test_what_may_wait_goes_when_there_is_room_again():
    patient = RULES.replace("3d", "20d")

    assert told([a_want("wash", 2), a_want("brakes", 40)], patient) == [("brakes", timedelta()), ("wash", 7 * DAY)]


def test_what_was_told_already_is_outranked_by_nothing_and_takes_the_place_of_what_comes_later():
    assert told([a_want("wash", 2), a_want("brakes", 40, DAY)]) == [("wash", timedelta()), ("brakes", "stale")]


def test_what_nobody_has_to_wait_for_goes_and_what_still_waits_at_the_end_is_not_told():
    wants = [a_want("wash"), a_want("rights", purpose="rights"), a_want("late", after=60 * DAY)]

    assert told(wants, RULES + "exempt: [rights]\n") == [("wash", timedelta()), ("rights", timedelta())]


def test_a_simulation_counts_who_would_have_given_way_to_another_journey_in_force(hub, noting, clock):
    hub.book.stand = replace(hub.book.stand, sending=sending(RULES.replace("marketing", "service_notice")))
    rule, _ = applied(hub)
    for number in range(3):
        happens(hub, f"C-{number}", "complaint")
    clock.pass_by(days=5)
    alone = simulate(hub, rule, months=1)
    applied(hub, PLAIN.replace("journey: checked", "journey: dearer\nworth: {margin: 60 EUR, chance: 0.5}"))

    beside = simulate(hub, rule, months=1)

    assert (alone.sends.total(), alone.unsent) == (3, {})
    assert (beside.sends.total(), beside.unsent) == (0, {"outranked": 3})
    assert beside.log == alone.log
