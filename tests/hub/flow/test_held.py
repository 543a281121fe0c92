"""What people have is read once for a whole batch, and whoever is asked for alone is read alone."""

from sqlalchemy import event, select

from hub.flow.held import Held
from hub.models import Person
from hub.sdk import CustomerKey, CustomerRecord
from shops import at, folded


def people(hub, count):
    told = [
        CustomerRecord(customer=CustomerKey(partner_id=f"C-{n}"), name=f"Anna Weiß {n}", email=f"{n}@example.org", at=at("2026-03-02"))
        for n in range(count)
    ]  # fmt: skip
    return told, folded(hub, *told)


def statements(hub, act):
    seen = []

    def note(_connection, _cursor, statement, *_):
        seen.append(statement)

    event.listen(hub.region.engine, "before_cursor_execute", note)
    try:
        act()
    finally:
        event.remove(hub.region.engine, "before_cursor_execute", note)
    return [one for one in seen if one.startswith(("SELECT", "UPDATE", "INSERT"))]


def test_a_batch_of_people_is_told_again_in_as_many_statements_as_one_of_them(hub):
    told, _ = people(hub, 30)

    one = statements(hub, lambda: folded(hub, told[0]))
    all_of_them = statements(hub, lambda: folded(hub, *told))

    assert len(all_of_them) <= len(one) + 2


def test_somebody_who_was_not_read_with_the_others_is_read_when_asked(hub):
    people(hub, 2)
    with hub.begin() as work:
        held = Held(work)
        first, second = work.session.scalars(select(Person.id).order_by(Person.id))
        held.load([first])

        assert {field for field, _ in held.values_of(first)} == {"name", "email"}
        assert len(held.aliases_of(second, "email")) == 1
        assert held.aliases_of(second, "plate") == []
