"""Pages for customers and consoles for staff."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from flask import Blueprint

from hub.core import Hub
from hub.sdk import hookimpl
from hub.work import Work
from portal import (
    access,
    account,
    archive_desk,
    assistant,
    booking,
    breach_desk,
    chain,
    chat,
    configuration,
    connectors,
    customers,
    disputes,
    documents,
    duplicates,
    editor,
    enclosed,
    estimates,
    evidence,
    file_schemas,
    filing,
    guests,
    home,
    household,
    inbox,
    installing,
    journeys,
    loyalty,
    messages,
    models,
    my,
    offline,
    operations,
    outreach,
    privacy,
    privacy_desk,
    roi,
    segments,
    sessions,
    shared,
    signs,
    spending,
    stopping,
    texted,
    timeline,
    vitals,
    widget,
)
from portal.pages import new_portal
from rules import intents
from rules.file_schemas import assistant_schema
from rules.schema_nodes import Schema

# One line each, so that two who add pages do not meet.
PAGES = (
    access,
    account,
    home,
    installing,
    my,
    offline,
    timeline,
    household,
    loyalty,
    booking,
    documents,
    estimates,
    guests,
    privacy,
    privacy_desk,
    archive_desk,
    breach_desk,
    evidence,
    shared,
    filing,
    customers,
    outreach,
    roi,
    spending,
    models,
    segments,
    journeys,
    operations,
    vitals,
    connectors,
    disputes,
    duplicates,
    messages,
    configuration,
    editor,
    sessions,
    stopping,
    chat,
    widget,
    signs,
    inbox,
    enclosed,
)


@hookimpl
def register_blueprints(hub: Hub) -> Sequence[Blueprint]:
    """One blueprint that holds all pages: what it checks before and adds after a request holds for each of them."""
    portal = new_portal(hub)
    for pages in PAGES:
        portal.register_blueprint(pages.bp)
    return [portal]


@hookimpl
def customer_wrote(hub: Hub, work: Work, customer_id: int, text: str, key: str) -> None:
    texted.take(hub, work, customer_id, text, key)


@hookimpl
def check_configuration(config: Path) -> Sequence[str]:
    return [*chain.problems_of(config), *intents.problems_of(config / assistant.FILE)]


@hookimpl
def describe_configuration() -> Mapping[str, Schema]:
    return {chain.FILE: file_schemas.chain_schema(), assistant.FILE: assistant_schema()}
