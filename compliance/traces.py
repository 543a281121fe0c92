"""Where in the audit somebody is found: under their own numbers, and those of whoever was merged into them."""

from sqlalchemy import BigInteger, String, Subquery, literal, select, union_all

from hub.models import Customer, Merger


def done_to(person_id: int, customer_id: int) -> Subquery:
    """(about, about_id) of the audit by which a person is found: their own, and of whoever was merged into them. To be joined, so
    that each is one look into an index."""
    lost = select(Customer.person_id).join(Merger, Merger.lost_id == Customer.id).where(Merger.kept_id == customer_id)
    led = select(Merger.lost_id).where(Merger.kept_id == customer_id)
    ways = [
        ("person", select(literal(person_id, BigInteger))), ("customer", select(literal(customer_id, BigInteger))),
        ("person", lost), ("customer", led),
    ]  # fmt: skip
    return union_all(
        *(select(literal(about, String).label("about"), ids.subquery().c[0].label("about_id")) for about, ids in ways)
    ).subquery()
