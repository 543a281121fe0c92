"""Long lists come in pieces, in order, and none is lost."""

from hub.flow.batches import SIZE, batches


def test_a_long_list_comes_in_pieces_and_in_order():
    pieces = list(batches(range(2 * SIZE + 1)))

    assert [len(piece) for piece in pieces] == [SIZE, SIZE, 1]
    assert [one for piece in pieces for one in piece] == list(range(2 * SIZE + 1))


def test_nothing_makes_no_piece():
    assert list(batches([])) == []
