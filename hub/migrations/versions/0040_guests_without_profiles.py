"""Whoever only asked something from a garage's site has no profile: rules, scores, campaigns and partners know customers alone"""

from alembic import op

revision = "0040"
down_revision = "0037"
branch_labels = None
depends_on = None
CONTRACT = (
    "profiles of guests: the version before takes whoever has none for nobody, as it does with those who were merged"
)

GUESTS = """
SELECT customers.id FROM customers
JOIN personal_values ON personal_values.person_id = customers.person_id
    AND personal_values.field = 'asked_from' AND personal_values.about_id = 0
WHERE NOT EXISTS (SELECT 1 FROM visits WHERE visits.customer_id = customers.id)
    AND NOT EXISTS (SELECT 1 FROM appointments WHERE appointments.customer_id = customers.id)
    AND NOT EXISTS (SELECT 1 FROM ownerships WHERE ownerships.customer_id = customers.id)
    AND NOT EXISTS (SELECT 1 FROM membership_cards WHERE membership_cards.customer_id = customers.id)
    AND NOT EXISTS (SELECT 1 FROM principals WHERE principals.person_id = customers.person_id)
    AND NOT EXISTS (SELECT 1 FROM links JOIN connections ON connections.id = links.connection_id
        WHERE links.about = 'customer' AND links.about_id = customers.id AND connections.name <> 'own')
"""
# Segments that hold a guest are filled anew by the clock, so that each leaves by the way of all others.
ANEW = f"""
UPDATE segment_versions SET refreshed_on = NULL, refreshed_at = NULL
WHERE ended_at IS NULL AND segment IN (
    SELECT segment FROM memberships WHERE left_at IS NULL AND customer_id IN ({GUESTS}))
"""  # noqa: S608 - our own words
GO = f"DELETE FROM profiles WHERE customer_id IN ({GUESTS})"  # noqa: S608
COME_BACK = f"""
INSERT INTO profiles (customer_id, region, branch, language, jurisdiction, visits_count, complaints_count, vehicles_count, changed_at)
SELECT customers.id, customers.region, customers.branch, customers.language, persons.jurisdiction, 0, 0, 0, customers.made_at
FROM customers JOIN persons ON persons.id = customers.person_id
WHERE customers.id IN ({GUESTS}) AND NOT EXISTS (SELECT 1 FROM profiles WHERE profiles.customer_id = customers.id)
"""  # noqa: S608


def upgrade() -> None:
    op.execute(ANEW)
    op.execute(GO)


def downgrade() -> None:
    op.execute(COME_BACK)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("SET CONSTRAINTS ALL IMMEDIATE")  # else the table cannot be altered before the commit
