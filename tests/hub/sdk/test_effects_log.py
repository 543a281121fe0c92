"""The partner's own books: state and log move together, and survive whoever wrote them."""

from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from hub.sdk.effects_log import EffectsLog, applied, put_thing, thing


def test_an_effect_is_read_again_by_another_log_on_the_same_file(tmp_path: Path) -> None:
    EffectsLog(tmp_path / "deep" / "a.db").transact(lambda db: applied(db, "acc", "k1", "tier", "ref1", "gold"))
    assert EffectsLog(tmp_path / "deep" / "a.db").rows() == [(1, "acc", "k1", "tier", "ref1", "gold")]


def test_when_the_act_fails_neither_state_nor_log_move(tmp_path: Path) -> None:
    log = EffectsLog(tmp_path / "a.db")

    def act(db: Any) -> None:
        put_thing(db, "key", "k1", "body")
        applied(db, "acc", "k1", "tier", "ref1", "gold")
        raise RuntimeError("killed between the two")

    with pytest.raises(RuntimeError):
        log.transact(act)
    assert log.rows() == []
    assert log.transact(lambda db: thing(db, "key", "k1")) is None


def test_a_thing_is_kept_by_kind_and_id_and_the_last_one_counts(tmp_path: Path) -> None:
    log = EffectsLog(tmp_path / "a.db")
    log.transact(lambda db: put_thing(db, "key", "k1", "one"))
    log.transact(lambda db: put_thing(db, "key", "k1", "two"))
    assert log.transact(lambda db: (thing(db, "key", "k1"), thing(db, "other", "k1"))) == ("two", None)


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    log = EffectsLog(tmp_path / "a.db")

    def write() -> None:
        for number in range(20):
            log.transact(lambda db, key=f"k{number}": applied(db, "acc", key, "t", "e", "v"))

    threads = [Thread(target=write) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert len(log.rows()) == 80
