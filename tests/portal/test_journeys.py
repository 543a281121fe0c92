"""The desk of journeys: the graph with the numbers of the last count, what experiments say, and why somebody is where they are."""

import pytest
from flask import Flask

from desks import Traffic, Visitor
from hub.core import Hub
from hub.flow.outbox import WHY
from portal.languages import Languages
from returned import a_journey_in_force, a_report

DESK = "/desk/journeys/"
ONE = DESK + "declined_brakes"


@pytest.fixture
def marketer(app: Flask, hub: Hub) -> Visitor:
    return Visitor(app).sign_in(hub, "marketer")


@pytest.fixture
def walked(hub: Hub, traffic: Traffic) -> Traffic:
    """Twelve people on one journey: six wait, three were left alone, three reached the goal."""
    a_journey_in_force(hub, traffic.customer_ids)
    return traffic


def test_before_the_first_count_it_says_so_and_without_journeys_too(hub: Hub, marketer: Visitor) -> None:
    assert "Being counted for the first time" in marketer.get(DESK).text
    a_journey_in_force(hub, [])
    assert "Brakes that were declined" in marketer.get(DESK).text


def test_the_list_and_the_graph_have_the_same_numbers(marketer: Visitor, walked: Traffic) -> None:
    listed, drawn = marketer.get(DESK).text, marketer.get(ONE).text

    assert "6 inside, 3 reached the goal, 0 went to the end, 0 left" in listed
    assert "9 in · 3 held" in drawn
    assert "6 here" in drawn
    assert "Inside · 6" in drawn


def test_an_experiment_shows_each_arm_beside_its_control(hub: Hub, marketer: Visitor, walked: Traffic) -> None:
    a_report(hub)

    page = marketer.get(ONE).text

    assert "what_we_saw" in page
    assert "Worse: stopped" in page, "an arm that annoys people is stopped, whatever it earns"
    assert "others compare with it" in page
    assert "The interval has kept clear of zero since" in page


def test_every_reason_of_the_closed_list_has_words_in_every_language(app: Flask) -> None:
    """A message that did not go is told in the reader's language, whatever held it."""
    macro = app.jinja_env.get_template("portal/_journeys.html")
    for tongue in Languages("UTC").tongues.values():
        words = macro.make_module({"_": tongue.say})
        told = [str(words.unsent_words(why)).strip() for why in WHY]  # type: ignore[attr-defined]
        assert len(set(told)) == len(WHY)
        assert not set(told) & set(WHY)


def test_people_are_shown_by_ref_page_by_page_and_by_state(marketer: Visitor, walked: Traffic) -> None:
    page = marketer.get(ONE + "/people?state=held").text

    assert sum(ref[:8] in page for ref in walked.customers) == 3
    assert walked.customers[2][:8] in page
    assert "Nobody is here" in marketer.get(ONE + "/people?state=parked").text


def test_why_tells_the_way_of_one_customer(marketer: Visitor, walked: Traffic) -> None:
    page = marketer.get(f"{ONE}/people/{walked.customers[3]}").text

    assert "At the end" in page
    assert "an event recommendation_declined opens it" in page


def test_what_is_not_there_is_not_found(marketer: Visitor, walked: Traffic) -> None:
    paths = ("nothing", "nothing/people", "declined_brakes/people/" + "0" * 32)

    assert [marketer.get(DESK + path).status_code for path in paths] == [404, 404, 404]
