"""A person's home moves: everything arrives, nothing is left, and whatever stops it in the middle, the end is the same."""

from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from compliance import carrying, copies, erasure, holds, merging, moving
from compliance.certificates import canonical, is_genuine
from compliance.coming import Came
from compliance.registry import by_table, readable_sets
from forgetting import person_of
from hub.errors import Denied, NotFound, Unreadable, WrongInput
from hub.flow import bringing, conversations, customers, documents, posts, sharing, viewing
from hub.flow.admission import Admitted
from hub.flow.bringing import Brought
from hub.flow.conversations import Words
from hub.flow.documents import Paper
from hub.flow.drafts import store
from hub.flow.effects import load_subjects, open_values
from hub.flow.viewing import Look
from hub.models import (
    Base,
    Conversation,
    Customer,
    DataKey,
    Document,
    DocumentShare,
    DocumentView,
    ErasureRequest,
    Event,
    Fleet,
    Invoice,
    Move,
    Person,
    Profile,
    Visit,
    called,
)
from hub.sdk import ConsentRecord, CustomerKey, CustomerRecord, EventRecord, LoyaltyRecord, VehicleRecord
from hub.vault.cipher import HEADER, MAGIC
from partners import drain_all
from talking import CANARY, an_advisor

STEPS = ("_freeze", "_copy", "_switch", "_arrive", "_leave", "_certify")
KEY = CustomerKey(partner_id="m-C-1", customer_number="C-1")
FILM = bytes(range(256)) * 600  # three frames


@pytest.fixture
def anna(hub, crm, told, clock):
    """With visits, a card, a car and a consent."""
    ref = told()
    records = [
        LoyaltyRecord(customer=KEY, version=1, at=clock(), tier="gold", points=40),
        VehicleRecord(customer=KEY, partner_id="v-1", vin="WVWZZZ1JZ3W386752", plate="B-AW 1"),
        ConsentRecord(customer=KEY, purpose="marketing", channel="sms", state="granted", notice="n", at=clock()),
    ]
    with hub.begin() as work:
        customers.fold(hub, work, hub.partners["club"], records)
    return ref


@pytest.fixture
def talkative(hub, anna):
    """With a document that somebody has opened by a share, and a conversation about it that an advisor has set aside."""
    document = brought(hub, anna)
    advisor = an_advisor(hub)
    with hub.begin() as work:
        customer = work.session.scalars(select(Customer).where(Customer.ref == anna)).one()
        row = work.session.get_one(Document, document.id)
        share, code = sharing.share(work, row, "Nordring Insurance", timedelta(days=7), "anna")
        sharing.open_share(work, share.ref, code)
        viewing.write(work, row.id, Look("staff", advisor, 7))
        talk, _, _ = conversations.write(hub, work, customer, Words(CANARY, "one", (row.ref,)), "de")
        conversations.hand_off(hub, work, talk, "asked", ["points"], "They hear a hum.")
        conversations.reply(hub, work, talk, advisor, Words("Does it change?"))
        conversations.pause(hub, work, talk, advisor, "customer")
    return anna


def brought(hub, ref, title="Brakes", content=FILM):
    stored = store(hub, [content], 1_000_000)
    with hub.begin() as work:
        customer = work.session.scalars(select(Customer).where(Customer.ref == ref)).one()
        paper = Paper(title, "video", title, "video/mp4", date(2026, 3, 2))
        return documents.keep(work, hub.partners["club"].id, customer, paper, stored, 4711)


def held_by(hub):
    """title -> bytes of each document at this home."""
    with hub.look() as session:
        rows = list(session.scalars(select(Document)))
        names = documents.titles(hub, session, rows[0].customer_id, rows) if rows else {}
        opened = {names[row.id]: documents.open_file(hub, session, row) for row in rows}
    return {name: file.read() for name, file in opened.items()}


def planned(hub, gcc_hub, ref):
    return moving.plan(hub, gcc_hub, ref, "lives in Dubai now", "petra")


def moved(hub, gcc_hub, move):
    """With the partners of the old home told on the way."""
    moving.run(hub, gcc_hub, move, "petra")
    drain_all(hub)
    return moving.run(hub, gcc_hub, move, "petra")


