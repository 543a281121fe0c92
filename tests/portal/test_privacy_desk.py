"""The privacy desk: each step where it may be taken, four eyes where a hold stands in the way, evidence to take along."""

import io
import re
import zipfile
from datetime import timedelta
from html import unescape

import pytest
from sqlalchemy import func, select

from asking import some_archived, some_requests
from compliance import erasure, holds
from compliance.periods import deadline_of
from desks import Visitor
from hub.access import make_sign_in_link
from hub.actors import signed_in_as
from hub.errors import SecondNeeded
from hub.models import AuditEntry, Breach, Customer, ErasureRequest, LegalHold, PersonRequest, Principal, Role, new_ref
from portal import privacy_desk
from portal.evidence import difference
from rules.calendar import local_day

TWO_OPEN = """\
policy: two_open
title: The archive opens by four eyes
question: approval
applies: {all: [{act: {is: archive_opening}}, {same: {is: true}}]}
verdict: deny
because: four eyes see more
examples:
  - {name: one alone, given: {act: archive_opening, same: true}, expect: deny}
  - {name: two, given: {act: archive_opening, same: false}, expect: silent}
"""


@pytest.fixture
def petra(app, hub, traffic):
    visitor = Visitor(app).sign_in(hub, "privacy", title="Petra Amt")
    visitor.asked = some_requests(hub, traffic.customers)
    return visitor


def post(visitor, path, **form):
    return visitor.post(f"/desk/privacy/{path}", {"token": visitor.token(), **form})


def one(hub, model, **by):
    with hub.look() as session:
        return session.scalars(select(model).filter_by(**by)).first()


def me(hub):
    """Petra, as she is audited."""
    return signed_in_as(one(hub, Principal, title="Petra Amt").id)


def test_requests_stand_by_their_clocks_the_latest_first(petra):
    page = unescape(petra.get("/desk/privacy/").text)

    places = [
        page.index(words) for words in ("3 days late", "Answer by 25 December 2026", "Holds since", "Refused")[:2]
    ]
    assert places == sorted(places)
    assert "Waits for a proof of who asks" in page
    assert page.count("<tr data-row") == 7


def test_the_list_is_turned_page_by_page_and_each_request_stands_once(petra, hub, monkeypatch):
    monkeypatch.setattr(privacy_desk, "SHOWN", 3)
    whole, path, pages = petra.get("/desk/privacy/requests.csv").text, "/desk/privacy/", []
    while path:
        text = unescape(petra.get(path).text)
        pages.append(re.findall(r"[?&]r=(\w{32})", text))
        path = next(iter(re.findall(r'href="([^"]+)" rel="next"', text)), "")
        assert re.findall(r'class="figure mid[^"]*">(\d+)', text) == ["5", "0", "1", "1"]  # of all, not of the page

    told = [line.split(",")[0] for line in whole.splitlines()[1:]]
    assert [len(each) for each in pages] == [3, 3, 1]
    assert [ref for each in pages for ref in each] == told

    beyond = petra.get(f"/desk/privacy/?r={told[-1]}").text
    assert 'id="opened"' in beyond  # a link to one of another page opens it


@pytest.mark.parametrize("after", ["x", "open.2026-13-01.1", "settled.2026-11-25.", "open.2026-11-25." + "9" * 30])
def test_a_place_that_is_none_is_the_beginning(petra, after):
    assert petra.get(f"/desk/privacy/?after={after}").text.count("<tr data-row") == 7


def namesake(app, hub, title):
    """Another of the staff who is called the same, as a provider may have it."""
    with hub.begin() as work:
        other = work.add(Principal(ref=new_ref(), title=title, made_at=work.now))
        work.session.flush()
        work.add(Role(principal_id=other.id, role="privacy", branch=None, granted_at=work.now))
        secret = make_sign_in_link(work, other, timedelta(minutes=10))
    visitor = Visitor(app)
    assert visitor.post(f"/sign-in/{secret}").status_code == 303
    return visitor


