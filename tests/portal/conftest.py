"""A region with plain traffic, and visitors who walk its pages."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from desks import Clock, Traffic, Visitor, build, plant
from flask import Flask

from hub.app import create_app
from hub.core import Hub


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def hub(tmp_path: Path, clock: Clock) -> Iterator[Hub]:
    built = build(tmp_path, clock)
    yield built
    built.close()


@pytest.fixture
def traffic(hub: Hub) -> Traffic:
    return plant(hub)


@pytest.fixture
def app(hub: Hub) -> Flask:
    made = create_app(hub)
    made.testing = True
    return made


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    return Visitor(app)


@pytest.fixture
def operator(app: Flask, hub: Hub) -> Visitor:
    return Visitor(app).sign_in(hub, "operator")
