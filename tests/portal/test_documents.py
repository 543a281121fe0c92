"""A customer's documents: theirs alone, in any stretch, each look told once, and shared by a code."""

import io
import re

import pikepdf
import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import func, select

from desks import Visitor, bare
from hub.core import Hub
from hub.flow import documents
from hub.models import Document, DocumentView, Session
from kept import Kept, some_documents
from mine import Owner, an_owner, come_in
from papers import SECRET_PLACE, paper, picture
from portal import serving

HOME = "/my/documents/"


@pytest.fixture
def kept(hub: Hub, owner: Owner) -> Kept:
    return some_documents(hub, owner)


def looks(hub: Hub) -> int:
    with hub.look() as session:
        return session.scalar(select(func.count()).select_from(DocumentView)) or 0


def files_of(hub: Hub) -> list[str]:
    return sorted(one.name for one in (hub.region.folder / "documents").rglob("*") if one.is_file())


def whole(hub: Hub, ref: str) -> bytes:
    with hub.look() as session:
        row = session.scalars(select(Document).where(Document.ref == ref)).one()
        with documents.open_file(hub, session, row) as file:
            return file.read()


def test_the_list_has_each_document_with_what_it_is_and_whether_it_runs(customer: Visitor, kept: Kept) -> None:
    text = customer.get(HOME).text

    for words in ("Invoice 2026-03317", "Front brakes", "We look at your brakes", "Runs until 2 April 2028", "Octavia",
                  "Ended on 20 November 2025", "Waits for the virus scanner", "Is being made ready", "Nordring Insurance"):  # fmt: skip
        assert words in text
    assert "Front brakes" not in customer.get(f"{HOME}?kind=warranty").text


def test_another_customers_document_is_the_same_as_none(app: Flask, hub: Hub, kept: Kept) -> None:
    stranger = come_in(app, hub, an_owner(hub, "C-99", "Bo Ek", "B BO 1"))

    for path in ("", "/file", "/download"):
        foreign = stranger.get(f"{HOME}{kept.refs['invoice']}{path}")
        missing = stranger.get(f"{HOME}{'0' * 32}{path}")
        assert foreign.status_code == missing.status_code == 404
        assert bare(foreign.text) == bare(missing.text)
    assert "Invoice 2026" not in stranger.get(HOME).text
    token = {"token": stranger.token(HOME), "recipient": "Bo", "hours": "24"}
    assert stranger.post(f"{HOME}{kept.refs['invoice']}/shares", token).status_code == 404
    assert stranger.post(f"{HOME}shares/{kept.share[0]}/end", token).status_code == 404


def test_what_waits_is_not_served(customer: Visitor, kept: Kept) -> None:
    for name in ("converting", "checking"):
        assert customer.get(f"{HOME}{kept.refs[name]}").status_code == 200
        assert customer.get(f"{HOME}{kept.refs[name]}/file").status_code == 404


# --- stretches


@pytest.fixture
def film(kept: Kept) -> str:
    return f"{HOME}{kept.refs['film']}/file"


STRETCHES = {
    "from the start": ("bytes=0-99", 0, 100),
    "from the middle": ("bytes=1000-1999", 1000, 2000),
    "to the end": ("bytes=500-", 500, None),
    "the last ones": ("bytes=-77", -77, None),
    "further than the end": ("bytes=100-99999999", 100, None),
    "more than all of the last ones": ("bytes=-99999999", 0, None),
}


@pytest.mark.parametrize(("asked", "start", "end"), STRETCHES.values(), ids=STRETCHES)
def test_a_stretch_is_answered_with_just_that(
    hub: Hub, customer: Visitor, kept: Kept, film: str, asked: str, start: int, end: int | None
) -> None:
    content = whole(hub, kept.refs["film"])

    answer = customer.get(film, Range=asked)

    first, past = start if start >= 0 else len(content) + start, end if end is not None else len(content)
    assert (answer.status_code, answer.data) == (206, content[first:past])
    assert answer.headers["Content-Range"] == f"bytes {first}-{past - 1}/{len(content)}"
    assert answer.headers["Content-Type"] == "video/mp4"


