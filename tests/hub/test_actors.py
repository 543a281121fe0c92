"""Two pairs of eyes are two people: told apart by who signed in, never by what they are called."""

import pytest

from hub.actors import are_one, named, signed_in_as, titles_of
from hub.models import Person, Principal, new_ref


@pytest.fixture
def staff(hub):
    """Two of one title, and one person's account of before and of now."""
    with hub.begin() as work:
        person = work.add(Person(ref=new_ref(), jurisdiction="DE", made_at=work.now))
        work.session.flush()
        rows = [
            work.add(Principal(ref=new_ref(), title=title, person_id=whose, made_at=work.now))
            for title, whose in (("Advisor", None), ("Advisor", None), ("Driver", person.id), ("Customer", person.id))
        ]
        work.session.flush()
        return [signed_in_as(row.id) for row in rows]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (0, 0, True), (0, 1, False), (2, 3, True), (0, 2, False), (0, "Advisor", True), ("Advisor", 1, True),
        (0, "petra", False), ("petra", "petra", True), ("petra", "paul", False), (0, "principal:1", False),
    ],
)  # fmt: skip
def test_two_are_one_by_who_they_are_and_a_name_is_whoever_bears_it(hub, staff, one, other, same):
    words = [staff[each] if isinstance(each, int) else each for each in (one, other)]

    with hub.look() as session:
        assert are_one(session, *words) is same


def test_what_somebody_is_called_is_told_and_a_name_leads_to_all_who_bear_it(hub, staff):
    with hub.look() as session:
        assert titles_of(session, [staff[0], "petra", "principal:1"]) == {
            staff[0]: "Advisor", "petra": "petra", "principal:1": "principal:1",
        }  # fmt: skip
        assert named(session, "Advisor") == ["Advisor", *sorted(staff[:2])]
