"""`hub connector`: a newcomer begins a connector, proves it, and is told what is missing."""

import importlib
import json
import sys
from pathlib import Path
from typing import Any

import pytest

from calling import called
from connectors.hubspot.sandbox import HubSpotSandbox
from hub.sdk.effects_log import account_of
from hub.sdk.testing import Level, check_connector
from served import served


@pytest.fixture
def hub_command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Any:
    monkeypatch.setenv("HUB_CONFIG", str(tmp_path / "none"))  # it needs no hub

    def run(*words: object) -> tuple[int, str]:
        code, out, err = called(words, monkeypatch, capsys)
        return code, out + err

    return run


@pytest.mark.parametrize(
    ("name", "kind", "auth", "paging", "reached"),
    [("some_crm", "crm", "header", "id", Level.SILVER), ("telematics", "fleet", "bearer", "time", Level.GOLD),
     ("texter", "channel", "header", "none", Level.GOLD)],
)  # fmt: skip
def test_a_new_connector_is_certified_as_it_was_written(
    name: str, kind: str, auth: str, paging: str, reached: Level, hub_command: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    code, said = hub_command(
        "connector", "new", name, "--kind", kind, "--auth", auth, "--paging", paging, "--folder", tmp_path
    )
    assert code == 0, said

    monkeypatch.syspath_prepend(str(tmp_path / f"hub-{name.replace('_', '-')}"))
    (case,) = importlib.import_module(f"hub_{name}").register_cases(tmp_path / "sandbox")
    report = check_connector(case)
    del sys.modules[f"hub_{name}"]

    assert report.reaches(Level.BRONZE)
    assert report.level is reached, str(report)


def test_a_name_that_is_none_and_a_folder_that_is_there_are_told_so(hub_command: Any, tmp_path: Path) -> None:
    given = ("--kind", "crm", "--auth", "bearer", "--paging", "time", "--folder", tmp_path)

    assert hub_command("connector", "new", "Some CRM", *given)[0] == 1
    assert hub_command("connector", "new", "crm2", *given)[0] == 0
    code, said = hub_command("connector", "new", "crm2", *given)

    assert (code, "is there already" in said) == (1, True)


def test_a_check_says_what_is_missing_and_how_many_do_not_apply(hub_command: Any) -> None:
    code, said = hub_command("connector", "check", "sms", "--json")
    report = json.loads(said)

    assert (code, report["level"], report["ok"]) == (0, "gold", True)
    assert {one["state"] for one in report["checks"]} == {"ok", "not_applicable"}
    code, said = hub_command("connector", "check", "nobody")
    assert (code, "register_cases" in said) == (1, True)


def test_a_connections_real_answers_are_recorded_without_people(
    hub: Any, settings: Any, run: Any, tmp_path: Path
) -> None:
    sandbox = HubSpotSandbox(tmp_path / "hubspot")
    account = account_of(f"Bearer {settings.secrets_of('eu')['CRM_TOKEN']}")
    sandbox.act(account, lambda books: books.create("contacts", {"email": "zoe.quant@mail.test"}))
    with served(sandbox.wsgi) as url:
        path = settings.config / "hub.yaml"
        path.write_text(path.read_text().replace("http://127.0.0.1:9/hubspot", url, 1))
        given = (
            "connector",
            "record",
            "crm",
            "--region",
            "eu",
            "--what",
            "list:contact",
            "--to",
            tmp_path / "crm.yaml",
        )
        code, said, _ = run(*given)

    written = (tmp_path / "crm.yaml").read_text()
    assert (code, said.startswith("2 answers in")) == (0, True)
    assert "@example.org" in written
    assert "zoe.quant" not in written


def test_the_checks_are_listed_with_what_they_prove(hub_command: Any) -> None:
    code, said = hub_command("connector", "checks", "--json")

    assert code == 0
    assert len(json.loads(said)) >= 60