def test_without_a_stretch_it_is_the_whole_and_says_that_stretches_can_be_had(
    hub: Hub, customer: Visitor, kept: Kept, film: str
) -> None:
    answer = customer.get(film)

    assert (answer.status_code, answer.data) == (200, whole(hub, kept.refs["film"]))
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("asked", ["bytes=99999999-", "bytes=99999999-100000000"])
def test_a_stretch_behind_the_end_is_416_with_the_length(
    hub: Hub, customer: Visitor, kept: Kept, film: str, asked: str
) -> None:
    answer = customer.get(film, Range=asked)

    assert (answer.status_code, answer.headers["Content-Range"]) == (
        416,
        f"bytes */{len(whole(hub, kept.refs['film']))}",
    )


@pytest.mark.parametrize("asked", ["bytes=0-9,20-29", "lines=1-2", "bytes=9-1", "bytes=x-"])
def test_what_is_no_single_stretch_is_answered_with_the_whole_or_refused(
    customer: Visitor, film: str, asked: str
) -> None:
    assert customer.get(film, Range=asked).status_code in {200, 416}


def test_if_range_decides_between_the_stretch_and_the_whole(customer: Visitor, film: str) -> None:
    tag = customer.get(film).headers["ETag"]

    assert customer.get(film, Range="bytes=0-9", If_Range=tag).status_code == 206
    assert customer.get(film, Range="bytes=0-9", If_Range='"another"').status_code == 200
    assert customer.get(film, If_None_Match=tag).status_code == 304


def test_head_tells_the_length_and_is_no_look(hub: Hub, customer: Visitor, kept: Kept, film: str) -> None:
    before = looks(hub)

    answer = customer.client.head(film, base_url=customer.base)

    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == str(len(whole(hub, kept.refs["film"])))
    assert looks(hub) == before


def test_an_open_end_is_closed_so_that_no_thread_waits_for_a_slow_player(
    customer: Visitor, film: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serving, "MOST", 1000)

    answer = customer.get(film, Range="bytes=100-")

    assert (answer.status_code, len(answer.data)) == (206, 1000)


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_embed_what_is_somebodys(customer: Visitor, film: str, site: str) -> None:
    assert customer.get(film, Sec_Fetch_Site=site).status_code == 403


# --- looks and downloads


def test_a_look_is_told_once_a_sitting_and_shown_to_the_owner(
    hub: Hub, customer: Visitor, kept: Kept, film: str
) -> None:
    before = looks(hub)
    for start in range(0, 5000, 500):
        customer.get(film, Range=f"bytes={start}-{start + 99}").close()

    assert looks(hub) == before + 1
    assert "You" in customer.get(f"{HOME}{kept.refs['film']}").text


def test_a_paper_that_is_downloaded_says_for_whom_and_when(customer: Visitor, kept: Kept) -> None:
    answer = customer.get(f"{HOME}{kept.refs['invoice']}/download")

    assert answer.headers["Content-Disposition"] == "attachment; filename=invoice-2026-04-02.pdf"
    with pikepdf.open(io.BytesIO(answer.data)) as pdf:
        words = b"".join(bytes(form.read_bytes()) for form in pdf.pages[0].Resources.XObject.values())
    assert kept.refs["invoice"][:8].encode() in words
    assert b"2026-11-25" in words


def test_a_photo_that_is_downloaded_carries_its_line(hub: Hub, customer: Visitor, kept: Kept) -> None:
    answer = customer.get(f"{HOME}{kept.refs['photo']}/download")

    marked, plain = Image.open(io.BytesIO(answer.data)), Image.open(io.BytesIO(whole(hub, kept.refs["photo"])))
    assert marked.size == plain.size
    assert (
        marked.crop((0, marked.height - 12, 480, marked.height)).tobytes()
        != plain.crop((0, plain.height - 12, 480, plain.height)).tobytes()
    )


# --- adding


def added(customer: Visitor, content: bytes, name: str, token: str | None = None) -> object:
    form = {"token": token if token is not None else customer.token(HOME), "file": (io.BytesIO(content), name)}
    return customer.client.post(
        HOME, base_url=customer.base, data=form, content_type="multipart/form-data",
        headers={"Sec-Fetch-Site": "same-origin", "Origin": customer.base, "Accept": "text/html"},
    )  # fmt: skip


