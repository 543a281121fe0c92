"""An advisor brings documents to customers of their own branch, and each look of theirs is told to the customer."""

import io

import pytest
from flask import Flask
from sqlalchemy import select, update

from desks import Visitor
from hub.core import Hub
from hub.models import Document, Role
from kept import Kept, some_documents
from mine import Owner
from papers import film, paper


@pytest.fixture
def advisor(app: Flask, hub: Hub) -> Visitor:
    return Visitor(app).sign_in(hub, "advisor", title="Emre Aydın")


@pytest.fixture
def kept(hub: Hub, owner: Owner) -> Kept:
    return some_documents(hub, owner)


def brought(advisor: Visitor, owner: Owner, content: bytes, **fields: str) -> object:
    home = f"/desk/customers/{owner.ref}/documents"
    form = {"token": advisor.token(home), "kind": "warranty", **fields, "file": (io.BytesIO(content), "a.pdf")}
    return advisor.client.post(
        home, base_url=advisor.base, data=form, content_type="multipart/form-data",
        headers={"Sec-Fetch-Site": "same-origin", "Accept": "text/html"},
    )  # fmt: skip


def test_what_an_advisor_brings_the_customer_has(advisor: Visitor, customer: Visitor, owner: Owner) -> None:
    answer = brought(advisor, owner, paper(), title="Warranty on the rear brakes", ends_on="2027-03-01")

    assert answer.status_code == 303
    text = customer.get("/my/documents/").text
    assert "Warranty on the rear brakes" in text
    assert "Runs until 1 March 2027" in text


def test_a_video_is_made_playable_first(hub: Hub, advisor: Visitor, owner: Owner) -> None:
    brought(advisor, owner, film(seconds=0.2), kind="video")

    with hub.look() as session:
        assert session.scalars(select(Document)).one().state == "converting"
    assert "Is being made ready" in advisor.get(f"/desk/customers/{owner.ref}/documents").text


@pytest.mark.parametrize(
    ("content", "fields", "why"),
    [
        (b"<html>", {}, "This is a web page inside"),
        (b"%PDF-", {"ends_on": "soon"}, "This is no day."),
        (paper(), {"kind": "selfie"}, "There is no kind of document"),
    ],
)
def test_what_is_wrong_is_told_beside_the_file(
    hub: Hub, advisor: Visitor, owner: Owner, content: bytes, fields: dict[str, str], why: str
) -> None:
    answer = brought(advisor, owner, content, **fields)

    assert answer.status_code == 422
    assert why in answer.text
    assert [one for one in (hub.region.folder / "documents").rglob("*") if one.is_file()] == []


def test_the_customer_sees_who_of_the_garage_looked(
    advisor: Visitor, customer: Visitor, owner: Owner, kept: Kept
) -> None:
    assert advisor.get(f"/desk/customers/{owner.ref}/documents/{kept.refs['invoice']}").status_code == 200

    assert "Emre Aydın" in customer.get("/my/documents/").text


def test_a_customer_of_another_branch_is_nobody(hub: Hub, advisor: Visitor, owner: Owner, kept: Kept) -> None:
    with hub.begin() as work:
        work.session.execute(update(Role).where(Role.role == "advisor").values(branch="elsewhere"))

    for path in ("", f"/{kept.refs['invoice']}"):
        assert advisor.get(f"/desk/customers/{owner.ref}/documents{path}").status_code == 404