def called_anew(hub, title, new):
    with hub.begin() as work:
        work.session.scalars(select(Principal).where(Principal.title == title)).one().title = new


def a_held_wish(hub, petra, traffic):
    """Vouched for by petra and planned; a hold stands in the way."""
    customer = traffic.customers[8]
    form = {"record_set": "*", "purpose": "audit", "basis": "AO § 147", "owner": "Tax"}
    assert post(petra, "holds", customer=customer, **form).status_code == 303
    ref = post(petra, "requests", customer=customer, kind="erasure").headers["Location"].partition("r=")[2][:32]
    assert post(petra, f"requests/{ref}/verify", how="call_back").status_code == 303
    assert post(petra, f"requests/{ref}/plan").status_code == 303
    return ref


def test_a_held_erasure_is_approved_by_somebody_else_whatever_they_are_called(app, hub, petra, traffic):
    ref = a_held_wish(hub, petra, traffic)
    page = petra.get(f"/desk/privacy/?r={ref}").text
    assert ("AO § 147" in page, "Petra Amt" in page) == (True, True)

    assert post(petra, f"requests/{ref}/approve").status_code == 403
    called_anew(hub, "Petra Amt", "Petra Amt-Ruf")
    assert post(petra, f"requests/{ref}/approve").status_code == 403  # one person by two titles is one pair of eyes
    assert post(namesake(app, hub, "Petra Amt-Ruf"), f"requests/{ref}/approve").status_code == 303
    row = one(hub, ErasureRequest, ref=ref)
    assert (row.verified_by != row.approved_by, "Amt" in row.verified_by + row.approved_by) == (True, False)


def test_who_is_vouched_for_at_the_machine_is_not_approved_by_whoever_is_called_so(app, hub, petra, traffic):
    ref = a_held_wish(hub, petra, traffic)
    with hub.begin() as work:
        work.session.scalars(select(ErasureRequest).where(ErasureRequest.ref == ref)).one().verified_by = "Petra Amt"

    assert post(petra, f"requests/{ref}/approve").status_code == 403
    with pytest.raises(SecondNeeded):
        erasure.approve(hub, ref, "Petra Amt")
    assert post(Visitor(app).sign_in(hub, "privacy", title="Paul Ruf"), f"requests/{ref}/approve").status_code == 303


def test_a_partner_that_did_not_forget_stands_with_the_case(hub, petra):
    with hub.begin() as work:
        row = work.session.scalars(select(ErasureRequest)).one()
        row.plan = {**row.plan, "probes": {"hubspot_eu": "there", "loyalty_eu": "gone"}}

    page = petra.get(f"/desk/privacy/?r={petra.asked}").text

    assert "hubspot_eu said it had deleted them" in unescape(page).replace("\u2068", "").replace("\u2069", "")
    assert "loyalty_eu said" not in page


def test_a_request_takes_its_steps_and_looking_at_it_is_noted(hub, petra, traffic):
    row = one(hub, PersonRequest, kind="rectification")
    assert "+49 30 1234" in petra.get(f"/desk/privacy/?r={row.ref}").text
    assert one(hub, AuditEntry, action="request_read").actor == me(hub)

    asked = one(hub, PersonRequest, kind="access", jurisdiction="DE")
    assert post(petra, f"requests/{asked.ref}/verify", how="guess").status_code == 422
    assert post(petra, f"requests/{asked.ref}/verify", how="call_back").status_code == 303
    assert post(petra, f"requests/{asked.ref}/extend", reason="complex").status_code == 303
    pack = zipfile.ZipFile(io.BytesIO(post(petra, f"requests/{asked.ref}/file").data))
    assert "data.json" in pack.namelist()
    assert one(hub, PersonRequest, ref=asked.ref).outcome == "handed_over"


