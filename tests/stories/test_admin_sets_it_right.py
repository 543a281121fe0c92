"""What an admin does at the desks reaches the partner: a dead letter that is replayed, a parked connection that goes on."""

import pytest
from sqlalchemy import select

from desks import Visitor
from hub.errors import Refused
from hub.models import DeadLetter
from hubspots import from_the_shop

pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def letters(hub):
    with hub.look() as session:
        return list(session.scalars(select(DeadLetter).where(DeadLetter.closed_at.is_(None))))


@pytest.fixture
def admin(app, hub):
    return Visitor(app).sign_in(hub, "admin")


def test_a_dead_letter_is_replayed_and_reaches_the_partner(portal, hub, admin, monkeypatch):
    def refuse(_batch):
        raise Refused("400 PROPERTY_DOESNT_EXIST")

    monkeypatch.setattr(hub.partners["crm"].connector, "push", refuse)
    from_the_shop(hub, email="anna@example.org", name="Anna Berg")
    portal.work()
    assert letters(hub)
    assert portal.numbers() == []
    monkeypatch.undo()

    page = admin.get("/desk/messages/?state=dead&connection=crm").text
    assert "PROPERTY_DOESNT_EXIST" in page
    for letter in letters(hub):
        form = {"token": admin.token(), "state": "dead", "only": str(letter.id)}
        assert admin.post("/desk/messages/replay", form).status_code == 303
    portal.work()

    (number,) = portal.numbers()
    assert portal.properties(number)["email"] == "anna@example.org"
    assert letters(hub) == []
