"""What the garage sells is read from its configuration, and a mistake is told where it stands."""

from pathlib import Path

import pytest

from hub.errors import ConfigError
from hub.services import read_services

OURS = Path(__file__).parents[2] / "config"


def written(tmp_path, text):
    (tmp_path / "services.yaml").write_text(text)
    return tmp_path


def test_codes_of_lines_and_advice_lead_to_one_service(tmp_path):
    services = read_services(written(tmp_path, "services: {brakes: {codes: [BRK-L], titles: {en: Brake work}}}"))

    assert services.by_code == {"brakes": "brakes", "brk-l": "brakes"}
    assert services.of("brakes").title("de") == "Brake work"


def test_a_service_that_nobody_named_is_its_code(tmp_path):
    assert read_services(tmp_path).of("wheel_bolt").title("en") == "wheel bolt"


def test_our_own_services_have_titles_in_every_language_of_the_portal():
    for one in read_services(OURS).named.values():
        assert set(one.titles) == {"en", "de", "ar", "th"}, one.name


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("services: [a]", "must be a map"),
        ("services: {a: {code: [x]}}", "service a: code is not known"),
        ("services: {a: {codes: [x]}, b: {codes: [x]}}", "code x belongs to a and to b"),
        ("services: {a: {", "is no YAML"),
    ],
)
def test_a_mistake_is_told(tmp_path, text, said):
    with pytest.raises(ConfigError, match=said):
        read_services(written(tmp_path, text))
