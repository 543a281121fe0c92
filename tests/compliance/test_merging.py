"""Two records become one person: all that was theirs is the kept one's, the stricter word stands, and nobody comes back as two."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import UniqueConstraint, func, select

from compliance import erasure, holds, merging
from compliance.backups import making
from compliance.backups.replay import replay
from compliance.backups.restoring import restore_data
from compliance.coming import Came
from compliance.disclosure import disclose
from compliance.merge_rows import pointing
from compliance.merge_rules import REFUSED, RULES
from forgetting import person_of
from hub.access import principal_of
from hub.access.sessions import make_sign_in_link, signed_in, use_sign_in_link
from hub.core import build_hub
from hub.errors import Denied, NotFound, WrongInput
from hub.flow import conversations, customers, merges, strangers
from hub.flow.conversations import Words
from hub.flow.effects import load_subjects, open_values
from hub.models import (
    Base,
    Consent,
    Conversation,
    Customer,
    DataKey,
    Duplicate,
    Enrollment,
    ErasureRequest,
    Event,
    Exposure,
    JourneyVersion,
    LedgerEntry,
    LegalHold,
    Link,
    Membership,
    MembershipCard,
    Merger,
    Message,
    Ownership,
    Person,
    PersonRequest,
    Profile,
    Tier,
    Tombstone,
    called,
)
from hub.sdk import ConsentRecord, CustomerKey, CustomerRecord, EventRecord, LoyaltyRecord, VehicleRecord
from hub.vault.cipher import HEADER, MAGIC
from partners import drain_all


def key_of(number):
    return CustomerKey(partner_id=f"m-{number}", customer_number=number)


@pytest.fixture
def two(hub, told):
    """Anna, known twice: by the club under C-1 and C-2, with another e-mail."""
    return told("C-1"), told("C-2", email="anna.weiss@example.net")


@pytest.fixture
def fold(hub):
    def tell(*records, by="club"):
        with hub.begin() as work:
            return customers.fold(hub, work, hub.partners[by], list(records))

    return tell


def one(hub, ref):
    with hub.look() as session:
        return session.scalars(select(Customer).where(called(ref))).one()


def values_of(hub, ref, *names):
    with hub.begin() as work:
        customer = work.session.scalars(select(Customer).where(called(ref))).one()
        subject = load_subjects(work, [customer.id])[customer.id]
        return open_values(work, [(subject, set(names))])[customer.person_id]


def says(hub, ref):
    """(purpose, channel) -> what stands."""
    rows = select(Consent).join(Person).join(Customer).where(called(ref)).order_by(Consent.at, Consent.id)
    with hub.look() as session:
        return {(row.purpose, row.channel): row.state for row in session.scalars(rows)}


def anything_of(hub, *numbers):
    """(table, column) of every cell anywhere that holds one of these numbers or refs, or a ciphertext under such a key."""
    tags = [HEADER.pack(MAGIC, hub.region_code.encode(), one) for one in numbers if isinstance(one, int)]
    with hub.look() as session:
        return {
            (table.name, name)
            for table in Base.metadata.sorted_tables
            for row in session.execute(select(table)).mappings()
            for name, value in row.items()
            if value in numbers or (isinstance(value, bytes) and any(value.startswith(tag) for tag in tags))
        }


# --- nothing is forgotten


def test_a_table_that_may_hold_one_row_a_person_has_a_rule() -> None:
    alone = {
        table.name
        for table, column, _ in pointing()
        for columns in (
            *(each.columns for each in table.constraints if isinstance(each, UniqueConstraint)),
            *(each.columns for each in table.indexes if each.unique),
            table.primary_key.columns,
        )
        if column.name in {each.name for each in columns}
    }

    assert alone <= {*RULES, *REFUSED}
    assert {"membership_cards", "memberships", "conversations"} <= alone
    assert set(RULES) <= {*Base.metadata.tables}


def test_every_column_that_names_a_person_without_a_key_of_the_database_is_known() -> None:
    """A number or ref of somebody in a column that the walk cannot see: whoever adds one says here what becomes of it."""
    loose = {
        (table.name, column.name)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if column.info["personal"] == "ref" and not column.foreign_keys
        and column.name in {"about_id", "subject_id", "entity", "unit", "author_id", "viewer_id", "refs", "owner_id"}
    }  # fmt: skip

    assert loose == {
        ("links", "about_id"), ("enrollments", "subject_id"), ("exposures", "unit"), ("messages", "entity"), ("messages", "refs"),
        ("audit_entries", "about_id"),  # what was done stays as it was told, and is found from both
        ("personal_values", "about_id"), ("counterparts", "about_id"), ("events", "about_id"),  # of a car or a row
        ("deliveries", "entity"),  # the partner's own id
        ("posts", "author_id"), ("document_views", "viewer_id"), ("conversations", "owner_id"),  # of a principal or a share
    }  # fmt: skip


def test_everything_of_the_lost_one_is_the_kept_ones(hub, two, fold, clock):
    keep, lose = two
    fold(
        VehicleRecord(customer=key_of("C-2"), partner_id="v-2", vin="WVWZZZ1JZ3W386752", plate="B-AW 2"),
        LoyaltyRecord(customer=key_of("C-2"), version=1, at=clock(), tier="gold", points=40),
    )
    lost, shell = one(hub, lose), person_of(hub, lose)
    with hub.look() as session:
        before = session.execute(select(func.count(), func.sum(Event.amount_minor)).select_from(Event)).one()
    pretend_merged_there(hub)

    assert merging.merge(hub, keep, lose, "petra") == keep

    left = anything_of(hub, lost.id, lost.person_id, shell.data_key_id, lose)
    assert left == {
        ("customers", "id"), ("customers", "ref"), ("customers", "person_id"), ("persons", "id"), ("mergers", "lost_id"),
        ("audit_entries", "about_id"),
    }  # fmt: skip
    kept = one(hub, keep)
    with hub.look() as session:
        mine = select(func.count(), func.sum(Event.amount_minor)).where(Event.customer_id == kept.id)
        assert session.execute(mine).one() == before
        profile = session.get_one(Profile, kept.id)
        assert session.get(Profile, lost.id) is None
        assert session.get(DataKey, shell.data_key_id) is None
    assert (profile.visits_count, profile.vehicles_count, profile.loyalty_tier) == (6, 1, "gold")
    read = {section.name: section.rows for section in disclose(hub, keep, "petra").sections}
    assert {row["field"]: row["value"] for row in read["personal_values"]}["former_email"] == "anna.weiss@example.net"
    assert values_of(hub, keep, "name", "email") == {"name": "Anna Weiß", "email": "anna@example.org"}


def pretend_merged_there(hub):
    """As if the CRM, which has all of them, had merged them, too."""
    with hub.begin() as work:
        there = (Link.connection_id == hub.partners["crm"].id, Link.about == "customer")
        first, *rest = work.session.scalars(select(Link).where(*there).order_by(Link.id))
        for link in rest:
            link.replaced_by = first.id


@pytest.fixture
def merged(hub, two):
    def do(keep=two[0], lose=two[1]):
        pretend_merged_there(hub)
        return merging.merge(hub, keep, lose, "petra")

    return do


def test_the_old_ref_and_every_old_name_lead_to_the_kept_one(hub, two, fold, merged, clock):
    keep, lose = two
    merged()

    fold(
        EventRecord(customer=CustomerKey(partner_id="x", ref=lose), kind="visit", key="n-1", at=clock(), zone="UTC"),
        EventRecord(customer=key_of("C-2"), kind="visit", key="n-2", at=clock(), zone="UTC"),
    )

    assert one(hub, lose).ref == keep
    with hub.look() as session:
        kept = session.scalar(select(func.count()).where(Event.customer_id == one(hub, keep).id))
        alive = session.scalar(select(func.count()).select_from(Person).where(Person.erased_at.is_(None)))
    assert (kept, alive) == (8, 1)


def test_a_chain_of_mergers_is_none(hub, told, two, merged):
    keep, lose = two
    third = told("C-3")
    merged(lose, keep)
    merging.merge(hub, third, lose, "petra")

    assert {one(hub, ref).ref for ref in (*two, third)} == {third}
    with hub.look() as session:
        assert set(session.scalars(select(Merger.kept_id))) == {one(hub, third).id}


def test_done_twice_it_is_done_once(hub, two, merged):
    keep, lose = two
    assert merged() == merging.merge(hub, keep, lose, "paul") == keep


def test_a_failure_in_the_middle_leaves_both_as_they_were(hub, two, monkeypatch):
    keep, lose = two
    pretend_merged_there(hub)
    monkeypatch.setattr(merging, "_end", lambda *_: (_ for _ in ()).throw(RuntimeError("the power went")))
    before = anything_of(hub, one(hub, lose).id)

    with pytest.raises(RuntimeError):
        merging.merge(hub, keep, lose, "petra")

    assert anything_of(hub, one(hub, lose).id) == before


# --- what may stand only once


def test_the_stricter_word_stands_and_partners_hear_of_it(hub, two, fold, merged, clock):
    keep, _ = two

    def say(number, channel, state, purpose="marketing"):
        fold(
            ConsentRecord(
                customer=key_of(number), purpose=purpose, channel=channel, state=state, notice="n", at=clock()
            )
        )

    say("C-1", "sms", "withdrawn")
    clock.pass_by(minutes=1)
    say("C-2", "sms", "granted")
    say("C-1", "push", "granted")
    say("C-2", "push", "granted")
    say("C-2", "mail", "granted")  # for a mailbox that is not the one that stands
    say("C-2", "sms", "granted", "survey")  # the phone is the same
    merged()

    assert says(hub, keep) == {
        ("marketing", "sms"): "withdrawn", ("marketing", "push"): "granted", ("marketing", "mail"): "withdrawn",
        ("survey", "sms"): "granted",
    }  # fmt: skip


def test_of_two_cards_the_one_with_points_stands_with_the_history_of_both(hub, two, fold, merged, clock):
    fold(
        LoyaltyRecord(customer=key_of("C-1"), version=1, at=clock(), tier="silver", points=30),
        LoyaltyRecord(customer=key_of("C-1"), version=2, at=clock(), points=0),
        LoyaltyRecord(customer=key_of("C-2"), version=1, at=clock(), tier="gold", points=40),
    )

    merged()

    with hub.look() as session:
        (card,) = session.scalars(select(MembershipCard)).all()
        entries = session.scalars(select(LedgerEntry.points)).all()
        now = session.scalars(select(Tier.name).where(Tier.until.is_(None))).all()
        assert card.customer_id == one(hub, two[0]).id
    assert (card.points, sum(entries), sorted(entries), now) == (40, 40, [-30, 30, 40], ["gold"])
    fold(LoyaltyRecord(customer=key_of("C-2"), version=2, at=clock(), points=55))
    with hub.look() as session:
        assert session.scalars(select(MembershipCard.points)).one() == 55


def test_on_the_same_way_twice_is_on_it_once_and_the_arm_that_was_dealt_first_counts(hub, two, merged, clock):
    keep, lose = (one(hub, ref) for ref in two)
    with hub.begin() as work:
        version = work.add(JourneyVersion(journey="spring", hash="h", text="", applied_at=work.now, applied_by="x"))
        rows = {
            who.id: work.add(Enrollment(journey="spring", version_id=version.id, customer_id=who.id, subject_id=who.id,
                             generation=1, entry="event", state="waiting", visits={}, made_at=work.now))
            for who in (keep, lose)
        }  # fmt: skip
        for who, arm, at in ((keep, "b", clock()), (lose, "a", clock().replace(hour=0))):
            work.add(Exposure(experiment="spring/split", unit=f"customer:{who.id}", arm=arm, customer_id=who.id,
                              journey="spring", enrollment_id=rows[who.id].id, entry="event", at=at))  # fmt: skip
            work.add(Membership(segment="regulars", customer_id=who.id, rule_hash="h", entered_at=at, cause="rule"))

    merged()

    with hub.look() as session:
        found = session.scalars(select(Enrollment).order_by(Enrollment.generation)).all()
        (dealt,) = session.scalars(select(Exposure)).all()
        inside = session.scalars(select(Membership.left_cause).order_by(Membership.left_cause)).all()
    assert [(row.generation, row.subject_id, row.reason == "merged") for row in found] == [
        (1, keep.id, False), (2, keep.id, True),
    ]  # fmt: skip
    assert (dealt.arm, dealt.unit) == ("a", f"customer:{keep.id}")
    assert "merged" in inside


def test_one_car_that_both_had_is_one_car(hub, two, fold, merged, clock):
    for number in ("C-1", "C-2"):
        fold(VehicleRecord(customer=key_of(number), partner_id="v-9", vin="WVWZZZ1JZ3W386752", plate="B-AW 2"))

    merged()

    with hub.look() as session:
        now = session.scalars(select(Ownership).where(Ownership.until.is_(None))).all()
    assert [row.customer_id for row in now] == [one(hub, two[0]).id]


def test_messages_keep_their_order_behind_those_of_the_kept_one(hub, two, merged):
    with hub.look() as session:
        before = session.scalar(select(func.count()).select_from(Message))
    merged()

    with hub.look() as session:
        rows = session.execute(select(Message.connection_id, Message.entity, Message.seq)).all()
    assert len(rows) >= before
    assert two[1] not in {entity for _, entity, _ in rows}
    assert len({tuple(row) for row in rows}) == len(rows)


def test_whoever_was_signed_in_as_the_lost_one_signs_in_anew(hub, two, merged, clock):
    with hub.begin() as work:
        mine, theirs = (principal_of(work, ref) for ref in two)
        work.session.flush()
        secret = make_sign_in_link(work, theirs, timedelta(minutes=10))
        later = make_sign_in_link(work, theirs, timedelta(minutes=10))
        work.session.flush()
        session_secret = use_sign_in_link(work, secret)
        kept_id = mine.id
    merged()

    with hub.begin() as work:
        assert signed_in(work.session, session_secret, clock(), hub.settings.idle) is None
        assert use_sign_in_link(work, later) is None
        assert principal_of(work, two[1]).id == kept_id


# --- what stands in the way


def obstacles(hub, two):
    return [each.code for each in merging.plan(hub, *two).obstacles]


def test_a_partner_who_has_both_merges_first(hub, crm, two):
    assert obstacles(hub, two) == ["partner"]
    with pytest.raises(Denied, match="crm has two records") as refused:
        merging.merge(hub, *two, "petra")
    assert "Merge both at crm first" in refused.value.hint


def test_everything_that_stands_in_the_way_is_said_at_once_with_how_to_mend_it(hub, two, fold, clock):
    pretend_merged_there(hub)
    assert obstacles(hub, two) == []
    holds.place(hub, holds.Wanted(two[0], "*", "case", "court", "petra"), "petra")
    erasure.intake(hub, two[1], "portal", Came("desk"))
    fold(
        *(LoyaltyRecord(customer=key_of(number), version=1, at=clock(), points=10) for number in ("C-1", "C-2")),
        CustomerRecord(customer=key_of("C-2"), name="Anna Weiß", residence="FR"),
    )
    with hub.begin() as work:
        for ref in two:
            customer = work.session.scalars(select(Customer).where(Customer.ref == ref)).one()
            conversations.write(hub, work, customer, Words("hello", f"w-{ref}"), "de")

    told = merging.plan(hub, *two).obstacles

    assert [each.code for each in told] == ["law", "hold", "erasing", "conversations", "cards"]
    assert all(each.what.endswith(".") and each.mend.endswith(".") for each in told)
    with pytest.raises(Denied):
        merging.merge(hub, *two, "petra")


def test_a_plan_changes_nothing_and_says_what_each_brings(hub, two):
    before = one(hub, two[1]).version
    pretend_merged_there(hub)

    plan = merging.plan(hub, *two)

    assert (plan.rows["events"], plan.differing) == ((3, 3), ("email",))
    assert one(hub, two[1]).version == before


def test_nobody_is_merged_with_themselves_or_with_nobody(hub, two):
    with pytest.raises(WrongInput):
        merging.plan(hub, two[0], two[0])
    with pytest.raises(NotFound, match="no customer"):
        merging.plan(hub, two[0], "0" * 32)


# --- who decides


def test_one_proposes_and_another_decides(hub, two):
    keep, lose = two
    pretend_merged_there(hub)
    number = merging.suggest(hub, lose, keep, "principal:1")
    assert merging.suggest(hub, keep, lose, "principal:2") == number

    merging.propose(hub, number, keep, "principal:1")
    with pytest.raises(Denied, match="second pair of eyes"):
        merging.approve(hub, number, "principal:1", {"operator", "admin", "privacy"})  # whatever desks they have
    assert merging.approve(hub, number, "principal:2", {"privacy"}) == keep
    assert merging.approve(hub, number, "principal:3") == keep  # pressed twice

    with hub.look() as session:
        row = session.get_one(Duplicate, number)
    assert (row.state, row.asked_by, row.settled_by) == ("merged", "principal:1", "principal:2")


def test_that_two_are_two_holds_for_whoever_one_of_them_becomes(hub, told, two, merged):
    third = told("C-3")
    number = merging.suggest(hub, two[1], third, "principal:1")
    with hub.begin() as work:
        merges.keep_apart(work, number, "principal:1", "namesakes")

    merged()

    assert merging.suggest(hub, two[0], third, "principal:1") == number
    with hub.look() as session:
        assert session.get_one(Duplicate, number).state == "kept apart"


# --- afterwards


def test_erasing_the_kept_one_erases_both_histories_and_both_names(hub, crm, two, merged, approved, fold, clock):
    merged()

    request = approved(two[1])
    erasure.run(hub, request)
    drain_all(hub)

    assert erasure.run(hub, request) == "certified"
    with hub.look() as session:
        assert session.scalar(select(func.count()).select_from(Tombstone)) >= 4
    folded = fold(CustomerRecord(customer=key_of("C-2"), name="Anna Weiß", email="anna.weiss@example.net"))
    assert len(folded.gone) == 1


def test_requests_and_holds_of_the_lost_one_are_the_kept_ones(hub, two, merged):
    keep, lose = (one(hub, ref) for ref in two)
    number = holds.place(hub, holds.Wanted(two[1], "*", "case", "court", "petra"), "petra")
    holds.release(hub, number, "petra")
    merged()

    with hub.look() as session:
        assert session.get_one(LegalHold, number).person_id == keep.person_id
        assert session.scalar(select(func.count()).select_from(PersonRequest)) == 0
        assert session.scalar(select(func.count()).select_from(Conversation)) == 0
    assert lose.id != keep.id


def test_a_backup_from_before_the_merger_forgets_both_when_the_kept_one_was_erased(
    hub, two, merged, approved, tmp_path, clock, redis
):
    keep, lose = two
    (data,) = making.back_up(hub, tmp_path / "backups", ("data",), "petra")
    merged()
    assert erasure.run(hub, approved(keep)) == "certified"

    restore_data(hub.settings, "eu", data, clock)
    replaying = build_hub(hub.settings, "eu", redis, clock=clock, replaying=True)
    assert person_of(replaying, lose).erased_at is None  # as somebody of their own
    replay(replaying, "petra")

    assert all(person_of(replaying, ref).erased_at for ref in two)
    with replaying.look() as session:
        named = select(Customer.id).where(Customer.ref.in_(two))
        assert session.scalar(select(func.count()).where(Event.customer_id.in_(named))) == 0
        assert set(session.scalars(select(ErasureRequest.state))) == {"certified"}
    assert replay(replaying, "petra") == 0
    replaying.close()


def test_pairs_are_listed_with_their_certainty_and_merged_by_the_command_line(hub, two, run):
    number = merging.suggest(hub, *two, "principal:1")
    pretend_merged_there(hub)

    listed = json.loads(run("duplicates", "list", "--json", "-r", "eu")[1])
    assert [(pair["id"], pair["signs"], pair["certainty"]) for pair in listed] == [(number, ["name", "phone"], "high")]
    said = run("duplicates", "show", *two, "-r", "eu")[1]
    assert "email: both differ" in said
    assert "In the way" not in said
    code, said, _ = run("duplicates", "merge", *two, "--yes", "--by", "petra", "-r", "eu")
    assert (code, said) == (0, f"{two[1]} is {two[0]} from now on.\n")
    assert run("duplicates", "list", "-r", "eu")[1] == "Nobody is alike.\n"


def test_a_stranger_who_only_claims_to_be_somebody_becomes_nobody(hub, told):
    with hub.begin() as work:
        claimed = strangers.receive(
            hub, work, "form-1", "Anna Weiß", "anna@example.org", "https://garage.example", "de"
        )
        ref = claimed.ref

    assert obstacles(hub, (told("C-1"), ref)) == ["stranger"]
