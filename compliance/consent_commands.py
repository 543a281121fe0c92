"""`hub consent`: the texts people see, and receipts."""

import json
from typing import Any

import click
from sqlalchemy import func, select

from compliance import consents
from compliance.purposes import read_purposes
from hub.cli.opened import json_option, opened, region_option
from hub.errors import NotFound
from hub.models import Consent, Customer, Notice, called


@click.group("consent")
def consent() -> None:
    """What people agreed to, and to which text."""


@consent.command("notices")
@region_option
@json_option
def notices(region: str | None, as_json: bool) -> None:
    """Versions of every text, the latest last, with how many events rest on each; those of the file are kept first."""
    with opened(region) as hub:
        consents.publish(hub)
        known = read_purposes(hub.settings.config)
        current = {known.shown(purpose, language).hash for purpose in known.chosen() for language in purpose.texts}
        with hub.look() as session:
            counted = session.execute(select(Consent.notice, func.count()).group_by(Consent.notice))
            resting: dict[str, int] = {notice: number for notice, number in counted}
            rows: list[dict[str, Any]] = [
                {"hash": row.hash, "purpose": row.purpose, "language": row.language, "material": row.material,
                 "made_at": row.made_at.isoformat(), "in_use": row.hash in current, "events": resting.get(row.hash, 0)}
                for row in session.scalars(select(Notice).order_by(Notice.purpose, Notice.language, Notice.made_at))
            ]  # fmt: skip
    if as_json:
        click.echo(json.dumps(rows))
        return
    for row in rows:
        mark = "in use" if row["in_use"] else "earlier"
        click.echo(f"{row['hash'][:12]}  {row['purpose']:16} {row['language']}  {mark:8} {row['events']:6} events")


@consent.command("receipts")
@click.argument("customer_ref")
@region_option
def receipts(customer_ref: str, region: str | None) -> None:
    """A receipt for each purpose and channel somebody has spoken on, as JSON."""
    with opened(region) as hub, hub.look() as session:
        person_id = session.scalar(select(Customer.person_id).where(called(customer_ref)))
        if person_id is None:
            raise NotFound(f"There is no customer {customer_ref} in {hub.region_code}.")
        last = (
            select(func.max(Consent.id))
            .where(Consent.person_id == person_id)
            .group_by(Consent.purpose, Consent.channel)
        )
        found = [consents.receipt(hub, session, person_id, one) for one in session.scalars(last)]
    click.echo(json.dumps(found, ensure_ascii=False, indent=1))
