"""A field that both sides changed and that waits for a person, and two customers who may be one; at any connection."""

from hub.core import Hub
from hub.flow import agreements, conflicts
from hub.flow.effects import load_subjects
from hub.models import Duplicate
from rules.merging import Merged, Side
from rules.syncmap import FieldRule


def a_dispute(hub: Hub, connection: str, customer_id: int, theirs: str = "Weg 3") -> int:
    """Of their `street`, which was `Weg 1` and is `Weg 2` here. Answers the conflict's id."""
    partner = hub.partner(connection)
    rule = FieldRule("street", "address", "text", "both", "manual", "crm_sync")
    with hub.begin() as work:
        subject = load_subjects(work, [customer_id])[customer_id]
        agreed = agreements.load(work, partner, "contact", [subject])[customer_id]
        agreed.word(rule.theirs).becomes(theirs, work.now)
        verdict = Merged("Weg 2", "open", True)
        conflicts.note(work, partner, agreed, subject, rule, "Weg 1", Side("Weg 2"), Side(theirs, work.now), verdict)
        agreements.save(work, partner, agreed, subject.data_key_id)
        found, *_ = conflicts.latest(work.session, partner, only_open=True)
        return found.id


def a_likeness(hub: Hub, connection: str, customer_id: int, other_id: int) -> int:
    first, second = sorted((customer_id, other_id))
    with hub.begin() as work:
        row = work.add(
            Duplicate(connection_id=hub.partner(connection).id, customer_id=first, other_id=second, why="phone",
                      state="open", found_at=work.now)
        )  # fmt: skip
        return row.id
