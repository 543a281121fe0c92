"""Backups of data and keys apart: an erased person cannot be read in an old one, a live neighbour can, and nothing starts before
what was erased since is erased again."""

import json
import multiprocessing
import os
import shutil
import signal

import pytest
from sqlalchemy import select

from compliance import audit, erasure
from compliance.backups import dump, making, periods
from compliance.backups.replay import replay
from compliance.backups.restoring import restore_data, restore_keys
from forgetting import person_of
from hub.clock import seal_audit, turn_epoch
from hub.core import build_hub
from hub.errors import ConfigError, PartDown, Unreadable, WrongInput
from hub.flow.values import value_context
from hub.models import Customer, DataKey, ErasureRequest, Event, Person, PersonalValue, Tombstone


def back_up(hub, tmp_path, *kinds):
    return making.back_up(hub, tmp_path / "backups", kinds or making.KINDS, "petra")


def name_of(hub, customer):
    """What the person's key opens of their name, or nothing."""
    with hub.look() as session:
        person = session.scalars(
            select(Person).join(Customer, Customer.person_id == Person.id).where(Customer.ref == customer)
        ).one()
        sealed = session.scalar(
            select(PersonalValue.sealed).where(PersonalValue.person_id == person.id, PersonalValue.field == "name")
        )
        try:
            key = hub.vault.open_key(session, person.data_key_id)
        except Unreadable:
            return None
        return hub.vault.unseal(key, sealed, value_context(person.id, "name", 0)).decode()


@pytest.fixture
def two(hub, told, approved, tmp_path):
    """A backup of two people, of whom one is erased afterwards, and of somebody who came and was erased since."""
    anna, ben = told("C-1"), told("C-2", email="ben@example.org")
    seal_audit(hub)
    data, keys = back_up(hub, tmp_path)
    request = approved(anna)
    assert erasure.run(hub, request) == "certified"
    late = approved(told("C-3", email="eva@example.org"))
    assert erasure.run(hub, late) == "certified"
    seal_audit(hub)
    return anna, ben, request, data, keys


def again(hub, clock, redis):
    return build_hub(hub.settings, "eu", redis, clock=clock)


def test_a_restored_database_does_not_start_until_erasures_are_replayed(hub, two, clock, redis):
    anna, ben, _request, data, _ = two
    restore_data(hub.settings, "eu", data, clock)

    # old data, keys of today: whoever was erased since is no more than ciphertext, and a neighbour is there
    assert name_of(hub, anna) is None
    assert name_of(hub, ben) == "Anna Weiß"
    with pytest.raises(PartDown, match="was restored"):
        again(hub, clock, redis)

    replaying = build_hub(hub.settings, "eu", redis, clock=clock, replaying=True)
    assert replay(replaying, "petra") == 2
    assert replay(replaying, "petra") == 0
    replaying.close()

    started = again(hub, clock, redis)
    assert person_of(started, anna).erased_at is not None
    assert person_of(started, ben).erased_at is None
    with started.look() as session:
        states = set(session.scalars(select(ErasureRequest.state)))
        assert states == {"certified"}
        assert session.query(Tombstone).count() > 3
        owner = session.scalar(select(Customer.id).where(Customer.ref == ben))
        assert session.query(Event).filter_by(customer_id=owner).count() == 3
    seal_audit(started)
    assert audit.verify(started).problems == []
    started.close()


def test_with_old_keys_too_whoever_was_erased_is_erased_again(hub, two, clock, redis):
    """The worst day: the keys are lost, and those of the same backup come back with the data."""
    anna, ben, _, data, keys = two
    with pytest.raises(WrongInput, match="work"):
        restore_keys(hub.settings, "eu", keys, clock)
    shutil.rmtree(hub.region.folder / "keys")
    hub.vault.store.known.clear()
    restore_keys(hub.settings, "eu", keys, clock)
    restore_data(hub.settings, "eu", data, clock)

    replaying = build_hub(hub.settings, "eu", redis, clock=clock, replaying=True)
    replay(replaying, "petra")
    assert name_of(replaying, anna) is None
    assert name_of(replaying, ben) == "Anna Weiß"
    replaying.close()


