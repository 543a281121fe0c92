"""Documents at the desk: a mistake has its place, a plan comes before the deed, two who write one file see each other, and a live
record goes through a mapping both ways."""

import re
from html import unescape

import pytest
from flask import Flask
from sqlalchemy import select

from desks import Visitor
from hub.core import Hub
from hub.flow import outward, written
from hub.models import AuditEntry, Proposal
from hub.targets import SYNCED
from mine import Owner
from proposing import LONGER, THANKS, a_journey_from_the_desk, proposed, worked_off
from rules.parse import read_text
from rules.syncmap import SyncMap, read_sync

EDITOR = "/desk/editor/journeys/thanks"


@pytest.fixture
def marketer(app: Flask, hub: Hub) -> Visitor:
    return Visitor(app).sign_in(hub, "marketer")


@pytest.fixture
def admin(app: Flask, hub: Hub) -> Visitor:
    return Visitor(app).sign_in(hub, "admin", title="Ada")


def said(visitor: Visitor, path: str, text: str, base: str = "", **more: str) -> tuple[int, str]:
    answer = visitor.post(path, {"token": visitor.token(), "text": text.replace("\n", "\r\n"), "base": base, **more})
    return answer.status_code, unescape(answer.text)


def words(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", text))


def test_what_is_wrong_has_its_line_and_what_was_typed_stays(marketer: Visitor, hub: Hub) -> None:
    wrong = THANKS.replace("kind: complaint}}", "kind: complain}}", 1)

    status, text = said(marketer, EDITOR, wrong)

    assert status == 422
    assert 'data-line="6"' in text
    assert "Did you mean" in text
    assert wrong in text
    assert written.standing(hub, "journeys", "thanks") == ""


def test_the_plan_says_who_is_where_before_anything_happens(marketer: Visitor, hub: Hub, traffic: object) -> None:
    a_journey_from_the_desk(hub)
    shorter = LONGER.replace("  - {id: patience, wait: 2d}\n", "").replace(
        "      - {on: 2026-03-09, step: patience, is: over}\n", ""
    )

    _, stay = said(marketer, EDITOR, shorter, LONGER)
    _, leave = said(marketer, EDITOR, shorter, LONGER, fate="exit")

    assert re.search(r"pause \w{8} 3 stay on their version", words(stay))
    assert re.search(r"patience \w{8} 2 leave", words(leave))
    assert written.standing(hub, "journeys", "thanks") == LONGER


def test_put_in_force_it_is_watched_until_it_is_done(marketer: Visitor, hub: Hub, traffic: object) -> None:
    a_journey_from_the_desk(hub)
    sooner = LONGER.replace("patience, wait: 2d", "patience, wait: 1d").replace("2026-03-09", "2026-03-08")
    answer = marketer.post(
        EDITOR + "/proposals", {"token": marketer.token(), "text": sooner, "base": LONGER, "fate": "map"}
    )
    waiting = marketer.get(answer.location)
    worked_off(hub)
    done = marketer.get(answer.location)

    assert (waiting.headers["Refresh"], "Waits for its turn" in waiting.text) == ("2", True)
    assert "Refresh" not in done.headers
    assert "went on in the new one 5" in words(done.text)
    assert "Plan the way back" in done.text


def test_two_who_write_one_file_see_both_and_neither_is_lost(marketer: Visitor, hub: Hub) -> None:
    proposed(hub, THANKS)
    worked_off(hub)
    theirs, mine = THANKS.replace("Thanks after", "Many thanks after"), LONGER
    proposed(hub, theirs)
    worked_off(hub)

    status, text = said(marketer, EDITOR + "/proposals", mine, THANKS)
    woven = re.search(r'name="text"[^>]*>\n(.*?)</textarea>', text, re.DOTALL)

    assert status == 409
    assert "Somebody else changed this document" in text
    assert all(one in text for one in ("Many thanks after", "wait: 5d"))
    assert woven is not None
    assert woven[1] == LONGER.replace("Thanks after", "Many thanks after")
    assert said(marketer, EDITOR + "/proposals", woven[1], theirs)[0] == 303
    worked_off(hub)
    assert written.standing(hub, "journeys", "thanks") == woven[1]


def test_a_place_that_both_changed_is_marked(marketer: Visitor, hub: Hub) -> None:
    proposed(hub, THANKS)
    worked_off(hub)
    proposed(hub, THANKS.replace("Thanks after", "Many thanks after"))
    worked_off(hub)

    _, text = said(marketer, EDITOR, THANKS.replace("Thanks after", "A word after"), THANKS)

    assert "In 1 place both of you did" in text
    assert '<tr class="clash">' in text


def test_a_marketer_opens_no_mapping_and_no_policy(marketer: Visitor) -> None:
    assert [marketer.get(f"/desk/editor/{kind}/x").status_code for kind in ("mappings", "policies", "notices")] == [
        403,
        403,
        404,
    ]


MAPPING = """\
sync: hubspot
title: In step
objects:
  contact:
    ours: customer
    purpose: crm_sync
    fields:
      street: {ours: address, owner: manual}
      lang: {ours: language, transform: lower, owner: ours}
"""
SHOUTED = MAPPING.replace(
    "{ours: language, transform: lower, owner: ours}", "{ours: language, transform: upper, owner: ours}"
)


@pytest.fixture
def synced(hub: Hub, traffic: object, owner: Owner, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """HubSpot's connection is kept in step by the file as it stands, and one customer was agreed upon."""
    from disputing import a_dispute

    def map_of(hub: Hub, partner: object) -> SyncMap | None:
        text = written.standing(hub, "mappings", "hubspot")
        return read_sync(read_text(text.encode(), ""), SYNCED) if getattr(partner, "name", "") == "hubspot_eu" else None

    monkeypatch.setattr(outward, "map_of", map_of)
    written.put(hub, "mappings", "hubspot", MAPPING)
    a_dispute(hub, "hubspot_eu", owner.customer_id)
    return hub


def test_a_live_record_goes_through_a_mapping_both_ways_masked_until_it_is_asked_for(
    admin: Visitor, synced: Hub
) -> None:
    _, masked = said(admin, "/desk/editor/mappings/hubspot", SHOUTED, MAPPING)
    _, opened = said(admin, "/desk/editor/mappings/hubspot", SHOUTED, MAPPING, opened="1")

    assert ("Weg 3" in masked, "Xxx 9" in masked, "xxx 9" in masked) == (False, False, True)
    assert "Weg 3" in opened
    assert re.search(r"lang · language changed 0 \d 0 1", words(masked))
    with synced.look() as session:
        actions = session.scalars(select(AuditEntry.action).where(AuditEntry.about == "connection")).all()
    assert sorted(actions) == ["connection_seen", "mapping_opened"]


def test_a_personal_way_waits_for_somebody_else_and_both_stand_in_the_history(
    app: Flask, admin: Visitor, synced: Hub
) -> None:
    theirs = MAPPING.replace("owner: manual", "owner: theirs")
    answer = admin.post(
        "/desk/editor/mappings/hubspot/proposals", {"token": admin.token(), "text": theirs, "base": MAPPING}
    )
    own = admin.post(f"{answer.location}/approve", {"token": admin.token()})
    worked_off(synced)
    assert (own.status_code, written.standing(synced, "mappings", "hubspot")) == (403, MAPPING)

    other = Visitor(app).sign_in(synced, "admin", title="Bo")
    assert "Waits for a second pair of eyes" in other.get("/desk/configuration/?kind=mappings").text
    other.post(f"{answer.location}/approve", {"token": other.token()})
    worked_off(synced)
    page = other.get("/desk/configuration/mappings/hubspot").text

    assert written.standing(synced, "mappings", "hubspot") == theirs
    assert all(one in page for one in ("Ada", "owner: manual"))
    versions = re.findall(r"version=([0-9a-f]{64})", page)
    assert "owner: manual" in other.get(f"/desk/editor/mappings/hubspot?version={versions[0]}").text
    with synced.look() as session:
        row = session.scalars(select(Proposal)).one()
    assert "seen by Bo" in words(other.get(f"/desk/editor/proposals/{row.id}").text)


def test_a_policy_tells_which_questions_it_would_answer_otherwise(admin: Visitor, hub: Hub) -> None:
    policy = (
        "policy: quiet\ntitle: Quiet\napplies: {purpose: {is: marketing}}\nverdict: deny\nbecause: they asked\n"
        "examples:\n  - {name: an offer, given: {purpose: marketing}, expect: deny}\n"
        "  - {name: a notice, given: {purpose: service}, expect: silent}\n"
    )
    written.put(hub, "policies", "quiet", policy)
    open_now = policy.replace("verdict: deny", "verdict: allow").replace("expect: deny", "expect: allow")

    _, text = said(admin, "/desk/editor/policies/quiet", open_now, policy)

    assert "an offer refused allowed" in words(text)
    assert "second pair of eyes" in text


def test_words_are_offered_with_what_they_mean(marketer: Visitor) -> None:
    page = unescape(unescape(marketer.get("/desk/editor/segments/new_one").text))

    assert '"visits.count":"visits ever"' in page.replace('": "', '":"')
    assert "segment: new_one" in page
