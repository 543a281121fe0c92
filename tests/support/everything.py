"""All that a region holds, in words that two regions that were told the same have in common."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import LargeBinary, select

from hub.core import Hub
from hub.flow.values import value_context
from hub.models import Base, Person, PersonalValue
from hub.vault import OpenKey
from hubs import NOW

# what no two runs of anything share: keys of rows, random refs, keys and what they seal
OWN = {"id", "ref", "data_key_id", "about_id", "epoch", "taken_at", "number"}
HASHES = {"hash", "key_hash", "source_hash", "visit_hash", "entity"}
LEFT_OUT = {"nodes", "epochs", "data_keys", "personal_values"}


def everything(hub: Hub) -> dict[str, list[str]]:
    """Table -> its rows as sorted texts. Rows that others point at are named by what they are found by."""
    with hub.look() as session:
        tables = [one for one in Base.metadata.sorted_tables if one.name not in LEFT_OUT]
        rows = {one.name: [dict(row) for row in session.execute(select(one)).mappings()] for one in tables}
        values = list(
            session.execute(
                select(PersonalValue, Person.data_key_id).join(Person, Person.id == PersonalValue.person_id)
            )
        )
        keys = hub.vault.open_keys(session, {key for _, key in values})
    names = named(rows)
    sealed = {
        one.name: {column.name for column in one.columns if isinstance(column.type, LargeBinary)} - HASHES
        for one in tables
    }
    found = {name: sorted(repr(plain(row, OWN | sealed[name], names)) for row in those) for name, those in rows.items()}
    found["values"] = sorted(repr(opened(hub, names, keys[key], one)) for one, key in values)
    return found


def opened(hub: Hub, names: Mapping[Any, Any], key: OpenKey, one: PersonalValue) -> tuple[Any, ...]:
    context = value_context(one.person_id, one.field, one.about_id)
    return names[one.person_id], one.field, names.get(one.about_id), hub.vault.unseal(key, one.sealed, context)


def plain(row: Mapping[str, Any], dropped: set[str], names: Mapping[Any, Any]) -> dict[str, Any]:
    def told(value: Any) -> Any:
        if isinstance(value, datetime) and abs(value - NOW) < timedelta(hours=1):
            return "now"
        return names.get(value, value) if isinstance(value, int) else value

    return {key: told(value) for key, value in row.items() if key not in dropped}


def named(rows: Mapping[str, list[dict[str, Any]]]) -> dict[Any, Any]:
    """Id -> the keyed hash, or the words, by which it is the same thing in both."""
    for row in rows["consents"]:
        del row["source_hash"]  # made of the person's id
    numbers = {row["person_id"]: row["hash"] for row in rows["aliases"] if row["kind"] == "customer_number"}
    found = numbers | {row["id"]: numbers[row["person_id"]] for row in rows["customers"]}
    found |= {row["about_id"]: row["hash"] for row in rows["links"]}
    found |= {row["id"]: row["key_hash"] for those in rows.values() for row in those if "key_hash" in row}
    found |= {row["id"]: row["code"] for row in rows["branches"]} | {
        row["id"]: row["name"] for row in rows["connections"]
    }
    found |= {row["id"]: (found[row["branch_id"]], row["title"]) for row in rows["bays"]}
    return found | {row["id"]: (found[row["bay_id"]], row["starts_at"]) for row in rows["slots"]}
