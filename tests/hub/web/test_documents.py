"""The door for documents: a file and its fields, once, checked by what the file is."""

import io
from datetime import timedelta
from itertools import count
from random import Random

import pytest
from sqlalchemy import func, select

from hub.access import principal_named
from hub.flow import documents, inbox, pipeline
from hub.models import Customer, Document
from hub.sdk import CustomerRecord
from hub.sdk.row_checks import checked
from hub.web.access import grant_token
from papers import SECRET_PLACE, acting, bomb, film, paper, picture
from shops import BERLIN, KEY, a_row, folded

KEYS = count(1)
FORM = {"key": "R-1", "customer": "C-17", "kind": "invoice", "title": "Invoice 2026-0815", "issued_on": "2026-03-02"}


@pytest.fixture
def token(hub):
    folded(hub, BERLIN, CustomerRecord(customer=KEY, name="Anna Weiß"))
    with hub.begin() as work:
        shop = principal_named(work, "the shop", ())
        return grant_token(work, shop, ["documents:write"], timedelta(days=1), "shop")


@pytest.fixture
def bring(client, token):
    def send(content, *, call=None, name="invoice.pdf", **fields):
        form = {name_: value for name_, value in {**FORM, **fields}.items() if value is not None}
        headers = {"Authorization": f"Bearer {token}"}
        headers |= {} if call == "" else {"Idempotency-Key": call or f"document-{next(KEYS):06d}"}
        data = {**form, **({"file": (io.BytesIO(content), name)} if content is not None else {})}
        return client.post("/api/v1/documents", data=data, headers=headers, content_type="multipart/form-data")

    return send


def rows_of(hub):
    with hub.look() as session:
        return list(session.scalars(select(Document)))


def files_of(hub):
    return [path for path in (hub.region.folder / "documents").rglob("*") if path.is_file()]


def content_of(hub, row):
    with hub.look() as session, documents.open_file(hub, session, row) as file:
        return file.read()


def test_an_invoice_is_kept_for_its_customer_as_it_came(hub, bring):
    content = paper()

    answer = bring(content)

    assert (answer.status_code, answer.get_json()["verdict"], answer.get_json()["state"]) == (
        201,
        "accepted",
        "released",
    )
    [row] = rows_of(hub)
    assert (row.ref, row.kind, row.media, row.issued_on.isoformat()) == (
        answer.get_json()["document"], "invoice", "application/pdf", "2026-03-02",
    )  # fmt: skip
    assert content_of(hub, row) == content
    with hub.look() as session:
        customer = session.scalars(select(Customer).where(Customer.id == row.customer_id)).one()
        assert documents.titles(hub, session, customer.id, [row]) == {row.id: "Invoice 2026-0815"}


def test_a_photo_comes_in_without_the_place_it_was_taken_at(hub, bring):
    answer = bring(picture("PNG", place=SECRET_PLACE), kind="photo", name="front.png")

    assert answer.status_code == 201
    [row] = rows_of(hub)
    assert row.media == "image/jpeg"
    assert SECRET_PLACE.encode() not in content_of(hub, row)
    assert len(files_of(hub)) == 1


def test_the_same_again_is_a_duplicate_and_other_bytes_are_a_correction(hub, bring):
    first = bring(paper("one"))

    again, other = bring(paper("one")), bring(paper("two"))

    assert (again.status_code, again.get_json()["verdict"]) == (200, "duplicate")
    assert (other.status_code, other.get_json()["verdict"]) == (201, "replaced")
    assert {one.get_json()["document"] for one in (first, again, other)} == {first.get_json()["document"]}
    assert len(rows_of(hub)) == len(files_of(hub)) == 1


def test_a_call_that_is_repeated_is_answered_and_leaves_no_second_file(hub, bring):
    first = bring(paper(), call="the-same-call")

    again = bring(paper(), call="the-same-call")

    assert again.get_json() == first.get_json()
    assert again.headers["Idempotent-Replayed"] == "true"
    assert bring(paper("other"), call="the-same-call").status_code == 422
    assert bring(paper(), call="").status_code == 400
    assert len(rows_of(hub)) == len(files_of(hub)) == 1


# how each is made, as only the worker that runs these tests needs them
REFUSED = {
    "a page that calls itself a picture": (lambda: b"<!doctype html><script>x()</script>", 422, "web page"),
    "a program": (lambda: b"MZ\x90\0" + b"\0" * 100, 422, "neither a picture"),
    "a picture that would become huge": (bomb, 413, "pixels"),
    "half a picture": (lambda: picture()[:500], 422, "cannot be read"),
    "an empty file": (bytes, 422, "neither a picture"),
}


@pytest.mark.parametrize(("make", "status", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_not_what_it_seems_is_refused_with_a_reason_and_leaves_nothing(hub, bring, make, status, why):
    answer = bring(make(), name="certificate.png")

    assert answer.status_code == status
    assert why in answer.get_json()["detail"]
    assert "Nothing was stored" in answer.get_json()["hint"] or "again" in answer.get_json()["hint"]
    assert rows_of(hub) == files_of(hub) == []


@pytest.mark.parametrize(
    ("fields", "status", "why"),
    [
        ({"customer": "C-99"}, 404, "no such customer"),
        ({"kind": "selfie"}, 422, "kind"),
        ({"issued_on": "yesterday"}, 422, "issued_on"),
        ({"ends_on": "2026-03-01"}, 422, "ends_on"),
        ({"key": None}, 422, "key"),
        ({"owner": "me"}, 422, "owner"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_left(hub, bring, fields, status, why):
    answer = bring(paper(), **fields)

    assert answer.status_code == status
    assert why in answer.get_json()["detail"]
    assert rows_of(hub) == files_of(hub) == []


def test_a_form_without_a_file_says_so(bring):
    assert "no file" in bring(None).get_json()["detail"]


def test_ten_gigabytes_are_refused_by_what_they_announce_before_they_are_read(client, token):
    answer = client.post(
        "/api/v1/documents",
        data=b"--x",
        content_type="multipart/form-data; boundary=x",
        headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "ten-gigabytes"},
        environ_overrides={"CONTENT_LENGTH": str(10**10)},
    )

    assert answer.status_code == 413
    assert "500 MB" in answer.get_json()["detail"]


def test_a_document_belongs_to_the_visit_and_the_car_it_names(hub, bring):
    partner = hub.partners["shop"]
    with hub.begin() as work:
        inbox.keep(work, partner, [partner.connector.incoming(checked(a_row("visit")))])
    pipeline.process(hub, partner, Random(1))

    bring(paper(), visit="V-1")

    [row] = rows_of(hub)
    assert row.visit_id is not None
    assert row.vehicle_id is not None


def test_a_video_waits_until_it_is_made_playable_and_a_paper_that_acts_for_the_scanner(bring):
    assert bring(film(seconds=0.2), key="K-1", kind="video", name="brakes.webm").get_json()["state"] == "converting"
    assert bring(acting("script"), key="K-2", kind="paper").get_json()["state"] == "checking"


def test_a_token_of_rows_brings_no_documents(client, hub, token):
    with hub.begin() as work:
        rows = grant_token(work, principal_named(work, "rows only", ()), ["rows:write"], timedelta(days=1), "shop")

    answer = client.post(
        "/api/v1/documents", headers={"Authorization": f"Bearer {rows}", "Idempotency-Key": "12345678"}
    )

    assert answer.status_code == 403
    with hub.look() as session:
        assert session.scalar(select(func.count()).select_from(Document)) == 0
