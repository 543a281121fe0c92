"""What waits is worked off: videos are made playable, and nothing is shown that nobody could look at."""

from dataclasses import replace
from datetime import date

import av
import pytest
from sqlalchemy import select

from clamd import Daemon
from hub.flow import documents, releases
from hub.flow.admission import admit
from hub.flow.documents import Paper
from hub.flow.drafts import store
from hub.models import Customer, Document
from papers import acting, archive, film


@pytest.fixture
def anna(told):
    return told()


@pytest.fixture
def sent(hub, anna):
    def send(content):
        admitted = admit(hub, store(hub, [content], 10_000_000))
        paper = Paper(
            "K-1",
            "video",
            "",
            admitted.media,
            date(2026, 3, 2),
            state=admitted.state,
            reason=admitted.reason,
            sent=admitted.sent,
        )
        with hub.begin() as work:
            customer = work.session.scalars(select(Customer).where(Customer.ref == anna)).one()
            return documents.keep(work, hub.partners["shop"].id, customer, paper, admitted.stored, None).id

    return send


def row_of(hub, document_id):
    with hub.look() as session:
        return session.get_one(Document, document_id)


def scanned_by(hub, url):
    return replace(hub, settings=replace(hub.settings, environ={**hub.settings.environ, "HUB_CLAMAV": url}))


def test_a_video_is_made_playable_and_the_old_file_is_gone(hub, sent):
    document_id = sent(film())
    before = row_of(hub, document_id)

    assert releases.work_off(hub) == 1
    assert releases.work_off(hub) == 0

    after = row_of(hub, document_id)
    assert (before.state, after.state, after.media, after.progress) == ("converting", "released", "video/mp4", 100)
    assert after.content_hash == before.content_hash, "told again, it is known again"
    with hub.look() as session, documents.open_file(hub, session, after) as file, av.open(file) as container:
        assert container.streams.video[0].codec_context.name == "h264"
    assert [path.name for path in (hub.region.folder / "documents").rglob("*") if path.is_file()] == [after.file]
    assert list(releases.workbench_of(hub).iterdir()) == []


def test_a_video_that_cannot_be_read_is_refused_and_its_bytes_are_gone(hub, sent):
    document_id = sent(film("mp4", "libx264")[:600])

    releases.work_off(hub)

    assert row_of(hub, document_id).state == "refused"
    assert [path for path in (hub.region.folder / "documents").rglob("*") if path.is_file()] == []


def test_a_worker_that_was_killed_is_followed_by_another_once_its_lease_has_ended(hub, sent, clock):
    document_id = sent(film(seconds=0.2))
    with hub.begin() as work:
        releases._take(work, False)

    assert releases.work_off(hub) == 0
    clock.pass_by(seconds=61)
    with hub.begin() as work:
        assert releases.overdue(work, False)
    assert releases.work_off(hub) == 1
    assert row_of(hub, document_id).state == "released"


def test_a_video_that_takes_its_worker_down_is_given_up(hub, sent, clock):
    document_id = sent(film(seconds=0.2))
    for _ in range(releases.TRIES + 1):
        with hub.begin() as work:
            releases._take(work, False)
        clock.pass_by(seconds=61)

    assert row_of(hub, document_id).state == "refused"


def test_without_a_scanner_it_waits_and_says_so(hub, sent):
    document_id = sent(acting("script"))

    assert releases.work_off(hub) == 0
    assert (row_of(hub, document_id).state, row_of(hub, document_id).reason) == ("checking", "acts")


def test_what_the_scanner_finds_clean_is_released(hub, sent):
    document_id, clamd = sent(archive({"a.txt": b"a"})), Daemon()

    releases.work_off(scanned_by(hub, clamd.url))
    clamd.close()

    assert row_of(hub, document_id).state == "released"


def test_what_the_scanner_finds_is_refused(hub, sent):
    document_id, clamd = sent(archive({"a.txt": b"a"})), Daemon(b"stream: Eicar-Test FOUND\0")

    releases.work_off(scanned_by(hub, clamd.url))
    clamd.close()

    assert (row_of(hub, document_id).state, row_of(hub, document_id).reason) == ("refused", "virus")


def test_while_the_scanner_is_away_it_waits(hub, sent, clock):
    document_id = sent(acting("script"))
    with_scanner = scanned_by(hub, "unix:///nowhere/clamd.ctl")

    for _ in range(releases.TRIES + 2):
        releases.work_off(with_scanner)
        clock.pass_by(minutes=2)

    assert row_of(hub, document_id).state == "checking"


def test_what_was_left_on_the_workbench_is_cleared(hub):
    left = releases.workbench_of(hub) / "1-left"
    left.mkdir(parents=True)
    (left / "playable.mp4").write_bytes(b"half")

    assert releases.clear_workbench(hub, left.stat().st_mtime + 60) == 0
    assert releases.clear_workbench(hub, left.stat().st_mtime + 7200) == 1


def test_the_film_of_somebody_who_was_erased_meanwhile_is_nobodys(hub, sent):
    from hub.gate import erase_rows

    document_id = sent(film(seconds=0.2))
    with hub.begin() as work:
        releases._take(work, False)
        erase_rows(work.session, Document, Document.id == document_id, record_set="documents", persons=(), now=work.now)

    assert releases.work_off(hub) == 0
