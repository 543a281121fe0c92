"""hub tokens, hub sign-in, hub sign-out: who may come in."""

import json
from dataclasses import asdict
from datetime import timedelta

import click

from hub.access import end_access_of, make_sign_in_link, members, principal_named, principal_of, staff_where
from hub.cli.opened import json_option, opened, region_option
from hub.web.access import SCOPES, grant_token


@click.group("tokens")
def tokens() -> None:
    """API tokens."""


@tokens.command("grant")
@region_option
@click.argument("title")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(list(SCOPES)))
@click.option("--connection", help="Whose rows it may tell (rows:write).")
@click.option("--days", default=365, help="How long it lasts.")
def grant(region: str | None, title: str, scopes: tuple[str, ...], connection: str | None, days: int) -> None:
    """Grant a token to a partner or script; it is shown once."""
    with opened(region) as hub, hub.begin() as work:
        if connection:
            hub.partner(connection)  # raises NotFound
        secret = grant_token(work, principal_named(work, title, ()), scopes, timedelta(days=days), connection)
    click.echo(secret)


@click.command("sign-in")
@region_option
@click.argument("title", required=False)
@click.option("--role", "roles", multiple=True, help="Of a member of staff; may be given several times.")
@click.option("--customer", metavar="REF", help="Instead of title and role: a customer, by their ref.")
def sign_in(region: str | None, title: str | None, roles: tuple[str, ...], customer: str | None) -> None:
    """A link that signs a member of staff, or a customer, in, once, within ten minutes."""
    if bool(customer) == bool(title and roles):
        raise click.UsageError("Name a member of staff and a --role, or a --customer.")
    with opened(region) as hub, hub.begin() as work:
        principal = principal_of(work, customer) if customer else principal_named(work, title or "", roles)
        secret = make_sign_in_link(work, principal, timedelta(minutes=10))
        here = hub.here
    click.echo(f"{here.origin}/sign-in/{secret}")


@click.command("sign-out")
@region_option
@json_option
@click.argument("ref", required=False)
def sign_out(region: str | None, as_json: bool, ref: str | None) -> None:
    """End whatever lets a member of staff in, at once: sessions, passkeys, unused links. Without REF: who there is, each with the
    ref that names nobody else."""
    with opened(region) as hub:
        if ref is not None:
            with hub.begin() as work:
                title = end_access_of(work, staff_where(), ref, "cli")
            click.echo(f"“{title}” is out.")
            return
        with hub.look() as session:
            found = members(session, staff_where(), hub.clock(), hub.settings.idle)
    if as_json:
        click.echo(json.dumps([asdict(one) for one in found], default=str))
        return
    for one in found:
        seen = f"seen {one.seen_at:%Y-%m-%d %H:%M} UTC" if one.seen_at else "not signed in"
        click.echo(f"{one.ref}  {one.title}  {', '.join(one.roles)}  {seen}")


COMMANDS = {"tokens": tokens, "sign-in": sign_in, "sign-out": sign_out}
