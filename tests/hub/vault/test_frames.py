"""Any stretch of a large value opens without the rest, and whatever was done to the file is noticed."""

import io
import os
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import Unreadable
from hub.vault import FrameReader, FrameWriter
from hub.vault.frames import FRAME, HEADER, TAG

KEY = os.urandom(32)
SIZES = (0, 1, FRAME - 1, FRAME, FRAME + 1, 3 * FRAME, 3 * FRAME + 7)


def sealed(value, chunk=1000):
    file = io.BytesIO()
    with FrameWriter(file, KEY, "eu") as writer:
        for start in range(0, len(value), chunk):
            writer.write(value[start : start + chunk])
    return file.getvalue()


def opened(raw, key=KEY, region="eu"):
    return io.BufferedReader(FrameReader(io.BytesIO(raw), key, region))


@pytest.mark.parametrize("size", SIZES)
def test_what_was_sealed_comes_out_again_and_shows_nothing(size):
    value = os.urandom(size)

    raw = sealed(value)

    assert opened(raw).read() == value
    assert FrameReader(io.BytesIO(raw), KEY, "eu").size == size
    assert size < 16 or value[:16] not in raw


VALUE = os.urandom(3 * FRAME + 77)
RAW = sealed(VALUE, chunk=70_000)


@given(st.integers(0, len(VALUE) + 9), st.integers(0, 2 * FRAME))
def test_every_stretch_can_be_read_by_itself(start, length):
    reader = opened(RAW)
    reader.seek(start)

    assert reader.read(length) == VALUE[start : start + length]


def test_a_stretch_over_several_frames_comes_in_one_answer():
    """An archive that was backed up is read so, and its list of contents may lie across two frames."""
    value = os.urandom(2 * FRAME + 100)
    reader = FrameReader(io.BytesIO(sealed(value)), KEY, "eu")
    reader.seek(FRAME - 10)

    assert reader.read(FRAME + 50) == value[FRAME - 10 : 2 * FRAME + 40]
    assert reader.read(1000) == value[2 * FRAME + 40 :]


def test_from_the_end_and_from_here():
    reader = opened(RAW)

    assert reader.seek(-5, os.SEEK_END) == len(VALUE) - 5
    assert reader.read() == VALUE[-5:]
    reader.seek(10)
    reader.seek(7, os.SEEK_CUR)
    assert reader.read(3) == VALUE[17:20]


PLACES = {
    "the header": 9,
    "the salt": HEADER.size - 1,
    "the first frame": HEADER.size + 5,
    "the last byte": len(RAW) - 1,
}


@pytest.mark.parametrize("at", PLACES.values(), ids=PLACES)
def test_a_byte_that_was_changed_is_noticed(at):
    raw = bytearray(RAW)
    raw[at] ^= 1

    with pytest.raises(Unreadable):
        opened(bytes(raw)).read()


FULL = FRAME + TAG
WRONG = {
    "cut off behind a frame": RAW[: HEADER.size + 2 * FULL],
    "cut off inside one": RAW[:-40],
    "nothing but a header": RAW[: HEADER.size],
    "empty": b"",
    "frames in another order": RAW[: HEADER.size] + RAW[HEADER.size + FULL : HEADER.size + 2 * FULL]
    + RAW[HEADER.size : HEADER.size + FULL] + RAW[HEADER.size + 2 * FULL :],
    "a frame doubled": RAW[: HEADER.size + FULL] + RAW[HEADER.size :],
    "a frame of another value": RAW[:HEADER.size] + sealed(os.urandom(len(VALUE)))[HEADER.size :],
}  # fmt: skip


@pytest.mark.parametrize("raw", WRONG.values(), ids=WRONG)
def test_a_file_that_is_not_whole_does_not_open(raw):
    with pytest.raises(Unreadable):
        opened(raw).read()


def test_another_key_or_another_region_opens_nothing():
    with pytest.raises(Unreadable):
        opened(RAW, key=os.urandom(32)).read()
    with pytest.raises(Unreadable):
        opened(RAW, region="gcc")


def test_a_large_value_needs_no_more_memory_than_a_small_one(tmp_path):
    size, block = 64 * 2**20, os.urandom(2**20)
    tracemalloc.start()
    with (tmp_path / "large").open("wb") as file, FrameWriter(file, KEY, "eu") as writer:
        for _ in range(size // len(block)):
            writer.write(block)
    with (tmp_path / "large").open("rb") as file:
        reader = io.BufferedReader(FrameReader(file, KEY, "eu"))
        for start in (size - 100, 0, size // 2):
            reader.seek(start)
            assert len(reader.read(100)) == 100
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert peak < 4 * 2**20
