"""The paper of returns: the page's numbers in each language, added up to the ledger, and nothing of too few people."""

import io
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pikepdf
import pytest
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

from hub.flow import returns_paper
from hub.flow.returns_paper import BETWEEN, HEADS, INVOICED, RULES, STATES, Asked, paper
from hub.flow.roi import WHOLE
from hub.sheet import Sheet
from hub.wording import FOLDER, PLACES
from returned import CAMPAIGNS, documents

COUNTED_AT = datetime(2026, 11, 26, 8, tzinfo=UTC)
TITLES = {"declined_brakes": "Brakes that were declined", "welcome": "Welcome"}


class Read(Sheet):
    """A paper that can be asked what was written on it."""

    def __init__(self, *words):
        super().__init__(*words)
        self.texts, self.tables, self.drawn = [], [], []
        papers.append(self)

    def _text(self, text, size, ink, height):
        self.texts.append(text)
        super()._text(text, size, ink, height)

    def table(self, heads, rows, widths, numbers=0):
        self.tables.append(rows)
        super().table(heads, rows, widths, numbers)

    def scale(self, *told):
        self.drawn.append("scale")
        super().scale(*told)

    def curves(self, *told):
        self.drawn.append("curves")
        super().curves(*told)


papers: list[Read] = []


@pytest.fixture
def written(monkeypatch):
    """written(campaign=…) is the paper of the year that `returned` makes up."""
    monkeypatch.setattr(returns_paper, "Sheet", Read)

    def write(language="en", **chosen):
        papers.clear()
        assert paper(documents(tuple(CAMPAIGNS))[WHOLE], asked(language, **chosen))
        return papers[0]

    return write


def asked(language, **chosen):
    return Asked(language, ZoneInfo("Europe/Berlin"), COUNTED_AT, TITLES, **chosen)


@pytest.mark.parametrize("language", PLACES)
def test_there_is_one_in_each_language_with_its_letters_and_the_same_again_is_the_same_bytes(language):
    told = documents(tuple(CAMPAIGNS))[WHOLE]

    found = paper(told, asked(language))

    assert found == paper(told, asked(language))
    with pikepdf.open(io.BytesIO(found)) as pdf:
        assert str(pdf.Root.Lang) == language
        fonts = {str(font.BaseFont) for page in pdf.pages for font in page.Resources.Font.values()}
    assert any("Arabic" in font for font in fonts) == (language == "ar")
    assert any("Thai" in font for font in fonts) == (language == "th")


@pytest.mark.parametrize("code", sorted(set(PLACES) - {"en"}))
def test_every_sentence_is_translated_and_names_the_same_values(code):
    said = extract_from_file("python", Path(returns_paper.__file__), keywords={"say": None})
    sentences = {message[0] if isinstance(message, tuple) else message for _, message, _, _ in said}
    with (FOLDER / f"{code}.returns.po").open("rb") as file:
        known = read_po(file, locale=code)

    written = {message.id for message in known if message.id and message.string}
    assert written == {
        *sentences,
        *STATES.values(),
        *BETWEEN.values(),
        *RULES.values(),
        *HEADS,
        INVOICED,
        "Nobody was near",
    }
    assert [(message.id, error) for message, errors in known.check() for error in errors] == []


def test_the_proof_comes_first_with_its_interval_and_what_rules_share_out_stands_beside_it(written):
    sheet = written()

    assert sheet.texts[4:6] == ["€127,457", "Very likely between €87,227 and €167,687."]
    assert sheet.drawn == ["scale", "curves"]
    assert "Each column adds up to what the ledger has invoiced; the difference is €0.00." in sheet.texts


def test_each_rules_credits_and_what_nobody_was_near_are_what_was_invoiced(written):
    for hidden in (frozenset(), frozenset({"welcome", "inspection_due"})):
        *shares, invoiced = written(hidden=hidden).tables[1]

        for column in range(1, len(invoiced)):
            assert sum(cents(row[column]) for row in shares) == cents(invoiced[column]) == 45_154_641


def test_a_campaign_of_too_few_people_is_told_together_with_another_only(written):
    each, credited = written(hidden=frozenset({"welcome", "inspection_due"})).tables

    for table in (each, credited):
        names = [row[0] for row in table]
        assert "Brakes that were declined" in names
        assert "Too few people, together" in names
        assert not {"Welcome", "inspection_due"} & set(names)


def test_groups_of_wrong_sizes_hide_the_result_and_its_curves(written):
    sheet = written(campaign="winter_tyres")

    assert "The groups do not have the sizes they were meant to have." in sheet.texts
    assert sheet.drawn == []
    assert [row[5:] for row in sheet.tables[0] if row[0] == "winter_tyres"] == [["–", "–"]]


def test_too_few_people_are_no_result(written):
    assert "Too few people to tell a gain from chance." in written(campaign="welcome").texts


def test_all_journeys_together_are_told_where_enough_were_left_alone(written):
    assert "All journeys together" in written(least=150).texts
    assert "All journeys together" not in written(least=151).texts


def test_where_no_money_has_moved_there_is_no_paper():
    told = {**documents(tuple(CAMPAIGNS))[WHOLE], "ledger": {}, "headline": {}}

    assert paper(told, asked("en")) is None


def cents(amount):
    return int("".join(one for one in amount if one.isdigit()))
