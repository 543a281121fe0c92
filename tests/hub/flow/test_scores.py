"""Scorers at work in a region: what they say is written, segments follow, and only what is proved comes into force."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from hub.errors import NotFound, WrongInput
from hub.flow import runs, scores
from hub.models import Customer, Enrollment, Membership, Person, Score, ScorerRun
from hub.sdk import EventRecord
from scorers import CARD, Bringing, Gut
from shops import BERLIN, KEY, at, folded
from walking import PLAIN, applied

GAIN = {"gain": 0.1, "interval": [0.05, 0.15], "proved_worse": False}


@pytest.fixture
def gut(hub):
    scorer = Gut()
    hub.plugins.register(Bringing(scorer), name="gut")
    folded(hub, BERLIN, EventRecord(customer=KEY, kind="visit", key="e", at=at("2026-11-20"), zone="Europe/Berlin"))
    return scorer


def quiet(step, steps):
    pass


def train(hub):
    return scores.train(hub, "churn", scores.today(hub), 0, quiet, "test")


def score(hub):
    return scores.score(hub, "churn", scores.today(hub), quiet)


def test_what_a_scorer_says_is_written_with_its_band_and_reasons(hub, gut):
    learned = train(hub)

    assert score(hub).rows == 1
    with hub.look() as session:
        row = session.scalars(select(Score)).one()
    assert (row.name, row.value, row.low, row.high, row.support) == (
        "churn",
        0.7,
        pytest.approx(0.6),
        pytest.approx(0.8),
        3,
    )
    assert (row.reasons, row.model, row.as_of) == (["visits.count=3:+"], learned.version, scores.today(hub))


def test_a_later_score_leaves_the_earlier_one_as_history(hub, gut, clock):
    train(hub)
    score(hub)
    clock.pass_by(days=1)
    score(hub)

    with hub.look() as session:
        assert len(session.scalars(select(Score)).all()) == 2


def test_what_was_said_on_that_day_already_is_not_written_again(hub, gut):
    train(hub)
    assert [score(hub).rows, score(hub).rows] == [1, 0]

    gut.value = 0.5

    assert score(hub).rows == 1
    with hub.look() as session:
        assert session.scalars(select(Score.value).order_by(Score.id)).all() == [0.7, 0.5]


def test_segments_that_read_the_score_follow_it(hub, gut):
    rule = hub.settings.config / "segments" / "leaving.yaml"
    rule.write_text(
        "segment: leaving\ntitle: Leaving\nowner: test\nwhen:\n  score.churn: {at_least: 0.6}\nexamples:\n"
        "  - {name: yes, now: 2026-11-25, given: {scores: [{name: churn, value: 0.7, as_of: 2026-11-24}]}, expect: in}\n"
        "  - {name: no, now: 2026-11-25, given: {scores: [{name: churn, value: 0.1, as_of: 2026-11-24}]}, expect: out}\n"
    )
    hub.book.looked_at = 0.0
    train(hub)

    applied(hub, PLAIN.replace("{event: {kind: complaint}}", "{segment: {enters: leaving}}"))

    assert score(hub).moves == 1
    with hub.look() as session:
        assert session.scalars(select(Membership.segment)).all() == ["leaving"]
        assert session.scalars(select(Enrollment.entry)).all() == ["segment"], "journeys let in whom a score brought"

    gut.value = 0.2
    assert score(hub).moves == 1


def test_whoever_asked_to_be_left_alone_meanwhile_gets_no_score(hub, gut):
    train(hub)
    facts = scores.facts_of(hub, scores.today(hub))
    given = list(gut.score(b"", facts, scores.today(hub)))
    with hub.begin() as work:
        work.session.scalars(select(Person)).one().restricted_at = work.now

    with hub.begin() as work:
        assert len(given) == 1
        assert scores._used(work, given) == []


def test_without_a_model_in_force_nothing_is_scored(hub, gut):
    with pytest.raises(NotFound, match="churn has no model in force"):
        score(hub)


def test_a_scorer_that_nobody_brings_is_told(hub):
    with pytest.raises(NotFound, match="No plugin brings a scorer “churn”"):
        train(hub)


def test_recency_is_enough_is_an_answer_and_puts_nothing_in_force(hub, gut):
    gut.card = {"worth": False, "verdict": "recency is enough"}

    learned = train(hub)

    assert (learned.promoted, learned.said) == (False, "recency is enough")
    assert scores.shelf_of(hub).champion("churn") is None


@pytest.mark.parametrize(
    ("against", "promoted"),
    [
        (None, False),
        ({"auc": GAIN}, True),
        ({"auc": {**GAIN, "interval": [-0.01, 0.2]}}, False),
        ({"auc": GAIN, "brier": {"gain": -1, "interval": [-2, -1], "proved_worse": True}}, False),
    ],
)
def test_a_challenger_is_promoted_only_when_chance_is_excluded(against, promoted):
    assert scores.judged({**CARD, "against_champion": against}, True)[0] is promoted


def test_a_rollback_is_audited(hub, gut):
    first = train(hub).version
    gut.card = {"against_champion": {"auc": GAIN}}
    train(hub)

    assert scores.rollback(hub, "churn", "somebody") == first


# --- runs


def settled(hub):
    with hub.look() as session:
        return [(row.verb, row.state) for row in session.scalars(select(ScorerRun).order_by(ScorerRun.id))]


def test_a_region_that_was_opened_today_has_no_yesterday(hub, gut):
    assert runs.queue_due(hub) == 0


def test_the_clock_asks_once_a_day_and_a_process_works_it_off(hub, gut, clock):
    clock.pass_by(days=1)
    assert runs.queue_due(hub) == 2
    assert runs.queue_due(hub) == 0

    while runs.work_off(hub, "me"):
        pass

    assert settled(hub) == [("train", "done"), ("score", "done")]
    clock.pass_by(days=1)
    assert runs.queue_due(hub) == 1  # a model is kept for a week


def test_a_run_whose_process_died_is_taken_up_again(hub, gut, clock):
    runs.begin(hub, "churn", "train", scores.today(hub), "dead")
    assert not runs.work_off(hub, "me")

    clock.pass_by(minutes=11)

    assert runs.work_off(hub, "me")
    assert settled(hub) == [("train", "done")]


@pytest.mark.parametrize("error", [WrongInput("too few"), RuntimeError("a defect")])
def test_a_scorer_that_fails_is_refused_and_ends_nobody(hub, gut, error):
    gut.breaks = error
    runs.begin(hub, "churn", "train", scores.today(hub) - timedelta(days=1), "me")
    with hub.begin() as work:
        row = work.session.scalars(select(ScorerRun)).one()
        row.state = "waiting"

    assert runs.work_off(hub, "me")
    assert settled(hub) == [("train", "refused")]


def test_a_customer_is_there_to_be_scored(hub, gut):
    with hub.look() as session:
        assert session.scalars(select(Customer)).one().ref
    assert replace(gut, value=0.1).value == 0.1
