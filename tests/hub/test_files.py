"""A file is there whole or not at all."""

import pytest

from hub.errors import Unreadable
from hub.files import FolderFiles, new_name


@pytest.fixture
def files(tmp_path):
    return FolderFiles(tmp_path / "documents")


def lying(files):
    return sorted(name for number in range(256) for name, _ in files.shelf(number))


def test_a_file_lies_on_the_shelf_of_its_name_and_only_its_owner_may_read_it(files):
    name = new_name()

    with files.create(name) as file:
        file.write(b"whole")

    assert [one for one, _ in files.shelf(int(name[:2], 16))] == [name]
    with files.open(name) as file:
        assert file.read() == b"whole"
    [path] = files.folder.rglob(name)
    assert path.stat().st_mode & 0o777 == 0o600


def test_whatever_breaks_off_leaves_nothing(files):
    def break_off():
        with files.create(new_name()) as file:
            file.write(b"half")
            raise RuntimeError("the line broke")

    with pytest.raises(RuntimeError):
        break_off()

    assert lying(files) == []


def test_a_file_that_is_being_written_cannot_be_opened_yet(files):
    name = new_name()
    with files.create(name) as file:
        file.write(b"half")
        with pytest.raises(Unreadable):
            files.open(name)


def test_removing_twice_is_removing_once(files):
    name = new_name()
    with files.create(name):
        pass

    files.remove(name)
    files.remove(name)

    assert lying(files) == []
