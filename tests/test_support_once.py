"""What hubs of a test run share, and what they do not."""

import shutil
from pathlib import Path
from types import ModuleType

import pluggy
import pytest
from sqlalchemy import text

from compliance import law
from hub.plugins import load_plugins
from hub.regions import open_engine
from hub.rulebook import LiveBook
from hub.sdk import hookimpl
from hub.settings import load_settings
from hubs import CONFIG
from rules import RuleError

PLUGINS = load_plugins(load_settings({}, CONFIG).plugins)


def a_copy(folder: Path) -> Path:
    shutil.copytree(CONFIG, folder)
    return folder


def test_the_same_files_are_read_once(tmp_path: Path) -> None:
    one, other = (LiveBook(a_copy(tmp_path / name), PLUGINS) for name in ("one", "other"))

    assert one.stand is other.stand


def test_files_that_differ_are_read_for_themselves_and_a_wrong_one_is_told_at_its_own_place(tmp_path: Path) -> None:
    LiveBook(a_copy(tmp_path / "one"), PLUGINS)
    path = a_copy(tmp_path / "other") / "segments" / "gold_members.yaml"
    text_of = path.read_text()

    path.write_text(text_of + "# another\n")
    assert LiveBook(tmp_path / "other", PLUGINS).stand is not LiveBook(tmp_path / "one", PLUGINS).stand
    path.write_text(text_of + "wrong: 1\n")
    with pytest.raises(RuleError, match=str(path)):
        LiveBook(tmp_path / "other", PLUGINS)


def test_a_change_below_a_hub_is_seen(tmp_path: Path) -> None:
    now = [0.0]
    book = LiveBook(a_copy(tmp_path / "one"), PLUGINS, lambda: now[0])
    before = book.now()

    (tmp_path / "one" / "segments" / "gold_members.yaml").unlink()
    now[0] = 2.0

    assert "gold_members" in before.book.segments
    assert "gold_members" not in book.now().book.segments


def test_a_file_of_laws_is_read_once_and_anew_when_it_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "deadlines.yaml"
    file.write_text("DE: {days: 30}\n")
    first, again = (law.read_file(file, "")[1] for _ in range(2))
    file.write_text("DE: {days: 31}\n")

    assert first is again
    assert law.read_file(file, "")[1]["DE"]["days"] == 31


def test_a_hook_that_a_module_gets_later_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    brought = ModuleType("brought")
    brought.startup = 1  # type: ignore[attr-defined]

    def hooks() -> list[pluggy.HookCaller]:
        manager = pluggy.PluginManager("hub")
        manager.register(brought)
        return manager.get_hookcallers(brought) or []

    assert (hooks(), hooks()) == ([], [])
    monkeypatch.setattr(brought, "startup", hookimpl(lambda: None))
    monkeypatch.setattr(brought, "decide", hookimpl(lambda: None), raising=False)
    assert {one.name for one in hooks()} == {"startup", "decide"}


def test_engines_of_a_kind_write_a_statement_once_and_have_rows_of_their_own(tmp_path: Path) -> None:
    one, other = (open_engine(f"sqlite:///{tmp_path / name}.db") for name in ("one", "other"))
    with one.begin() as connection:
        connection.execute(text("CREATE TABLE told (word TEXT)"))
    late = open_engine(f"sqlite:///{tmp_path / 'late'}.db")

    assert late.dialect is open_engine(f"sqlite:///{tmp_path / 'later'}.db").dialect
    with late.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM sqlite_master")).scalar() == 0
    for engine in (one, other, late):
        engine.dispose()
