"""A value opens with its key, at its place, in its region, and never again once the key is shredded."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from hub.errors import CrossingRefused, Unreadable
from hub.gate import erase_rows
from hub.models import Alias, DataKey, Epoch, Link
from hub.vault import AesGcm, FileKeyStore, Vault, destroy_ended, rotate
from hub.vault.rotation import rotation_due


def test_a_sealed_value_opens_and_shows_nothing_of_itself(hub):
    with hub.begin() as work:
        key = work.new_key("person")
        sealed = work.vault.seal(key, "Jürgen".encode(), "value:1:name:0")

        assert b"rgen" not in sealed
        assert work.vault.unseal(key, sealed, "value:1:name:0").decode() == "Jürgen"


def test_a_value_moved_to_another_place_does_not_open(hub):
    with hub.begin() as work:
        key = work.new_key("person")
        sealed = work.vault.seal(key, b"secret", "value:1:name:0")

        with pytest.raises(Unreadable):
            work.vault.unseal(key, sealed, "value:2:name:0")


def test_a_shredded_key_opens_nothing_any_more(hub):
    with hub.begin() as work:
        key = work.new_key("person")
    with hub.begin() as work:
        erase_rows(work.session, DataKey, DataKey.id == key.id, record_set="person", persons=(), now=work.now)
    with hub.begin() as work, pytest.raises(Unreadable):
        work.key(key.id)


def test_a_ciphertext_of_another_region_is_refused(hub, tmp_path):
    elsewhere = Vault("gcc", FileKeyStore(tmp_path / "other"), AesGcm())
    with hub.begin() as work:
        key = work.new_key("person")
        foreign = elsewhere.seal(key, b"secret", "here")

        with pytest.raises(CrossingRefused):
            work.vault.unseal(key, foreign, "here")


def test_a_turned_epoch_keeps_values_readable_and_people_findable(hub, told_by_club, clock):
    told_by_club(member_id="m-1", customer_number="C-1", name="Anna Weiß", email="anna@example.org")
    with hub.begin() as work:
        key_id = work.session.scalars(select(DataKey.id).where(DataKey.owner_kind == "person")).one()
        old = work.session.scalars(select(DataKey.wrapped)).all()

    clock.pass_by(days=28)
    with hub.begin() as work:
        assert rotation_due(work.session, work.now)
        rotate(work.session, work.vault, work.now)

    with hub.begin() as work:
        assert set(work.session.scalars(select(DataKey.wrapped))).isdisjoint(old)
        assert {row.epoch for row in work.session.scalars(select(Alias))} == {2}
        assert {row.epoch for row in work.session.scalars(select(Link))} == {2}
        work.key(key_id)
    told_by_club(member_id="m-1", customer_number="C-1", name="Anna Weiß")
    with hub.begin() as work:
        assert len(work.session.scalars(select(DataKey).where(DataKey.owner_kind == "person")).all()) == 1


def test_an_ended_epoch_is_destroyed_after_the_longest_key_backup(hub, clock):
    with hub.begin() as work:
        stolen = work.vault.wrap(work.new_key("person"), 1)
        rotate(work.session, work.vault, work.now)

    clock.pass_by(days=34)
    with hub.begin() as work:
        assert destroy_ended(work.session, work.vault, work.now) == []
    clock.pass_by(days=2)
    with hub.begin() as work:
        assert destroy_ended(work.session, work.vault, work.now) == [1]
        assert work.session.get_one(Epoch, 1).destroyed_at is not None
        with pytest.raises(Unreadable):
            work.vault.unwrap(1, stolen)


def test_a_key_file_destroyed_by_another_process_is_forgotten_within_a_minute(tmp_path):
    now = [0.0]
    store = FileKeyStore(tmp_path, monotonic=lambda: now[0])
    store.make(1)
    FileKeyStore(tmp_path).destroy(1)

    now[0] += 60

    with pytest.raises(Unreadable):
        store.get(1)


def test_two_processes_that_open_a_region_at_once_agree_on_its_keys(tmp_path):
    first, second = FileKeyStore(tmp_path), FileKeyStore(tmp_path)

    assert first.make(1) == second.make(1)
    assert first.fingerprint() == second.fingerprint()


def test_an_epoch_is_due_after_28_days(hub, clock):
    with hub.begin() as work:
        assert not rotation_due(work.session, work.now + timedelta(days=27))
        assert rotation_due(work.session, work.now + timedelta(days=28))