def test_whoever_asks_at_the_counter_is_written_down(hub, petra, traffic):
    assert post(petra, "requests", customer=traffic.customers[7], kind="restriction").status_code == 303
    assert post(petra, "requests", customer=traffic.customers[7], kind="erasure").status_code == 303

    assert one(hub, PersonRequest, kind="restriction").came_by == "desk"


def test_a_letter_that_lay_for_a_week_is_due_since_it_came(hub, petra, traffic):
    asked = {"customer": traffic.customers[7], "came_by": "letter"}
    today = local_day(hub.clock(), hub.here.zone)

    assert post(petra, "requests", kind="access", came_on=str(today - timedelta(days=7)), **asked).status_code == 303
    assert post(petra, "requests", kind="erasure", came_on=str(today - timedelta(days=7)), **asked).status_code == 303

    rows = one(hub, PersonRequest, kind="access", came_by="letter"), one(hub, ErasureRequest, came_by="letter")
    assert {row.due_on for row in rows} == {
        deadline_of(hub.settings.config, rows[0].jurisdiction).due(today - timedelta(days=7))
    }
    assert "By letter" in petra.get(f"/desk/privacy/?r={rows[1].ref}").text
    for wrong in (str(today + timedelta(days=1)), "2026-13-01", "soon"):
        assert post(petra, "requests", kind="access", came_on=wrong, **asked).status_code == 422
    assert post(petra, "requests", kind="access", customer=traffic.customers[6], came_by="pigeon").status_code == 422


def test_a_hold_is_placed_and_released(hub, petra, traffic):
    form = {
        "customer": traffic.customers[8],
        "record_set": "*",
        "purpose": "audit",
        "basis": "AO § 147",
        "owner": "Tax",
    }
    assert post(petra, "holds", **form).status_code == 303
    assert post(petra, "holds", **{**form, "basis": ""}).status_code == 422
    hold = one(hub, LegalHold, basis="AO § 147")

    assert post(petra, f"holds/{hold.id}/release").status_code == 303

    assert [row.basis for row, _ in holds.in_force(hub)] == ["§ 142 ZPO, 7 O 114/26"]


def test_an_archived_invoice_opens_for_a_reason_and_a_proof_and_says_who_looked(hub, petra):
    ref = some_archived(hub)
    page = unescape(petra.get("/desk/privacy/archive/").text)
    assert ("AO § 147(3)" in page, "31 December 2033" in page or "1 January 2034" in page) == (True, True)
    assert (page.count("by Petra Amt"), page.count("Never opened"), "Front brake pads" in page) == (1, 1, False)

    assert post(petra, f"archive/{ref}").status_code == 422
    assert post(petra, f"archive/{ref}", reason="curiosity").status_code == 422
    assert post(petra, f"archive/{'0' * 32}", reason="tax_audit").status_code == 404
    assert page.count("by Petra Amt") == unescape(petra.get("/desk/privacy/archive/").text).count("by Petra Amt")

    opened = post(petra, f"archive/{ref}", reason="court_order")
    shown = unescape(opened.text)
    assert (opened.status_code, "Nina Neu" in shown, "Front brake pads" in shown, "€343.91" in shown) == (200,) + (
        True,
    ) * 3
    assert "no-store" in opened.headers["Cache-Control"]
    assert "Order of a court" in unescape(petra.get("/desk/privacy/archive/").text)
    assert one(hub, AuditEntry, action="archive_opened", actor=me(hub)).detail["invoice"] == ref
    assert "Nothing lies here" in petra.get("/desk/privacy/archive/?customer=" + "f" * 32).text

    hub.clock.pass_by(minutes=11)
    assert post(petra, f"archive/{ref}", reason="court_order").status_code == 401
    path = hub.settings.config / "privacy" / "archives.yaml"
    path.write_text(path.read_text().replace("second_step: proof", "second_step: none"))
    assert post(petra, f"archive/{ref}", reason="court_order").status_code == 200


