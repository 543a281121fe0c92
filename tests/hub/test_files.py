"""A file is there whole or not at all, on a disk and in a bucket."""

import pytest

from bucket import MemoryBucket
from hub.buckets import BucketFiles
from hub.errors import Unreadable
from hub.files import FolderFiles, new_name


@pytest.fixture(params=["folder", "bucket"])
def files(request, tmp_path):
    if request.param == "folder":
        return FolderFiles(tmp_path / "documents")
    return BucketFiles(MemoryBucket(), "/tarn-eu/documents")


def lying(files):
    return sorted(name for number in range(256) for name, _ in files.shelf(number))


def test_a_file_lies_on_the_shelf_of_its_name_and_only_its_owner_may_read_it(files):
    name = new_name()

    with files.create(name) as file:
        file.write(b"whole")

    assert [one for one, _ in files.shelf(int(name[:2], 16))] == [name]
    with files.open(name) as file:
        assert file.read() == b"whole"
    if isinstance(files, FolderFiles):
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


def test_any_stretch_of_a_file_is_read_alone(files):
    name, whole = new_name(), bytes(range(256)) * 4096
    with files.create(name) as file:
        file.write(whole)

    with files.open(name) as file:
        assert file.seek(0, 2) == len(whole)
        for at in (700_000, 3, 1_048_570):
            file.seek(at)
            assert file.read(100) == whole[at : at + 100]


def test_how_long_a_file_has_lain_there_is_told(files):
    name = new_name()
    with files.create(name):
        pass

    [(found, age)] = list(files.shelf(int(name[:2], 16)))

    assert (found, 0 <= age + 1 < 61) == (name, True)
