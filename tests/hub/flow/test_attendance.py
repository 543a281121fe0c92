"""Advisors who vanish lose what waits, and keep what does not."""

from hub import clock as moving
from hub.flow import seats
from talking import an_advisor


def still_here(hub, *advisors):
    with hub.begin() as work:
        for one in advisors:
            seats.beat(work, one)


def test_a_minute_without_a_sign_of_life_and_what_waits_goes_to_somebody_else(hub, clock, talk):
    jonas, mira = an_advisor(hub), an_advisor(hub, "Mira", "ar")
    talk.write()
    talk.hand_off()
    assert talk.row().owner_id == jonas

    clock.pass_by(seconds=50)
    still_here(hub, mira)
    moving.tick(hub)
    assert talk.row().owner_id == jonas, "a page may be slow"
    clock.pass_by(seconds=15)
    moving.tick(hub)

    assert talk.row().owner_id == mira
    assert talk.story()[-2:] == ["vanished", "assigned"]


def test_a_conversation_that_waits_for_the_customer_stays_with_its_advisor(hub, clock, talk):
    jonas = an_advisor(hub)
    talk.write()
    talk.hand_off()
    talk.reply(jonas)

    clock.pass_by(hours=3)
    moving.tick(hub)

    assert talk.row().owner_id == jonas


def test_whoever_comes_back_gets_what_waited(hub, clock, talk):
    jonas = an_advisor(hub)
    talk.write()
    talk.hand_off()
    clock.pass_by(minutes=3)
    moving.tick(hub)
    assert talk.row().state == "waiting"

    still_here(hub, jonas)
    moving.tick(hub)

    assert talk.row().owner_id == jonas
