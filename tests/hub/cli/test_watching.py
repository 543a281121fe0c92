"""The folder is looked at again when something in it changes, and not before."""

from hub.cli.watching import watch


def test_a_folder_is_checked_at_first_and_at_every_change(tmp_path):
    file = tmp_path / "segments" / "gold.yaml"
    file.parent.mkdir()
    moves = iter([lambda: None, lambda: file.write_text("segment: gold"), lambda: None, file.unlink])

    def wait():
        move = next(moves, None)
        if move:
            move()
        return move is not None

    found = list(watch(tmp_path, lambda: [one.name for one in tmp_path.rglob("*.yaml")], wait))

    assert found == [[], ["gold.yaml"], []]