def sealed_under(hub, key_id):
    """Every ciphertext under this key in any table, and the key itself."""
    tag = HEADER.pack(MAGIC, hub.region_code.encode(), key_id)
    with hub.look() as session:
        rows = [
            value for table in Base.metadata.sorted_tables for row in session.execute(select(table)) for value in row
        ]
        keys = session.scalar(select(func.count()).select_from(DataKey).where(DataKey.id == key_id))
    return sum(isinstance(value, bytes) and value.startswith(tag) for value in rows) + keys


def test_all_that_travels_arrives_and_opens_with_the_key_that_came_along(hub, gcc_hub, anna):
    with hub.look() as session:
        before = session.execute(select(func.count(), func.sum(Event.amount_minor)).select_from(Event)).one()

    assert moved(hub, gcc_hub, planned(hub, gcc_hub, anna)) == "certified"

    person = person_of(gcc_hub, anna)
    assert (person.jurisdiction, person.restricted_at) == ("AE", None)
    with gcc_hub.begin() as work:
        customer = work.session.scalars(select(Customer)).one()
        subject = load_subjects(work, [customer.id])[customer.id]
        told = {person.id: {"name": "Anna Weiß", "email": "anna@example.org"}}
        assert open_values(work, [(subject, {"name", "email"})]) == told
        history = select(func.count(), func.sum(Event.amount_minor)).select_from(Event)
        assert work.session.execute(history).one() == before
        profile = work.session.scalars(select(Profile)).one()
    assert (profile.loyalty_tier, profile.vehicles_count) == ("gold", 1)
    assert hub.directory.home(anna) == "gcc"


def test_the_ref_of_whoever_was_merged_into_them_leads_to_them_at_the_new_home(hub, gcc_hub, told):
    anna, lost = told(), told("C-2", email="anna.weiss@example.net")
    merging.merge(hub, anna, lost, "petra")

    assert moved(hub, gcc_hub, planned(hub, gcc_hub, lost)) == "certified"

    assert [hub.directory.home(ref) for ref in (anna, lost)] == ["gcc", "gcc"]
    with gcc_hub.look() as session:
        assert session.scalars(select(Customer.ref).where(called(lost))).one() == anna
    assert person_of(gcc_hub, lost).erased_at is not None, "the shell itself stays nobody"


def test_nothing_of_the_person_is_left_at_the_old_home(hub, gcc_hub, anna):
    person = person_of(hub, anna)
    assert sealed_under(hub, person.data_key_id) > 5
    with hub.look() as session:
        wrapped = session.get_one(DataKey, person.data_key_id).wrapped

    assert moved(hub, gcc_hub, planned(hub, gcc_hub, anna)) == "certified"

    assert sealed_under(hub, person.data_key_id) == 0
    assert sealed_under(gcc_hub, person.data_key_id) > 5
    tag = HEADER.pack(MAGIC, b"eu", person.data_key_id)
    files = [path.read_bytes() for path in hub.region.folder.glob("hub.db*")]
    assert not [raw for raw in files if tag in raw or wrapped in raw or "Anna Weiß".encode() in raw]


def test_the_certificate_is_signed_by_both_homes_and_kept_in_both(hub, gcc_hub, anna):
    move = planned(hub, gcc_hub, anna)
    moved(hub, gcc_hub, move)

    certificates = []
    for home in (hub, gcc_hub):
        with home.look() as session:
            certificates.append(session.scalars(select(Move.certificate).where(Move.ref == move)).one())
    assert certificates[0] == certificates[1]
    for home in (hub, gcc_hub):
        signed = certificates[0]["signed"][home.region_code]
        assert is_genuine({"statement": certificates[0]["statement"], **signed}, home.vault.signer())
    assert certificates[0]["statement"]["record_sets"]["events"]["rows"] == 3
    assert b"Anna" not in canonical(certificates[0]["statement"])
    with hub.look() as session:
        assert session.scalars(select(ErasureRequest.cause)).all() == ["move"]


def test_a_wish_is_taken_in_at_the_new_home_only(hub, gcc_hub, anna):
    moved(hub, gcc_hub, planned(hub, gcc_hub, anna))

    with pytest.raises(WrongInput, match="Their home is gcc now"):
        erasure.intake(hub, anna, "petra", Came("desk"))
    assert erasure.intake(gcc_hub, anna, "petra", Came("desk"))


