"""What `hub up` sees to before anything is started."""

import socket
from dataclasses import replace

import pytest

import once
from hub.cli.opened import hub_at
from hub.cli.running import ROLES, add_region
from hub.errors import ConfigError
from hub.rulebook import LiveBook
from hub.settings import Settings
from hub.worker import Supervisor
from hubs import Openings
from rules import parse


@pytest.fixture
def opened(settings: Settings, database: str, openings: Openings) -> Settings:
    openings.copy(settings, database, "eu")
    return settings


def test_a_plugin_that_does_not_load_is_told_before_anything_starts(opened: Settings) -> None:
    supervisor = Supervisor(8.0)

    with pytest.raises(ConfigError, match="installed"):
        add_region(supervisor, replace(opened, plugins=("nothing_like_it",)), "eu")

    assert supervisor.children == []


def test_each_role_runs_what_is_its_own_and_together_they_are_the_whole(opened: Settings) -> None:
    def names(*roles: str) -> set[str]:
        supervisor = Supervisor(8.0)
        add_region(supervisor, opened, "eu", roles, workers=2)
        return {child.name for child in supervisor.children} - {"eu-valkey"}

    each = {role: names(role) for role in ROLES}

    assert each["workers"] == {"eu-worker-1", "eu-worker-2"}
    assert each["clock"] == {"eu-clock"}
    assert set().union(*each.values()) == names(*ROLES)
    assert sum(map(len, each.values())) == len(names(*ROLES))


def test_a_wrong_number_in_the_environment_is_told_before_anything_starts(opened: Settings) -> None:
    supervisor = Supervisor(8.0)
    wrong = replace(opened, environ={**opened.environ, "HUB_WEB_PROCESSES": "two"})

    with pytest.raises(ConfigError, match="HUB_WEB_PROCESSES is “two”"):
        add_region(supervisor, wrong, "eu", ("web",))

    assert not any(child.pid or child.name == "eu-web" for child in supervisor.children)


def test_a_rule_that_is_wrong_is_told_before_anything_starts(opened: Settings) -> None:
    (opened.config / "segments" / "wrong.yaml").write_text("segment: wrong\n")
    supervisor = Supervisor(8.0)

    with pytest.raises(ConfigError, match=r"wrong\.yaml"):
        add_region(supervisor, opened, "eu")

    assert supervisor.children == []


def test_what_all_processes_read_alike_is_read_before_they_part(
    opened: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Parsing the configuration takes a second of CPU, and a region has five processes."""
    monkeypatch.setattr(LiveBook, "_read_all", once._read_all)  # as outside of tests
    add_region(Supervisor(8.0), opened, "eu")
    before = parse._documents.cache_info()

    hub_at(opened, "eu").close()

    after = parse._documents.cache_info()
    assert (after.misses, after.hits > before.hits) == (before.misses, True)


def test_streams_are_served_apart_where_the_region_names_a_port_for_them_and_by_the_web_elsewhere(
    opened: Settings,
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    apart = {**opened.regions, "eu": replace(opened.regions["eu"], streams=port)}

    def names(settings: Settings, *roles: str) -> list[str]:
        supervisor = Supervisor(8.0)
        add_region(supervisor, settings, "eu", roles)
        return [child.name for child in supervisor.children if child.name != "eu-valkey"]

    assert names(opened, "streams") == []
    assert names(replace(opened, regions=apart), "streams") == ["eu-streams"]
    assert names(replace(opened, regions=apart), "web", "streams") == ["eu-web", "eu-streams"]
