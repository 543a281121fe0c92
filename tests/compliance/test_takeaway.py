"""The files a person takes away: readable, harmless, and the same each time."""

import csv
import io
import json
import os
import zipfile

import pytest
from sqlalchemy import select

from compliance.disclosure import Disclosure, Section, disclose
from compliance.papers import files_of
from compliance.takeaway import pack, page, stream, write
from hub.errors import WrongInput
from hub.flow import documents
from hub.flow.documents import Paper
from hub.flow.drafts import store
from hub.models import Customer
from hub.own import OWN
from hubs import NOW


def a_disclosure(*rows):
    section = Section("visits", "service", "service_history", ("note",), tuple({"note": row} for row in rows))
    return Disclosure("c1", "eu", "DE", NOW, NOW, (section,), (), ())


def a_paper(hub, ref, content, kind, media, state="released"):
    with hub.begin() as work:
        customer = work.session.scalars(select(Customer).where(Customer.ref == ref)).one()
        wanted = Paper(f"{kind}-1", kind, "Underbody", media, NOW.date(), state=state)
        documents.keep(work, hub.partner(OWN).id, customer, wanted, store(hub, [content], 10_000_000), None)


def opened(packed):
    archive = zipfile.ZipFile(io.BytesIO(packed))
    return {name: archive.read(name).decode() for name in archive.namelist()}


def test_the_pack_holds_a_page_the_data_and_a_table_per_record_set(hub, told):
    files = opened(pack(disclose(hub, told(), "petra")))

    assert {"read-me-first.html", "data.json", "tables/personal_values.csv", "tables/events.csv"} <= set(files)
    assert "Anna Weiß" in files["read-me-first.html"]
    assert json.loads(files["data.json"])["region"] == "eu"
    names = {row["field"] for row in csv.DictReader(io.StringIO(files["tables/personal_values.csv"]))}
    assert "email" in names


def test_their_files_go_with_it_and_pass_through_in_pieces(hub, told):
    ref = told()
    film = os.urandom(2_300_000)
    a_paper(hub, ref, film, kind="video", media="video/mp4")
    a_paper(hub, ref, b"%PDF-1.7 not looked at yet", kind="paper", media="application/pdf", state="checking")

    pieces = list(stream(disclose(hub, ref, "petra"), files_of(hub, ref)))

    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    [name] = [name for name in archive.namelist() if name.startswith("files/")]
    assert name.endswith("-video-1.mp4")
    assert archive.read(name) == film
    assert max(map(len, pieces)) < 1_300_000
    assert archive.testzip() is None


def test_a_portable_pack_is_data_alone():
    assert set(opened(pack(a_disclosure("x"), portable=True))) == {"data.json", "tables/visits.csv"}


def test_the_same_disclosure_gives_the_same_bytes():
    assert pack(a_disclosure("x")) == pack(a_disclosure("x"))


@pytest.mark.parametrize("evil", ["=1+1", "@SUM(A1)", "+49 30", "-2", "\t=1"])
def test_no_cell_is_a_formula(evil):
    table = opened(pack(a_disclosure(evil)))["tables/visits.csv"]

    assert list(csv.reader(io.StringIO(table, newline="")))[1] == [f"'{evil}"]


def test_a_text_is_text_and_no_markup():
    assert "<script>" not in page(a_disclosure("<script>alert(1)</script>"))


def test_nothing_is_overwritten_and_nobody_else_can_read_it(tmp_path):
    path = tmp_path / "me.zip"
    write(a_disclosure("x"), path)

    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(WrongInput, match="exists already"):
        write(a_disclosure("y"), path)


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(WrongInput, match="cannot be written"):
        write(a_disclosure("x"), tmp_path / "no" / "me.zip")
