"""The record of processing is made of the code and the configuration: what is there stands in it."""

import csv
import io
import json

from compliance.ropa import record_of, sheet
from hub.models import Base


def entry(record, purpose):
    return next(one for one in record.entries if one.purpose == purpose)


def test_every_personal_table_stands_under_a_purpose(hub):
    listed = {table for one in record_of(hub).entries for table in one.categories}

    personal = {
        table.name for table in Base.metadata.sorted_tables if any(c.info["personal"] != "no" for c in table.columns)
    }
    assert personal
    assert listed == personal


def test_a_purpose_names_its_basis_its_periods_its_recipients_and_who_is_abroad(hub):
    record = record_of(hub)

    assert (entry(record, "marketing").basis, entry(record, "service").basis) == ("consent", "contract")
    assert any("2920 days (AO § 147(3)" in kept for kept in entry(record, "service").kept)
    assert entry(record, "crm_sync").transfers == ("crm (US)",)
    assert "mails" in entry(record, "rights").recipients
    assert record.controller["name"]


def test_a_citation_that_nobody_read_for_a_year_is_marked(hub, clock):
    assert not entry(record_of(hub), "marketing").is_stale
    clock.pass_by(days=400)
    assert entry(record_of(hub), "marketing").is_stale


def test_it_is_told_for_programs_and_spreadsheets(hub, run):
    assert json.loads(run("privacy", "ropa", "-r", "eu")[1])["region"] == "eu"
    rows = list(csv.DictReader(io.StringIO(run("privacy", "ropa", "--csv", "-r", "eu")[1])))
    assert {row["purpose"] for row in rows} >= {"marketing", "service", "accountability"}
    assert sheet(record_of(hub)).count("\r\n") == len(rows) + 1
