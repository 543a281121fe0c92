"""An admin sees which staff are signed in, and ends all that lets one person in."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from desks import Clock, Visitor, live
from hub.access import make_sign_in_link, principal_of
from hub.core import Hub
from hub.models import AuditEntry, Passkey, Principal, Role, SignInLink
from mine import Owner


@pytest.fixture
def admin(app: Flask, hub: Hub) -> Visitor:
    return Visitor(app).sign_in(hub, "admin", title="Ada Chief")


def principal_ref(hub: Hub, title: str) -> str:
    with hub.look() as session:
        return session.scalars(select(Principal.ref).where(Principal.title == title)).one()


def end(admin: Visitor, path: str) -> int:
    return admin.post(f"/desk/sessions/{path}/end", {"token": admin.token("/desk/sessions/")}).status_code


def test_the_desk_names_staff_and_says_who_is_signed_in(
    app: Flask, hub: Hub, admin: Visitor, operator: Visitor, customer: Visitor, clock: Clock
) -> None:
    text = admin.get("/desk/sessions/").text
    assert [name in text for name in ("Ada Chief", "Theo Kranz", "Mara Lindner")] == [True, True, False]
    assert (text.count("1 session"), "Not signed in" in text) == (2, False)

    clock.pass_by(minutes=31)
    later = Visitor(app).sign_in(hub, "admin", title="Ada Chief").get("/desk/sessions/").text
    assert (later.count("1 session"), later.count("Not signed in")) == (1, 1), "who is idle is signed in no more"


def test_whoever_is_put_out_sees_nothing_after_the_next_look_and_comes_in_by_nothing_they_had(
    app: Flask, hub: Hub, owner: Owner, admin: Visitor, customer: Visitor
) -> None:
    with hub.begin() as work:
        theirs = principal_of(work, owner.ref)
        unused = make_sign_in_link(work, theirs, timedelta(minutes=10))
        work.add(Passkey(principal_id=theirs.id, credential=b"c", public_key=b"k", uses=0, title="", made_at=work.now))

    def put_out() -> None:
        assert end(admin, f"customers/{owner.ref}") == 303

    told = live(customer, hub, then=put_out)

    assert told[-1].endswith("event: end\ndata: {}\n\n")
    assert customer.get("/my/").status_code == 401
    assert Visitor(app).post(f"/sign-in/{unused}").status_code == 410
    with hub.look() as session:
        assert session.scalars(select(Passkey.revoked_at)).one() is not None
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "access_ended"))
        assert entry.detail == {"sessions": 1, "passkeys": 1, "links": 1}
        assert "principal:" in entry.actor
        assert session.scalars(select(SignInLink.id).where(SignInLink.used_at.is_(None))).all() == []


def test_a_member_of_staff_is_put_out_and_nobody_else(hub: Hub, admin: Visitor, operator: Visitor) -> None:
    assert end(admin, principal_ref(hub, "Theo Kranz")) == 303

    assert operator.get("/operations/").status_code == 401
    assert "have ended" in admin.get("/desk/sessions/?done=1").text


def test_an_admin_of_one_branch_reaches_its_staff_only(hub: Hub, admin: Visitor, operator: Visitor) -> None:
    with hub.begin() as work:
        work.session.execute(update(Role).where(Role.role == "admin").values(branch="mitte"))

    assert "Theo Kranz" not in admin.get("/desk/sessions/").text
    assert end(admin, principal_ref(hub, "Theo Kranz")) == 404


def test_the_customers_desk_offers_it_to_admins_only(app: Flask, hub: Hub, owner: Owner, admin: Visitor) -> None:
    advisor = Visitor(app).sign_in(hub, "advisor", title="Jonas")

    address = f"/desk/sessions/customers/{owner.ref}/end"
    assert address in admin.get(f"/desk/customers/{owner.ref}").text
    assert address not in advisor.get(f"/desk/customers/{owner.ref}").text
