"""hub roi: the same numbers for people, for programs and on paper."""

import json

import pikepdf
import pytest

from hub.cli.roi import FOR_THE_HOUSE
from hub.errors import Denied
from hub.flow.withholding import least_people
from hub.models import Customer, Invoice, Person, new_ref


@pytest.fixture(autouse=True)
def counting(settings):
    """scoring brings the statistics."""
    listed = settings.config / "hub.yaml"
    listed.write_text(listed.read_text().replace("compliance, portal", "compliance, scoring, portal"))


def bill(hub, people):
    """One invoice each, today."""
    with hub.begin() as work:
        key, at = work.new_key("person").id, work.now
        for number in range(people):
            person = work.add(Person(ref=new_ref(), jurisdiction="DE", made_at=at, data_key_id=key))
            work.session.flush()
            customer = work.add(Customer(ref=new_ref(), person_id=person.id, version=0, made_at=at))
            work.session.flush()
            work.add(Invoice(connection_id=hub.partner("shop").id, version=0, told_at=at, key_hash=b"i%d" % number,
                             customer_id=customer.id, issued_at=at, issued_on=at.date(), net_minor=4_000, tax_minor=0,
                             total_minor=4_000, currency="EUR"))  # fmt: skip
    return ("--since", f"{at:%Y-%m-%d}", "--until", f"{at:%Y-%m-%d}")


@pytest.fixture
def billed(hub):
    return bill(hub, 10)


def test_it_is_a_paper_in_the_language_that_was_asked_for(run, billed, tmp_path):
    path = tmp_path / "roi.pdf"

    code, _, said = run("roi", "--region", "eu", *billed, "--pdf", path, "--language", "th")

    assert (code, said) == (0, "")

    with pikepdf.open(path) as pdf:
        assert str(pdf.Root.Lang) == "th"


def test_without_money_there_is_no_paper_and_a_sentence_says_so(run, tmp_path):
    code, _, said = run("roi", "--region", "eu", "--pdf", tmp_path / "roi.pdf")

    assert code == 1
    assert "No money has moved in this time" in said
    assert list(tmp_path.glob("*.pdf")) == []


def test_a_file_that_cannot_be_written_is_named(run, billed, tmp_path):
    code, _, said = run("roi", "--region", "eu", *billed, "--pdf", tmp_path / "none" / "roi.pdf")

    assert code == 1
    assert "cannot be written: No such file or directory" in said


def test_of_fewer_than_ten_people_there_is_no_paper_and_the_house_is_told_by_text_and_json_that_says_so(
    run, hub, tmp_path
):
    span = bill(hub, 9)

    code, _, said = run("roi", "--region", "eu", *span, "--pdf", tmp_path / "roi.pdf")
    assert (code, list(tmp_path.glob("*.pdf"))) == (1, [])
    assert "Fewer than 10 people are in it" in said

    whole = json.loads(run("roi", "--region", "eu", *span, "--json")[1])
    assert (whole["ledger"]["EUR"]["invoiced"], whole["buyers"]) == (36_000, 9)
    assert whole["note"] == FOR_THE_HOUSE
    assert "hub roi --pdf FILE" in run("roi", "--region", "eu", *span)[1]


def test_where_nobody_says_how_many_people_a_number_needs_nothing_leaves(hub, monkeypatch):
    monkeypatch.setattr(hub.plugins.hook, "least_people", lambda **_: [])

    with pytest.raises(Denied, match="Nobody says how many people"):
        least_people(hub)