def test_a_database_that_another_tool_put_back_is_known_by_what_it_lacks(hub, two, clock, redis):
    with hub.begin() as work:
        work.session.scalars(select(ErasureRequest)).first().state = "received"

    with pytest.raises(PartDown, match=r"1 erasure\(s\)"):
        again(hub, clock, redis)


def test_generations_die_in_time_and_a_copy_that_lies_elsewhere_dies_with_them(hub, two, tmp_path, clock, redis):
    _, ben, _, data, keys = two
    stray = shutil.copytree(data, tmp_path / "stray")
    terms = periods.read_terms(hub.settings.config)
    assert max(one.days for one in terms.values()) <= 65

    clock.pass_by(days=terms["keys"].days + 1)
    turn_epoch(hub)
    assert making.prune(hub, tmp_path / "backups") == {"data": [], "keys": [keys.name]}
    restore_data(hub.settings, "eu", stray, clock)  # the keys of today open it still: those who live are readable
    assert name_of(hub, ben) == "Anna Weiß"

    clock.pass_by(days=65 - terms["keys"].days)
    assert making.prune(hub, tmp_path / "backups")["data"] == [data.name]
    with pytest.raises(WrongInput, match="key of this backup is gone"):
        restore_data(hub.settings, "eu", stray, clock)


def test_data_hold_no_key_and_any_altered_byte_is_found(hub, two, tmp_path, clock):
    *_, data, keys = two
    assert not list(data.rglob("*.key"))
    with hub.look() as session:
        wrapped = [row.wrapped for row in session.scalars(select(DataKey))]
    held = b"".join(path.read_bytes() for path in data.rglob("*") if path.is_file())
    assert not any(one in held for one in wrapped)

    path = data / making.DATABASE
    path.write_bytes(path.read_bytes()[:-1] + b"X")
    with pytest.raises(WrongInput, match="was altered"):
        restore_data(hub.settings, "eu", data, clock)
    with pytest.raises(WrongInput, match="not the data"):
        restore_data(hub.settings, "eu", keys, clock)


def die(*_args, **_more):
    os.kill(os.getpid(), signal.SIGKILL)


def killed(do):
    """Runs it in a process of its own, which does not live to its end."""
    process = multiprocessing.get_context("fork").Process(target=do)
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL


def test_a_kill_leaves_nothing_half_done(hub, told, tmp_path, redis, clock, monkeypatch):
    ref = told()
    [data] = back_up(hub, tmp_path, "data")
    later = told("C-2", email="ben@example.org")

    monkeypatch.setattr(making.generations, "sign", die)
    killed(lambda: back_up(again(hub, clock, redis), tmp_path))
    assert [path.name for path in data.parent.iterdir() if not path.name.startswith(".")] == [data.name]
    clock.pass_by(days=2)
    making.prune(hub, tmp_path / "backups")
    assert list(data.parent.iterdir()) == [data]

    monkeypatch.setattr(dump, "update", die)  # after the rows, before the commit
    killed(lambda: restore_data(hub.settings, "eu", data, clock))
    with hub.look() as session:
        assert set(session.scalars(select(Customer.ref))) == {ref, later}
    with pytest.raises(PartDown, match="hub restore replay"):
        again(hub, clock, redis)


def test_the_commands_say_what_comes_next(hub, told, run, tmp_path):
    told()
    made = json.loads(run("backup", "-r", "eu", "--to", str(tmp_path / "b"), "--json")[1])
    assert [path.split("/")[-2] for path in made] == ["data", "keys"]

    code, said, _ = run("restore", "data", made[0], "-r", "eu")
    assert (code, "Next: hub restore replay -r eu" in said) == (0, True)
    assert run("privacy", "list", "-r", "eu")[0] == 3
    assert run("restore", "replay", "-r", "eu")[1] == "0 erasure(s) replayed; eu may start.\n"
    assert run("privacy", "list", "-r", "eu")[0] == 0


def test_a_term_that_erased_people_would_outlive_is_refused(settings):
    path = settings.config / "privacy" / "backups.yaml"
    path.write_text(path.read_text().replace("days: 28", "days: 36"))

    with pytest.raises(ConfigError, match=r"backups.yaml:\d+: days of keys is a whole number from 1 to 35"):
        periods.read_terms(settings.config)
