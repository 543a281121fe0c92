"""The desk of configuration: what is in force, what it was, who changed it, and the way back."""

import pytest
from flask import Flask
from sqlalchemy import select

from counting import counted
from desks import Visitor
from hub.clock import turn_segments
from hub.core import Hub
from hub.flow import versions
from hub.models import AuditEntry, SegmentVersion
from portal.configured import KINDS

LIST, GOLD = "/desk/configuration/", "/desk/configuration/segments/gold_members"
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@pytest.fixture
def widened(hub: Hub, settings: object) -> Hub:
    """A segment that has been changed once."""
    turn_segments(hub)
    text = versions.file_of(hub, "gold_members").read_text()
    versions.apply(
        hub,
        "gold_members",
        text.replace("[gold, platinum]", "[gold, platinum, silver]").replace(
            "given: {loyalty.tier: silver}, expect: out", "given: {loyalty.tier: silver}, expect: in"
        ),
    )
    return hub


def test_two_versions_stand_line_by_line(widened: Hub, app: Flask) -> None:
    page = Visitor(app).sign_in(widened, "auditor").get(GOLD).text

    assert "loyalty.tier: {one_of: [gold, platinum, silver]}</td>" in page
    assert "loyalty.tier: {one_of: [gold, platinum]}</td>" in page
    assert "Go back to this" not in page, "an auditor looks"


def test_an_admin_goes_back_and_the_clock_takes_everybody_along(widened: Hub, app: Flask) -> None:
    admin = Visitor(app).sign_in(widened, "admin")
    with widened.look() as session:
        mine = select(SegmentVersion).where(SegmentVersion.segment == "gold_members")
        former = session.scalars(mine.where(SegmentVersion.ended_at.is_not(None))).one()

    answer = admin.post(GOLD + "/rollback", {"token": admin.token(), "version": former.hash})
    assert "The former version is back" in admin.get(answer.headers["Location"]).text

    assert "silver]" not in versions.file_of(widened, "gold_members").read_text()
    turn_segments(widened)
    with widened.look() as session:
        assert session.scalars(mine.where(SegmentVersion.ended_at.is_(None))).one().hash == former.hash
        entry = session.scalars(select(AuditEntry).where(AuditEntry.actor.startswith("principal:"))).all()[-1]
    assert (entry.action, entry.detail["segment"]) == ("segment_put", "gold_members")
    assert "Theo Kranz" in admin.get(LIST).text


@pytest.mark.parametrize("place", ["segments/nowhere", "segments/..%2fhub", "policies/..", "things/x", "notices/x.de"])
def test_what_is_no_document_is_not_there(hub: Hub, app: Flask, place: str) -> None:
    admin = Visitor(app).sign_in(hub, "admin")

    assert admin.get(LIST + place).status_code == 404
    assert admin.post(f"{LIST}{place}/rollback", {"token": admin.token()}).status_code == 404


def test_each_kind_asks_the_database_little(widened: Hub, app: Flask) -> None:
    operator = Visitor(app).sign_in(widened, "operator")
    for path in [*(f"{LIST}?kind={kind}" for kind in KINDS), GOLD, LIST + "policies/marketing_needs_consent"]:
        with counted(widened) as statements:
            operator.get(path)
        assert len(statements) <= 12, path
