"""Whatever a phone filmed plays everywhere afterwards."""

import io
from functools import partial

import av
import pytest

from hub.errors import TooLarge, WrongInput
from hub.flow import footage
from hub.flow.footage import make_playable
from papers import film


@pytest.fixture
def made(tmp_path):
    def make(raw):
        told = []
        make_playable(io.BytesIO(raw), tmp_path / "playable.mp4", told.append)
        return (tmp_path / "playable.mp4").read_bytes(), told

    return make


# how each is made, as only the worker that runs these tests needs them
FILMS = {
    "WebM with sound": film,
    "MP4 of an old codec, silent": partial(film, "mp4", "mpeg4", (320, 240), sound=False),
    "MP4 with odd sides": partial(film, "mp4", "mpeg4", (322, 182)),
    "Matroska": partial(film, "matroska", "libx264"),
}


@pytest.mark.parametrize("make", FILMS.values(), ids=FILMS)
def test_a_video_becomes_h264_with_its_index_in_front_and_keeps_its_length(made, make):
    playable, told = made(make())

    with av.open(io.BytesIO(playable)) as container:
        shown = container.streams.video[0]
        assert (shown.codec_context.name, shown.codec_context.pix_fmt) == ("h264", "yuv420p")
        assert {one.codec_context.name for one in container.streams.audio} <= {"aac"}
        assert container.duration / 1e6 == pytest.approx(1.0, abs=0.12)
    assert playable.index(b"moov") < playable.index(b"mdat")
    assert told == sorted(told)
    assert 50 <= told[-1] <= 99


def test_a_large_video_is_made_smaller_in_its_own_shape(made):
    playable, _ = made(film("mp4", "libx264", (1920, 1080), seconds=0.3, sound=False))

    with av.open(io.BytesIO(playable)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (1280, 720)


BROKEN = {
    "cut off": lambda: film("mp4", "libx264")[:500],
    "noise": lambda: b"\0\0\0\x18ftypmp42" + b"x" * 500,
    "empty": bytes,
}


@pytest.mark.parametrize("make", BROKEN.values(), ids=BROKEN)
def test_half_a_video_is_no_video(made, make):
    with pytest.raises(WrongInput, match="cannot be read"):
        made(make())


def test_a_video_beyond_what_a_garage_films_is_refused(made, monkeypatch):
    monkeypatch.setattr(footage, "SECONDS", 0.5)

    with pytest.raises(TooLarge, match="15 minutes"):
        made(film())