def test_a_photo_of_ones_own_is_added_without_its_place(hub: Hub, customer: Visitor, kept: Kept) -> None:
    answer = added(customer, picture("PNG", place=SECRET_PLACE), "registration.png")

    assert answer.status_code == 303
    assert "registration" in customer.get(HOME).text
    with hub.look() as session:
        row = session.scalars(select(Document).order_by(Document.id.desc())).first()
    assert SECRET_PLACE.encode() not in whole(hub, row.ref)


def test_a_page_that_calls_itself_a_picture_is_told_so_and_nothing_is_stored(
    hub: Hub, customer: Visitor, kept: Kept
) -> None:
    files = files_of(hub)

    answer = added(customer, b"<!doctype html><script>alert(1)</script>", "certificate.png")

    assert answer.status_code == 422
    assert "This is a web page inside, not a picture or a PDF. Nothing was stored." in answer.text
    assert files_of(hub) == files


def test_a_form_without_the_sessions_token_leaves_nothing(hub: Hub, customer: Visitor, owner: Owner) -> None:
    assert added(customer, paper(), "a.pdf", token="0" * 64).status_code == 403
    assert files_of(hub) == []


def test_ten_gigabytes_are_refused_before_they_are_read(customer: Visitor, owner: Owner) -> None:
    answer = customer.client.post(
        HOME, base_url=customer.base, data=b"--x", content_type="multipart/form-data; boundary=x",
        headers={"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}, environ_overrides={"CONTENT_LENGTH": str(10**10)},
    )  # fmt: skip

    assert answer.status_code == 413
    assert "The file has more than 40 MB." in answer.text


# --- sharing


def given(text: str) -> tuple[str, str]:
    address, code = re.findall(r"<output[^>]*>([^<]+)</output>", text)
    return address.partition("8101")[2], code


def test_a_share_opens_by_its_code_for_somebody_without_an_account(
    app: Flask, hub: Hub, customer: Visitor, kept: Kept
) -> None:
    form = {"token": customer.token(HOME), "recipient": "Bo Ek", "hours": "1"}
    address, code = given(customer.post(f"{HOME}{kept.refs['film']}/shares", form).text)
    other = Visitor(app)

    assert "Type the code" in other.get(address).text
    assert other.get(f"{address}/file").status_code == 404
    assert "does not open anything" in other.post(address, {"code": "2222-2222"}).text
    assert other.post(address, {"code": code}).status_code == 303
    assert "<video" in other.get(address).text
    assert other.get(f"{address}/file", Range="bytes=0-9").status_code == 206
    assert "Bo Ek" in customer.get(HOME).text
    assert code.replace("-", "") not in address

    ended = {"token": form["token"]}
    assert customer.post(f"{HOME}shares/{address.rpartition('/')[2]}/end", ended).status_code == 303
    assert other.get(f"{address}/file").status_code == 404


def test_a_share_opens_nothing_else_of_the_customer(app: Flask, hub: Hub, kept: Kept) -> None:
    other = Visitor(app)
    other.post(f"/shared/{kept.share[0]}", {"code": kept.share[1]})

    page = other.get(f"/shared/{kept.share[0]}").text
    assert "Invoice" in page
    assert "Mara" not in page
    assert "2026-03317" not in page
    assert other.get(HOME).status_code == 401


def test_a_share_without_a_recipient_says_what_is_missing(customer: Visitor, kept: Kept) -> None:
    answer = customer.post(
        f"{HOME}{kept.refs['film']}/shares", {"token": customer.token(HOME), "recipient": " ", "hours": "1"}
    )

    assert answer.status_code == 422
    assert "Say for whom it is." in answer.text


def test_a_session_that_was_revoked_sees_no_byte_more(hub: Hub, customer: Visitor, film: str) -> None:
    assert customer.get(film).status_code == 200
    with hub.begin() as work:
        for row in work.session.scalars(select(Session)):
            row.revoked_at = work.now

    assert customer.get(film).status_code == 401
