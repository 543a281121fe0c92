"""Dead letters: those of one cause stand together, and are replayed or discarded together or one by one."""

import pytest
from sqlalchemy import select

from desks import Traffic, Visitor
from hub.core import Hub
from hub.models import AuditEntry, DataKey, DeadLetter, Delivery, Message
from portal.letters import REASONS, causes


def test_letters_of_one_cause_stand_together(hub: Hub, traffic: Traffic) -> None:
    with hub.look() as session:
        found = causes(hub, session)

    assert [(one.connection, one.code, one.count, one.incoming) for one in found] == [
        ("hubspot_eu", "refused", 6, False),
        ("import_eu", "wrong_input", 1, True),
        ("sms_eu", "gone", 1, False),
    ]
    assert found[0].letter == traffic.letters["refused"][0]
    assert (found[0].topic, found[0].tries) == ("segment_entered", 1)


def test_one_is_replayed_and_the_others_stay(hub: Hub, traffic: Traffic, operator: Visitor) -> None:
    letter = traffic.letters["refused"][0]

    answer = operator.post(f"/operations/dead-letters/{letter}/replay", {"token": operator.token()})

    assert answer.headers["Location"].endswith("?done=replayed&count=1")
    assert _states(hub, "refused", traffic) == ["waiting"] + ["dead"] * 5
    assert _open(hub) == 7


def test_all_like_it_are_replayed_and_no_other(hub: Hub, traffic: Traffic, operator: Visitor) -> None:
    letter = traffic.letters["refused"][2]

    answer = operator.post(f"/operations/dead-letters/{letter}/replay", {"token": operator.token(), "all": "1"})

    assert "6 dead letters go their way once more" in operator.get(answer.headers["Location"]).text
    assert _states(hub, "refused", traffic) == ["waiting"] * 6
    assert _open(hub) == 2
    with hub.look() as session:
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "dead_letter_replayed")).all()
    assert len(entries) == 6
    assert all(entry.actor.startswith("principal:") for entry in entries)


@pytest.mark.parametrize("reason", ["", "because Zoë asked", "replayed"])
def test_discarding_needs_one_of_the_reasons(hub: Hub, traffic: Traffic, operator: Visitor, reason: str) -> None:
    letter = traffic.letters["gone"][0]

    answer = operator.post(f"/operations/dead-letters/{letter}/discard", {"token": operator.token(), "reason": reason})

    assert answer.status_code == 422
    assert "Nothing was changed" in answer.text
    assert _open(hub) == 8


def test_a_discarded_message_is_sent_no_more(hub: Hub, traffic: Traffic, operator: Visitor) -> None:
    letter = traffic.letters["gone"][0]

    operator.post(f"/operations/dead-letters/{letter}/discard", {"token": operator.token(), "reason": REASONS[0]})

    assert _states(hub, "gone", traffic) == ["cancelled"]
    with hub.look() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "dead_letter_discarded")).one()
        assert entry.detail == {"reason": REASONS[0]}
        row = session.get_one(DeadLetter, letter)
        assert (row.closed_by, row.closed_at is not None) == ("discarded", True)


def test_a_discarded_delivery_takes_its_payload_and_key_along(hub: Hub, traffic: Traffic, operator: Visitor) -> None:
    letter = traffic.letters["wrong_input"][0]
    with hub.look() as session:
        delivery_id = session.get_one(DeadLetter, letter).delivery_id
        key_id = session.get_one(Delivery, delivery_id).data_key_id

    operator.post(f"/operations/dead-letters/{letter}/discard", {"token": operator.token(), "reason": "test"})

    with hub.look() as session:
        row = session.get_one(Delivery, delivery_id)
        assert (row.payload, row.data_key_id, row.result) == (None, None, {"discarded": 1})
        assert session.get(DataKey, key_id) is None


def test_a_letter_is_replayed_once_however_often_the_button_is_pressed(traffic: Traffic, operator: Visitor) -> None:
    form = {"token": operator.token()}
    path = f"/operations/dead-letters/{traffic.letters['gone'][0]}/replay"

    answers = [operator.post(path, form).status_code for _ in range(2)]

    assert answers == [303, 404]


def _states(hub: Hub, cause: str, traffic: Traffic) -> list[str]:
    with hub.look() as session:
        letters = [session.get_one(DeadLetter, letter) for letter in traffic.letters[cause]]
        return [session.get_one(Message, letter.message_id).state for letter in letters]


def _open(hub: Hub) -> int:
    with hub.look() as session:
        return len(session.scalars(select(DeadLetter).where(DeadLetter.closed_at.is_(None))).all())
