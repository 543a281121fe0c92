"""Measures as lines: both sources on one scale that ends where the larger of them does."""

import pytest

from hub.flow.outreach import Figure, Measure
from portal.accuracy import lines_of


def a_line(
    name: str, *bands: tuple[float, float, float], lot: float | None = None
) -> tuple[float, float | None, list[tuple[float, ...]]]:
    told = [Figure(value, low, high, 100) for value, low, high in bands]
    line = lines_of([Measure(name, told[0], told[1] if len(told) > 1 else None, lot)])[0]
    return line.end, line.lot, [(one.low, one.at, one.high) for one in line.bands]


@pytest.mark.parametrize(
    ("name", "bands", "lot", "end", "place"),
    [
        ("precision", [(0.5, 0.4, 0.6)], 0.1, 1.0, 10.0),
        ("lift", [(3.0, 2.5, 3.2), (4.0, 3.9, 4.5)], 1.0, 5.0, 20.0),
        ("lift", [(0.0, 0.0, 0.0)], 1.0, 1.0, 100.0),
        ("brier", [(0.21, 0.2, 0.22)], None, 0.25, None),
        ("ece", [(0.01, 0.005, 0.02)], None, 0.05, None),
    ],
)  # fmt: skip
def test_the_scale_ends_behind_the_last_band(name, bands, lot, end, place) -> None:
    found_end, found_lot, found = a_line(name, *bands, lot=lot)

    assert found_end == pytest.approx(end)
    assert found_lot == (pytest.approx(place) if place is not None else None)
    assert all(0 <= low <= at <= high <= 100 for low, at, high in found)


def test_what_is_not_known_yet_is_no_band() -> None:
    line = lines_of([Measure("auc", None, Figure(0.7, 0.6, 0.8, 90), 0.5)])[0]

    assert [(one.source, round(one.at)) for one in line.bands] == [("live", 70)]
