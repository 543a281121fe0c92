"""What waits is given to whoever can take it, and waiting in a long queue costs nobody anything."""

from sqlalchemy import update

from counting import counted
from hub.flow import assigning, conversations
from hub.models import Conversation, Role, Seat
from talking import Talk, an_advisor


def waiting(hub, number, branch=None):
    talks = [Talk(hub, branch=branch) for _ in range(number)]
    for one in talks:
        one.write()
        one.hand_off()
    return talks


def drained(hub):
    with hub.begin() as work:
        return assigning.drain(hub, work)


def test_what_nobody_there_can_take_holds_up_nothing_behind_it(hub, monkeypatch):
    monkeypatch.setattr(assigning, "AT_ONCE", 2)
    theirs = waiting(hub, 3, "hamburg")
    ours = waiting(hub, 1, "kiel")[0]
    jonas = an_advisor(hub)
    with hub.begin() as work:
        work.session.execute(update(Conversation).values(state="waiting", owner_id=None))
        work.session.execute(update(Role).where(Role.principal_id == jonas).values(branch="kiel"))
        work.session.execute(update(Seat).values(branch="kiel"))

    drained(hub)

    assert ours.row().owner_id == jonas
    assert [one.row().owner_id for one in theirs] == [None] * 3


def test_who_passed_one_on_gets_the_next(hub):
    jonas = an_advisor(hub)
    talk = waiting(hub, 1)[0]
    talk.do(conversations.pass_on, jonas, None)

    after = waiting(hub, 1)[0]

    assert (talk.row().state, after.row().owner_id) == ("waiting", jonas)


def test_a_long_queue_costs_no_more_than_a_short_one_while_all_are_busy(hub):
    an_advisor(hub)
    waiting(hub, 6)
    with counted(hub) as few:
        drained(hub)
    waiting(hub, 6)

    with counted(hub) as many:
        assert drained(hub) == 0

    assert len(many) == len(few)
    assert not any("FOR UPDATE" in one for one in many), "nobody who writes there meanwhile has to wait"


def test_what_waits_for_a_desk_that_is_no_more_is_given_as_well(hub):
    talk = waiting(hub, 1)[0]
    with hub.begin() as work:
        work.session.execute(update(Conversation).values(desk="closed_years_ago"))

    jonas = an_advisor(hub)

    assert talk.row().owner_id == jonas
