"""Two customers whom the garage merged are merged at HubSpot, too, which keeps one of both records, or makes a third for them."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from compliance import erasure, merging
from hub.models import Customer, DeadLetter, Duplicate
from hub.sdk import Refused, RetryLater
from hubspots import customers
from office import rows, we_edit

ANNA = {"firstname": "Anna", "lastname": "Berg", "email": "anna@example.org", "address": "Weg 1"}
AGAIN = {"firstname": "A.", "lastname": "Berg", "email": "a@example.org", "address": "Weg 2"}


@pytest.fixture
def both(portal, hub):
    """(their id, our ref) of each. HubSpot hears of erasures."""
    crm = hub.partners["crm"]
    hub.partners["crm"] = replace(crm, settings=replace(crm.settings, hears={"person_erased": ("delete",)}))
    numbers = [portal.make(**ANNA), portal.make(**AGAIN)]
    portal.work()
    return list(zip(numbers, refs(hub), strict=True))


def refs(hub):
    with hub.look() as session:
        return list(session.scalars(select(Customer.ref).order_by(Customer.id)))


def mergers(portal):
    return [row for row in portal.crm.log.rows() if row[3] == "merged"]


@pytest.mark.parametrize("anew", [False, True], ids=["into the first", "into a new record"])
def test_both_are_one_there_and_what_is_written_later_goes_to_it(portal, hub, both, anew):
    portal.crm.merge_anew = anew
    (first, keep), (other, lose) = both
    plan = merging.plan(hub, keep, lose)
    assert (plan.obstacles, plan.told) == ((), ("crm",))

    merging.merge(hub, keep, lose, "petra")
    portal.work(seconds=6)
    we_edit(hub, 0, phone="+49 6")
    portal.work(seconds=6)

    [lives] = portal.numbers()
    assert (lives == first, lives == other) == (not anew, False)
    assert portal.properties(lives)["phone"] == "+496"
    portal.edit(lives, address="Neue Straße 7")
    portal.work()
    assert customers(hub)[0]["address"] == "Neue Straße 7"
    assert (len(mergers(portal)), rows(hub, DeadLetter), rows(hub, Duplicate)) == (1, [], [])


def test_an_answer_that_is_lost_is_no_second_merger(portal, hub, both, monkeypatch):
    """HubSpot makes a third record and the line breaks off: whoever asks again is told where both went."""
    portal.crm.merge_anew = True
    objects = hub.partners["crm"].connector.objects
    ask, lost = objects._ask, []

    def breaks_off(method, path, **given):
        found = ask(method, path, **given)
        if path.endswith("/merge") and not lost:
            lost.append(path)
            raise RetryLater("The line broke off.", happened=True)
        return found

    monkeypatch.setattr(objects, "_ask", breaks_off)
    merging.merge(hub, both[0][1], both[1][1], "petra")
    portal.work(rounds=6)
    we_edit(hub, 0, phone="+49 6")
    portal.work(seconds=6)

    [lives] = portal.numbers()
    assert (len(lost), len(mergers(portal)), portal.properties(lives)["phone"]) == (1, 1, "+496")


def test_whoever_is_erased_after_a_merger_that_was_not_taken_is_forgotten_by_both_names(
    portal, hub, both, approved, monkeypatch
):
    def refuses(push):
        raise Refused("an app may not merge here")

    monkeypatch.setattr(hub.partners["crm"].connector.objects, "_merge", refuses)
    merging.merge(hub, both[0][1], both[1][1], "petra")
    portal.work(seconds=6)
    assert (len(portal.numbers()), [one.reason for one in rows(hub, DeadLetter)]) == (2, ["an app may not merge here"])

    request = approved(both[0][1])
    erasure.run(hub, request)
    portal.work(rounds=6)

    assert (erasure.run(hub, request), portal.numbers()) == ("certified", [])
