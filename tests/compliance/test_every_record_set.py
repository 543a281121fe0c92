"""Whoever has a row in every table that can hold one of theirs is forgotten: none of them stands in the way, whatever else it points at."""

from datetime import date
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    String,
    Table,
    TypeDecorator,
    func,
    insert,
    select,
)

from compliance import erasure
from compliance.coming import Came
from compliance.counting import rows_about
from compliance.registry import record_sets
from forgetting import Forgetful, Told
from hub.core import Hub
from hub.models import Customer
from hub.work import Work
from partners import drain_all

SETS = sorted(record_sets(), key=lambda one: one.depth)
STAY = {"consents", "legal_holds"}  # by the law, and say so themselves
MADE = {"erasure_requests"}  # by the wish itself


class Planter:
    """A row wherever one is wanted, with no more than its table asks for."""

    def __init__(self, work: Work, person_id: int, customer_id: int) -> None:
        self.work = work
        self.made: dict[Table, dict[str, Any]] = {}
        self.ids = {"persons": person_id, "customers": customer_id}

    def row(self, table: Table, **given: Any) -> dict[str, Any]:
        if table not in self.made or given:
            values = {
                column.name: given[column.name] if column.name in given else self.value(column)
                for column in table.columns
                if column.name in given or self.is_asked_for(column)
            }
            self.work.session.execute(insert(table).values(values))
            self.made[table] = values
        return self.made[table]

    def is_asked_for(self, column: Column[Any]) -> bool:
        return (
            not column.nullable and column.default is None and column.server_default is None and column.computed is None
        )

    def value(self, column: Column[Any]) -> Any:
        for key in column.foreign_keys:
            target = key.column.table
            if target.name in self.ids:
                return self.ids[target.name]
            taken = target in self.made or target.name == "data_keys"  # any that is there may be the person's own
            there = None if taken else self.work.session.scalar(select(key.column).limit(1))
            return there if there is not None else self.row(target)[key.column.name]
        if column.primary_key and isinstance(column.type, Integer):
            return self.work.ids.next()
        return self.plain(column)

    def plain(self, column: Column[Any]) -> Any:
        kinds: dict[type, Any] = {
            Boolean: False, Integer: 1, Float: 0.5, Numeric: 1, LargeBinary: self.work.ids.next().to_bytes(32),
            DateTime: self.work.now, Date: date(2026, 1, 1),
        }  # fmt: skip
        type_ = column.type.impl_instance if isinstance(column.type, TypeDecorator) else column.type
        if isinstance(type_, String):
            return str(self.work.ids.next())[-(type_.length or 32) :]
        return next((value for kind, value in kinds.items() if isinstance(type_, kind)), {})


def planted(hub: Hub, ref: str) -> None:
    """A row of theirs in each record set that has none."""
    with hub.begin() as work:
        owner = work.session.scalars(select(Customer).where(Customer.ref == ref)).one()
        planter = Planter(work, owner.person_id, owner.id)
        for one in SETS:
            mine = select(func.count()).select_from(one.table).where(rows_about(one, owner.person_id, owner.id))
            if one.name not in STAY | MADE and not work.session.scalar(mine):
                target = next(iter(one.column.foreign_keys)).column
                whose = planter.row(one.parent.table)[target.name] if one.parent else planter.ids[target.table.name]
                planter.row(one.table, **{one.column.name: whose})


def test_whoever_has_a_row_in_each_of_them_is_forgotten_and_so_is_the_next_one(
    hub: Hub, crm: Forgetful, told: Told
) -> None:
    for ref in (told("C-1"), told("C-2", email="ben@example.org")):
        planted(hub, ref)
        request = erasure.intake(hub, ref, "petra", Came("desk"))
        erasure.verify(hub, request, "petra", "session")
        plan = erasure.plan(hub, request, "petra")
        assert {one.name for one in SETS} - {item["record_set"] for item in plan["items"]} == STAY
        erasure.approve(hub, request, "paul")
        erasure.run(hub, request)
        drain_all(hub)

        assert erasure.run(hub, request) == "certified"
