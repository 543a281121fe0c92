"""The second wall of a region in PostgreSQL: row-level security on every table with a region, and a role that it holds.

A transaction says for which region it works (hub.regions); said to the database of another one, or not said at all, it meets no row
and writes none. The owner of the tables passes by, so the application is another role, which `hub init` lets in."""

from sqlalchemy import Connection, text

# Whose region it is stands in `here`, and a foreign key holds every row to it. So the setting is compared once a statement and not once
# a row, and a plan may still answer from an index alone.
SEEN = "(SELECT region = current_setting('hub.region', true) FROM here)"
WRITTEN = "region = current_setting('hub.region', true)"
OPEN = text("""
    SELECT quote_ident(relname) FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid
    WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p') AND attname = 'region' AND relname <> 'here'
    AND NOT EXISTS (SELECT FROM pg_policy WHERE polrelid = pg_class.oid) ORDER BY relname
""")
LET_IN = (
    "GRANT USAGE ON SCHEMA {schema} TO {role}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA {schema} TO {role}",
)


def raise_walls(connection: Connection) -> None:
    """Around every table that has none, those of plugins as well; a table that has one is not even locked."""
    for name in connection.scalars(OPEN).all():
        connection.exec_driver_sql(f"ALTER TABLE {name} ENABLE ROW LEVEL SECURITY")
        connection.exec_driver_sql(f"CREATE POLICY region ON {name} USING ({SEEN}) WITH CHECK ({WRITTEN})")


def let_in(connection: Connection, role: str) -> None:
    """The role may do with rows what the application does, and nothing with tables."""
    asked = text("SELECT quote_ident(current_schema()) AS schema, quote_ident(:role) AS role")
    names = connection.execute(asked, {"role": role}).mappings().one()
    for grant in LET_IN:
        connection.exec_driver_sql(grant.format(**names))


def hold(connection: Connection) -> bool:
    """Is whoever asks held by the walls? Neither the owner of the tables nor a superuser is."""
    return bool(connection.scalar(text("SELECT row_security_active('persons')")))
