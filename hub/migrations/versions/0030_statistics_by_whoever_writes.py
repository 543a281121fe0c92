"""Whoever writes a table may have its statistics made anew without owning it: the application does not, so that walls hold it"""

from alembic import op

revision = "0030"
down_revision = "0032"
branch_labels = None
depends_on = None

# Statistics of a table that has doubled since they were made are worse than none: look-ups by key become scans, and a file takes
# minutes instead of seconds. Autovacuum would see to it only after the upload.
COUNT_ANEW = """
CREATE FUNCTION count_anew(target regclass) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog AS $$
BEGIN
    IF (SELECT pg_relation_size(oid) / 8192 > 2 * relpages FROM pg_class WHERE oid = target) THEN
        EXECUTE format('ANALYZE %s', target);
    END IF;
END $$
"""


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(COUNT_ANEW)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION count_anew(regclass)")
