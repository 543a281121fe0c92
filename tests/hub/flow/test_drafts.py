"""A file that comes in is sealed as it comes, and is nobody's until somebody takes it."""

import pytest

from hub.errors import TooLarge
from hub.flow.drafts import Draft, chunks_of, discard, opened, store


def files_of(hub):
    return [path for path in (hub.region.folder / "documents").rglob("*") if path.is_file()]


def test_a_draft_that_is_taken_opens_again(hub):
    with Draft(hub, 1000) as draft:
        draft.write(b"one, ")
        draft.write(b"two")
        stored = draft.take()

    with opened(hub, stored) as file:
        assert b"".join(chunks_of(file)) == b"one, two"
    assert stored.size == 8
    discard(hub, stored)
    assert files_of(hub) == []


@pytest.mark.parametrize("whole", [False, True])
def test_a_draft_that_nobody_takes_is_gone(hub, whole):
    with Draft(hub, 1000) as draft:
        draft.write(b"half")
        if whole:
            draft.seek(0)

    assert files_of(hub) == []


def test_nothing_lies_open_on_the_disk_while_it_comes_in(hub):
    with Draft(hub, 1_000_000) as draft:
        draft.write(b"Anna Weiss " * 20_000)
        [path] = files_of(hub)
        assert b"Anna" not in path.read_bytes()


def test_what_is_too_large_is_refused_where_the_limit_is_passed_and_leaves_nothing(hub):
    seen = []

    def endless():
        while True:
            seen.append(1)
            yield b"x" * 100_000

    with pytest.raises(TooLarge, match="1 MB"):
        store(hub, endless(), 1_000_000)

    assert len(seen) == 11
    assert files_of(hub) == []
