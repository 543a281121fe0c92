"""What an admin does at the desks reaches the partner: a dead letter that is replayed, a parked connection that goes on."""

import pytest
from sqlalchemy import select

from desks import Visitor
from hub.clock import tick
from hub.errors import Refused
from hub.models import AuditEntry, Connection, DeadLetter
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


def test_a_parked_connection_goes_on_once_its_key_is_renewed(portal, hub, admin):
    headers = hub.partners["crm"].connector.objects.api.session.headers
    key = headers.pop("Authorization")
    from_the_shop(hub, email="anna@example.org", name="Anna Berg")
    portal.work()
    assert "Key refused" in admin.get("/desk/connectors/crm").text
    assert portal.numbers() == []

    headers["Authorization"] = key
    form = {"token": admin.token(), "reason": "key_renewed"}
    assert admin.post("/desk/connectors/crm/resume", form).status_code == 303
    portal.work()

    assert len(portal.numbers()) == 1
    assert letters(hub) == []
    with hub.look() as session:
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "resumed")).one()
        assert (entry.about, entry.detail) == ("connection", {"reason": "key_renewed"})
        assert entry.actor.startswith("principal:")


def test_a_mapping_is_shown_with_one_record_going_through_it_and_nobody_is_named(portal, hub, admin):
    portal.make(firstname="Anna", lastname="Berg", email="anna@example.org", hs_language="de")
    portal.work()

    page = admin.get("/desk/connectors/crm/mapping").text

    assert "xxxx@xxxxxxx.xxx" in page
    assert ">de<" in page, "a language is nobody's name"
    assert "anna" not in page
    assert "Anna" not in page


@pytest.mark.parametrize("reason", ["", "because Anna asked"])
def test_a_pause_without_a_reason_is_refused(portal, hub, admin, reason):
    answer = admin.post("/desk/connectors/crm/pause", {"token": admin.token(), "reason": reason})

    assert answer.status_code == 422
    assert "Nothing was changed" in answer.text
    with hub.look() as session:
        assert session.get_one(Connection, hub.partners["crm"].id).state == "active"


def test_a_pause_ends_by_itself(portal, hub, admin, clock):
    form = {"token": admin.token(), "reason": "partner_is_mended", "hours": "4"}
    admin.post("/desk/connectors/crm/pause", form)
    assert "The partner is being mended" in admin.get("/desk/connectors/").text
    from_the_shop(hub, email="anna@example.org", name="Anna Berg")
    portal.work()
    assert portal.numbers() == []

    clock.pass_by(hours=4)
    tick(hub)
    portal.work()

    assert len(portal.numbers()) == 1
