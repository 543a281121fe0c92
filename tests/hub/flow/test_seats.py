"""Who is there, for which branch, and with how much at hand."""

from hub.flow import seats
from hub.models import Role, Seat
from talking import an_advisor


def test_an_advisor_of_one_branch_takes_that_branchs_conversations_only(hub):
    jonas = an_advisor(hub)
    with hub.begin() as work:
        work.session.query(Role).filter(Role.principal_id == jonas).update({"branch": "kiel"})

    with hub.begin() as work:
        assert seats.sit(work, jonas, ["de"]).branch == "kiel"


def test_somebody_who_went_away_or_fell_silent_is_not_there(hub, clock):
    jonas = an_advisor(hub)
    with hub.begin() as work:
        seat = work.session.get(Seat, jonas)
        assert seats.is_here(seat, work.now, 60)
        clock.pass_by(seconds=61)
        assert not seats.is_here(seat, clock.now, 60)
        assert not seats.is_here(None, clock.now, 60)
        seats.sit(work, jonas, ["de"], "away")
        assert not seats.is_here(seat, work.now, 60)


def test_a_sign_of_life_tells_whether_there_was_a_silence(hub, clock):
    jonas = an_advisor(hub)
    with hub.begin() as work:
        assert not seats.beat(work, jonas)
    clock.pass_by(seconds=40)
    with hub.begin() as work:
        assert seats.beat(work, jonas)
        assert not seats.beat(work, 1), "nobody's seat"