@pytest.mark.parametrize("step", STEPS)
def test_a_kill_after_any_step_ends_in_the_same_certificate(hub, gcc_hub, talkative, step, monkeypatch):
    move = planned(hub, gcc_hub, talkative)
    real = getattr(moving, step)

    def killed(*given):
        real(*given)
        raise KeyboardInterrupt

    monkeypatch.setattr(moving, step, killed)
    with pytest.raises(KeyboardInterrupt):
        moved(hub, gcc_hub, move)
    monkeypatch.undo()

    assert moved(hub, gcc_hub, move) == "certified"
    statement = moving.told(hub, move)["certificate"]["statement"]
    assert {name: one["rows"] for name, one in statement["record_sets"].items()} == {
        "aliases": 7, "consents": 1, "events": 3, "membership_cards": 1, "ledger_entries": 1, "ownerships": 1, "personal_values": 5,
        "profiles": 1, "tiers": 1, "documents": 1, "document_shares": 1, "document_views": 2, "conversations": 1, "handoffs": 1,
        "posts": 6, "reply_timers": 2,
    }  # fmt: skip
    assert (statement["key"], hub.directory.home(talkative)) == ("shredded", "gcc")
    assert held_by(gcc_hub) == {"Brakes": FILM}


def test_a_kill_between_files_and_rows_leaves_what_is_swept(hub, gcc_hub, talkative, clock, monkeypatch):
    move = planned(hub, gcc_hub, talkative)

    def killed(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(copies, "packed", killed)
    with pytest.raises(KeyboardInterrupt):
        moving.run(hub, gcc_hub, move, "petra")
    monkeypatch.undo()
    assert moved(hub, gcc_hub, move) == "certified"

    monkeypatch.setattr(documents, "ORPHAN", -1.0)
    swept = sum(documents.sweep(gcc_hub, clock() + timedelta(minutes=minute)) for minute in range(documents.TURN))
    assert (swept, held_by(gcc_hub)) == (1, {"Brakes": FILM})


def test_files_are_sealed_anew_and_the_old_ones_open_nowhere(hub, gcc_hub, talkative, clock, monkeypatch):
    with hub.look() as session:
        before = session.scalars(select(Document)).one()
        key = hub.vault.open_key(session, person_of(hub, talkative).data_key_id)
        own = hub.vault.unseal(key, before.key, documents.key_context(before.id, before.file))
    sealed = hub.files._path(before.file).read_bytes()

    assert moved(hub, gcc_hub, planned(hub, gcc_hub, talkative)) == "certified"

    with gcc_hub.look() as session:
        after = session.scalars(select(Document)).one()
        key = gcc_hub.vault.open_key(session, person_of(gcc_hub, talkative).data_key_id)
        fresh = gcc_hub.vault.unseal(key, after.key, documents.key_context(after.id, after.file))
    assert (after.ref, after.size, after.brought_by) == (before.ref, before.size, None)
    assert own != fresh
    assert b"eu" in sealed[:8]
    assert b"gcc" in gcc_hub.files._path(after.file).read_bytes()[:8]
    assert held_by(hub) == {}
    monkeypatch.setattr(documents, "ORPHAN", -1.0)
    for minute in range(documents.TURN):
        documents.sweep(hub, clock() + timedelta(minutes=minute))
    with pytest.raises(Unreadable):
        hub.files.open(before.file)


def test_a_document_that_is_sent_again_at_the_new_home_is_the_one_that_came_along(hub, gcc_hub, anna):
    brought(hub, anna)
    assert moved(hub, gcc_hub, planned(hub, gcc_hub, anna)) == "certified"
    club, key = gcc_hub.partners["club_gcc"], CustomerKey(partner_id="m-77", ref=anna)
    with gcc_hub.begin() as work:
        customers.fold(gcc_hub, work, club, [CustomerRecord(customer=key, residence="AE")])

    def send(content, key="their-9"):
        stored = store(gcc_hub, [content], 1_000_000)
        told = Brought(key, "m-77", "video", "Brakes", date(2026, 3, 2))
        with gcc_hub.begin() as work:
            return bringing.bring(
                work, club, told, Admitted(stored, stored.digest, "video/mp4", "released"), 4711
            ).verdict

    assert [send(FILM), send(FILM)] == ["duplicate", "duplicate"]
    assert held_by(gcc_hub) == {"Brakes": FILM}
    assert [send(FILM[:-1]), send(FILM, "their-10")] == ["replaced", "accepted"]


def test_a_conversation_goes_on_with_whoever_is_there(hub, gcc_hub, talkative):
    faisal = an_advisor(gcc_hub, "Faisal")

    assert moved(hub, gcc_hub, planned(hub, gcc_hub, talkative)) == "certified"

    with gcc_hub.look() as session:
        talk = session.scalars(select(Conversation)).one()
        said = posts.read(gcc_hub, session, talk, 0, staff=True)
    assert [one.event or one.text for one in said] == [
        "opened", CANARY, "handed_off", "assigned", "Does it change?", "paused", "resumed", "assigned",
    ]  # fmt: skip
    assert [(file.media, file.state) for file in said[1].files] == [("video/mp4", "released")]
    assert (talk.state, talk.owner_id, talk.branch, said[4].author_id) == ("assigned", faisal, None, None)
    with hub.look() as session:
        assert session.scalar(select(func.count()).select_from(Conversation)) == 0


def test_what_was_shared_can_still_be_told_and_opens_no_more(hub, gcc_hub, talkative):
    assert moved(hub, gcc_hub, planned(hub, gcc_hub, talkative)) == "certified"

    with gcc_hub.look() as session:
        share = session.scalars(select(DocumentShare)).one()
        seen = {view.viewer: view.viewer_id for view in session.scalars(select(DocumentView))}
        names = sharing.recipients(gcc_hub, session, session.scalars(select(Customer.id)).one(), [share])
    assert names == {share.id: "Nordring Insurance"}
    assert (sharing.stands(share, share.made_at), seen) == (False, {"share": share.id, "staff": 0})


def test_a_file_that_was_harmed_on_its_way_is_carried_again(hub, gcc_hub, talkative, monkeypatch):
    real, harmed = moving._switch, []

    def switch(*given):
        if not harmed:
            with gcc_hub.look() as session:
                path = gcc_hub.files._path(session.scalars(select(Document.file)).one())
            raw = bytearray(path.read_bytes())
            raw[-20] ^= 1
            harmed.append(path.write_bytes(raw))
        return real(*given)

    monkeypatch.setattr(moving, "_switch", switch)
    assert moved(hub, gcc_hub, planned(hub, gcc_hub, talkative)) == "certified"

    assert (len(harmed), held_by(gcc_hub)) == (1, {"Brakes": FILM})


@pytest.mark.parametrize("step", ["carry", "digests"])
def test_a_document_that_comes_in_the_middle_is_not_lost(hub, gcc_hub, talkative, monkeypatch, step):
    """Behind the files and before the rows; behind the look at what both homes hold and before the switch."""
    real, late = getattr(carrying, step), []

    def interrupted(*given):
        found = real(*given)
        if not late:
            late.append(brought(hub, talkative, "Late", b"late"))
        return found

    monkeypatch.setattr(carrying, step, interrupted)
    assert moved(hub, gcc_hub, planned(hub, gcc_hub, talkative)) == "certified"

    assert held_by(gcc_hub) == {"Brakes": FILM, "Late": b"late"}


def test_whoever_paid_for_anothers_visit_takes_the_invoice_along(hub, gcc_hub, anna, told):
    driver = told("C-2", email="bo@example.org")
    with hub.begin() as work:
        payer, other = (
            work.session.scalars(select(Customer.id).where(Customer.ref == ref)).one() for ref in (anna, driver)
        )
        own = {"connection_id": hub.partners["shop"].id, "told_at": work.now, "version": 1}
        visit = work.add(Visit(customer_id=other, key_hash=b"v", reason="service", status="closed", opened_at=work.now,
                               local_day=date(2026, 3, 2), zone="Europe/Berlin", amount_minor=1, **own))  # fmt: skip
        work.add(Invoice(customer_id=payer, visit_id=visit.id, key_hash=b"i", issued_at=work.now, issued_on=date(2026, 3, 2),
                         net_minor=1, tax_minor=0, total_minor=1, currency="EUR", **own))  # fmt: skip

    assert moved(hub, gcc_hub, planned(hub, gcc_hub, anna)) == "certified"

    with gcc_hub.look() as session:
        assert session.scalars(select(Invoice.visit_id)).one() is None


def test_what_is_told_between_copy_and_switch_is_not_lost(hub, gcc_hub, anna, clock, monkeypatch):
    real, late = moving._switch, []

    def switch(*given):
        if not late:
            late.append(EventRecord(customer=KEY, kind="visit", key="late", at=clock(), zone="Europe/Berlin"))
            with hub.begin() as work:
                customers.fold(hub, work, hub.partners["club"], late)
        return real(*given)

    monkeypatch.setattr(moving, "_switch", switch)
    assert moved(hub, gcc_hub, planned(hub, gcc_hub, anna)) == "certified"

    with gcc_hub.look() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 4


@pytest.mark.parametrize("drained", [False, True])
def test_what_comes_in_at_the_old_home_makes_nobody_and_changes_nothing(hub, gcc_hub, anna, clock, drained):
    """While partners are still being told, and after all is forgotten."""
    move = planned(hub, gcc_hub, anna)
    assert moving.run(hub, gcc_hub, move, "petra") == "leaving"
    if drained:
        moved(hub, gcc_hub, move)
    with hub.look() as session:
        before = session.scalar(select(func.count()).select_from(Person))

    record = CustomerRecord(customer=KEY, name="Anna Weiß", email="anna@example.org", phone="+493012345")
    visit = EventRecord(customer=KEY, kind="visit", key="again", at=clock(), zone="Europe/Berlin")
    with hub.begin() as work:
        folded = customers.fold(hub, work, hub.partners["club"], [record, visit])

    assert (folded.new, folded.erased) == (0, 2)
    with hub.look() as session:
        assert session.scalar(select(func.count()).select_from(Person)) in (
            before,
            before + 1,
        )  # nobody's shell at most
        assert session.scalar(select(func.count()).select_from(Event).where(Event.source_hash == b"again")) == 0


@pytest.mark.parametrize("step", ["_freeze", "_copy"])
def test_a_hold_stops_it_before_the_copy_and_before_the_switch(hub, gcc_hub, talkative, step, monkeypatch):
    move = planned(hub, gcc_hub, talkative)
    real = getattr(moving, step)

    def then_hold(*given):
        real(*given)
        holds.place(hub, holds.Wanted(talkative, "documents", "lawsuit", "§ 142 ZPO", "legal"), "legal")

    monkeypatch.setattr(moving, step, then_hold)
    with pytest.raises(Denied, match="legal hold"):
        moving.run(hub, gcc_hub, move, "petra")
    monkeypatch.undo()

    assert (hub.directory.home(talkative), held_by(hub)) == ("eu", {"Brakes": FILM})
    with gcc_hub.look() as session:
        used = select(Person.id).where(Person.restricted_at.is_(None))
        assert session.scalars(used).all() == []  # the copy is used by nobody


def test_without_a_policy_nobody_moves(hub, gcc_hub, anna, settings):
    (settings.config / "policies" / "homes_move_on_request.yaml").unlink()
    hub.book.looked_at -= 5

    with pytest.raises(Denied, match="no policy speaks of this"):
        planned(hub, gcc_hub, anna)


def test_what_stands_in_the_way_is_said_in_words(hub, gcc_hub, anna, clock):
    with pytest.raises(WrongInput, match="their home already"):
        planned(hub, hub, anna)
    with pytest.raises(NotFound, match="no customer x"):
        planned(hub, gcc_hub, "x")
    with pytest.raises(WrongInput, match="needs its reason"):
        moving.plan(hub, gcc_hub, anna, " ", "petra")
    with pytest.raises(WrongInput, match="fleets cannot move"):
        copies.check_can_travel({Fleet.__tablename__: 1})
    erasure.intake(hub, anna, "portal", Came("desk"))
    with pytest.raises(Denied, match="1 request"):
        planned(hub, gcc_hub, anna)
    assert person_of(hub, anna).restricted_at is None


def test_every_record_set_has_its_place_in_a_move():
    named = [*copies.TRAVELS, *copies.STOPS, *copies.STAYS, *copies.ENDS]

    assert len(named) == len(set(named))
    assert set(named) == set(by_table(readable_sets()))


def test_all_of_a_person_moves_or_nothing_and_nobody_moves_back_to_what_has_become_nobodys(
    hub, gcc_hub, anna, settings
):
    moved(hub, gcc_hub, planned(hub, gcc_hub, anna))

    with pytest.raises(Denied, match="phones_stay_in_the_gulf"):
        planned(gcc_hub, hub, anna)
    (settings.config / "policies" / "phones_stay_in_the_gulf.yaml").unlink()
    gcc_hub.book.looked_at -= 5
    with pytest.raises(WrongInput, match="at home there before"):
        planned(gcc_hub, hub, anna)
