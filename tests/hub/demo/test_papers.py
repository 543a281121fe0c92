"""Papers say what the books say, in letters that this machine can set, and are the same bytes for the same seed."""

import io
import re
import zlib

import pytest

from hub.demo.papers import WORDS, latest_visits, papers_of
from hub.demo.world.books import make_world
from hub.fonts import NAMES, Fonts, find_fonts
from worlds import TODAY, books_of

FONTS = find_fonts()
NONE = Fonts({})


def pages(content):
    """What a PDF draws, unpacked."""
    starts = [found.end() for found in re.finditer(rb"stream\r?\n(?=x)", content)]
    return b"".join(zlib.decompressobj().decompress(content[start:]) for start in starts)


def test_every_last_visit_has_an_invoice_and_built_in_parts_a_warranty():
    books = books_of("eu")[0]
    papers = list(papers_of(books, FONTS, latest_visits(books, 2)))

    assert [paper.kind for paper in papers].count("invoice") == 2
    assert all(paper.content.startswith(b"%PDF-") for paper in papers)
    assert len({paper.number for paper in papers}) == len(papers)


def test_the_same_seed_makes_the_same_papers():
    books, again = books_of("gcc")[0], next(make_world("gcc", 60, TODAY, 7))
    first, second = (list(papers_of(one, FONTS, latest_visits(one, 1))) for one in (books, again))

    assert [paper.content for paper in first] == [paper.content for paper in second]


def test_without_a_font_a_paper_is_in_english_and_names_the_number():
    books = books_of("apac")[1]
    visit = next(one for one in latest_visits(books, 40)
                 if books.people.tongue_of(int(books.visits["owner"][one])).script == "Thai")  # fmt: skip
    paper = next(papers_of(books, NONE, [visit]))

    drawn = pages(paper.content)
    assert b"Invoice" in drawn
    assert paper.customer.encode() in drawn
    assert "install fonts-noto-core" in paper.note


def test_an_amount_of_the_invoice_is_that_of_the_books():
    books = books_of("apac")[0]
    (visit,) = latest_visits(books, 1)
    paper = next(papers_of(books, NONE, [visit]))

    assert f"{books.visits['amount'][visit] / 100:,.2f} SGD".encode() in pages(paper.content)


def test_every_language_has_every_word():
    assert {language: set(words) for language, words in WORDS.items()} == {
        language: set(WORDS["en"]) for language in WORDS
    }
    assert set(WORDS) == {"en", "de", "ar", "th"}


def test_a_font_counts_only_if_it_has_the_letters(tmp_path):
    assert find_fonts([tmp_path]) == NONE
    assert set(FONTS.files) <= set(NAMES)
    assert NONE.can_set("plain")
    assert not NONE.can_set("فاتورة")
    assert not Fonts({"Latn": tmp_path}).can_set("ใบแจ้งหนี้")
    assert Fonts({"Thai": tmp_path}).can_set("ใบแจ้งหนี้")


@pytest.mark.parametrize("defect", ["brakes", "lights"])
def test_a_clip_plays_while_it_loads_and_is_the_same_again(defect):
    import av

    from hub.demo.takes import RATE, SECONDS, SIZE, clip

    content = clip(defect, (90, 120, 150))

    assert content.index(b"moov") < content.index(b"mdat")
    assert content == clip(defect, (90, 120, 150))
    with av.open(io.BytesIO(content)) as container:
        video = container.streams.video[0]
        assert (video.codec_context.name, video.width, video.height) == ("h264", *SIZE)
        assert sum(1 for _ in container.decode(video=0)) == SECONDS * RATE


def test_photos_and_clips_are_of_findings_of_the_books():
    from hub.demo.takes import takes_of

    takes = list(takes_of(books_of("eu")[0], 2))

    assert [take.kind for take in takes] == ["photo", "clip"] * 2
    assert all(take.content.startswith(b"\xff\xd8") for take in takes if take.kind == "photo")
    assert [take.content for take in takes] == [take.content for take in takes_of(books_of("eu")[0], 2)]
