"""What a chain says of itself."""

from pathlib import Path

import pytest

from hub.errors import ConfigError
from portal.chain import Chain, problems_of, read_chain


def written(folder: Path, text: str) -> Path:
    (folder / "chain.yaml").write_text(text)
    return folder


def test_the_houses_own_chain_is_good() -> None:
    assert problems_of(Path("config")) == []
    assert read_chain(Path("config")).work_of("srv-l") == "service"


def test_without_a_file_it_is_nobodys(tmp_path: Path) -> None:
    assert read_chain(tmp_path) == Chain()


@pytest.mark.parametrize(
    ("text", "line", "what"),
    [
        ("title: A\nbrand: {hue: 500}\n", 2, "hue"),
        ("title: A\nbrand: {chroma: 0.3}\n", 2, "chroma"),
        ("title: A\nbrand: red\n", 2, "must be a mapping"),
        ("title: ''\n", 1, "title"),
        ("title: A\nworks:\n  service: srv-l\n", 3, "list of codes"),
        ("title: A\nfont: Comic\n", 2, "no setting"),
        ("title: A\npoints: {tiers: {gold: many}}\n", 2, "gold"),
        ("- a\n", 1, "mapping"),
        ("title: [\n", 2, "no YAML"),
    ],
)
def test_a_mistake_is_told_by_its_line(tmp_path: Path, text: str, line: int, what: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_chain(written(tmp_path, text))

    assert f"chain.yaml:{line}: " in str(caught.value)
    assert what in str(caught.value)
