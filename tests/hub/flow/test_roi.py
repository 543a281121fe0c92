"""What campaigns were worth: proof from the holdout, and credits that add up to the invoices of the ledger."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

import scoring
from hub.errors import ConfigError, NotFound, WrongInput
from hub.flow import expenses
from hub.flow.expenses import Expense
from hub.flow.ledger import end_of
from hub.flow.planning import plan
from hub.flow.returns import row_of
from hub.flow.roi import roi
from hub.models import (
    Cost,
    Customer,
    Experiment,
    Exposure,
    Invoice,
    JourneyVersion,
    Line,
    Message,
    Offer,
    Person,
    Visit,
    new_ref,
)

SINCE, UNTIL = date(2026, 10, 1), date(2026, 11, 25)


@pytest.fixture(autouse=True)
def analyses(hub):
    """The statistics that a plugin brings."""
    hub.plugins.register(scoring, "scoring")


@pytest.fixture
def trial(hub, clock):
    """200 people met the holdout of `brakes` in October, 40 of them were held back; a treated one spends 100 or 140 in
    November, a held one 40 or 80. One more person has an invoice and was never spoken to."""
    start = clock()
    with hub.begin() as work:
        work.add(
            JourneyVersion(id=work.ids.next(), journey="brakes", hash="h", text="", applied_at=start, applied_by="t")
        )
        arms = {"held": 0.2, "treated": 0.8}
        opened = start - timedelta(days=90)
        work.add(
            Experiment(experiment="holdout:brakes", journey="brakes", unit="customer", arms=arms, opened_at=opened)
        )
        work.add(Cost(kind="messages", campaign="brakes", amount_minor=40_000, currency="EUR", incurred_on=UNTIL))
        for number in range(201):
            one = a_customer(work)
            held = number % 5 == 0
            spent = (4_000 if held else 10_000) + 4_000 * (number % 2)
            if number < 200:
                exposed(work, one, "held" if held else "treated", start - timedelta(days=40))
            if number < 200 and not held:
                written(hub, work, one, start - timedelta(days=10))
            billed(hub, work, one, spent, start - timedelta(days=5))
    return hub


def a_customer(work):
    person = work.add(Person(ref=new_ref(), jurisdiction="DE", made_at=work.now, data_key_id=work.new_key("person").id))
    work.session.flush()
    return work.add(Customer(ref=new_ref(), person_id=person.id, version=0, made_at=work.now))


def exposed(work, one, arm, at):
    work.add(
        Exposure(experiment="holdout:brakes", unit=f"customer:{one.id}", arm=arm, customer_id=one.id, journey="brakes",
                 enrollment_id=0, entry="event", at=at)
    )  # fmt: skip


def written(hub, work, one, at):
    work.add(
        Message(connection_id=hub.partner("mails").id, entity=one.ref, seq=1, topic="marketing", effect_key=one.ref,
                refs={"journey": "brakes", "customer_id": one.id}, state="sent", attempts=1, not_before=at, made_at=at,
                settled_at=at)
    )  # fmt: skip


def billed(hub, work, one, net, at):
    told = {"connection_id": hub.partner("shop").id, "version": 0, "told_at": at, "customer_id": one.id}
    visit = work.add(
        Visit(**told, key_hash=one.ref.encode(), reason="repair", status="closed", opened_at=at, closed_at=at,
              local_day=at.date(), zone="Europe/Berlin", amount_minor=net, currency="EUR")
    )  # fmt: skip
    work.add(
        Line(visit_id=visit.id, number=1, kind="part", code="brakes", quantity_milli=1000, price_minor=net,
             cost_minor=net // 2, currency="EUR")
    )  # fmt: skip
    work.add(
        Invoice(**told, key_hash=one.ref.encode(), visit_id=visit.id, issued_at=at, issued_on=at.date(), net_minor=net,
                tax_minor=0, total_minor=net, currency="EUR")
    )  # fmt: skip


def test_the_headline_is_the_margin_that_would_not_have_come(trial):
    told = roi(trial, SINCE, UNTIL)

    proof = told["campaigns"]["brakes"]["proof"]["EUR"]
    assert proof["sizes"] == {"held": 40, "treated": 160}
    assert proof["incremental"] == 160 * 3_000  # half of 60.00 more, for each of 160
    low, high = proof["interval"]
    assert 0 < low < proof["incremental"] < high
    assert proof["proved"]
    assert proof["roi"] == pytest.approx(11.0)


def test_credits_and_what_nobody_touched_are_the_invoices(trial):
    books = roi(trial, SINCE, UNTIL)["ledger"]["EUR"]

    assert books["invoiced"] == sum((4_000 if n % 5 == 0 else 10_000) + 4_000 * (n % 2) for n in range(201))
    for credited in books["models"].values():
        assert set(credited) == {"brakes"}
        assert credited["brakes"] + books["unattributed"] == books["invoiced"]


def test_a_campaign_that_nobody_applied_is_named_with_those_there_are(trial):
    with pytest.raises(NotFound, match="no campaign “breaks”") as wrong:
        roi(trial, SINCE, UNTIL, "breaks")

    assert wrong.value.hint == "Campaigns: brakes."


def test_before_anything_happened_there_is_nothing_to_tell(hub):
    told = roi(hub, SINCE, UNTIL)

    assert (told["ledger"], told["campaigns"]) == ({}, {})


def test_without_the_statistics_of_a_plugin_it_says_what_to_name(hub):
    hub.plugins.unregister(scoring)

    with pytest.raises(ConfigError, match="No plugin brings the statistics"):
        roi(hub, SINCE, UNTIL)


def test_a_branch_is_told_of_its_own_and_all_branches_are_the_region(trial):
    with trial.begin() as work:
        people = work.session.scalars(select(Customer).order_by(Customer.id)).all()
        for number, one in enumerate(people):
            one.branch = ("north", "south")[number % 3 == 0]
        for row in work.session.scalars(select(Invoice)):
            row.branch = work.session.get_one(Customer, row.customer_id).branch

    whole, parts = roi(trial, SINCE, UNTIL), [roi(trial, SINCE, UNTIL, branch=one) for one in ("north", "south")]

    assert sum(one["ledger"]["EUR"]["invoiced"] for one in parts) == whole["ledger"]["EUR"]["invoiced"]
    assert sum(one["campaigns"]["brakes"]["people"]["held"] for one in parts) == 40
    assert sum(one["campaigns"]["brakes"]["cost"]["EUR"] for one in parts) == 40_000
    assert {one["ledger"]["EUR"]["difference"] for one in (whole, *parts)} == {0}


def test_an_offer_that_leaves_some_alone_is_a_campaign_with_its_proof_and_its_price(trial):
    (trial.settings.config / "rates.yaml").write_text("held_back: 0.2\nmessages: {mail: {EUR: 0.25}}\n")
    with trial.begin() as work:
        for number, one in enumerate(work.session.scalars(select(Customer).order_by(Customer.id)).all()[:200]):
            work.add(
                Offer(connection_id=trial.partner("shop").id, version=0, told_at=work.now, key_hash=one.ref.encode(),
                      customer_id=one.id, code="spring", channel="mail", held_back=number % 5 == 0, percent=10.0,
                      valid_from=SINCE, valid_until=UNTIL, made_at=work.now - timedelta(days=40))
            )  # fmt: skip

    found = roi(trial, SINCE, UNTIL)["campaigns"]["offer:spring"]

    assert found["people"] == {"treated": 160, "held": 40}
    assert found["proof"]["EUR"]["incremental"] == 160 * 3_000
    assert found["costs"] == {"EUR": {"messages": 160 * 25}}
    assert found["retention"]["arms"]["treated"][-1]["share"] == 1.0


def test_what_is_let_off_on_bills_is_a_cost_of_its_campaign_and_is_counted_once(trial):
    """Of 160 who were treated every fourth has 10.00 off; a credit of no campaign's is nobody's cost."""
    with trial.begin() as work:
        for number, visit in enumerate(work.session.scalars(select(Visit).order_by(Visit.id)).all()[:200]):
            if number % 5 and number % 4 == 0:
                credited(work, visit, "brakes", 1_000)
            elif number == 1:
                credited(work, visit, "goodwill", 500)

    found = roi(trial, SINCE, UNTIL)
    one, shown_row = found["campaigns"]["brakes"], row_of("brakes", "Brakes", found["campaigns"]["brakes"], "EUR")

    gross = 160 * 3_000
    assert one["costs"] == {"EUR": {"discounts": 40_000, "messages": 40_000}}
    assert one["proof"]["EUR"]["incremental"] == gross - 40_000 - 500, "credits are off the margin"
    assert one["proof"]["EUR"]["roi"] == pytest.approx((gross - 500) / 80_000 - 1)
    assert shown_row.back == pytest.approx((gross - 500) / 80_000)
    assert found["ledger"]["EUR"]["difference"] == 0


def credited(work, visit, code, off):
    work.add(
        Line(
            visit_id=visit.id, number=2, kind="credit", code=code, quantity_milli=1000, price_minor=-off, currency="EUR"
        )
    )


def test_a_test_is_planned_by_how_much_the_customers_here_differ(trial):
    found = plan(trial, 1_000, "EUR", weekly=40.0)

    assert found["customers"] == 201
    assert found["weeks"] == -(-found["units"] // 40)
    with pytest.raises(WrongInput, match="not worth starting"):
        plan(trial, 10, "EUR", weekly=1.0)
    with pytest.raises(WrongInput, match="Nobody has paid in AED"):
        plan(trial, 1_000, "AED", weekly=40.0)


def test_whoever_had_their_data_restricted_is_in_no_comparison_and_the_ledger_still_adds_up(trial):
    with trial.begin() as work:
        one = work.session.scalars(select(Customer).order_by(Customer.id)).first()
        work.session.get_one(Person, one.person_id).restricted_at = work.now

    found = roi(trial, SINCE, UNTIL)

    assert found["campaigns"]["brakes"]["people"] == {"treated": 160, "held": 39}
    assert found["ledger"]["EUR"]["difference"] == 0


@pytest.fixture
def controlled(trial, clock):
    """All but one of the 201 met journeys in the fourth quarter; every twentieth was left alone by all of them and spent half."""
    with trial.begin() as work:
        people = work.session.scalars(select(Customer).order_by(Customer.id)).all()
        for number, one in enumerate(people[:200]):
            arm = "control" if number % 20 == 0 else "open"
            at = clock() - timedelta(days=40)
            work.add(Exposure(experiment="global_control:2026q4", unit=f"customer:{one.id}", arm=arm, customer_id=one.id,
                              journey="brakes", enrollment_id=0, entry="event", at=at))  # fmt: skip
    return trial


def test_all_journeys_together_are_judged_by_those_whom_every_journey_left_alone(controlled):
    told = roi(controlled, SINCE, UNTIL)["global_control"]

    quarter = told["quarters"]["2026q4"]
    assert quarter["people"] == {"treated": 190, "held": 10}
    # of 200 people, half spend 40.00 more; every fifth is held by brakes and spends 60.00 less, and all in control are of those
    held, treated = 2_000, (160 * 6_000 + 30 * 3_000 + 10 * 1_000) // 190
    assert told["headline"]["EUR"]["incremental"] == pytest.approx((treated - held) * 190, rel=0.2)
    assert told["headline"]["EUR"]["told"] == ["2026q4"]
    low, high = told["headline"]["EUR"]["interval"]
    assert low < told["headline"]["EUR"]["incremental"] < high


def test_the_global_control_is_no_campaign_and_changes_nothing_of_the_ledger(controlled):
    told = roi(controlled, SINCE, UNTIL)

    assert set(told["campaigns"]) == {"brakes"}
    assert told["ledger"]["EUR"]["difference"] == 0
    assert told["growth"]["EUR"][-1]["value"] == told["headline"]["EUR"]["incremental"]


def test_what_comes_after_its_quarter_counts_for_nobody_as_another_twentieth_is_left_alone_then(controlled, clock):
    before = roi(controlled, SINCE, UNTIL)["global_control"]
    with controlled.begin() as work:
        for one in work.session.scalars(select(Customer).order_by(Customer.id)).all()[:40]:
            another = work.session.scalars(select(Visit).where(Visit.customer_id == one.id)).one()
            another.local_day = date(2027, 1, 4)
    after = roi(controlled, SINCE, date(2027, 1, 10))["global_control"]
    sums = [one["quarters"]["2026q4"]["proof"]["EUR"] for one in (before, after)]
    assert sums[1]["incremental"] != sums[0]["incremental"]
    with controlled.begin() as work:
        for row in work.session.scalars(select(Visit).where(Visit.local_day == date(2027, 1, 4))):
            work.session.query(Line).filter(Line.visit_id == row.id).update({"price_minor": 999_999})
    assert roi(controlled, SINCE, date(2027, 1, 10))["global_control"] == after


@pytest.mark.parametrize(("name", "ends"), [("2026q1", date(2026, 4, 1)), ("2026q4", date(2027, 1, 1))])
def test_a_quarter_ends_with_its_third_month(name, ends):
    assert end_of(f"global_control:{name}") == ends


def test_what_an_agency_cost_is_told_by_its_key_and_weighs_in_what_comes_back(trial):
    year = Expense("INV-1", "brakes", "agency", 36_500, "EUR", date(2026, 1, 1), date(2026, 12, 31))
    with trial.begin() as work:
        expenses.tell(work, [year, year], "cli")
        expenses.tell(work, [year], "cli")

    one = roi(trial, SINCE, UNTIL)["campaigns"]["brakes"]
    parts = [roi(trial, *span)["campaigns"]["brakes"]["costs"]["EUR"]["agency"]
             for span in ((SINCE, date(2026, 10, 31)), (date(2026, 11, 1), UNTIL))]  # fmt: skip

    assert one["costs"]["EUR"] == {"agency": 5_600, "messages": 40_000}, "56 days of 365, beside what the books tell"
    assert sum(parts) == 5_600
    assert one["cost"]["EUR"] == 45_600
    assert one["proof"]["EUR"]["roi"] == pytest.approx((160 * 3_000 - 45_600) / 45_600)
