"""The block of hub.yaml by which staff sign in: what is right in it counts, what is wrong is told with its place."""

import re
from pathlib import Path

import pytest

from hub.access.provider import open_provider
from hub.errors import ConfigError
from hub.settings import Settings, load_settings

BLOCK = """
      title: Garage accounts
      issuer: https://login.garage.example/realms/staff
      client_id: garage-hub
      secrets: {client_secret: "${STAFF_EU_SECRET}"}
      domains: [Garage.example]
      roles:
        desk-berlin: {advisor: [berlin-spree, potsdam]}
        it: [admin, operator]
"""


def read(folder: Path, block: str, **environ: str) -> Settings:
    (folder / "hub.yaml").write_text(
        "plugins: []\nregions:\n  eu:\n    cell: 1\n    jurisdiction: DE\n    port: 8101\n"
        f"    staff_sign_in: {block}\nconnections:\n  import_eu: {{connector: csvfile, region: eu}}\n"
    )
    return load_settings({"HUB_HOME": str(folder), **environ}, folder)


def test_groups_may_do_here_what_stands_behind_them(tmp_path: Path) -> None:
    found = read(tmp_path, BLOCK).region("eu").staff_sign_in

    assert found is not None
    assert (found.title, found.claim, found.domains) == ("Garage accounts", "groups", ("garage.example",))
    assert found.grants(["it"]) == {("admin", None), ("operator", None)}
    assert found.grants(["desk-berlin", "canteen", None, {}, ["it"]]) == {
        ("advisor", "berlin-spree"), ("advisor", "potsdam"),
    }  # fmt: skip


def test_its_secret_comes_by_the_environment_or_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s3cret\n")
    here = read(tmp_path, BLOCK, STAFF_EU_SECRET_FILE=str(tmp_path / "secret"))

    provider = open_provider(here, here.region("eu"), lambda: pytest.fail("no clock is needed"))

    assert provider is not None
    assert provider.secret == "s3cret"


def test_without_its_secret_nothing_starts(tmp_path: Path) -> None:
    here = read(tmp_path, BLOCK)

    with pytest.raises(ConfigError, match="needs STAFF_EU_SECRET"):
        open_provider(here, here.region("eu"), lambda: pytest.fail("no clock is needed"))


@pytest.mark.parametrize(
    ("good", "bad", "told"),
    [
        ("issuer: https", "issuer: http", "is no https address"),
        ('"${STAFF_EU_SECRET}"', "plain", "stands in the file"),
        ("{client_secret:", "{token:", "must name client_secret"),
        ("it: [admin", "it: [boss", "“boss” is no role of staff"),
        ("it: [admin", "it: [customer", "“customer” is no role of staff"),
        ("it: [admin, operator]", "it: []", "“it” has no role"),
        ("it: [admin, operator]", "it: admin", "must be a list of words"),
        ("{advisor: [berlin-spree, potsdam]}", "{advisor: []}", "“desk-berlin” has no role"),
        ("title: Garage accounts", "titel: Garage accounts", "“titel” is no setting here"),
        ("client_id: garage-hub", "client_id: 7", "“client_id” is missing or no text"),
        ("domains: [Garage.example]", "domains: garage.example", "must be a list of words"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, good: str, bad: str, told: str) -> None:
    assert good in BLOCK

    with pytest.raises(ConfigError, match=re.escape(told)) as caught:
        read(tmp_path, BLOCK.replace(good, bad))

    assert re.match(rf"{re.escape(str(tmp_path))}/hub.yaml:[0-9]+:[0-9]+: ", str(caught.value))


@pytest.mark.parametrize("block", ["yes please", "[]", "12"])
def test_a_block_that_is_no_mapping_is_told(tmp_path: Path, block: str) -> None:
    with pytest.raises(ConfigError, match="must be a mapping"):
        read(tmp_path, block)
