"""What a file really is, whatever it is called; pictures are painted anew, papers looked through."""

import io
from functools import partial

import pytest
from PIL import Image

from hub.errors import TooLarge, WrongInput
from hub.flow import contents
from papers import SECRET_PLACE, acting, archive, bomb, film, locked, paper, picture

HTML = b"<!DOCTYPE html><script>alert(1)</script>"
# how each is made, as only the worker that runs these tests needs them
KINDS = {
    "a PDF": (paper, "application/pdf"),
    "a JPEG": (picture, "image/jpeg"),
    "a PNG": (partial(picture, "PNG"), "image/png"),
    "a GIF": (partial(picture, "GIF"), "image/gif"),
    "a WebP": (partial(picture, "WEBP"), "image/webp"),
    "an MP4": (partial(film, "mp4", "libx264", seconds=0.2), "video/mp4"),
    "a WebM": (partial(film, seconds=0.2), "video/webm"),
    "a zip": (partial(archive, {"a.txt": b"a"}), "application/zip"),
    "a page": (lambda: HTML, "text/html"),
    "a page behind a byte order mark": (lambda: b"\xef\xbb\xbf \n" + HTML, "text/html"),
    "an SVG": (lambda: b"<svg xmlns='http://www.w3.org/2000/svg' onload='x()'/>", "text/html"),
    "a phone's HEIC": (lambda: b"\0\0\0\x18ftypheic\0\0\0\0", "image/heic"),
    "a program": (lambda: b"MZ\x90\0", "application/octet-stream"),
    "nothing": (bytes, "application/octet-stream"),
}


@pytest.mark.parametrize(("make", "media"), KINDS.values(), ids=KINDS)
def test_a_file_is_known_by_its_first_bytes(make, media):
    assert contents.media_of(make()[: contents.HEAD]) == media


@pytest.mark.parametrize("media", ["text/html", "image/heic", "application/octet-stream"])
def test_what_is_not_taken_is_told_why_and_what_to_do(media):
    refused = contents.refusal(media)

    assert refused is not None
    assert "Nothing was stored" in refused.hint


def test_a_picture_loses_where_it_was_taken_and_all_that_was_hidden_behind_it():
    raw = picture(place=SECRET_PLACE) + b"PK\x03\x04 a zip behind it"

    painted = contents.repaint(io.BytesIO(raw))

    assert SECRET_PLACE.encode() in raw
    assert SECRET_PLACE.encode() not in painted
    assert b"a zip" not in painted
    assert not Image.open(io.BytesIO(painted)).getexif()


def test_a_picture_stands_upright_afterwards():
    painted = contents.repaint(io.BytesIO(picture(size=(640, 480), upright=6)))

    assert Image.open(io.BytesIO(painted)).size == (480, 640)


@pytest.mark.parametrize("kind", ["PNG", "GIF", "WEBP"])
def test_every_kind_of_picture_becomes_a_jpeg(kind):
    assert contents.repaint(io.BytesIO(picture(kind))).startswith(b"\xff\xd8\xff")


def test_a_picture_that_is_too_fine_is_made_smaller():
    painted = contents.repaint(io.BytesIO(picture(size=(5000, 1000))))

    assert Image.open(io.BytesIO(painted)).size[0] == contents.SIDE


def test_a_small_file_that_would_become_a_huge_picture_is_refused_before_it_does():
    with pytest.raises(TooLarge, match="pixels"):
        contents.repaint(io.BytesIO(bomb()))


@pytest.mark.parametrize("raw", [picture()[:400], b"\xff\xd8\xff\xe0" + b"x" * 300, picture("PNG")[:60]])
def test_half_a_picture_is_no_picture(raw):
    with pytest.raises(WrongInput, match="cannot be read"):
        contents.repaint(io.BytesIO(raw))


def test_a_plain_paper_does_nothing_by_itself():
    assert not contents.acts(io.BytesIO(paper()))


@pytest.mark.parametrize("what", ["script", "hidden", "launch", "attachment"])
def test_a_paper_that_does_something_by_itself_is_noticed(what):
    assert contents.acts(io.BytesIO(acting(what)))


@pytest.mark.parametrize("raw", [b"%PDF-1.7 and nothing more", b"%PDF-"])
def test_half_a_paper_is_no_paper(raw):
    with pytest.raises(WrongInput):
        contents.acts(io.BytesIO(raw))


def test_a_locked_paper_is_asked_for_without_its_lock():
    with pytest.raises(WrongInput, match="password"):
        contents.acts(io.BytesIO(locked()))


def test_an_archive_that_swells_is_known_by_what_it_says_of_itself():
    assert not contents.unpacks_too_far(io.BytesIO(archive({"a.txt": b"a" * 1000})))
    assert contents.unpacks_too_far(io.BytesIO(archive({"zeros": bytes(contents.UNPACKED + 1)})))
    assert contents.unpacks_too_far(io.BytesIO(b"PK\x03\x04 broken"))
