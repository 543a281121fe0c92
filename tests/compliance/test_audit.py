"""The chain of audit entries tells on every edit, insertion, deletion, change of order and cut."""

import json
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import delete, select, text, update

from compliance import audit
from hub.clock import ANCHORS, seal_audit
from hub.flow import seals
from hub.gate import PASS
from hub.ids import first_at
from hub.models import Anchor, AuditEntry, AuditSeal

ALLOWED = {PASS: True, "synchronize_session": False}


@pytest.fixture
def sealed(hub):
    """Three turns of the sealer over six entries, and two more that wait."""
    for turn in range(3):
        with hub.begin() as work:
            for number in range(2):
                work.audit("petra", "looked", "customer", turn * 10 + number, page=number)
        seal_audit(hub)
    with hub.begin() as work:
        work.audit("petra", "looked", "customer", 99)
    return hub


def positions(hub):
    with hub.look() as session:
        return [row.position for row in session.query(AuditSeal).order_by(AuditSeal.position)]


def test_a_whole_chain_has_no_problems_and_its_unsealed_tail_is_stated(sealed):
    found = audit.verify(sealed)

    assert found.problems == []
    assert found.unsealed == 1
    assert found.sealed == len(positions(sealed))
    assert found.anchors >= 3


def test_an_entry_that_was_changed_is_named(sealed):
    with sealed.begin() as work:
        row = work.session.query(AuditSeal).order_by(AuditSeal.position.desc()).first()
        work.session.execute(update(AuditEntry).where(AuditEntry.id == row.entry_id).values(actor="nobody"))

    [problem] = audit.verify(sealed).problems

    assert problem == f"position {row.position}: entry {row.entry_id} was changed after it was sealed"


def test_an_entry_that_was_deleted_is_named(sealed):
    with sealed.begin() as work:
        row = work.session.query(AuditSeal).order_by(AuditSeal.position).first()
        work.session.execute(delete(AuditEntry).where(AuditEntry.id == row.entry_id), execution_options=ALLOWED)

    assert f"position {row.position}: entry {row.entry_id} was deleted" in audit.verify(sealed).problems


def test_a_seal_that_was_taken_out_breaks_the_chain(sealed):
    middle = positions(sealed)[len(positions(sealed)) // 2]
    with sealed.begin() as work:
        work.session.execute(delete(AuditSeal).where(AuditSeal.position == middle), execution_options=ALLOWED)

    assert f"position {middle}: a sealed entry is missing" in audit.verify(sealed).problems


def test_two_seals_that_changed_places_break_the_chain(sealed):
    first, second = positions(sealed)[:2]
    with sealed.begin() as work:
        rows = {row.position: (row.text, row.entry_id) for row in work.session.query(AuditSeal)}
        for at, (text, entry) in (
            (first, (rows[second][0], -1)),
            (second, (rows[first][0], -2)),
            (first, rows[second]),
        ):
            work.session.execute(update(AuditSeal).where(AuditSeal.position == at).values(text=text, entry_id=entry))

    assert any("the chain breaks here" in problem for problem in audit.verify(sealed).problems)


def test_a_tail_that_was_cut_is_missed_even_with_its_anchors(sealed):
    """Whoever rules the database cannot rule the file of anchors."""
    last = positions(sealed)[-1]
    with sealed.begin() as work:
        for model in (AuditSeal, Anchor):
            work.session.execute(delete(model).where(model.position >= last - 1), execution_options=ALLOWED)

    problems = audit.verify(sealed).problems

    assert f"position {last}: the file of anchors has an anchor, the chain ends before it" in problems


def test_an_anchor_that_somebody_else_wrote_is_found(sealed):
    path = sealed.region.folder / ANCHORS
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    lines[-1]["signature"] = "00" * 64
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))

    [problem] = audit.verify(sealed).problems

    assert "is not signed by this region" in problem


def test_a_line_that_a_crash_cut_short_is_written_again(sealed):
    path = sealed.region.folder / ANCHORS
    whole = path.read_text()
    path.write_text(whole[:-40] + "\n")

    seal_audit(sealed)

    assert audit.verify(sealed).problems == []


@pytest.mark.postgres
@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_no_flow_waits_for_the_sealer(hub):
    """It holds nothing that an append needs: others append and commit while it is in the middle of its turn."""
    with hub.begin() as work:
        work.audit("petra", "looked", "customer", 1)

    with hub.begin() as sealing:
        assert seals.seal(sealing) >= 1
        sealing.session.flush()
        with hub.begin() as work:
            work.session.execute(text("SET LOCAL lock_timeout = '2s'"))
            work.audit("petra", "looked", "customer", 2)

    seal_audit(hub)
    found = audit.verify(hub)
    assert (found.problems, found.unsealed) == ([], 0)


def test_an_entry_that_committed_late_is_left_out_of_the_frequent_look_and_found_by_the_minutes(hub):
    """The frequent look is told by its own count: it reads back no further than nearly every transaction lasts."""
    with hub.begin() as work:
        late = first_at(work.now - seals.SOON - timedelta(seconds=1))
        work.audit("petra", "looked", "customer", 1)
    seal_audit(hub)
    with hub.begin() as work:
        work.audit("petra", "imported", "customer", 2)
        work.entries[-1] = {**work.entries[-1], "id": late}

    assert seal_audit(hub, seals.SOON) == 0
    assert seal_audit(hub) == 1
    assert audit.verify(hub).problems == []


def test_what_was_taken_back_to_a_savepoint_is_in_no_entry_and_what_stood_before_is(hub):
    with hub.begin() as work:
        work.audit("anna", "before", "person", 1)
        with suppress(KeyError), work.savepoint():
            work.audit("anna", "inside", "person", 1)
            raise KeyError
        work.audit("anna", "behind", "person", 1)

    with hub.look() as session:
        assert session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()[-2:] == ["before", "behind"]
