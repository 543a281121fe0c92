"""Documents put in force from the desk: asked once, carried out part by part, taken up after a kill, never over somebody else's work."""

import pytest
from sqlalchemy import func, select

from hub import clock as moving
from hub.errors import Denied, WrongInput
from hub.flow import applying, proposals, written
from hub.flow.proposals import Overtaken, Wish
from hub.models import AuditEntry, Enrollment, JourneyVersion, Proposal
from rules import RuleError
from walking import happens, ways

JOURNEY = """\
journey: checked
title: A journey for a test
zone: Europe/Berlin
purpose: service_notice
exempt: booking
enter: {event: {kind: complaint}}
goal: {kind: survey}
steps:
  - {id: hello, message: {channel: sms, template: hello}}
  - {id: pause, wait: 3d}
tests:
  - name: they wait three days
    from: 2026-03-02
    when: [{kind: complaint, on: 2026-03-02, at: "10:15"}]
    then:
      - {on: 2026-03-02, step: hello, is: put}
      - {on: 2026-03-05, step: pause, is: over}
    ends: done
"""
LONGER = JOURNEY.replace("wait: 3d", "wait: 5d").replace("on: 2026-03-05", "on: 2026-03-07")
MARKETER, ADMIN, OTHER = "principal:1", "principal:2", "principal:3"


def wish(hub, text, name="checked", kind="journeys", **more):
    return Wish(kind, name, written.standing(hub, kind, name), text, **more)


def done(hub, number):
    while proposals.work_off(hub):
        pass
    with hub.look() as session:
        return proposals.one(session, number)


def put(hub, text, **more):
    return done(hub, proposals.propose(hub, wish(hub, text, **more), MARKETER).id)


def in_force(hub):
    with hub.look() as session:
        return session.scalars(select(JourneyVersion.text).where(JourneyVersion.ended_at.is_(None))).all()


def test_a_journey_is_put_in_force_with_its_file_and_says_what_became_of_whom(hub, noting):
    put(hub, JOURNEY)
    for number in ("C-1", "C-2"):
        happens(hub, number, "complaint")

    row = put(hub, LONGER, fate="map")

    assert (row.state, row.counts, row.step, row.steps) == ("done", {"mapped": 2}, 2, 2)
    assert in_force(hub) == [LONGER] == [written.standing(hub, "journeys", "checked")]
    assert row.former == JOURNEY


def test_pressed_twice_it_is_asked_once_and_done_again_it_changes_nothing(hub, noting):
    first, second = (proposals.propose(hub, wish(hub, JOURNEY), MARKETER) for _ in range(2))
    assert first.id == second.id

    done(hub, first.id)
    again = put(hub, JOURNEY)

    with hub.look() as session:
        count = session.scalar(select(func.count()).select_from(JourneyVersion))
    assert (again.state, again.counts, count) == ("done", {}, 1)


def test_what_is_wrong_is_told_with_its_place_before_anything_is_asked(hub):
    with pytest.raises(RuleError) as told:
        proposals.propose(hub, wish(hub, JOURNEY.replace("template: hello", "template: helo")), MARKETER)

    assert [(one.mark.line, one.mark.file) for one in told.value.problems] == [(9, "journeys/checked.yaml")]
    with hub.look() as session:
        assert session.scalars(select(Proposal)).all() == []


def test_whoever_began_from_an_older_text_is_stopped_when_asking_and_when_it_is_carried_out(hub, noting):
    put(hub, JOURNEY)
    mine, theirs = wish(hub, LONGER), wish(hub, JOURNEY.replace("for a test", "of theirs"))
    waiting = [proposals.propose(hub, one, by) for one, by in ((theirs, OTHER), (mine, MARKETER))]

    states = [done(hub, one.id) for one in waiting]

    assert [one.state for one in states] == ["done", "refused"]
    assert "Somebody else changed" in states[1].reason
    assert in_force(hub) == [theirs.text]
    with pytest.raises(Overtaken):
        proposals.propose(hub, mine, MARKETER)


class Killed(BaseException):
    """What a `kill -9` of a worker is to its transactions."""


