"""The draft of an impact assessment says what the system knows, and leaves open what a person must judge."""

import json

from compliance import dpia
from compliance.dpia import Facts


def test_it_fills_in_what_is_known_and_names_what_is_not(hub, told, run):
    told()
    draft = dpia.draft_of(hub)

    met = {one.name: one.met for one in draft.criteria}
    assert met["large scale"] is False
    assert met["matching or combining datasets"] is True
    assert met["sensitive data"] is None
    assert draft.processing.entries
    page = run("privacy", "dpia", "-r", "eu")[1]
    assert "| crm_sync | contract" in page
    assert "<10 people, large from 10000" in page  # it is handed on, and there is one
    assert page.count(dpia.TO_JUDGE) >= 2 * len(draft.risks)
    assert page.count("- [ ] ") == len(draft.open)
    assert json.loads(run("privacy", "dpia", "-r", "eu", "--json")[1])["is_called_for"] == draft.is_called_for


def test_two_criteria_that_are_met_call_for_an_assessment():
    small, large = Facts(10, (), 1, ("crm",), (), 10), Facts(50_000, ("churn",), 1, ("crm", "club"), (), 10)

    assert [sum(judge(facts)[0] is True for judge in dpia.CRITERIA.values()) for facts in (small, large)] == [0, 4]
