"""The shop: its webhooks and its files of history become records, and signals reach its desk once."""

import gzip
import json
from datetime import UTC, datetime

import pytest

from connectors.shop import Shop, history
from connectors.shop.sandbox import ShopSandbox, make_books
from hub.catalogue import catalogue
from hub.errors import WrongInput
from hub.plugins import load_plugins
from hub.sdk import Bounds, CustomerRecord, Knock, Push, VisitRecord, sign
from hub.sdk.recordings import recorded_in
from hub.sdk.row_checks import check
from proving import SHOP, SHOP_SECRET, Scripted, account_of, payloads_of
from shops import ROWS, a_row

AT = datetime(2026, 3, 6, 12, tzinfo=UTC)
EVENTS = catalogue(load_plugins([])).events
RECORDED = {one.name: one.knock for one in recorded_in(payloads_of("shop"))}


def knock(told):
    body = json.dumps(told).encode()
    return Knock("POST", "https://hub.example.org/webhooks/shop", sign(SHOP_SECRET, "msg_1", AT, body), body, AT)


def records(name):
    shop = Shop(SHOP)
    return [record for one in shop.verify(RECORDED[name]) for record in shop.normalise(one.payload)]


def written(path, *rows):
    path.write_bytes(b"\n".join(row if isinstance(row, bytes) else json.dumps(row).encode() for row in rows))
    return path


def read(path, branches=("berlin-mitte",)):
    return list(Shop(SHOP).history(path, Bounds(set(branches), (), AT)))


def test_a_visit_comes_with_its_lines_in_minor_units():
    (visit,) = records("visit_closed")

    assert isinstance(visit, VisitRecord)
    assert (visit.customer.partner_id, visit.vehicle_partner_id, visit.version) == ("C-17", "F-9", 3)
    assert [(line.code, line.kind, line.price_minor, line.cost_minor) for line in visit.lines] == [
        ("oil_change", "labour", 12900, 4100),
        ("oil_change", "credit", -1000, None),
    ]


@pytest.mark.parametrize(
    ("kind", "event", "attributes"),
    [
        ("survey", "survey", {"score": 9}),
        ("part_arrival", "parts_arrived", {"part": "clutch"}),
        ("tyre_set", "tyres_stored", {"set": "winter", "tread": 4.5}),
        ("frost_warning", "frost_forecast", {}),
    ],
)
def test_what_happens_to_a_customer_becomes_an_event_that_journeys_may_begin_with(kind, event, attributes):
    (told,) = (record for one in Shop(SHOP).verify(knock(a_row(kind))) for record in Shop(SHOP).normalise(one.payload))

    assert (told.customer.partner_id, told.kind, dict(told.attributes)) == ("C-17", event, attributes)
    assert attributes.keys() <= EVENTS[event].all_fields.keys()


def test_rows_of_one_webhook_are_deliveries_of_their_own_in_order_per_customer():
    told = Shop(SHOP).verify(RECORDED["several"])

    assert [one.entity for one in told] == ["branch:berlin-mitte", *["C-17"] * 7]
    assert len({one.key for one in told}) == 8
    customer = next(record for record in records("several") if isinstance(record, CustomerRecord))
    assert customer.customer.customer_number == "EU-000017"


def test_a_later_version_is_another_delivery_and_the_same_one_is_not():
    shop = Shop(SHOP)
    keys = [
        shop.verify(knock(told))[0].key for told in (ROWS["visit"], ROWS["visit"], a_row("visit", version=4, note="x"))
    ]

    assert keys[0] == keys[1] != keys[2]


@pytest.mark.parametrize(
    "told", [{"rows": []}, {"rows": {}}, {"rows": [{"type": "visit"}]}, [], 7, {"rows": [7] * 501}]
)
def test_a_webhook_that_tells_no_rows_is_refused(told):
    with pytest.raises(WrongInput):
        Shop(SHOP).verify(knock(told))


