"""Keeping a CRM in step at the command line: what is pulled, compared, mended and decided, and how calls end."""

import json
import shutil
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from connectors.hubspot.events import APP
from connectors.hubspot.sandbox import HubSpotSandbox
from hub.cli import main
from hub.models import Connection, Customer, Duplicate
from hub.sdk.effects_log import account_of
from hubspots import CONFIG
from served import served


@pytest.fixture
def crm(hub, settings, tmp_path):
    """HubSpot's sandbox behind the connection `crm`, kept in step by the house's own mapping; its people act a minute ago."""
    sandbox = HubSpotSandbox(tmp_path / "hubspot", lambda: datetime.now(UTC) - timedelta(minutes=1), burst=100_000)
    with served(sandbox.wsgi) as url:
        path = settings.config / "hub.yaml"
        head, _, tail = path.read_text().partition("http://127.0.0.1:9/hubspot")
        options = f'options: {{allow_loopback: true, two_way: true, app_id: "{APP}"}}'
        path.write_text(head + url + tail.replace("options: {allow_loopback: true}", options, 1))
        shutil.copy(CONFIG / "mappings" / "hubspot.yaml", settings.config / "mappings")
        account = account_of(f"Bearer {settings.secrets_of('eu')['CRM_TOKEN']}")
        yield lambda do: sandbox.act(account, do)


@pytest.fixture
def run(hub, settings, monkeypatch, capsys):
    """A command against the hub's own folders: (exit code, standard output, standard error)."""
    for name, value in settings.environ.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("REDIS_URL", f"unix://{hub.bell.redis.connection_pool.connection_kwargs['path']}")

    def run(*words):
        monkeypatch.setattr("sys.argv", ["hub", "sync", *map(str, words), "--region", "eu"])
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code
        said = capsys.readouterr()
        return code or 0, said.out, said.err

    return run


def make(crm, **properties):
    return crm(lambda books: books.create("contacts", properties))["id"]


def told(answer):
    assert answer[0] == 0, answer
    return json.loads(answer[1])


def test_what_changed_is_pulled_and_taken_in_and_the_status_says_how_it_stands(run, crm, hub):
    make(crm, firstname="Anna", lastname="Berg", email="anna@example.org")

    first, second = told(run("run", "crm", "--json")), told(run("run", "crm", "--json"))
    (row,) = told(run("status", "--json"))["connections"]

    assert (first["pulled"], first["taken"], first["told"]) == (1, 1, 0)
    assert second["pulled"] == 0
    assert (row["connection"], row["state"], row["waiting"], row["dead"]) == ("crm", "active", 0, 0)
    assert row["lag_seconds"] < 600
    with hub.look() as session:
        assert len(session.scalars(select(Customer)).all()) == 1


def test_a_comparison_previews_and_changes_nothing_until_it_is_applied(run, crm, hub):
    make(crm, firstname="Anna", lastname="Berg")

    plan = told(run("reconcile", "crm", "--json"))
    assert (plan["missing_here"], plan["applied"], plan["plan"][0]["action"]) == (1, 0, "make a customer")
    with hub.look() as session:
        assert session.scalars(select(Customer)).all() == []

    assert told(run("reconcile", "crm", "--apply", "--only", "differing", "--json"))["applied"] == 0
    assert told(run("reconcile", "crm", "--apply", "--json"))["applied"] == 1
    assert told(run("reconcile", "crm", "--json"))["clean"] is True


def test_a_pause_has_a_reason_and_ends(run, crm, hub):
    assert run("pause", "crm")[0] == 2
    assert run("pause", "crm", "--reason", "the CRM moves house", "--hours", "2")[0] == 0
    (row,) = told(run("status", "crm", "--json"))["connections"]
    assert (row["state"], row["reason"]) == ("paused", "the CRM moves house")

    assert run("resume", "crm")[0] == 0
    with hub.look() as session:
        assert session.get_one(Connection, hub.partners["crm"].id).state == "active"


def test_two_people_with_one_phone_are_proposed_and_kept_apart_for_good(run, crm, hub):
    make(crm, firstname="Anna", lastname="Berg", phone="+49301")
    make(crm, firstname="Ben", lastname="Berg", phone="+49301")
    run("run", "crm", "--json")
    (pair,) = told(run("duplicates", "--json"))["duplicates"]
    assert pair["why"] == "phone"

    assert run("keep-apart", pair["id"])[0] == 0

    assert told(run("duplicates", "--json"))["duplicates"] == []
    assert run("keep-apart", pair["id"])[0] == 1
    with hub.look() as session:
        assert session.scalars(select(Duplicate)).one().state == "kept apart"


def test_conflicts_are_listed_and_only_one_that_waits_can_be_decided(run, crm):
    assert told(run("conflicts", "crm", "--all", "--json"))["conflicts"] == []
    code, _, said = run("resolve", 7, "--take", "ours")
    assert code == 1
    assert "hub sync conflicts" in said


def test_a_connection_that_is_not_kept_in_step_and_classes_nobody_knows_are_told_so(run, crm):
    code, _, said = run("run", "club")
    assert (code, "two_way" in said) == (1, True)
    assert run("run", "nobody")[0] == 1
    assert run("reconcile", "crm", "--only", "everything")[0] == 2


def test_a_crm_that_is_away_is_a_part_that_is_down(run, settings, hub):
    path = settings.config / "hub.yaml"
    path.write_text(
        path.read_text().replace("options: {allow_loopback: true}", "options: {allow_loopback: true, two_way: true}", 1)
    )
    shutil.copy(CONFIG / "mappings" / "hubspot.yaml", settings.config / "mappings")

    code, _, said = run("run", "crm")

    assert code == 3
    assert "does not answer" in said