def test_the_archive_asks_for_a_second_pair_of_eyes_where_a_policy_says_so(app, hub, petra):
    ref = some_archived(hub)
    (hub.settings.config / "policies" / "two_open.yaml").write_text(TWO_OPEN)
    hub.book.looked_at -= 5

    asked = post(petra, f"archive/{ref}", reason="court_order")
    assert (asked.status_code, asked.headers["Location"].endswith("done=asked")) == (303, True)
    page = unescape(petra.get("/desk/privacy/archive/?done=asked").text)
    assert ("once somebody else has said yes" in page, "Say yes to it" in page) == (True, False)

    paul = Visitor(app).sign_in(hub, "privacy", title="Paul Ruf")
    [way] = re.findall(r'action="(/desk/privacy/archive/\w+/wishes/\d+)"', paul.get("/desk/privacy/archive/").text)
    called_anew(hub, "Petra Amt", "Petra Ruf")
    assert post(petra, way.removeprefix("/desk/privacy/")).status_code == 403
    assert post(paul, way.removeprefix("/desk/privacy/")).status_code == 303
    assert "Front brake pads" in post(petra, f"archive/{ref}", reason="court_order").text
    assert "Paul Ruf said yes" in re.sub("[\u2068\u2069]", "", unescape(petra.get("/desk/privacy/archive/").text))
    assert post(petra, f"archive/{ref}", reason="court_order").status_code == 303  # once


def counts(hub):
    """Rows that a refusal must leave as they were."""
    with hub.look() as session:
        models = (ErasureRequest, PersonRequest, LegalHold, AuditEntry)
        return [session.scalar(select(func.count()).select_from(model)) for model in models]


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("requests", {"customer": "nobody", "kind": "erasure"}),
        ("requests", {"customer": "nobody", "kind": "access"}),
        ("requests/nothing/approve", {}),
        ("requests/nothing/file", {}),
        ("holds", {"customer": "nobody", "record_set": "*", "purpose": "audit", "basis": "AO", "owner": "Tax"}),
        ("holds/17/release", {}),
        ("archive/nothing/wishes/17", {}),
    ],
)
def test_what_is_about_somebody_or_something_that_is_not_here_is_refused_and_changes_nothing(hub, petra, path, form):
    before = counts(hub)

    answer = post(petra, path, **form)

    assert (answer.status_code, counts(hub)) == (404, before)
    assert re.search("There is no |Nobody asks|Nothing asks|Nothing ", unescape(answer.text))


def test_a_second_wish_while_the_first_runs_is_the_first_and_no_step_is_taken_twice(app, hub, petra, traffic):
    row = one(hub, ErasureRequest)
    with hub.look() as session:
        owner = session.scalars(select(Customer.ref).where(Customer.person_id == row.person_id)).one()
    assert post(petra, f"requests/{row.ref}/approve").status_code == 303
    before = counts(hub)

    again = post(petra, "requests", customer=owner, kind="erasure")
    twice = post(petra, f"requests/{row.ref}/approve")

    assert (f"r={row.ref}" in again.headers["Location"], twice.status_code) == (True, 422)
    assert "This request is approved" in unescape(twice.text)
    assert counts(hub) == before


def test_with_a_clock_that_was_set_back_the_desk_stops_and_nothing_is_half_done(hub, petra):
    hold, before = one(hub, LegalHold), counts(hub)
    hub.clock.pass_by(days=-30)
    token = petra.token()

    for path in (f"requests/{petra.asked}/plan", f"holds/{hold.id}/release"):
        answer = petra.post(f"/desk/privacy/{path}", {"token": token})
        assert (answer.status_code, "The clock of this machine" in unescape(answer.text)) == (503, True)
    assert counts(hub) == before


def test_a_text_that_changed_stands_beside_the_version_before(hub, petra):
    petra.get("/desk/privacy/texts")
    path = hub.settings.config / "privacy" / "purposes.yaml"
    path.write_text(path.read_text().replace("tyres before winter", "brakes before winter"))
    hub.clock.pass_by(minutes=1)

    page = petra.get("/desk/privacy/texts").text

    assert '<del class="old">tyres</del><ins class="new">brakes</ins>' in page


