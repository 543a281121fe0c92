"""Documents in a bucket: the store's faults are told as what they are, nothing half-written stays, and a bucket is one region's."""

import sys
from types import SimpleNamespace

import pytest

from bucket import MemoryBucket
from hub.buckets import BLOCK, BucketFiles, open_bucket
from hub.errors import ConfigError, PartDown, Unreadable
from hub.files import new_name
from hub.flow import documents
from hub.settings import load_settings
from hub.stores import StoreSettings

HUB = """
plugins: []
regions:
  eu: {{cell: 1, jurisdiction: DE, residences: [DE], port: 18101, documents: {{{eu}}}}}
  gcc: {{cell: 2, jurisdiction: AE, residences: [AE], port: 18102, documents: {{{gcc}}}}}
connections:
  file: {{connector: csvfile, region: eu}}
"""
EU = "url: s3://tarn-eu/documents, location: eu-central-1, secrets: {key: '${EU_KEY}', secret: '${EU_SECRET}'}"


@pytest.fixture
def store():
    return MemoryBucket()


@pytest.fixture
def files(store):
    return BucketFiles(store, "/tarn-eu/documents")


def put(files, name=None):
    name = name or new_name()
    with files.create(name) as file:
        file.write(b"frames")
    return name


@pytest.mark.parametrize("fault", ["wb", "commit", "rb", "read", "ls", "rm"])
def test_a_store_that_is_away_is_told_as_that_and_the_next_try_goes_through(store, files, fault):
    name = new_name() if fault in ("wb", "commit") else put(files)
    deeds = {
        "wb": lambda: put(files, name), "commit": lambda: put(files, name), "rb": lambda: files.open(name).close(),
        "read": lambda: files.open(name).read(6), "ls": lambda: list(files.shelf(int(name[:2], 16))), "rm": lambda: files.remove(name),
    }  # fmt: skip
    store.faults = {fault}

    with pytest.raises(PartDown, match="store of documents"):
        deeds[fault]()

    store.faults = set()
    deeds[fault]()


def test_a_file_whose_commit_failed_is_not_there(store, files):
    store.faults = {"commit"}
    name = new_name()
    with pytest.raises(PartDown):
        put(files, name)

    with pytest.raises(Unreadable):
        files.open(name)


def test_an_object_that_says_nothing_of_its_age_is_new_and_no_sweep_takes_it(store, files, monkeypatch):
    name = put(files)
    monkeypatch.setattr(store, "ls", lambda *_, **__: [{"name": f"x/{name}", "type": "file"}])

    [(_, age)] = list(files.shelf(int(name[:2], 16)))

    assert age < documents.ORPHAN


def test_a_bucket_is_opened_for_its_own_location_with_the_regions_own_secrets(monkeypatch):
    given = {}
    errors = SimpleNamespace(BotoCoreError=KeyError, ClientError=LookupError)
    monkeypatch.setitem(sys.modules, "s3fs", SimpleNamespace(S3FileSystem=lambda **options: given.update(options)))
    monkeypatch.setitem(sys.modules, "botocore.exceptions", errors)
    settings = StoreSettings("s3://tarn-eu/documents", "eu-central-1", "", {"key": "EU_KEY", "secret": "EU_SECRET"})

    files = open_bucket(settings, {"EU_KEY": "k", "EU_SECRET": "s", "GCC_KEY": "other"})

    assert files.root == "tarn-eu/documents"
    assert (given["key"], given["secret"], given["client_kwargs"]) == ("k", "s", {"region_name": "eu-central-1"})
    assert BLOCK % 65_536 == 0, "whole frames"
    with pytest.raises(ConfigError, match="EU_SECRET is not set"):
        open_bucket(settings, {"EU_KEY": "k"})


def test_without_the_extra_it_is_said_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)

    with pytest.raises(ConfigError, match="extra “s3”"):
        open_bucket(StoreSettings("s3://tarn-eu", "eu-central-1"), {})


@pytest.mark.parametrize(
    ("eu", "gcc", "wrong"),
    [
        (EU, "url: s3://tarn-eu/gcc, location: me-central-1", "bucket of “gcc” is that of “eu”"),
        ("url: https://tarn-eu/, location: x", "url: s3://tarn-gcc, location: y", "is no bucket"),
        ("url: s3://tarn-eu", "url: s3://tarn-gcc, location: y", "location"),
        ("url: s3://a, location: x, endpoint: 'http://store'", "url: s3://b, location: y", "no https address"),
        ("url: s3://a, location: x, secrets: {key: '${K}'}", "url: s3://b, location: y", "must name key and secret"),
    ],
)
def test_a_bucket_that_is_named_wrongly_is_told_at_its_place(tmp_path, eu, gcc, wrong):
    (tmp_path / "hub.yaml").write_text(HUB.format(eu=eu, gcc=gcc))

    with pytest.raises(ConfigError, match=wrong):
        load_settings({}, tmp_path)


def test_a_region_names_its_bucket(tmp_path):
    (tmp_path / "hub.yaml").write_text(HUB.format(eu=EU, gcc="url: s3://tarn-gcc/d, location: me-central-1"))

    settings = load_settings({}, tmp_path)

    assert settings.region("eu").documents == StoreSettings(
        "s3://tarn-eu/documents", "eu-central-1", "", {"key": "EU_KEY", "secret": "EU_SECRET"}
    )
