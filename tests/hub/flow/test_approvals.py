"""Estimates answered line by line: bound to what was seen, kept once, and known to rules as advice that was declined."""

from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from hub.errors import NotFound, WrongInput
from hub.flow import approvals
from hub.flow.approvals import Answered, Changed, Said
from hub.models import AuditEntry, Estimate, EstimateLine, Message, Recommendation
from hub.own import OWN
from hub.sdk import EstimateLineRecord, EstimateRecord
from mine import an_estimate, an_owner
from shops import folded, profile, standing


@pytest.fixture
def owner(hub):
    return an_owner(hub)


def the_estimate(hub):
    with hub.look() as session:
        return session.scalars(select(Estimate)).one()


def say(hub, owner, lines, seen=None, by="customer"):
    row = the_estimate(hub)
    said = Said(owner.ref, row.ref, seen or row.content_hash.hex(), lines)
    with hub.begin() as work:
        approvals.answer(hub, work, by, said)


YES_AND_NO = {1: "approved", 2: "declined"}


def test_what_was_declined_is_declined_advice_and_what_was_approved_is_sold(hub, owner):
    folded(hub, an_estimate(owner), partner=OWN)
    before = profile(hub).recommendations_declined

    say(hub, owner, YES_AND_NO)

    (declined,) = [one for one in standing(hub, "recommendation_declined") if one.attributes["part"] == "battery"]
    assert declined.vehicle_id is not None
    assert (declined.amount_minor, declined.currency) == (18_900, "EUR")
    with hub.look() as session:
        states = {row.part: row.state for row in session.scalars(select(Recommendation))}
    assert states == {"brakes": "sold", "battery": "declined"}, (
        "the garage's own advice on the brakes is settled, not doubled"
    )
    assert profile(hub).recommendations_declined == before, "one is settled, another one came"


def test_the_chain_says_who_answered_what_and_which_version(hub, owner):
    folded(hub, an_estimate(owner), partner=OWN)

    say(hub, owner, YES_AND_NO)

    with hub.look() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "estimate_answered")).one()
    row = the_estimate(hub)
    assert (entry.actor, entry.about, entry.about_id) == ("customer", "estimate", row.id)
    assert entry.detail == {
        "customer": owner.ref, "version": 1, "seen": row.content_hash.hex(), "approved": [1], "declined": [2],
    }  # fmt: skip
    assert (row.state, row.answered_hash) == ("answered", row.content_hash)


def test_the_same_answer_twice_is_one_and_another_one_is_refused(hub, owner):
    folded(hub, an_estimate(owner), partner=OWN)

    for _ in range(2):
        say(hub, owner, YES_AND_NO)
    with pytest.raises(WrongInput, match="already"):
        say(hub, owner, {1: "declined", 2: "declined"})

    with hub.look() as session:
        told = session.scalars(select(Message.refs).where(Message.topic == "estimate_answered")).all()
    assert [one["lines"] for one in told] == [{"1": "approved", "2": "declined"}]


def test_of_two_answers_at_once_one_is_kept_and_the_other_is_told(hub, owner):
    """Two browsers of one household: whoever comes second is not silently overruled."""
    folded(hub, an_estimate(owner), partner=OWN)
    wishes = [{1: "approved", 2: "declined"}, {1: "declined", 2: "declined"}]

    def ask(lines):
        try:
            say(hub, owner, lines)
        except Answered as refusal:
            return refusal.status
        return 200

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(ask, wishes))

    assert sorted(answers) == [200, 409]
    kept = wishes[answers.index(200)]
    assert {line.number: line.answer for line in lines(hub)} == kept
    with hub.look() as session:
        told = session.scalars(select(Message.refs).where(Message.topic == "estimate_answered")).all()
    assert [one["lines"] for one in told] == [{str(number): word for number, word in kept.items()}]


def test_a_version_that_was_changed_meanwhile_is_not_answered(hub, owner):
    folded(hub, an_estimate(owner), partner=OWN)
    seen = the_estimate(hub).content_hash.hex()
    folded(hub, an_estimate(owner, version=2, brakes=33_900), partner=OWN)

    with pytest.raises(Changed):
        say(hub, owner, YES_AND_NO, seen=seen)

    assert the_estimate(hub).state == "open"
    assert [line.answer for line in lines(hub)] == [None, None]


def test_what_is_told_again_as_it_was_keeps_its_answer_and_another_price_asks_anew(hub, owner):
    folded(hub, an_estimate(owner), partner=OWN)
    say(hub, owner, YES_AND_NO)

    folded(hub, an_estimate(owner, version=2), partner=OWN)
    assert (the_estimate(hub).state, [line.answer for line in lines(hub)]) == ("answered", ["approved", "declined"])
    folded(hub, an_estimate(owner, version=3, brakes=33_900), partner=OWN)
    assert (the_estimate(hub).state, [line.answer for line in lines(hub)]) == ("open", [None, None])

    say(hub, owner, {1: "declined", 2: "approved"})
    parts = sorted(one.attributes["part"] for one in standing(hub, "recommendation_declined"))
    assert parts == ["brakes"], "the second thought stands alone"


@pytest.mark.parametrize(
    ("said", "words"),
    [({1: "approved"}, "no answer"), ({1: "approved", 2: "perhaps"}, "no answer"), ({**YES_AND_NO, 3: "approved"}, "no answer")],
    ids=["a line left out", "a word we do not know", "a line that is not there"],
)  # fmt: skip
def test_every_line_is_answered_or_none(hub, owner, said, words):
    folded(hub, an_estimate(owner), partner=OWN)

    with pytest.raises(WrongInput, match=words):
        say(hub, owner, said)

    assert the_estimate(hub).state == "open"


def test_an_estimate_that_is_over_and_one_of_somebody_else_are_not_answered(hub, owner):
    folded(hub, an_estimate(owner, valid_until=date(2026, 1, 1)), partner=OWN)
    other = an_owner(hub, "C-18", "Paul Brandt", "B XX 1")

    with pytest.raises(WrongInput, match="over"):
        say(hub, owner, YES_AND_NO)
    with pytest.raises(NotFound):
        say(hub, other, YES_AND_NO)


def test_advice_the_garage_never_told_is_made_with_its_words(hub, owner):
    record = an_estimate(owner)
    wipers = EstimateLineRecord(code="wipers", part="view", title="Wiper blades", price_minor=3_900)
    told = {**vars(record), "lines": (wipers,), "key": "E-2", "made_at": record.made_at - timedelta(days=1)}
    folded(hub, EstimateRecord(**told), partner=OWN)

    say(hub, owner, {1: "declined"})

    with hub.look() as session:
        made = session.scalars(select(Recommendation).where(Recommendation.part == "view")).one()
    assert (made.state, made.amount_minor, made.note is not None) == ("declined", 3_900, True)
    assert [one.kind for one in standing(hub) if one.about_id == made.id] == [
        "recommendation_made",
        "recommendation_declined",
    ]


def lines(hub):
    wanted = select(EstimateLine).where(EstimateLine.withdrawn_at.is_(None)).order_by(EstimateLine.number)
    with hub.look() as session:
        return session.scalars(wanted).all()
