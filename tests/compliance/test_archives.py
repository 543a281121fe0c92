"""The statutory archive: what a tax law wants kept of somebody who was erased, apart, for its term, and for a reason only."""

import json
from datetime import date, timedelta

import pytest
from sqlalchemy import func, select

from compliance import archives, erasure, holds, retention
from compliance.archive_law import Term, problems_of, read_terms
from compliance.backups import making
from compliance.backups.replay import replay
from compliance.backups.restoring import restore_data
from compliance.disclosure import disclose
from forgetting import person_of
from hub.core import build_hub
from hub.errors import Denied, NotFound, WrongInput
from hub.flow import customers
from hub.gate import erase_rows
from hub.models import ArchivedInvoice, AuditEntry, Customer, DataKey, ErasureRequest, Invoice
from hub.sdk import BranchRecord, CustomerKey, CustomerRecord, InvoiceRecord, LineRecord, VisitRecord
from hubs import CONFIG
from partners import drain_all

KEY = CustomerKey(partner_id="m-C-1", customer_number="C-1")


@pytest.fixture
def billed(hub, crm, told, clock):
    """With an address, an invoice of last year with what was done for it, and one that no law wants any more."""
    ref, at = told(), clock()
    line = LineRecord(kind="labour", code="brakes", title="Brakes, as agreed with Anna", price_minor=10_000)
    records = [
        BranchRecord(code="mitte", title="Mitte", zone="Europe/Berlin"),
        CustomerRecord(customer=KEY, address="Kanarienweg 17, Ebersbach"),
        VisitRecord(customer=KEY, key="V-1", at=at, branch="mitte", opened_at=at - timedelta(days=2),
                    closed_at=at, currency="EUR", lines=(line,)),
        *(InvoiceRecord(customer=KEY, key=key, at=at, number=f"2026-{key}", branch="mitte", visit_key=visit, net_minor=10_000,
                        tax_minor=1_900, total_minor=11_900, currency="EUR", issued_at=at - timedelta(days=days))
          for key, visit, days in (("I-1", "V-1", 300), ("I-2", None, 4_000))),
    ]  # fmt: skip
    with hub.begin() as work:
        customers.fold(hub, work, hub.partners["club"], records)
    return ref


def erased(hub, request):
    erasure.run(hub, request)
    drain_all(hub)
    return erasure.run(hub, request)


def lying(hub):
    with hub.look() as session:
        return archives.listed(session, hub.clock())


def test_an_invoice_is_archived_with_what_must_stand_on_it_and_nothing_else(hub, billed, approved):
    erased(hub, approved(billed))

    [kept] = lying(hub)
    assert (kept.customer, kept.law, kept.ends_at.isoformat()) == (billed, "DE", "2034-12-31T23:00:00+00:00")
    said = archives.open_one(hub, kept.ref, "tax_audit", "petra")
    assert said == {
        "number": "2026-I-1", "issued_on": "2026-01-29", "branch": "mitte", "net_minor": 10_000, "tax_minor": 1_900,
        "total_minor": 11_900, "currency": "EUR", "cancelled_at": None,
        "recipient": {"name": "Anna Weiß", "address": "Kanarienweg 17, Ebersbach"},
        "lines": [{"kind": "labour", "code": "brakes", "title": "Brakes, as agreed with Anna", "quantity_milli": 1000,
                   "price_minor": 10_000}],
    }  # fmt: skip


def test_the_plan_and_the_certificate_say_what_is_archived_by_which_law_and_until_when(hub, billed, approved):
    request = approved(billed)
    with hub.look() as session:
        planned = session.scalars(select(ErasureRequest.plan)).one()["archived"]

    assert erased(hub, request) == "certified"

    with hub.look() as session:
        statement = session.scalars(select(ErasureRequest.certificate)).one()["statement"]
    [one] = statement["archived"]
    assert [one] == planned
    assert (one["record_set"], one["rows"], one["until"]) == ("invoices", 1, "2034-12-31T23:00:00+00:00")
    assert "AO § 147(3)" in one["source"]


def test_its_key_is_its_own_and_the_history_that_stays_does_not_lead_to_it(hub, billed, approved):
    key = person_of(hub, billed).data_key_id
    erased(hub, approved(billed))

    with hub.look() as session:
        row = session.scalars(select(ArchivedInvoice)).one()
        assert session.get(DataKey, key) is None
        assert session.get_one(DataKey, row.data_key_id).owner_kind == "archive"
        owners = set(session.scalars(select(Customer.ref).join(Invoice, Invoice.customer_id == Customer.id)))
    assert owners == {"nobody-mitte"}
    assert b"Anna" not in row.sealed


def test_it_opens_for_a_reason_only_and_each_look_is_audited(hub, billed, approved):
    erased(hub, approved(billed))
    [kept] = lying(hub)

    with pytest.raises(WrongInput, match="for a reason only"):
        archives.open_one(hub, kept.ref, "curious", "petra")
    with pytest.raises(NotFound, match="no archived invoice"):
        archives.open_one(hub, "nothing", "tax_audit", "petra")
    archives.open_one(hub, kept.ref, "tax_audit", "petra")

    with hub.look() as session:
        looks = session.scalars(select(AuditEntry).where(AuditEntry.action == "archive_opened")).all()
    said = [(one.actor, one.detail["invoice"], one.detail["reason"], one.detail["policy"]) for one in looks]
    assert said == [("petra", kept.ref, "tax_audit", "who_may_say_yes")]


