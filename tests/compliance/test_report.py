"""What an authority is given: tables, the chain and a report to read, under one signed list that is checked without us."""

import csv
import io
import json
import shutil
import subprocess
import sys

import pikepdf
import pytest

from compliance import erasure, holds, report
from compliance.coming import Came
from compliance.report.words import LANGUAGES, VALUES, WORDS, ltr, say
from compliance.verify_bundle import problems_of
from hub.clock import seal_audit
from hub.errors import WrongInput
from hub.flow import customers
from hub.sdk import ConsentRecord, CustomerKey
from hub.sheet import Sheet


@pytest.fixture
def given(hub, told, approved, tmp_path, clock):
    """The bundle of a region in which one was erased, one waits too long and one is held."""
    erasure.run(hub, approved(told("C-1")))
    erasure.intake(hub, told("C-2", email="ben@example.org"), "portal", Came("desk"))
    holds.place(hub, holds.Wanted(told("C-3", email="eva@example.org"), "*", "lawsuit", "=§ 142 ZPO", "Petra"), "petra")
    clock.pass_by(days=40)
    seal_audit(hub)
    return tmp_path / "bundle", report.bundle(hub, tmp_path / "bundle", "petra")


def rows_of(folder, name):
    return list(csv.DictReader(io.StringIO((folder / f"{name}.csv").read_text())))


def test_an_authority_reads_by_which_periods_it_is_judged_and_what_nobody_could_verify(given):
    folder, _ = given
    periods = {row["law"]: row for row in rows_of(folder, "deadlines")}

    assert (periods["DE"]["months"], periods["DE"]["source"], periods["DE"]["unverified"]) == (
        "1",
        "GDPR Art. 12(3)",
        "",
    )
    assert periods["TH"]["source"].startswith("Thailand PDPA B.E. 2562 s. 30")
    assert "no executive regulation was found" in periods["AE"]["unverified"]


def test_everybody_has_a_line_nobody_has_a_name_and_each_language_has_its_report(given):
    folder, told = given

    assert sorted(row["state"] for row in rows_of(folder, "subjects")) == ["erased", "kept", "kept"]
    assert told.rows["subjects"] == 3
    everything = b"".join(path.read_bytes() for path in folder.iterdir())
    assert b"Anna" not in everything
    assert b"example.org" not in everything

    answered = {(row["state"], row["in_time"]) for row in rows_of(folder, "requests")}
    assert answered == {("certified", "yes"), ("received", "late")}
    [certificate] = rows_of(folder, "certificates")
    assert json.loads(certificate["certificate"])["statement"]["customer"] == certificate["customer"]

    # a cell that a spreadsheet would run is marked, and JSON has it as it is
    assert rows_of(folder, "holds")[0]["basis"] == "'=§ 142 ZPO"
    assert json.loads((folder / "holds.jsonl").read_text())["basis"] == "=§ 142 ZPO"

    for language in LANGUAGES:
        with pikepdf.open(folder / f"report.{language}.pdf") as pdf:
            assert (str(pdf.Root.Lang), str(pdf.docinfo["/Title"])) == (language, say(language, "title"))
            fonts = {str(font.BaseFont) for font in pdf.pages[0].Resources.Font.values()}
            assert any("Arabic" in font for font in fonts) == (language == "ar")
    titles = json.loads((folder / "report.json").read_text())["tables"]["holds"]["titles"]
    assert (titles["en"]["owner"], titles["ar"]["owner"]) == WORDS["owner"]


def test_counts_of_few_people_are_told_as_few_and_who_is_meant_is_told_by_reference(
    hub, told, approved, clock, tmp_path, monkeypatch
):
    refs = [told(f"C-{number}", email=f"a{number}@example.org") for number in range(12)]
    keys = [CustomerKey(partner_id=f"m-C-{number}", customer_number=f"C-{number}") for number in range(12)]
    agreed = [
        ConsentRecord(customer=key, purpose="marketing", channel=channel, state="granted", notice="n", at=clock())
        for key, channel in [*((one, "sms") for one in keys), *((one, "mail") for one in keys[:3])]
    ]
    with hub.begin() as work:
        customers.fold(hub, work, hub.partners["club"], agreed)
    erasure.run(hub, approved(refs[0]))
    figures: dict[str, str] = {}
    monkeypatch.setattr(Sheet, "figures", lambda _sheet, several: figures.update(several))

    report.bundle(hub, tmp_path / "bundle", "petra")

    said = {
        row["channel"]: (row["granted"], row["withdrawn"], row["events"])
        for row in rows_of(tmp_path / "bundle", "consents")
    }
    assert said == {"sms": ("12", "0", "12"), "mail": ("<10", "0", "<10")}
    heads = [figures[say("en", name)] for name in ("subjects", "erased", "late")]
    assert heads == ["12", ltr("en", "<10"), "0"]
    people = rows_of(tmp_path / "bundle", "subjects")
    assert sum("marketing:mail" in row["consents"] for row in people) == 3


def test_every_word_is_there_in_every_language():
    assert all(len(several) == len(LANGUAGES) and all(several) for several in (*WORDS.values(), *VALUES.values()))


def test_it_is_checked_without_us_and_any_byte_counts(given, tmp_path):
    folder, told = given
    assert problems_of(folder, told.signer) == []

    for path in sorted(folder.iterdir()):
        whole = path.read_bytes()
        if whole:
            at = whole.index(b"eu") if path.name == "manifest.json" else len(whole) // 2
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            assert problems_of(folder, told.signer), path.name
            path.write_bytes(whole)
    script = shutil.copy(folder / "verify_bundle.py", tmp_path)
    command = [sys.executable, "-I", script, str(folder), told.signer]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (run.returncode, run.stdout) == (0, "The bundle is whole.\n")
    assert len((folder / "verify_bundle.py").read_text().splitlines()) <= 100

    (folder / "more.csv").write_text("")
    (folder / "holds.csv").unlink()
    assert problems_of(folder, told.signer) == [
        "holds.csv: the file is missing",
        "more.csv: the list does not know this file",
    ]


def test_nothing_is_overwritten_and_nothing_half_done_stays(hub, tmp_path, monkeypatch):
    (tmp_path / "there").mkdir()
    with pytest.raises(WrongInput, match="exists already"):
        report.bundle(hub, tmp_path / "there", "petra")

    monkeypatch.setattr("compliance.report.bundling.paper", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        report.bundle(hub, tmp_path / "new", "petra")
    assert [path.name for path in tmp_path.iterdir() if "new" in path.name] == []
