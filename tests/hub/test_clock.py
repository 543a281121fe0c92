"""There is one clock, it finds what was left behind, and it turns epochs."""

import socket
import subprocess
import sys
from datetime import timedelta

from sqlalchemy import select, update

from hub import clock as moving
from hub.flow import outbox, pipeline
from hub.models import Epoch, Message
from partners import DICE
from walking import applied, happens, trace, ways


def test_one_clock_is_elected_and_another_takes_over_when_it_falls_silent(hub, clock):
    assert moving.elect(hub, "first")
    assert not moving.elect(hub, "second")
    assert moving.elect(hub, "first")

    clock.pass_by(seconds=11)

    assert moving.elect(hub, "second")
    assert not moving.elect(hub, "first")


def test_nobody_waits_for_the_lease_of_a_clock_that_was_killed(hub):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    moving.elect(hub, f"{socket.gethostname()}:{dead.pid}")

    assert moving.elect(hub, "second")


def test_a_clock_that_stops_makes_way_at_once(hub):
    moving.elect(hub, "first")

    moving.release(hub, "first")

    assert moving.elect(hub, "second")


def test_the_sweep_rings_for_what_waits_after_valkey_lost_everything(hub, noting, told_by_club):
    told_by_club(member_id="m-1", tier="gold", version=1, drain=False)
    hub.bell.redis.flushall()
    assert hub.bell.queue.get_job_ids() == []

    woken = moving.tick(hub)

    assert woken == 1
    assert hub.bell.queue.get_job_ids() == ["drain-club-1"]


def test_the_sweep_wakes_somebody_even_when_the_bell_lies_with_a_dead_worker(hub, noting, told_by_club):
    told_by_club(member_id="m-1", tier="gold", version=1, drain=False)
    hub.bell.queue.connection.lpop(hub.bell.queue.key)  # a worker took it and was killed; RQ still knows the job

    hub.bell.ring(["club"])
    assert hub.bell.queue.get_job_ids() == []
    moving.tick(hub)

    assert hub.bell.queue.get_job_ids() == ["drain-club-1"]


def test_the_sweep_gives_back_what_a_dead_worker_had_claimed(hub, noting, told_by_club, clock):
    told_by_club(member_id="m-1", tier="gold", version=1, drain=False)
    pipeline.process(hub, hub.partners["club"], DICE)
    with hub.begin() as work:
        claims = outbox.claim(work, hub.partners["crm"], 10, lease=6)
    clock.pass_by(seconds=7)

    moving.tick(hub)

    with hub.look() as session:
        row = session.get(Message, claims[0].id)
        assert (row.state, row.doubtful, row.reason) == ("waiting", True, "the lease ran out")


def test_a_blind_message_whose_worker_died_is_unknown_and_not_repeated(hub, noting, told_by_club, clock):
    told_by_club(member_id="m-1", tier="gold", version=1, phone="+493012345", drain=False)
    pipeline.process(hub, hub.partners["club"], DICE)
    with hub.begin() as work:
        claims = outbox.claim(work, hub.partners["texts"], 10, lease=6)
    clock.pass_by(seconds=7)

    moving.tick(hub)

    with hub.look() as session:
        assert session.get(Message, claims[0].id).state == "unknown"


def test_a_resting_connection_is_not_woken(hub, noting, told_by_club, clock):
    told_by_club(member_id="m-1", tier="gold", version=1, drain=False)
    pipeline.process(hub, hub.partners["club"], DICE)
    with hub.begin() as work:
        from hub.models import Connection

        work.session.execute(update(Connection).values(rest_until=work.now + timedelta(minutes=5)))

    assert moving.tick(hub) == 0


def test_the_clock_turns_an_epoch_after_28_days_and_destroys_it_35_days_later(hub, clock):
    clock.pass_by(days=29)
    moving.turn_epoch(hub)
    clock.pass_by(days=36)
    moving.turn_epoch(hub)

    with hub.look() as session:
        epochs = session.scalars(select(Epoch).order_by(Epoch.number)).all()
    assert [epoch.destroyed_at is not None for epoch in epochs] == [True, False, False]
    assert not (hub.region.folder / "keys" / "epoch-000001.key").exists()


def test_the_clock_wakes_at_a_moment_and_not_at_the_next_sweep(hub, noting, clock, monkeypatch):
    """A wait that ends in a second is over in a second, though the sweep is an hour away."""
    applied(hub)
    happens(hub, "C-1", "complaint")
    clock.now = ways(hub)[0].wake_at - timedelta(seconds=1)
    slept = []

    def sleep(seconds):
        slept.append(round(seconds))
        clock.pass_by(seconds=seconds)

    monkeypatch.setattr(moving.time, "sleep", sleep)
    moving.rest(hub, lambda: len(slept) > 3, 3600)

    assert slept[0] == 1
    assert trace(hub)[-1] == ("pause", "over")


def test_what_stays_due_whatever_is_done_waits_for_the_sweep(hub, clock, monkeypatch):
    slept = []
    monkeypatch.setattr(moving.time, "sleep", slept.append)
    stuck = clock.now - timedelta(hours=1)
    monkeypatch.setattr(moving, "next_moment", lambda hub: stuck)

    moving.rest(hub, lambda: False, 60)

    assert [round(one) for one in slept] == [0, 60]


def test_between_two_sweeps_what_is_due_is_rung_for_each_second_and_not_in_heaps(hub, monkeypatch):
    slept, rung = [], []
    monkeypatch.setattr(moving, "rest", lambda hub, stopping, seconds: slept.append(seconds))
    monkeypatch.setattr(moving.outbox, "overdue", lambda session, now: {hub.partners["club"].id, 0})
    monkeypatch.setattr(hub.bell, "ring", rung.append)

    moving.between(hub, lambda: False, 3.0)

    assert (slept, rung) == ([1.0] * 3, [["club"]] * 2)
    moving.between(hub, lambda: False, 0.5)
    assert (slept[3:], len(rung)) == ([0.5], 2)


def test_a_bell_that_was_just_rung_is_not_rung_again_and_after_the_last_look_it_is(hub, monkeypatch):
    rung = []
    monkeypatch.setattr(hub.bell, "_enqueue", lambda connection, generation: rung.append((connection, generation)))
    for _ in range(3):
        hub.bell.ring(["club"])
    hub.bell.raise_generation("club")
    hub.bell.ring(["club", "shop"])
    assert rung == [("club", 0), ("club", 1), ("shop", 0)]

    hub.bell.redis.flushall()
    hub.bell.ring_anew(["club"])
    assert rung[3:] == [("club", 1)]
