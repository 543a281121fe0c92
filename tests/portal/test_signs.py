"""Each side sees that the other types and how far it has read; typing is kept nowhere, and reading never goes back."""

import re
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import select, update

from counting import counted
from desks import Visitor
from hub.core import Hub
from hub.models import Conversation, Principal
from mine import Owner
from talking import Typists, a_talk


@pytest.fixture
def typing(app: Flask, hub: Hub) -> Typists:
    bell = Typists(hub.bell)
    app.extensions["hub"] = replace(hub, bell=bell)
    return bell


@pytest.fixture
def ref(hub: Hub, owner: Owner) -> str:
    return a_talk(hub, owner.customer_id)


@pytest.fixture
def advisor(app: Flask, hub: Hub, ref: str) -> Visitor:
    """Whoever has the conversation."""
    found = Visitor(app).sign_in(hub, "advisor", title="Theo Weber")
    with hub.begin() as work:
        theo = work.session.scalars(select(Principal.id).where(Principal.title == "Theo Weber")).one()
        work.session.execute(update(Conversation).values(owner_id=theo))
    return found


def cursors(hub: Hub) -> tuple[int, int]:
    with hub.look() as session:
        row = session.scalars(select(Conversation)).one()
        return row.seen_by_customer, row.seen_by_staff


def sign(visitor: Visitor, path: str, **values: str) -> int:
    return visitor.post(
        path, {"token": visitor.token("/my/" if path.startswith("/my") else "/desk/inbox/"), **values}
    ).status_code


def test_each_side_is_told_that_the_other_types(
    typing: Typists, customer: Visitor, advisor: Visitor, owner: Owner, ref: str
) -> None:
    assert "The customer is writing." not in advisor.get(f"/desk/inbox/?c={ref}").text

    assert sign(customer, "/my/chat/sign", typing="1") == 204
    assert sign(advisor, f"/desk/inbox/{ref}/sign", typing="1") == 204

    assert typing.now == {("customer", owner.customer_id), ("staff", owner.customer_id)}
    assert "The customer is writing." in advisor.get(f"/desk/inbox/?c={ref}").text


def test_that_somebody_types_is_written_into_no_table(hub: Hub, typing: Typists, customer: Visitor, ref: str) -> None:
    token = customer.token("/my/")
    with counted(hub) as statements:
        assert customer.post("/my/chat/sign", {"token": token, "typing": "1"}).status_code == 204

    assert not [one for one in statements if re.match(r"\s*(INSERT|UPDATE|DELETE)", str(one))]
    assert len(statements) <= 5


@pytest.mark.parametrize(("seen", "kept"), [("3", 3), ("999", 1), ("-1", 1), ("x", 1), ("²", 1), ("", 1)])
def test_reading_goes_forward_and_never_further_than_there_is_something(
    hub: Hub, customer: Visitor, ref: str, seen: str, kept: int
) -> None:
    with hub.begin() as work:
        work.session.execute(update(Conversation).values(seen_by_customer=1, seen_by_staff=1))

    assert sign(customer, "/my/chat/sign", seen=seen) == 204
    assert cursors(hub) == (kept, 1)
    assert sign(customer, "/my/chat/sign", seen="2") == 204
    assert cursors(hub)[0] == max(kept, 2)


def test_the_advisor_sees_that_the_last_words_were_read(
    hub: Hub, customer: Visitor, advisor: Visitor, ref: str
) -> None:
    with hub.begin() as work:
        work.session.execute(update(Conversation).values(seen_by_customer=1))
    assert "Read by the customer." not in advisor.get(f"/desk/inbox/?c={ref}").text

    sign(customer, "/my/chat/sign", seen=str(_seq(hub)))

    assert "Read by the customer." in advisor.get(f"/desk/inbox/?c={ref}").text


def _seq(hub: Hub) -> int:
    with hub.look() as session:
        return session.scalars(select(Conversation.seq)).one()


def test_whoever_only_looks_on_says_nothing(hub: Hub, app: Flask, typing: Typists, ref: str) -> None:
    before = cursors(hub)
    other = Visitor(app).sign_in(hub, "admin", title="Ana")

    assert sign(other, f"/desk/inbox/{ref}/sign", typing="1", seen=str(_seq(hub))) == 204

    assert cursors(hub) == before
    assert typing.now == set()
