"""No story ends without the look for what lies open, and the look sees."""

import gzip
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import leaks
from hub.core import Hub
from hub.flow.drafts import Draft
from leaks import STORIES, WITHOUT, LiesOpen, is_watched

ROOT = Path(__file__).parents[1]
NAME = "Anna Weiß"
Story = Callable[..., None]


@pytest.fixture
def ends(request: pytest.FixtureRequest, hub: Hub, told: Any) -> Story:
    """A story of this hub comes to its end, in a file of that name; what was logged on the way."""
    told("C-1")

    def ends(file: str = "tests/stories/test_new.py", said: str = "") -> None:
        sections = [("call", "log", said)]
        item = SimpleNamespace(nodeid=f"{file}::test_it", funcargs=request.node.funcargs, _report_sections=sections)
        way = leaks.pytest_runtest_call(item)  # type: ignore[arg-type]
        next(way)
        with pytest.raises(StopIteration):
            way.send(None)

    return ends


def test_a_story_that_lays_nothing_open_ends_well(ends: Story) -> None:
    ends(said="customer folded")


@pytest.mark.parametrize("folder", STORIES)
def test_a_value_that_lies_open_fails_whatever_story_has_just_begun_to_exist(
    hub: Hub, ends: Story, folder: str
) -> None:
    place = hub.region.folder / "documents" / "0a"
    place.mkdir(parents=True)
    (place / ("0" * 32)).write_bytes(b"head" + gzip.compress(f"for {NAME}, as agreed".encode()))

    with pytest.raises(LiesOpen, match=r"eu value b'Anna Wei.*gzip"):
        ends(f"{folder}test_of_tomorrow.py")


def test_what_was_logged_a_key_that_is_not_wrapped_and_a_file_of_no_known_kind_are_found(hub: Hub, ends: Story) -> None:
    with pytest.raises(LiesOpen, match="what was logged"):
        ends(said=f"cannot write to {NAME}")

    with hub.begin() as work:
        secret = work.new_key("delivery").secret
    (hub.region.folder / "restored.json").write_text(secret.hex())
    with pytest.raises(LiesOpen, match="a key"):
        ends()
    (hub.region.folder / "restored.json").unlink()

    (hub.region.folder / "notes.txt").write_text("nothing personal")
    with pytest.raises(LiesOpen, match=r"nobody has classified: regions/eu/notes\.txt"):
        ends()


def test_a_document_that_lies_in_the_open_is_found(hub: Hub, ends: Story) -> None:
    paper = b"%PDF-1.7 " + bytes(range(32, 127)) * 40
    with Draft(hub, 100_000) as draft:
        draft.write(paper)
        draft.take()
    (hub.region.folder / "documents" / "0a").mkdir(exist_ok=True)
    (hub.region.folder / "documents" / "0a" / ("0" * 32)).write_bytes(b"copied: " + paper)
    with pytest.raises(LiesOpen, match="eu a document"):
        ends()


def test_what_was_sealed_in_one_region_is_not_found_in_another(hub: Hub, ends: Story) -> None:
    with hub.begin() as work:
        sealed = work.vault.seal(work.new_key("delivery"), b"a payload of eu", "delivery:1")
    other = hub.settings.folder("gcc") / "documents" / "0a"
    other.mkdir(parents=True)
    (other / ("0" * 32)).write_bytes(sealed)

    with pytest.raises(LiesOpen, match="ciphertext of eu: regions/gcc"):
        ends()


def test_every_story_is_looked_at_or_says_why_not(request: pytest.FixtureRequest) -> None:
    files = [path.relative_to(ROOT).as_posix() for folder in STORIES for path in (ROOT / folder).glob("test_*.py")]

    assert request.config.pluginmanager.get_plugin("leaks") is leaks
    assert {file for file in files if not is_watched(file)} == set(WITHOUT)
    assert all(WITHOUT.values())
