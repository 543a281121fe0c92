"""What is imported stays: the collector of garbage rests while tests are collected, and later looks at nothing that was there by then,
and seldom at what is new: each of its looks calls Hypothesis as well, and together they took a tenth of a run."""

import gc
from collections.abc import Generator

import pytest

MANY = 10_000  # objects made and not yet gone, before it looks; Python begins at some hundred


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    gc.disable()
    try:
        return (yield)
    finally:
        gc.enable()
        gc.collect()
        gc.freeze()
        gc.set_threshold(MANY, 10, 10)