def test_the_chain_is_checked_and_taken_along(petra):
    assert "The chain is whole." in petra.get("/desk/privacy/audit?check=1").text
    pack = zipfile.ZipFile(io.BytesIO(post(petra, "audit/bundle").data))
    assert {"audit.csv", "manifest.json", "verify_bundle.py"} <= set(pack.namelist())
    assert petra.get("/desk/privacy/transfers").status_code == 200


def test_a_difference_is_told_word_by_word():
    told = [(piece.kind, piece.text) for piece in difference("We may write to you.", "We may call you.")]

    assert told == [("same", "We may "), ("old", "write to"), ("new", "call"), ("same", " you.")]


def test_a_breach_is_noted_assessed_told_and_closed(hub, petra, traffic):
    times = {"began": "2026-11-20T08:00", "ended": "2026-11-24T08:00", "noticed": "2026-11-24T09:00"}
    form = {"summary": "A laptop was lost", "kind": "confidentiality", "risk": "unknown", **times}
    assert post(petra, "breaches/", **{**form, "noticed": "then"}).status_code == 422
    assert post(petra, "breaches/", **form).status_code == 303
    ref = one(hub, Breach).ref
    assert "47 hours left" in petra.get("/desk/privacy/breaches/").text

    post(petra, f"breaches/{ref}/assess", source="connection", name="hubspot_eu", risk="risk")
    assert petra.get(f"/desk/privacy/breaches/{ref}/people.csv").text.startswith("person,law")
    post(petra, f"breaches/{ref}/tell", law="DE", whom="authority")
    assert post(petra, f"breaches/{ref}/close", measures="Wiped from afar").status_code == 303
    assert (one(hub, Breach).closed_at is not None, one(hub, AuditEntry, action="breach_closed").actor) == (
        True,
        me(hub),
    )


def rows_of(text):
    return text.count("<tr data-row")


def test_what_a_figure_counts_is_the_list_behind_it(petra):
    page = unescape(petra.get("/desk/privacy/").text)
    figures = re.findall(
        r'class="card stack close door" href="(/desk/privacy/\?[^"]+)">.*?figure mid[^"]*">(\d+)<', page
    )

    assert [(int(count), rows_of(petra.get(path).text)) for path, count in figures] == [(5, 5), (0, 0), (1, 1)]


def test_the_list_is_narrowed_by_state_kind_and_day_and_so_is_its_table(petra):
    everything = petra.get("/desk/privacy/requests.csv").text.splitlines()
    heads = everything[0].split(",")
    told = [dict(zip(heads, line.split(","), strict=True)) for line in everything[1:]]

    for words, holds_for in {
        "state=refused": lambda one: one["state"] == "refused",
        "kind=erasure": lambda one: one["kind"] == "erasure",
        "state=settled&kind=objection": lambda one: one["kind"] == "objection" and one["state"] == "answered",
        "until=2026-12-01": lambda one: one["due_on"] <= "2026-12-01" and one["paused"] != "True",
    }.items():
        expected = [one["request"] for one in told if holds_for(one)]
        lines = petra.get(f"/desk/privacy/requests.csv?{words}").text.splitlines()[1:]
        assert [line.split(",")[0] for line in lines] == expected, words
        assert rows_of(petra.get(f"/desk/privacy/?{words}").text) == len(expected), words
    assert "No request is like this" in petra.get("/desk/privacy/?state=withdrawn").text


def test_a_step_leads_back_to_the_list_as_it_was_narrowed(petra, hub):
    ref = one(hub, PersonRequest, state="received").ref

    answer = post(petra, f"requests/{ref}/verify?state=received&until=2027-01-01", how="letter")

    assert answer.headers["Location"] == f"/desk/privacy/?r={ref}&state=received&until=2027-01-01#opened"
