"""A catalogue refuses facts and events that rules could not read."""

import pytest

from rules.catalogue import Catalogue, EventKind, Fact, nearest


def test_two_facts_of_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match=r"visits\.count is registered twice"):
        Catalogue([Fact("visits.count", "number"), Fact("visits.count", "text")])


@pytest.mark.parametrize("name", ["Visits", "visits count", "", "visits.", '"x"'])
def test_a_name_that_no_rule_could_write_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="is no name of a fact"):
        Fact(name, "number")


def test_a_fact_cannot_bear_the_key_of_another_condition() -> None:
    for name in ("all", "event", "score.churn"):
        with pytest.raises(ValueError, match="a condition of another kind begins with it"):
            Catalogue([Fact(name, "number")], [EventKind("visit")])


def test_the_catalogue_says_which_nodes_there_are() -> None:
    assert Catalogue([Fact("consent", "text")]).nodes == ("all", "any", "not")
    assert Catalogue([], vehicle=[Fact("fuel", "text")], segments=True).nodes == (
        "all",
        "any",
        "not",
        "vehicle",
        "segment",
    )


def test_an_unknown_type_is_refused() -> None:
    with pytest.raises(ValueError, match="has the type “date”"):
        Fact("joined", "date")


def test_money_names_its_currency() -> None:
    with pytest.raises(ValueError, match="name the fact of its currency"):
        Fact("spend", "money")


@pytest.mark.parametrize("fields", [{"price": "money"}, {"amount": "number"}, {"day": "day"}, {'a"b': "text"}])
def test_fields_of_an_event_are_what_json_can_hold(fields: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="Only amount is money"):
        EventKind("visit", fields=fields)


def test_the_nearest_name_is_offered_or_all_of_them() -> None:
    assert nearest("vists", ["visits", "spend"]) == "Did you mean “visits”?"
    assert nearest("xyz", ["visits", "spend"]) == "Known: spend, visits."
    assert nearest("xyz", [f"fact_{letter}" for letter in "abcdefghijklmnop"]).endswith("...")
