"""A region is opened once, opened again without harm, and its schema goes up and down with its data."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, make_url, text

from hub.cli.running import open_region
from hub.core import build_hub
from hub.errors import ConfigError, PartDown
from hub.migrations import migrate, migrate_back
from hub.models import Base
from hub.regions import open_engine


def test_opening_again_changes_nothing(settings, database, openings, clock):
    openings.copy(settings, database, "eu")
    keys = {path.name: path.read_bytes() for path in (settings.folder("eu") / "keys").iterdir()}

    assert open_region(settings, "eu", clock) is False

    assert {path.name: path.read_bytes() for path in (settings.folder("eu") / "keys").iterdir()} == keys


def test_secrets_are_made_once_and_readable_by_their_owner_only(settings, database, openings):
    openings.copy(settings, database, "eu")
    path = settings.folder("eu") / "secrets.env"

    assert path.stat().st_mode & 0o077 == 0
    assert "CLUB_WEBHOOK_SECRET=whsec_" in path.read_text()
    assert "CLUB_GCC" not in path.read_text()


def test_the_migrations_make_exactly_the_tables_of_the_models(settings, database, openings):
    openings.copy(settings, database, "eu")
    engine = open_engine(settings.database_url("eu"))

    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        differences = compare_metadata(context, Base.metadata)

    engine.dispose()
    assert differences == []


def test_the_schema_goes_down_and_up_again_with_data_in_it(hub, settings, told_by_club):
    told_by_club(member_id="m-1", tier="gold", version=1)
    engine = open_engine(settings.owner_url("eu"))

    migrate_back(engine, "base")
    left = set(inspect(engine).get_table_names())
    migrate(engine, application=make_url(settings.database_url("eu")).username)

    assert left == {"alembic_version"}
    with engine.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM customers")) == 0
    engine.dispose()


def test_a_hub_on_a_database_that_was_never_opened_says_what_to_do(settings, database, redis, request):
    if database == "postgresql":
        postgres = request.getfixturevalue("postgres")
        postgres.create(settings.database_url("eu").rsplit("/", 1)[1].split("?")[0].removeprefix(postgres.prefix))

    with pytest.raises(PartDown, match="hub init"):
        build_hub(settings, "eu", redis)


def test_a_hub_on_the_database_of_another_region_does_not_start(settings, database, openings, redis, clock):
    openings.copy(settings, database, "eu")
    environ = {**settings.environ, "HUB_DATABASE_GCC": settings.database_url("eu")}
    from dataclasses import replace

    with pytest.raises(ConfigError, match="it is eu, cell 1"):
        build_hub(replace(settings, environ=environ), "gcc", redis, clock=clock)
