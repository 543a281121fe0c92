"""What a database would do for a statement if there were very many rows."""

from sqlalchemy import Select, text
from sqlalchemy.orm import Session

from hub.core import Hub


def plan_of(hub: Hub, session: Session, statement: Select[tuple[object, ...]]) -> str:
    """What the database would do if a scan of everything were dear, and putting in order, as both are with many rows."""
    told = statement.compile(dialect=hub.region.engine.dialect, compile_kwargs={"literal_binds": True})
    if not hub.region.on_sqlite:
        for way in ("seqscan", "bitmapscan", "sort", "incremental_sort"):
            session.execute(text(f"SET LOCAL enable_{way} = off"))
    rows = session.connection().exec_driver_sql(f"EXPLAIN {'QUERY PLAN ' if hub.region.on_sqlite else ''}{told}")
    return "\n".join(str(row) for row in rows)