@pytest.mark.parametrize("at", [0, 2, 5])  # opening, the second of three people, the last look
def test_killed_at_any_part_another_goes_on_from_there_and_nobody_is_counted_twice(hub, noting, clock, monkeypatch, at):
    monkeypatch.setattr(applying, "SIZE", 1)
    put(hub, JOURNEY)
    for number in ("C-1", "C-2", "C-3"):
        happens(hub, number, "complaint")
    asked = proposals.propose(hub, wish(hub, LONGER, fate="map"), MARKETER)
    advance, parts = applying.advance, []

    def until_killed(*given, keep, **more):
        def kept(*told):
            keep(*told)
            parts.append(told)
            if len(parts) == at + 1:
                raise Killed  # within the transaction: nothing of this part is kept

        return advance(*given, keep=kept, **more)

    monkeypatch.setattr(applying, "advance", until_killed)
    with pytest.raises(Killed):
        proposals.work_off(hub)
    monkeypatch.setattr(applying, "advance", advance)
    assert proposals.work_off(hub) == 0  # it is still believed to be at work

    clock.pass_by(minutes=3)
    with hub.begin() as work:
        assert proposals.overdue(work)
    row = done(hub, asked.id)

    assert (row.state, row.counts, row.step) == ("done", {"mapped": 3}, 3)
    assert len({way.version_id for way in ways(hub)}) == 1
    with hub.look() as session:
        applied = session.scalars(select(AuditEntry).where(AuditEntry.action == "journey_applied")).all()
    assert len(applied) == 2


def test_a_long_one_hands_on_after_its_turn_and_is_gone_on_with(hub, noting, monkeypatch):
    monkeypatch.setattr(applying, "SIZE", 1)
    put(hub, JOURNEY)
    for number in ("C-1", "C-2"):
        happens(hub, number, "complaint")
    asked = proposals.propose(hub, wish(hub, LONGER, fate="exit"), MARKETER)

    proposals.work_off(hub, stopping=lambda: True)
    with hub.look() as session:
        between = proposals.one(session, asked.id)
    turns = 1
    while proposals.work_off(hub, stopping=lambda: True):
        turns += 1

    assert (between.state, between.phase) == ("waiting", "others")
    assert turns == 5  # opened, two people, nobody more, nobody inside
    with hub.look() as session:
        assert (proposals.one(session, asked.id).state, proposals.one(session, asked.id).counts) == (
            "done",
            {"left": 2},
        )
        assert set(session.scalars(select(Enrollment.state))) == {"exited"}


def test_a_segment_is_put_in_force_over_everybody(hub):
    moving.turn_segments(hub)
    text = written.standing(hub, "segments", "gold_members") + "# said anew\n"

    row = done(hub, proposals.propose(hub, wish(hub, text, "gold_members", "segments"), MARKETER).id)

    assert (row.state, row.counts) == ("done", {"entered": 0, "left": 0})
    assert written.standing(hub, "segments", "gold_members") == text


def test_a_policy_needs_a_second_pair_of_eyes_and_not_its_authors(hub):
    before = written.standing(hub, "policies", "loyalty")
    asked = proposals.propose(hub, wish(hub, before + "# said anew\n", "loyalty", "policies"), ADMIN)
    assert (asked.state, proposals.work_off(hub)) == ("asked", 0)
    with pytest.raises(Denied, match="second pair of eyes"):
        proposals.approve(hub, asked.id, ADMIN)

    proposals.approve(hub, asked.id, OTHER)
    row = done(hub, asked.id)

    assert (row.state, row.second, row.former) == ("done", OTHER, before)
    with hub.look() as session:
        told = session.scalars(select(AuditEntry).where(AuditEntry.action == "policy_put")).one()
    assert (told.actor, told.detail["name"], told.detail["second"]) == (ADMIN, "loyalty", OTHER)


SYNC = """\
sync: crm
title: In step
objects:
  contact:
    ours: customer
    purpose: crm_sync
    fields:
      lang: {ours: language, transform: lower, owner: ours}
"""


def test_a_mapping_needs_it_only_where_the_way_of_a_personal_value_changes(hub):
    first = proposals.propose(hub, wish(hub, SYNC, "crm", "mappings"), ADMIN)
    assert (first.state, done(hub, first.id).state) == ("waiting", "done")

    mail = SYNC + "      mail: {ours: email, transform: email, owner: newest}\n"
    second = proposals.propose(hub, wish(hub, mail, "crm", "mappings"), ADMIN)

    assert second.state == "asked"
    proposals.withdraw(hub, second.id, ADMIN)
    assert written.standing(hub, "mappings", "crm") == SYNC


def test_what_the_folder_as_a_whole_does_not_bear_changes_nothing(hub):
    """The document alone is right; what reads it is not, with it."""
    moving.turn_segments(hub)
    before = written.standing(hub, "segments", "regulars")
    (hub.settings.config / "segments" / "reader.yaml").write_text(
        "segment: reader\ntitle: Reads another\nwhen: {segment: {in: nobody_knows}}\nexamples: []\n"
    )
    row = done(hub, proposals.propose(hub, wish(hub, before + "# more\n", "regulars", "segments"), MARKETER).id)

    assert row.state == "refused"
    assert "nobody_knows" in row.reason
    assert written.standing(hub, "segments", "regulars") == before


def test_what_has_begun_cannot_be_withdrawn(hub, noting):
    row = put(hub, JOURNEY)

    with pytest.raises(WrongInput, match="has begun"):
        proposals.withdraw(hub, row.id, MARKETER)
