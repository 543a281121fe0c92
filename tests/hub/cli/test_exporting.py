"""hub export: what is in force as files, the same again when it is taken over."""

from pathlib import Path

import pytest

from hub import clock as moving
from walking import PLAIN, applied


def contents(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture
def run(run, hub):
    moving.turn_segments(hub)
    return run


def test_what_is_exported_is_the_configuration_and_exporting_that_gives_the_same(run, settings, tmp_path, monkeypatch):
    code, said, _ = run("export", tmp_path / "out" / "chain", "-r", "eu")

    exported = contents(tmp_path / "out" / "chain")
    assert (code, said.count("which is not what the file says")) == (0, 0)
    assert exported == {name: text for name, text in contents(settings.config).items() if not name.startswith(".")}
    assert run("check", tmp_path / "out" / "chain")[0] == 0

    monkeypatch.setenv("HUB_CONFIG", str(tmp_path / "out" / "chain"))
    assert run("export", tmp_path / "again", "-r", "eu")[0] == 0
    assert contents(tmp_path / "again") == exported


def test_what_is_in_force_is_exported_and_not_what_nobody_put_in_force(run, hub, settings, tmp_path):
    file = settings.config / "segments" / "gold_members.yaml"
    segment = file.read_text()
    file.write_text(segment.replace("title: ", "title: New "))
    applied(hub)

    code, said, _ = run("export", tmp_path / "chain", "-r", "eu")

    assert code == 0
    for name, text in {"segments/gold_members.yaml": segment, "journeys/checked.yaml": PLAIN}.items():
        assert f"{name}: what is in force, which is not what the file says" in said
        assert (tmp_path / "chain" / name).read_text() == text


def test_nothing_is_written_over(run, tmp_path):
    (tmp_path / "chain").mkdir()

    code, _, told = run("export", tmp_path / "chain", "-r", "eu")

    assert code == 1
    assert "is there already" in told
    assert list((tmp_path / "chain").iterdir()) == []
