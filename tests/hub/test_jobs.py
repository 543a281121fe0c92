"""A drain: how long it rests between two looks."""

import pytest

from hub import jobs
from hub.flow import pipeline
from hub.flow.pipeline import TAKE


class Ending:
    """Nobody ends, and no rest takes time."""

    def __init__(self):
        self.rests = 0

    def is_set(self):
        return False

    def wait(self, seconds):
        assert seconds <= jobs.PACE
        self.rests += 1


@pytest.fixture
def rests(hub, monkeypatch):
    """How often a drain rests that finds so many deliveries at each of its looks."""

    def rests(*found):
        left, ending = iter(found), Ending()
        monkeypatch.setattr(jobs, "_ending", ending)
        monkeypatch.setattr(pipeline, "process", lambda *_: next(left, 0))
        jobs.serve(hub)
        jobs.drain("club")
        return ending.rests

    return rests


def test_one_delivery_is_looked_after_without_a_rest(rests):
    assert rests(1) == 0


def test_while_a_little_comes_at_every_look_the_looks_rest_so_that_more_shares_a_transaction(rests):
    assert rests(1, 2, 1, 3) == 3


def test_a_backlog_is_worked_off_without_a_rest(rests):
    assert rests(TAKE, TAKE, TAKE, 7) == 0


def test_what_others_were_told_is_taken_in_once_a_pace(hub, rests, monkeypatch):
    asked = []
    monkeypatch.setattr(hub.bell, "first_of_all", lambda: asked.append(1) or [])
    monkeypatch.setattr(jobs, "_first_at", -jobs.PACE)
    rests(TAKE, TAKE)
    eager = len(asked)
    monkeypatch.setattr(jobs.time, "monotonic", lambda: jobs._first_at + jobs.PACE / 2)

    rests(TAKE, TAKE)

    assert (eager > 1, len(asked)) == (True, eager)
