"""Very many customers, made by the database itself: a region of a million of them stands within minutes, as nobody folds it.

Per customer 2.8 visits, half of them booked, a third with work declined, a survey for one in three; ids are small numbers, which
no process of ours hands out. Chance is a hash of the row's number, so that every run has the same rows."""

from collections.abc import Sequence

# ruff: noqa: S608 - what is put together are numbers of our own
from sqlalchemy import create_engine, text

from hub.core import Hub

PEOPLE, CUSTOMERS, CARS, VISITS, EVENTS = (one * 100_000_000 for one in range(1, 6))  # where the ids of each begin
MORE = "ARRAY[0, 1, 2, 2, 4]"  # visits than one; a hash says which, so that they are 2.8 on average


def _hash(number: str) -> str:
    return f"(hashint8({number}) & 2147483647)"


ROWS = (
    f"""INSERT INTO persons (id, ref, jurisdiction, made_at, region)
        SELECT {PEOPLE} + n, md5('p' || n), 'DE', now(), 'eu' FROM generate_series(1, :customers) n""",
    f"""INSERT INTO customers (id, ref, person_id, version, made_at, region)
        SELECT {CUSTOMERS} + n, md5('c' || n), {PEOPLE} + n, 1, now(), 'eu' FROM generate_series(1, :customers) n""",
    f"""INSERT INTO vehicles (id, ref, make, model, fuel, first_registered, made_at, region)
        SELECT {CARS} + n, md5('v' || n), 'VW', 'Golf', CASE WHEN n % 9 = 0 THEN 'electric' ELSE 'petrol' END,
               current_date - 900 - n % 3000, now(), 'eu' FROM generate_series(1, :customers) n""",
    f"""INSERT INTO ownerships (id, vehicle_id, customer_id, role, since, region)
        SELECT n, {CARS} + n, {CUSTOMERS} + n, 'owner', current_date - 800 - n % 300, 'eu' FROM generate_series(1, :customers) n""",
    f"""CREATE UNLOGGED TABLE crowd AS
        SELECT row_number() OVER () AS id, n, {CUSTOMERS} + n AS customer, {CARS} + n AS car, place,
               current_date - {_hash("n")} % 250 - place * (90 + {_hash("n + 7")} % 130) AS day,
               {_hash("n * 31 + place")} AS chance
        FROM generate_series(1, :customers) n, generate_series(0, ({MORE})[1 + {_hash("n * 3")} % 5]) place""",
    f"""INSERT INTO visits (id, connection_id, key_hash, version, told_at, customer_id, vehicle_id, branch, reason, status, opened_at,
                            closed_at, local_day, zone, odometer_km, amount_minor, currency, region)
        SELECT {VISITS} + id, :told_by, int8send(id), 1, day, customer, car, 'berlin-mitte',
               (ARRAY['service', 'repair', 'inspection'])[1 + chance % 3], 'closed', day, day, day, 'Europe/Berlin',
               90000 - place * 9000, 8000 + chance % 50000, 'EUR', 'eu' FROM crowd""",
    *(
        f"""INSERT INTO events (id, kind, customer_id, vehicle_id, about_id, at_utc, local_day, zone, amount_minor, currency,
                                attributes, received_at, connection_id, source_hash, region)
            SELECT {EVENTS} + {number} * 10000000::bigint + id, '{kind}', customer, car, {about}, {day}, {day}, 'Europe/Berlin',
                   {amount}, CASE WHEN {amount} IS NOT NULL THEN 'EUR' END, {told}, now(), :told_by, int8send({number} * 10000000 + id),
                   'eu' FROM crowd WHERE {which}"""
        for number, (kind, which, about, day, amount, told) in enumerate((
            ("visit", "true", f"{VISITS} + id", "day", "8000 + chance % 50000", "'{}'"),
            ("booking_made", "chance % 2 = 0", "id", "day - 5", "NULL::bigint", """'{"lead_days": 5}'"""),
            ("recommendation_declined", "chance % 10 < 3", "id", "day", "20000",
             """json_build_object('service', (ARRAY['brakes', 'tyres', 'lights'])[1 + chance % 3], 'safety', 'important')"""),
            ("survey", "chance % 3 = 1", "id", "day + 2", "NULL::bigint", "json_build_object('score', chance % 11)"),
            ("complaint", "chance % 20 = 3", "NULL::bigint", "day + 2", "NULL::bigint", "'{}'"),
            ("no_show", "chance % 17 = 3", "id", "day + 30", "NULL::bigint", "'{}'"),
        ))
    ),
    """INSERT INTO profiles (customer_id, jurisdiction, language, branch, joined_on, visits_count, visits_first_on, visits_last_on,
                              complaints_count, vehicles_count, appointments_missed, recommendations_open, recommendations_declined,
                              changed_at, region)
        SELECT customer, 'DE', 'de', 'berlin-mitte', min(day), count(*), min(day), max(day), 0, 1, 0, 0, 0, now(), 'eu'
        FROM crowd GROUP BY customer""",
    "DROP TABLE crowd",
)  # fmt: skip


def gather(hub: Hub, customers: int, more: Sequence[str] = ()) -> None:
    """Into the region of this hub, whose server must be ours: keys are not checked meanwhile. more: statements after ours."""
    engine = create_engine(hub.region.engine.url)
    told_by = next(iter(hub.partners.values())).id
    with engine.begin() as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        for rows in (*ROWS, *more):
            connection.execute(text(rows), {"customers": customers, "told_by": told_by})
    with engine.execution_options(isolation_level="AUTOCOMMIT").connect() as connection:
        connection.exec_driver_sql("VACUUM ANALYZE")
    engine.dispose()
