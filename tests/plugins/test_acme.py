"""A third party's connector, as a distribution of its own: built, installed, certified, and at work in a hub."""

import difflib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from hub.core import Hub
from hub.models import Link
from hub.plugins import installed, load_plugins
from hub.sdk import sign
from hub.sdk.kit.scaffold import Wanted, scaffold
from hub.sdk.recordings import recorded_in
from hub.settings import Settings, load_settings
from partners import drain_all

SOURCE = Path(__file__).parent / "hub-acme"
MOST_LINES = 60  # of own code, from the scaffold to gold


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the installed wheel, to stand on a path of Python."""
    tree, site = tmp_path_factory.mktemp("acme") / "tree", tmp_path_factory.mktemp("site")
    shutil.copytree(SOURCE, tree, ignore=shutil.ignore_patterns("__pycache__"))
    build = "from setuptools import build_meta; print(build_meta.build_wheel('.'))"
    done = subprocess.run([sys.executable, "-c", build], check=False, cwd=tree, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(tree / done.stdout.splitlines()[-1]) as wheel:
        wheel.extractall(site)
    return site


def test_it_is_certified_from_where_it_is_installed(site: Path) -> None:
    environ = {**os.environ, "PYTHONPATH": str(site)}
    words = [sys.executable, "-m", "hub.cli", "connector", "check", "acme", "--level", "gold", "--json"]

    done = subprocess.run(words, check=False, capture_output=True, text=True, env=environ, cwd=site)

    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert (report["connector"], report["level"], report["ok"]) == ("acme", "gold", True)


def test_it_took_few_lines_of_own_code_from_the_scaffold_to_gold(tmp_path: Path) -> None:
    scaffold(tmp_path, Wanted("acme", kind="crm", auth="bearer", paging="time"))

    own = []
    for path in sorted(tmp_path.rglob("hub_acme/*.py")):
        mine = (SOURCE / path.relative_to(tmp_path / "hub-acme")).read_text().splitlines()
        lines = difflib.unified_diff(path.read_text().splitlines(), mine, n=0, lineterm="")
        own += [line for line in lines if line.startswith("+") and not line.startswith("+++") and line[1:].strip()]

    assert 0 < len(own) <= MOST_LINES


@pytest.fixture
def plugged(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.syspath_prepend(str(site))
    yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "hub_acme"]:
        del sys.modules[name]


@pytest.fixture
def settings(settings: Settings, plugged: None) -> Settings:
    """The test's own hub, with one plugin and one connection more."""
    file = Path(settings.environ["HUB_CONFIG"]) / "hub.yaml"
    (case,) = load_plugins(["acme"]).hook.register_cases(folder=file.parent)[0]
    connection = (
        "connections:\n  acme_eu: {connector: acme, region: eu, url: 'http://127.0.0.1:9/acme', jurisdiction: DE,\n"
        "    secrets: {token: '${ACME_KEY}', webhook_secret: '${ACME_WEBHOOK_SECRET}'}, options: {allow_loopback: true}}\n"
    )
    text = file.read_text().replace("plugins: [", "plugins: [acme, ", 1).replace("connections:\n", connection, 1)
    file.write_text(text)
    secrets = {"ACME_KEY": "k", "ACME_WEBHOOK_SECRET": case.account.secrets["webhook_secret"]}
    return load_settings({**settings.environ, **secrets})


def test_it_is_found_by_its_entry_point_and_takes_part_in_a_hub(hub: Hub, client: Any, clock: Any, site: Path) -> None:
    (recorded,) = recorded_in(site / "hub_acme" / "payloads")
    secret = hub.settings.environ["ACME_WEBHOOK_SECRET"]
    headers = sign(secret, "msg_live", clock(), recorded.knock.body)

    answers = [
        client.post("/webhooks/acme_eu", data=recorded.knock.body, headers=headers).status_code for _ in range(2)
    ]
    drain_all(hub)

    assert installed()["acme"] == "hub_acme"
    assert answers == [202, 202]
    with hub.look() as session:
        acme = session.scalars(select(Link).where(Link.connection_id == hub.partner("acme_eu").id)).all()
    assert [link.about for link in acme] == ["customer"]
