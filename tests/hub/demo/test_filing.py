"""The shop brings its papers by the door for documents, to the customers it wrote them for."""

from datetime import date

from werkzeug.formparser import parse_form_data
from werkzeug.test import EnvironBuilder

from hub.demo.filing import Sheet, form_of, sheets_of
from hub.demo.papers import ending_visits, ends_on, visits_of
from hub.fonts import find_fonts
from worlds import books_of


def test_papers_name_the_customer_and_the_visit_they_belong_to():
    books = books_of("eu")[0]
    star = books.people.number(int(books.visits["owner"][0]))

    sheets = list(sheets_of(books, find_fonts(), star))

    kinds = {sheet.fields["kind"] for sheet in sheets}
    assert {"invoice", "photo", "video"} <= kinds
    assert star in {sheet.fields["customer"] for sheet in sheets}
    assert len({sheet.fields["key"] for sheet in sheets}) == len(sheets)
    assert all(
        sheet.fields["ends_on"] > sheet.fields["issued_on"] for sheet in sheets if sheet.fields["kind"] == "warranty"
    )


def test_the_star_has_their_last_visits_and_a_stranger_none():
    books = books_of("eu")[0]
    owner = int(books.visits["owner"][0])

    visits = visits_of(books, books.people.number(owner), 4)

    assert {int(books.visits["owner"][visit]) for visit in visits} == {owner}
    assert visits_of(books, "XX-1", 4) == []


def test_a_form_reads_as_it_was_written():
    sheet = Sheet({"key": "R-1", "title": "ضمان ü"}, "R-1.pdf", b"%PDF-\r\n--x\x00")

    body, boundary = form_of(sheet)

    environ = EnvironBuilder(
        method="POST", data=body, content_type=f"multipart/form-data; boundary={boundary}"
    ).get_environ()
    _, fields, files = parse_form_data(environ)
    assert fields.to_dict() == dict(sheet.fields)
    assert files["file"].read() == sheet.content
    files["file"].close()


def test_a_warranty_of_a_leap_day_ends_on_a_day_that_is():
    assert ends_on(date(2024, 2, 29)) == date(2026, 2, 28)
    assert ends_on(date(2024, 11, 5)) == date(2026, 11, 5)


def test_some_warranties_end_within_four_weeks_so_that_somebody_can_be_told():
    books = books_of("eu", 600)[0]
    ends = [ends_on(books.day(int(books.visits["day"][visit]))) for visit in ending_visits(books, 3)]

    assert len(ends) == 3
    assert all(0 < (day - books.today).days <= 28 for day in ends)
