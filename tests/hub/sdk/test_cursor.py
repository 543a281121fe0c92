"""Cursors: four bugs of well-known peers as named tests, each read exactly once with a state of one place."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.errors import WrongInput
from hub.sdk.cursor import MOST, Cursor, Pace, Row, turn

START = datetime(2026, 3, 1, tzinfo=UTC)


@dataclass
class Partner:
    """Rows become visible at a moment of their own, as they do behind a search index or a long transaction."""

    rows: list[tuple[datetime, Row]] = field(default_factory=list)
    now: datetime = START
    asked: int = 0

    def change(self, number: int, at: datetime, visible: datetime | None = None, value: int = 0) -> None:
        self.rows.append((visible or at, Row(at, f"{number:09}", {"v": value})))

    def read(self, cursor: Cursor, limit: int) -> Sequence[Row]:
        self.asked += 1
        found = [row for visible, row in self.rows if visible <= self.now and cursor.since <= row.at < cursor.until]
        found.sort(key=lambda row: (row.at, row.id))
        return [row for row in found if cursor.after is None or (row.at, row.id) > cursor.after][:limit]


@dataclass
class Reader:
    """Keeps the cursor as text, and what it was told by key, as the inbox does."""

    partner: Partner
    pace: Pace
    text: str = ""
    kept: dict[str, Row] = field(default_factory=dict)
    longest: int = 0

    def read(self) -> None:
        text = self.text or str(Cursor.start(START - timedelta(hours=1), self.partner.now, self.pace))
        more = True
        while more:
            done = turn(Cursor.parse(text), self.partner.read, self.partner.now, self.pace)
            self.kept |= {row.key: row for row in done.rows}
            text, more = str(done.cursor), done.more
            self.longest = max(self.longest, len(text))
        self.text = text

    def until(self, end: datetime, step: float = 5) -> None:
        while self.partner.now < end:
            self.partner.now += timedelta(seconds=step)
            self.read()


def test_25_000_records_on_one_timestamp_are_read_exactly_once_in_constant_state() -> None:
    partner = Partner()
    for number in range(25_000):
        partner.change(number, START)
    reader = Reader(partner, Pace(page=5000))
    reader.until(START + timedelta(seconds=30), step=15)
    assert len(reader.kept) == 25_000
    assert reader.longest < MOST
    assert partner.asked < 30


def test_a_late_commit_is_found_although_its_time_has_passed() -> None:
    partner = Partner()
    partner.change(1, START + timedelta(seconds=5), visible=START + timedelta(seconds=70))
    partner.change(2, START + timedelta(seconds=30))
    reader = Reader(partner, Pace())
    reader.until(START + timedelta(minutes=5))
    assert sorted(row.id for row in reader.kept.values()) == ["000000001", "000000002"]


def test_rows_of_the_same_second_are_all_read_although_some_come_after_the_first_look() -> None:
    partner = Partner()
    pace = Pace(lag=timedelta(0), overlap=timedelta(seconds=5), precision=timedelta(seconds=1))
    second = START + timedelta(seconds=10)
    partner.change(1, second, visible=second + timedelta(milliseconds=100))
    partner.change(2, second, visible=second + timedelta(milliseconds=900))
    reader = Reader(partner, pace)
    reader.until(START + timedelta(seconds=20), step=0.25)
    assert len(reader.kept) == 2


def test_a_stale_place_is_said_to_be_stale_once_and_never_asked_again() -> None:
    cursor = Cursor(START, START + timedelta(hours=1), (START, "7"))
    assert cursor.is_stale(START + timedelta(days=1))
    assert not Cursor.start(START + timedelta(days=1), START + timedelta(days=2), Pace()).is_stale(START)


def test_a_row_that_changes_while_its_window_is_read_is_found_by_the_next() -> None:
    partner = Partner()
    for number in range(10):
        partner.change(number, START)
    partner.now = START + timedelta(minutes=1)
    pace = Pace(page=4)
    first = turn(Cursor.start(START, partner.now, pace), partner.read, partner.now, pace)
    moved = partner.rows.pop(9)[1]
    partner.change(9, partner.now, value=1)
    reader = Reader(partner, pace, text=str(first.cursor), kept={row.key: row for row in first.rows})
    reader.until(START + timedelta(minutes=3))
    assert {row.payload["v"] for row in reader.kept.values() if row.id == moved.id} == {1}
    assert len({row.id for row in reader.kept.values()}) == 10


def test_a_partner_whose_page_does_not_move_on_is_refused_and_not_asked_for_ever() -> None:
    same = [Row(START, "1", {})]
    pace = Pace(page=1)
    first = turn(Cursor.start(START, START + timedelta(hours=1), pace), lambda *_: same, START, pace)
    with pytest.raises(WrongInput, match="ends where it began"):
        turn(first.cursor, lambda *_: same, START, pace)


@pytest.mark.parametrize("text", ["", "null", "[]", "[1,2,3]", '["2026-03-01T00:00:00+00:00"]', "{}", "17"])
def test_a_text_that_is_no_cursor_is_wrong_input(text: str) -> None:
    with pytest.raises(WrongInput):
        Cursor.parse(text)


def test_a_place_longer_than_the_database_keeps_is_refused() -> None:
    with pytest.raises(WrongInput, match="400"):
        str(Cursor(START, START, (START, "x" * 400)))


@given(
    st.lists(st.tuples(st.integers(0, 60), st.integers(0, 100)), max_size=40),
    st.integers(1, 7),
    st.sampled_from([timedelta(0), timedelta(seconds=10)]),
)
def test_whatever_comes_late_within_lag_and_overlap_is_read_exactly_once(
    changes: list[tuple[int, int]], page: int, lag: timedelta
) -> None:
    partner = Partner()
    for number, (second, late) in enumerate(changes):
        at = START + timedelta(seconds=second)
        partner.change(number, at, visible=at + timedelta(seconds=late))
    reader = Reader(partner, Pace(lag=lag, page=page))
    reader.until(START + timedelta(seconds=300), step=7)
    assert sorted(int(row.id) for row in reader.kept.values()) == list(range(len(changes)))
