"""A customer's copy of what was said, and nothing of it after they are forgotten."""

from sqlalchemy import func, select

from compliance import erasure
from compliance.coming import Came
from hub.flow import transcripts
from hub.models import Conversation, Customer, Handoff, Post, ReplyTimer
from talking import CANARY, Talk, an_advisor


def test_a_customer_gets_all_that_was_said_over_many_pages(hub, talk):
    for number in range(205):
        talk.write(f"word {number}")

    with hub.look() as session:
        (told,) = transcripts.of_customer(hub, session, talk.customer_id)

    assert [one["text"] for one in told["posts"][1:]] == [f"word {number}" for number in range(205)]
    assert told["closed_at"] is None


def test_whoever_is_forgotten_leaves_no_word_and_no_timer_and_others_stay(hub, talk):
    jonas, other = an_advisor(hub), Talk(hub)
    for one in (talk, other):
        one.write()
        one.hand_off()
        one.reply(jonas)
    with hub.look() as session:
        ref = session.get_one(Customer, talk.customer_id).ref

    request = erasure.intake(hub, ref, "test", Came("desk"))
    erasure.verify(hub, request, "test", "call_back")
    erasure.plan(hub, request, "test")
    erasure.approve(hub, request, "other")
    state = erasure.run(hub, request)

    assert state == "certified"
    with hub.look() as session:
        assert [session.scalar(select(func.count()).select_from(model)) for model in (Conversation, Handoff)] == [1, 1]
        assert session.scalar(select(func.count()).select_from(Post)) == other.row().seq
        left = session.scalars(select(ReplyTimer.conversation_id)).all()
    assert set(left) == {other.row().id}
    assert other.story()[1] == CANARY
