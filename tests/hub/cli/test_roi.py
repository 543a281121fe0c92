"""hub roi: the same numbers for people, for programs and on paper."""

import pikepdf
import pytest

from hub.models import Customer, Invoice, Person, new_ref


@pytest.fixture(autouse=True)
def counting(settings):
    """scoring brings the statistics."""
    listed = settings.config / "hub.yaml"
    listed.write_text(listed.read_text().replace("compliance, portal", "compliance, scoring, portal"))


@pytest.fixture
def billed(hub):
    with hub.begin() as work:
        key, at = work.new_key("person").id, work.now
        person = work.add(Person(ref=new_ref(), jurisdiction="DE", made_at=at, data_key_id=key))
        work.session.flush()
        customer = work.add(Customer(ref=new_ref(), person_id=person.id, version=0, made_at=at))
        work.session.flush()
        work.add(Invoice(connection_id=hub.partner("shop").id, version=0, told_at=at, key_hash=b"i", customer_id=customer.id,
                         issued_at=at, issued_on=at.date(), net_minor=4_000, tax_minor=0, total_minor=4_000,
                         currency="EUR"))  # fmt: skip
    return ("--since", f"{at:%Y-%m-%d}", "--until", f"{at:%Y-%m-%d}")


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
