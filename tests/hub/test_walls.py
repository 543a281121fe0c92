"""In PostgreSQL a role that owns nothing meets the rows of the region that its transaction works for, and no others."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from sqlalchemy import Engine, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError

from hub import pouring
from hub.cli.running import add_region
from hub.core import Hub
from hub.errors import PartDown
from hub.migrations import migrate
from hub.models import Base, Branch, Customer, Person, table
from hub.pouring import pour
from hub.regions import down, open_engine, open_region
from hub.worker import Supervisor

pytestmark = pytest.mark.postgres
PERSONAL = {
    one for one in Base.metadata.sorted_tables if any(column.info["personal"] != "no" for column in one.columns)
}


@pytest.fixture(params=["postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["", "gcc"], ids=["nobody", "stranger"])
def outsider(hub: Hub, request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Somebody at eu's database who says no region; and a process of gcc that a pooler or a failover has led there."""
    engine = open_engine(hub.settings.database_url("eu"), request.param)
    yield engine
    engine.dispose()


def test_every_table_with_a_personal_column_stands_behind_a_wall(hub: Hub) -> None:
    with hub.region.engine.connect() as connection:
        walled = set(
            connection.scalars(text("SELECT relname FROM pg_class WHERE row_security_active(oid) AND relkind = 'r'"))
        )

    assert len(PERSONAL) > 50
    assert {one.name for one in PERSONAL} - walled == set()


def test_the_application_meets_all_rows_of_its_region(hub: Hub, told_by_club) -> None:
    told_by_club(member_id="m-1", tier="gold", version=1)
    owner = open_engine(hub.settings.owner_url("eu"))

    with hub.region.engine.connect() as ours, owner.connect() as theirs:
        for one in Base.metadata.sorted_tables:
            asked = select(func.count()).select_from(one)
            assert ours.scalar(asked) == theirs.scalar(asked), one.name
        assert ours.scalar(select(func.count()).select_from(Customer)) == 1
    owner.dispose()


def test_whoever_works_for_no_region_or_for_another_meets_no_row_whatever_is_asked(
    told_by_club, outsider: Engine
) -> None:
    """No statement here has a filter: the wall alone refuses."""
    told_by_club(member_id="m-1", tier="gold", version=1)

    with outsider.begin() as connection:
        seen = {one.name for one in PERSONAL if connection.scalar(select(func.count()).select_from(one))}
        changed = connection.execute(update(table(Person)).values(jurisdiction="XX")).rowcount
        gone = connection.execute(delete(table(Customer))).rowcount

    assert (seen, changed, gone) == (set(), 0, 0)


def test_the_same_row_is_poured_by_insert_behind_the_walls_and_by_copy_for_their_owner(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pouring, "FEW", 0)  # else the owner, too, would write a single row by an insert
    owner, now = open_region("eu", hub.here.cell, hub.settings.owner_url("eu"), hub.region.folder), hub.clock()
    written = []

    for region in (hub.region, owner):
        with region.sessions.begin() as session:
            pour(session, region, Person, [{"id": 7, "ref": "p_7", "jurisdiction": "DE", "made_at": now}])
            written.append(session.execute(select(table(Person)).where(Person.id == 7)).mappings().one())
            session.rollback()
    owner.engine.dispose()

    assert (hub.region.behind_walls, owner.behind_walls) == (True, False)
    assert written[0] == written[1]


@pytest.mark.parametrize("region", ["eu", "gcc"])
def test_nor_do_they_write_one(outsider: Engine, region: str) -> None:
    row = {"id": 1, "code": "x", "title": "X", "zone": "UTC", "region": region}

    with pytest.raises((ProgrammingError, IntegrityError)), outsider.begin() as connection:
        connection.execute(insert(table(Branch)), [row])


def test_the_application_owns_nothing_and_lowers_no_wall(hub: Hub) -> None:
    for statement in (
        "ALTER TABLE persons DISABLE ROW LEVEL SECURITY",
        "DROP POLICY region ON persons",
        "CREATE TABLE x (y int)",
    ):
        with pytest.raises(ProgrammingError), hub.region.engine.begin() as connection:
            connection.execute(text(statement))