def test_a_file_of_history_is_read_row_by_row_with_a_verdict_on_each_bad_one(tmp_path):
    half = json.dumps(ROWS["visit"])[:40].encode()
    bad = a_row("visit", odometer_km=-1, currency="XXX")
    file = written(tmp_path / "h.ndjson", ROWS["customer"], half, b"\xff\xfe", b"", bad, b"[1]", ROWS["visit"])

    (page,) = read(file)

    assert page.rows == 2
    assert [(one.line, one.column) for one in page.problems] == [
        (2, "(row)"),
        (3, "(row)"),
        (5, "currency"),
        (6, "(row)"),
    ]
    assert "odometer_km" in page.problems[2].reason
    assert len(list(Shop(SHOP).normalise(page.incoming.payload))) == 2


def test_a_branch_counts_from_the_line_that_tells_of_it(tmp_path):
    file = written(tmp_path / "h.ndjson", ROWS["visit"], ROWS["branch"], ROWS["visit"])

    (page,) = read(file, branches=())

    assert page.rows == 2
    assert [(one.line, one.column) for one in page.problems] == [(1, "branch")]


def test_a_long_history_comes_in_pages_that_split_no_customer_and_are_known_again(tmp_path):
    rows = [a_row("visit", key=f"V-{n}", customer=f"C-{n // 7}") for n in range(history.PAGE + 20)]
    path = tmp_path / "h.ndjson.gz"
    path.write_bytes(gzip.compress("\n".join(json.dumps(row) for row in rows).encode()))

    first, second = read(path)

    assert (first.rows, second.rows) == (2002, 18)
    assert [page.incoming.key for page in read(path)] == [first.incoming.key, second.incoming.key]


def test_a_file_that_is_no_whole_gzip_says_so(tmp_path):
    path = tmp_path / "h.ndjson.gz"
    path.write_bytes(gzip.compress(b"x" * 100_000)[:50])

    with pytest.raises(WrongInput, match="cannot be read"):
        read(path)


def test_a_signal_goes_to_the_desk_under_its_own_key():
    api = Scripted()

    (outcome,) = Shop(account_of(api=api)).push(
        [Push("segment_entered", "k1", "ref1", "C-17", {"segment": "regulars"}, 1)]
    )

    (method, path, body, headers) = api.asked[0]
    assert (method, path, headers) == ("POST", "/v1/signals", {"Idempotency-Key": "k1"})
    assert body == {"signal": "segment_entered", "segment": "regulars", "customer": "C-17", "ref": "ref1"}
    assert outcome.state == "sent"


def test_the_sandbox_keeps_the_same_books_for_the_same_seed_and_every_row_of_them_is_one_we_take(tmp_path):
    books = make_books(seed=1)

    assert books == make_books(seed=1) != make_books(seed=2)
    wrong = [check(row["type"], row, Bounds({"sandbox"}, (), AT))[1] for row in books]
    assert not any(wrong)


def test_the_sandbox_tells_its_books_page_by_page(tmp_path):
    client, seen, after = ShopSandbox(tmp_path, seed=1).app.test_client(), [], 0
    while after is not None:
        page = client.get(f"/v1/rows?after={after}&limit=37", headers={"Authorization": "Bearer t"}).get_json()
        seen, after = seen + page["rows"], page["next"]

    assert seen == make_books(seed=1)


def test_the_sandbox_books_a_slot_once(tmp_path):
    client = ShopSandbox(tmp_path, seed=1).app.test_client()

    def book(key, customer):
        told = {"branch": "sandbox", "bay": "Bay 1", "starts_at": "2026-01-05T08:00:00+00:00", "customer": customer}
        headers = {"Authorization": "Bearer t", "Idempotency-Key": key}
        return client.post("/v1/appointments", json=told, headers=headers).status_code

    assert [book("a", "C-1"), book("a", "C-1"), book("b", "C-2"), book("a", "C-3")] == [200, 200, 409, 422]
