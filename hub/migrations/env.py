"""Alembic's entry: runs on the connection that hub.migrations hands over, in its transaction."""

from typing import Any, Literal

from alembic import context

from hub.models import Base, Instant


def render(kind: str, thing: Any, autogen: Any) -> str | Literal[False]:
    """Our own column type by its name."""
    if kind == "type" and isinstance(thing, Instant):
        autogen.imports.add("from hub.models.base import Instant")
        return "Instant()"
    return False


connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=Base.metadata, compare_type=True, render_item=render)
with context.begin_transaction():
    context.run_migrations()