def test_a_region_is_said_for_one_transaction_and_left_to_nobody_after_it(hub: Hub) -> None:
    """The next one on the same server may be somebody else's, where a pooler stands before it."""
    said = text("SELECT current_setting('hub.region', true)")

    with hub.region.engine.connect() as connection:
        with connection.begin():
            assert connection.scalar(said) == "eu"
        left = connection.connection.driver_connection.execute(str(said)).fetchone()

    assert left == ("",)


def cut(hub: Hub, numbers: Sequence[int]) -> None:
    owner = open_engine(hub.settings.owner_url("eu"))
    with owner.begin() as line:
        for number in numbers:
            line.execute(select(func.pg_terminate_backend(number, 5000)))
    owner.dispose()


def test_a_transaction_that_sees_one_moment_of_all_tables_says_its_region_too(hub: Hub) -> None:
    with hub.region.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        assert connection.scalar(text("SHOW transaction_isolation")) == "repeatable read"
        assert connection.scalar(text("SHOW hub.region")) == "eu"
    with hub.region.engine.connect() as connection:
        assert connection.scalar(text("SHOW transaction_isolation")) == "read committed"
        assert connection.connection.driver_connection.autocommit


def test_a_line_that_was_cut_while_it_rested_is_replaced_before_a_transaction_begins_and_says_its_region(
    hub: Hub,
) -> None:
    with hub.region.engine.connect() as one, hub.region.engine.connect() as other:
        rested = [line.scalar(select(func.pg_backend_pid())) for line in (one, other)]
    cut(hub, rested)

    with hub.look() as session:
        assert session.scalar(select(func.pg_backend_pid())) not in rested
        assert session.scalar(text("SHOW hub.region")) == "eu"


def test_a_line_that_is_cut_before_a_transaction_of_its_own_kind_begins_is_told_as_a_database_that_is_down(
    hub: Hub,
) -> None:
    with hub.region.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        number = connection.scalar(select(func.pg_backend_pid()))
        connection.commit()
        cut(hub, [number])
        with pytest.raises(OperationalError) as told:
            connection.begin()

    assert isinstance(down("The database of eu", told.value), PartDown)
    with hub.look() as session:
        assert session.scalar(select(1)) == 1


def test_the_wall_is_asked_once_a_statement_and_leaves_plans_as_they_are(hub: Hub) -> None:
    with hub.region.engine.begin() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        connection.execute(text("SET LOCAL enable_bitmapscan = off"))
        told = connection.scalars(text("EXPLAIN SELECT count(*) FROM customers WHERE person_id < 7")).all()

    plan = "\n".join(told)
    assert "Filter: $0" in plan or "Filter: (InitPlan 1)" in plan, plan  # as 15 and 18 call what was computed before
    assert "Index Only Scan using uq_customers_person_id" in plan, plan


def test_a_table_that_came_meanwhile_gets_its_wall_at_the_next_opening_and_no_other_is_touched(hub: Hub) -> None:
    owner = open_engine(hub.settings.owner_url("eu"))
    walls = text("SELECT polrelid::regclass::text, oid FROM pg_policy ORDER BY 1")
    with owner.begin() as connection:
        connection.execute(text("CREATE TABLE of_a_plugin (region varchar(8) NOT NULL, note text)"))
        before = dict(connection.execute(walls).all())

    migrate(owner)

    with owner.begin() as connection:
        after = dict(connection.execute(walls).all())
        connection.execute(text("DROP TABLE of_a_plugin"))
    owner.dispose()
    assert after.keys() - before.keys() == {"of_a_plugin"}
    assert before.items() <= after.items()


def test_who_works_as_the_owner_of_the_tables_is_told_so_at_the_start(hub: Hub, capsys) -> None:
    owned = {**hub.settings.environ, "HUB_DATABASE_EU": hub.settings.owner_url("eu")}

    add_region(Supervisor(8.0), hub.settings, "eu", ["workers"])
    assert capsys.readouterr().err == ""
    add_region(Supervisor(8.0), replace(hub.settings, environ=owned), "eu", ["workers"])
    assert "HUB_OWNER_" in capsys.readouterr().err


def test_a_restore_is_the_deed_of_the_owner(hub: Hub) -> None:
    """It empties tables and pours into them, which no wall lets through."""
    assert hub.settings.owner_url("eu") != hub.settings.database_url("eu")
    assert replace(hub.settings, environ={}).owner_url("eu") == replace(hub.settings, environ={}).database_url("eu")
