"""Settings that stand in files: NAME_FILE, the folder that HUB_SECRETS names (Docker, Kubernetes), and systemd's credentials.

The environment is seen by every process of the machine's owner and by whoever dumps one; a file is read by who may."""

import re
from collections.abc import Mapping
from pathlib import Path

from hub.errors import ConfigError

NAME = re.compile(
    r"(?:secrets_)?([A-Z][A-Z0-9_]*)"
)  # systemd puts the word of LoadCredential=secrets:FOLDER before each
OURS = re.compile(r"HUB_[A-Z0-9_]+|REDIS_URL")
FOLDERS = ("HUB_SECRETS", "CREDENTIALS_DIRECTORY")
LARGEST = 65_536  # bytes of one secret; a larger file is something else


def with_files(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment, and what its files and folders hold under names that it does not give itself. Raises ConfigError."""
    found = dict(environ)
    for folder in (environ[name] for name in reversed(FOLDERS) if environ.get(name)):
        found = {**_folder(Path(folder)), **found}
    for name in [one for one in environ if one.endswith("_FILE") and OURS.fullmatch(one.removesuffix("_FILE"))]:
        found |= _named(environ, name.removesuffix("_FILE"))
    return found


def add_named(environ: Mapping[str, str], names: set[str]) -> dict[str, str]:
    """The same with secrets of these names, whose files may be named one by one: SHOP_EU_TOKEN_FILE. Raises ConfigError."""
    found = dict(environ)
    for name in sorted(names):
        if f"{name}_FILE" in environ:
            found |= _named(environ, name)
    return found


def _named(environ: Mapping[str, str], name: str) -> dict[str, str]:
    if name in environ:
        raise ConfigError(f"{name} and {name}_FILE are both set.", "Keep one of them.")
    return {name: _read(Path(environ[f"{name}_FILE"]), f"{name}_FILE")}


def _folder(folder: Path) -> dict[str, str]:
    """Files that are named like a setting; a folder of systemd or Kubernetes holds others, too."""
    try:
        files = [
            (named[1], path)
            for path in sorted(folder.iterdir())
            if (named := NAME.fullmatch(path.name)) and path.is_file()
        ]
    except OSError as error:
        raise ConfigError(f"The folder of secrets {folder} cannot be read: {error.strerror}.") from None
    return {name: _read(path, name) for name, path in files}


def _read(path: Path, name: str) -> str:
    try:
        text = path.read_bytes()[: LARGEST + 1].decode()
    except OSError as error:
        raise ConfigError(f"{name}: {path} cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{name}: {path} is no text.") from None
    if len(text) > LARGEST:
        raise ConfigError(f"{name}: {path} holds more than a secret.", f"At most {LARGEST:,} bytes.")
    return text.removesuffix("\n").removesuffix("\r")
