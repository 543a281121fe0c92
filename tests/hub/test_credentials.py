"""Secrets may stand in files: named one by one, in a folder of Docker or Kubernetes, or among systemd's credentials."""

from pathlib import Path

import pytest

from hub.credentials import LARGEST, with_files
from hub.errors import ConfigError
from hub.settings import Settings, load_settings

CONFIG = Path(__file__).parents[1] / "support" / "config"


def put(path: Path, text: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return str(path)


def loaded(tmp_path: Path, **environ: str) -> Settings:
    return load_settings({"HUB_HOME": str(tmp_path / "var"), "HUB_CONFIG": str(CONFIG), **environ})


def test_the_address_of_a_database_may_stand_in_a_file(tmp_path: Path) -> None:
    file = put(tmp_path / "db", "postgresql://hub:s3cret@db/eu\n")

    assert loaded(tmp_path, HUB_DATABASE_EU_FILE=file).database_url("eu") == "postgresql://hub:s3cret@db/eu"


def test_a_partners_secret_may_stand_in_a_file_of_its_own(tmp_path: Path) -> None:
    file = put(tmp_path / "token", "abc\n")

    assert loaded(tmp_path, CLUB_TOKEN_FILE=file).secrets_of("eu")["CLUB_TOKEN"] == "abc"


def test_a_file_that_is_named_for_no_setting_of_ours_is_left_alone(tmp_path: Path) -> None:
    found = loaded(tmp_path, SSL_CERT_FILE="/nowhere/cert.pem").environ

    assert "SSL_CERT" not in found


@pytest.mark.parametrize("folder", ["HUB_SECRETS", "CREDENTIALS_DIRECTORY"])
def test_a_folder_of_secrets_gives_each_by_the_name_of_its_file(tmp_path: Path, folder: str) -> None:
    put(tmp_path / "secrets" / "HUB_METRICS_TOKEN", "m\n")
    put(tmp_path / "secrets" / "CLUB_TOKEN", "c")
    put(tmp_path / "secrets" / "secrets_HUB_LOG", "WARNING")  # as systemd names what lies in a folder
    put(tmp_path / "secrets" / "..data", "what Kubernetes keeps there")

    settings = loaded(tmp_path, **{folder: str(tmp_path / "secrets")})

    assert (settings.environ["HUB_METRICS_TOKEN"], settings.secrets_of("eu")["CLUB_TOKEN"]) == ("m", "c")
    assert settings.environ["HUB_LOG"] == "WARNING"
    assert not [name for name in settings.environ if "data" in name]


def test_what_the_environment_says_wins_over_a_folder(tmp_path: Path) -> None:
    put(tmp_path / "secrets" / "REDIS_URL", "redis://folder")

    assert (
        with_files({"HUB_SECRETS": str(tmp_path / "secrets"), "REDIS_URL": "redis://said"})["REDIS_URL"]
        == "redis://said"
    )


def test_a_secret_that_is_given_twice_is_refused(tmp_path: Path) -> None:
    file = put(tmp_path / "url", "redis://one")

    with pytest.raises(ConfigError, match="REDIS_URL and REDIS_URL_FILE are both set"):
        loaded(tmp_path, REDIS_URL="redis://two", REDIS_URL_FILE=file)
    with pytest.raises(ConfigError, match="CLUB_TOKEN and CLUB_TOKEN_FILE are both set"):
        loaded(tmp_path, CLUB_TOKEN="a", CLUB_TOKEN_FILE=file)


@pytest.mark.parametrize(
    ("content", "said"),
    [(None, "cannot be read: No such file"), (b"\xff\xfe", "is no text"), (b"x" * (LARGEST + 1), "more than a secret")],
)
def test_a_file_that_holds_no_secret_is_named_and_never_shown(tmp_path: Path, content: bytes | None, said: str) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_bytes(content)

    with pytest.raises(ConfigError, match=said) as told:
        with_files({"HUB_METRICS_TOKEN_FILE": str(file)})

    assert "HUB_METRICS_TOKEN_FILE" in str(told.value)
    assert "xxx" not in str(told.value)


def test_a_folder_that_is_not_there_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="folder of secrets"):
        with_files({"HUB_SECRETS": str(tmp_path / "none")})


@pytest.mark.parametrize("given", ["many", "-1", "1.5", "99999"])
def test_a_number_that_is_none_is_told_with_its_name(tmp_path: Path, given: str) -> None:
    with pytest.raises(ConfigError, match="HUB_PROXIES is"):
        loaded(tmp_path, HUB_PROXIES=given).count("HUB_PROXIES", 0)
    assert loaded(tmp_path).count("HUB_PROXIES", 3) == 3