def test_at_the_end_of_its_term_row_and_key_go_and_not_a_day_before(hub, billed, approved, clock):
    erased(hub, approved(billed))
    with hub.look() as session:
        key = session.scalars(select(ArchivedInvoice.data_key_id)).one()

    clock.pass_by(days=(date(2034, 12, 31) - clock().date()).days)
    assert "archived_invoices" not in retention.run(hub, "clock")
    clock.pass_by(days=1)
    [due] = [one for one in retention.plan(hub) if one.record_set == "archived_invoices"]
    assert (due.rows, due.kept) == (1, 0)
    assert retention.run(hub, "clock")["archived_invoices"] == 1

    with hub.look() as session:
        assert session.get(DataKey, key) is None
        assert session.scalar(select(func.count()).select_from(ArchivedInvoice)) == 0


def test_a_hold_keeps_what_is_archived_beyond_its_term(hub, billed, approved, clock):
    erased(hub, approved(billed))
    holds.place(hub, holds.Wanted(billed, "archived_invoices", "lawsuit", "§ 142 ZPO", "legal"), "legal")

    clock.pass_by(days=10 * 365)

    assert "archived_invoices" not in retention.run(hub, "clock")
    with hub.begin() as work, pytest.raises(Denied):
        erase_rows(work.session, ArchivedInvoice, ArchivedInvoice.id > 0, record_set="archived_invoices",
                   persons=[person_of(hub, billed).id], now=work.now)  # fmt: skip


def test_who_is_held_may_see_it_and_a_run_that_is_repeated_archives_nothing_twice(hub, billed, approved):
    hold = holds.place(hub, holds.Wanted(billed, "invoices", "lawsuit", "§ 142 ZPO", "legal"), "legal")
    request = approved(billed)
    assert erased(hub, request) == erasure.run(hub, request) == "held"

    [row] = next(one.rows for one in disclose(hub, billed, "petra").sections if one.name == "archived_invoices")
    assert row["value"]["recipient"]["name"] == "Anna Weiß"

    holds.release(hub, hold, "legal")
    assert erasure.run(hub, request) == "certified"
    assert len(lying(hub)) == 1


def test_a_backup_from_before_the_erasure_does_not_lose_it(hub, billed, approved, tmp_path, clock, redis):
    [data] = making.back_up(hub, tmp_path / "backups", ("data",), "petra")
    erased(hub, approved(billed))
    before = lying(hub)

    restore_data(hub.settings, "eu", data, clock)
    assert lying(hub) == []
    replaying = build_hub(hub.settings, "eu", redis, clock=clock, replaying=True)
    assert replay(replaying, "petra") == 1

    assert lying(replaying) == before
    assert archives.open_one(replaying, before[0].ref, "tax_audit", "petra")["number"] == "2026-I-1"
    replaying.close()


def test_it_is_listed_and_opened_at_the_command_line(hub, billed, approved, run):
    assert run("privacy", "archive", "list", "-r", "eu")[1] == "The archive is empty.\n"
    erased(hub, approved(billed))

    [kept] = json.loads(run("privacy", "archive", "list", "-r", "eu", "--customer", billed, "--json")[1])
    assert run("privacy", "archive", "open", kept["ref"], "-r", "eu")[0] == 2
    code, said, _ = run("privacy", "archive", "open", kept["ref"], "--reason", "tax_audit", "-r", "eu")
    assert (code, json.loads(said)["recipient"]["name"]) == (0, "Anna Weiß")


@pytest.mark.parametrize(
    ("term", "issued", "ends"),
    [
        (Term(8, "year_end", "AO", date(2026, 1, 1)), date(2026, 1, 2), "2034-12-31T23:00:00+00:00"),
        (Term(6, "issue", "VAT", date(2026, 1, 1)), date(2024, 2, 28), "2030-02-27T23:00:00+00:00"),
        (Term(6, "issue", "VAT", date(2026, 1, 1)), date(2026, 5, 3), "2032-05-03T22:00:00+00:00"),
    ],
)
def test_when_a_term_ends(term, issued, ends):
    assert term.ends_at(issued, "Europe/Berlin").isoformat() == ends


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ("default:", "otherwise:", "archives.yaml:1: it has “keeps”, “default”"),
        ("[name, address]", "[name, plate]", "keeps is a list of name, address"),
        ("years: 7", "years: 0", "AT: years is a whole number from 1 to 30"),
        ("from: issue", "from: today", "GB: from is issue or year_end"),
        ('source: "BAO § 132(1)", ', "", "AT: a term has from, reviewed_on, source, years"),
        ('"BAO § 132(1)"', '""', "AT: source names no place in a law"),
    ],
)
def test_a_wrong_file_says_where(tmp_path, before, after, said):
    good = (CONFIG / "privacy" / "archives.yaml").read_text()
    assert read_terms(CONFIG).of("nowhere") == read_terms(CONFIG).of("DE")
    (tmp_path / "privacy").mkdir()
    (tmp_path / "privacy" / "archives.yaml").write_text(good.replace(before, after, 1))

    [problem] = problems_of(tmp_path)

    assert said in problem
