"""The desk of returns: proof first, hidden where it would mislead, and money that adds up to the ledger."""

import csv
import io

import pikepdf
import pytest
from flask import Flask
from sqlalchemy import event, select, update

from desks import Visitor
from hub.charts import ruler
from hub.core import Hub
from hub.models import ReturnReport, Role
from mine import Owner
from returned import a_report

DESK = "/desk/roi/"


@pytest.fixture
def marketer(app: Flask, hub: Hub) -> Visitor:
    return Visitor(app).sign_in(hub, "marketer")


def test_before_the_first_count_it_says_that_it_is_being_counted(marketer: Visitor) -> None:
    assert "Being counted for the first time" in marketer.get(DESK).text
    assert marketer.get(DESK + "returns.csv").status_code == 404


def test_the_headline_is_proved_margin_with_its_interval_and_the_ledger_adds_up(hub: Hub, marketer: Visitor) -> None:
    a_report(hub, ("declined_brakes",))

    page = marketer.get(DESK).text

    assert "Very likely between" in page
    assert "Measured against 200 who were left alone on purpose" in page
    assert "Difference <bdi>€0.00</bdi>" in page


def test_all_journeys_together_stand_beside_and_only_where_no_campaign_was_chosen(hub: Hub, marketer: Visitor) -> None:
    a_report(hub)

    of_all, of_one = marketer.get(DESK).text, marketer.get(DESK + "?campaign=declined_brakes").text

    assert "All journeys together" in of_all
    assert "Left alone by all journeys</dt><dd>150" in of_all
    assert "All journeys together" not in of_one


def test_a_count_that_was_made_before_there_was_a_global_control_is_shown_without_it(
    hub: Hub, marketer: Visitor
) -> None:
    a_report(hub)
    with hub.begin() as work:
        for row in work.session.scalars(select(ReturnReport)):
            row.document = {name: value for name, value in row.document.items() if name != "global_control"}

    assert "All journeys together" not in marketer.get(DESK).text


def test_what_must_not_get_worse_stands_beside_the_result_and_what_did_at_the_top(hub: Hub, marketer: Visitor) -> None:
    a_report(hub)

    of_all, of_one = marketer.get(DESK).text, marketer.get(DESK + "?campaign=declined_brakes").text

    assert "Something got worse that must not." in of_all
    assert "Complained</p>" in of_all
    assert "Must not get worse" in of_one
    assert "Took a consent back" in of_one
    assert "As it is, without a cap" in of_one


def test_groups_of_wrong_sizes_hide_the_result_and_the_page_says_why(hub: Hub, marketer: Visitor) -> None:
    a_report(hub)

    of_all, of_one = marketer.get(DESK).text, marketer.get(DESK + "?campaign=winter_tyres").text

    assert "1 campaign is left out" in of_all
    assert "The groups do not have the sizes they were meant to have." in of_one
    assert "Very likely" not in of_one
    assert "A curve appears" in of_one


def test_too_few_people_are_no_result_and_the_page_says_so(hub: Hub, marketer: Visitor) -> None:
    a_report(hub)

    page = marketer.get(DESK + "?campaign=welcome").text

    assert "12 were spoken to and 1 were left alone, too few to tell a gain from chance" in page


def test_what_is_chosen_stands_in_the_address_and_unknown_words_choose_nothing(hub: Hub, marketer: Visitor) -> None:
    a_report(hub)

    page = marketer.get(DESK + "?campaign=inspection_due&model=markov").text

    assert 'href="/desk/roi/?span=365d&amp;campaign=inspection_due&amp;model=shapley#credit"' in page
    assert marketer.get(DESK + "?campaign=x&model=y&currency=z&span=w").status_code == 200


def test_a_marketer_of_one_branch_sees_that_branch_and_no_other(hub: Hub, marketer: Visitor, owner: Owner) -> None:
    a_report(hub)
    with hub.begin() as work:
        work.session.execute(update(Role).where(Role.role == "marketer").values(branch="berlin-spree"))

    assert "counted at" in marketer.get(DESK).text
    assert marketer.get(DESK + "?branch=elsewhere").status_code == 404


def test_the_table_for_a_spreadsheet_holds_every_campaign_and_adds_up(hub: Hub, marketer: Visitor) -> None:
    a_report(hub)

    rows = list(csv.DictReader(marketer.get(DESK + "returns.csv").text.splitlines()))

    by_name = {row["campaign"]: row for row in rows}
    assert (by_name["winter_tyres"]["state"], by_name["winter_tyres"]["incremental_margin"]) == ("broken", "")
    whole = by_name["(all journeys)"]
    assert (whole["treated"], whole["held_back"], whole["state"], whole["credit_linear"]) == ("2850", "150", "gain", "")
    shares = [round(100 * float(row["credit_linear"])) for row in rows if row is not whole]
    assert sum(shares[:-1]) == shares[-1]


def test_a_campaign_of_too_few_people_is_in_the_table_only_together_with_another(hub: Hub, marketer: Visitor) -> None:
    a_report(hub)  # 1 was held back of `welcome`

    rows = {row["campaign"]: row for row in csv.DictReader(marketer.get(DESK + "returns.csv").text.splitlines())}

    assert {"declined_brakes", "offer:spring-check", "winter_tyres"} < set(rows)
    assert not {"welcome", "inspection_due"} & set(rows)
    together = rows["(too few people, together)"]
    assert (together["treated"], together["incremental_margin"], together["state"]) == ("", "", "withheld")


def test_what_is_chosen_is_a_paper_in_the_readers_language_from_a_link_of_the_page(hub: Hub, marketer: Visitor) -> None:
    a_report(hub)
    chosen = "?span=365d&campaign=declined_brakes&currency=EUR"

    assert f'href="{DESK}returns.pdf{chosen.replace("&", "&amp;")}"' in marketer.get(DESK + chosen).text
    answer = marketer.get(DESK + "returns.pdf" + chosen + "&lang=de")

    assert answer.headers["Content-Disposition"] == "attachment; filename=returns-eu-2025-11-26-2026-11-25.pdf"
    with pikepdf.open(io.BytesIO(answer.data)) as pdf:
        assert (str(pdf.Root.Lang), str(pdf.docinfo["/Title"])) == ("de", "Was Kampagnen wert waren")


def test_there_is_no_paper_of_too_few_people(hub: Hub, marketer: Visitor) -> None:
    a_report(hub)

    assert marketer.get(DESK + "returns.pdf?campaign=welcome").status_code == 404
    assert marketer.get(DESK + "returns.pdf").status_code == 200


def test_there_is_no_paper_where_everybody_together_is_too_few(hub: Hub, marketer: Visitor) -> None:
    a_report(hub, ("welcome",))

    assert marketer.get(DESK + "returns.pdf").status_code == 404


def test_the_page_asks_the_same_few_questions_however_much_there_is(hub: Hub, marketer: Visitor) -> None:
    a_report(hub)
    asked: list[str] = []
    event.listen(hub.region.engine, "before_cursor_execute", lambda *told: asked.append(told[2]))

    marketer.get(DESK)

    assert len([one for one in asked if one.startswith("SELECT")]) <= 12


def test_an_axis_holds_zero_and_ends_in_round_numbers() -> None:
    axis = ruler([1_300.0, 18_400.0])

    assert (axis.low, axis.high) == (0, 20_000)
    assert axis.place(10_000) == 50
    assert ruler([]).place(0) == 0
