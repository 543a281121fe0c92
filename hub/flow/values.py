"""Personal values, each sealed under its person's key and bound to its place."""

from hub.flow.held import Held
from hub.flow.identity import Known
from hub.models import PersonalValue
from hub.work import Work


def set_value(work: Work, held: Held, known: Known, name: str, value: str, about_id: int = 0) -> bool:
    """Seal a personal value under the person's key, an empty one where it was cleared; answers False when it is the one
    we have."""
    person, context = known.person, value_context(known.person.id, name, about_id)
    key = work.key(person.data_key_id)
    rows = held.values_of(person.id)
    row = rows.get((name, about_id))
    if row is not None and work.vault.unseal(key, row.sealed, context) == value.encode():
        return False
    if row is None and not value:
        return False
    sealed = work.vault.seal(key, value.encode(), context)
    if row is None:
        made = work.put(PersonalValue, person_id=person.id, field=name, about_id=about_id, sealed=sealed)
        rows[name, about_id] = made
    else:
        row.sealed = sealed
    return True


def value_context(person_id: int, name: str, about_id: int) -> str:
    return f"value:{person_id}:{name}:{about_id}"


def seal_text(work: Work, known: Known, place: str, row_id: int, text: str | None) -> bytes | None:
    """Free text of a row, such as a visit's note, under the person's key. place: table and column, `visits.note`."""
    if not text:
        return None
    return work.vault.seal(work.key(known.person.data_key_id), text.encode(), f"{place}:{row_id}")


def open_text(work: Work, data_key_id: int | None, place: str, row_id: int, sealed: bytes | None) -> str:
    """Raises Unreadable when the person's key has been shredded."""
    return work.vault.unseal(work.key(data_key_id), sealed, f"{place}:{row_id}").decode() if sealed else ""
