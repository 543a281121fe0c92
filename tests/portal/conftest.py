"""A region with plain traffic, and visitors who walk its pages."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from apps import lent
from desks import Clock, Traffic, Visitor, build, found, plant
from hub.core import Hub
from mine import Owner, an_owner, come_in, write_chain


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def empty_region(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once; each test gets a copy."""
    folder = tmp_path_factory.mktemp("region")
    found(folder)
    return folder


@pytest.fixture
def hub(tmp_path: Path, clock: Clock, empty_region: Path) -> Iterator[Hub]:
    folder = shutil.copytree(empty_region, tmp_path / "region")
    built = build(folder, clock)
    write_chain(built)
    yield built
    built.close()


@pytest.fixture
def traffic(hub: Hub) -> Traffic:
    return plant(hub)


@pytest.fixture
def app(hub: Hub) -> Iterator[Flask]:
    with lent(hub) as app:
        yield app


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app)


@pytest.fixture
def operator(app: Flask, hub: Hub) -> Visitor:
    return Visitor(app).sign_in(hub, "operator")


@pytest.fixture
def owner(hub: Hub) -> Owner:
    return an_owner(hub)


@pytest.fixture
def customer(app: Flask, hub: Hub, owner: Owner) -> Visitor:
    return come_in(app, hub, owner)
