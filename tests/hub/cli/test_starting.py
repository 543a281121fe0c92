"""`hub init FOLDER`: a project that is right from its first minute."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from calling import called
from hub.cli import starting
from hub.cli.checking import problems_of
from hub.settings import load_settings

Command = Callable[..., tuple[int, str]]


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: Any, tmp_path: Path) -> Command:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HUB_CONFIG", raising=False)

    def run(*words: object) -> tuple[int, str]:
        code, out, err = called(words, monkeypatch, capsys)
        return code, out + err

    return run


@pytest.mark.parametrize("region", ["eu", "gcc"])
def test_a_new_project_has_one_region_and_nothing_wrong_in_it(region: str, command: Command, tmp_path: Path) -> None:
    code, said = command("init", "my-chain", "--region", region)

    settings = load_settings({}, tmp_path / "my-chain" / "config")
    assert (code, "hub check" in said) == (0, True)
    assert list(settings.regions) == [region]
    assert {one.region for one in settings.connections.values()} == {region}
    assert problems_of(settings.config) == []
    assert (tmp_path / "my-chain" / ".gitignore").read_text().startswith("/var/")
    assert "# my-chain" in (tmp_path / "my-chain" / "README.md").read_text()


def test_a_folder_with_something_in_it_is_left_alone(command: Command, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").write_text("dear")

    code, said = command("init", "mine")

    assert (code, "is not empty" in said) == (1, True)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["letter.txt"]


def test_a_region_that_the_house_does_not_know_leaves_no_half_project(command: Command, tmp_path: Path) -> None:
    code, said = command("init", "my-chain", "--region", "moon")

    assert (code, "eu, gcc, apac" in said) == (1, True)
    assert not (tmp_path / "my-chain").exists()


def test_without_a_checkout_the_configuration_is_found_where_the_wheel_laid_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    class Laid:
        def __init__(self, name: str) -> None:
            self.name = name

        def as_posix(self) -> str:
            return self.name

        def locate(self) -> Path:
            return tmp_path / "share/garage-hub/config/hub.yaml"

    monkeypatch.setattr(starting, "CHECKOUT", tmp_path / "none")
    monkeypatch.setattr(
        starting, "files", lambda _: [Laid("hub/core.py"), Laid("../../../share/garage-hub/config/hub.yaml")]
    )

    assert starting.house_configuration() == (tmp_path / "share/garage-hub/config").resolve()
