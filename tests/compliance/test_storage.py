"""Where a region's bytes may lie: asked before anything runs, shown by a command and in the record of processing."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from redis import Redis
from ruamel.yaml import YAML

from compliance import storage
from compliance.mounts import Mount
from compliance.ropa import record_of
from hub.core import build_hub
from hub.errors import ConfigError

POLICY = """\
eu:
  database: [home, machine, "*.eu.garage.example"]
  files: [home, "bucket:eu-*"]
  backups: [home]
  queues: [home, machine]
  logs: [console]
  keys: [home]
  log_days: 30
  source: "GDPR Art. 44"
  reviewed_on: 2026-11-28
"""


def with_policy(settings, text=POLICY, **environ):
    (settings.config / "privacy" / "storage.yaml").write_text(text)
    return replace(settings, environ={**settings.environ, **environ})


@pytest.mark.parametrize(
    ("environ", "kind", "at"),
    [
        ({"HUB_DATABASE_EU": "postgresql+psycopg://hub@db.us.garage.example/hub"}, "database", "db.us.garage.example"),
        ({"HUB_DATABASE_EU": "sqlite:////somewhere/else/hub.db"}, "database", "/somewhere/else"),
        (
            {"HUB_DATABASE_EU": "postgresql+psycopg:///hub?host=db.us.garage.example"},
            "database",
            "db.us.garage.example",
        ),
        ({"HUB_REDIS_EU": "rediss://bell.us.garage.example:6379/0"}, "queues", "bell.us.garage.example"),
    ],
)
def test_a_place_outside_the_policy_is_refused_at_its_line_and_one_inside_is_not(settings, environ, kind, at):
    told = with_policy(settings, **environ)

    with pytest.raises(ConfigError, match=rf"storage\.yaml:1: {kind} of eu would lie at “{at}”"):
        storage.check(told, "eu")

    inside = {name: value.replace(".us.", ".eu.").replace("bell.eu.garage.example", "[::1]").replace("/somewhere/else", str(settings.home))
              for name, value in environ.items()}  # fmt: skip
    storage.check(with_policy(settings, **inside), "eu")


def test_a_region_whose_bytes_would_lie_elsewhere_does_not_start(hub, settings, valkey):
    told = with_policy(settings, POLICY.replace("keys: [home]", "keys: [vault.eu.garage.example]"))

    with pytest.raises(ConfigError, match="keys of eu would lie at “home”"):
        build_hub(told, "eu", Redis.from_url(valkey))


def test_a_backup_to_a_folder_outside_the_policy_is_refused_at_its_line_and_nothing_is_written(
    hub, settings, run, tmp_path
):
    stick = tmp_path / "stick"
    with_policy(settings)

    code, _, said = run("backup", "-r", "eu", "--to", str(stick))

    assert (code, stick.exists()) == (1, False)
    assert f"storage.yaml:1: backups of eu would lie at “{stick}”, and may at home." in " ".join(said.split())
    with_policy(settings, POLICY.replace("backups: [home]", f'backups: [home, "{stick}"]'))
    assert (
        run("backup", "-r", "eu", "--only", "keys", "--to", str(stick / "eu"))[0] == 0
    )  # a folder with all that is in it
    told = {one["kind"]: one for one in json.loads(run("privacy", "storage", "-r", "eu", "--json")[1])}
    assert (told["backups"]["at"], told["backups"]["made_at"]) == ("home", [str(stick / "eu")])
    assert told["keys"]["folder"] == str(settings.folder("eu") / "keys")


def test_a_link_out_of_the_home_is_followed(settings, tmp_path):
    (settings.home / "backups").mkdir(parents=True)
    (tmp_path / "elsewhere").mkdir()
    (settings.home / "backups" / "eu").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(ConfigError, match=rf"backups of eu would lie at “{tmp_path}/elsewhere”"):
        storage.check(with_policy(settings), "eu")


@pytest.mark.parametrize(
    ("source", "at"),
    [
        ("nas.us.garage.example:/export/eu", "nas.us.garage.example"),
        ("//NAS.us.garage.example/eu", "nas.us.garage.example"),
        ("hub@nas.us.garage.example:/eu", "nas.us.garage.example"),
        ("[2001:db8::7]:/eu", "2001:db8::7"),
        ("/dev/sdb1", "home"),
        ("tmpfs", "home"),
    ],
)
def test_a_folder_on_a_share_is_where_the_share_is(settings, source, at):
    known = [Mount(Path("/"), "/dev/sda1"), Mount(settings.home / "backups", source)]

    assert storage.place_of(settings, settings.home / "backups" / "eu", known) == at
    assert storage.place_of(settings, settings.home / "eu" / "keys", known) == "home"
    below = [Mount(Path("/"), "/dev/sda1"), Mount(settings.home, source)]
    assert storage.place_of(settings, settings.home / "backups" / "eu", below) == "home"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (POLICY.replace("eu:", "gcc:"), r"storage\.yaml:1: it says nothing of eu, and has no “default”"),
        (POLICY.replace("  queues: [home, machine]\n", ""), r"storage\.yaml:1: eu: a storage policy has .*queues"),
        (POLICY.replace("[console]", "[]"), r"storage\.yaml:1: eu: logs is a list of places"),
        (POLICY.replace("log_days: 30", "log_days: 4000"), "log_days is a whole number from 1 to 400"),
        (POLICY.replace('"GDPR Art. 44"', '""'), "source names no place in a law"),
        ("[", r"storage\.yaml:\d+:\d+: This is no YAML"),
    ],
)
def test_a_file_that_is_wrong_says_where(settings, text, said):
    with pytest.raises(ConfigError, match=said):
        storage.check(with_policy(settings, text), "eu")


def test_where_all_lies_and_for_how_long_is_told(hub, run):
    told = {one["kind"]: one for one in json.loads(run("privacy", "storage", "-r", "eu", "--json")[1])}

    assert set(told) == set(storage.KINDS)
    assert all(one["fits"] for one in told.values())
    assert told["backups"]["kept"].startswith("data ")
    assert "logs      at console" in run("privacy", "storage", "-r", "eu")[1]
    record = {one["kind"]: one["kept"] for one in record_of(hub).storage}
    assert record == {name: one["kept"] for name, one in told.items()}


def test_the_policy_that_is_shipped_lets_the_services_of_the_compose_file_be():
    root = Path(__file__).parents[2]
    services = YAML(typ="safe").load(root / "deploy/compose.yaml")["services"]
    allowed = storage.read_allowed(root / "config", "eu").at

    assert {"postgres", "valkey"} <= services.keys()
    assert "postgres" in allowed["database"]
    assert "valkey" in allowed["queues"]
