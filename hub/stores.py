"""Where a region's documents lie when it is no folder of the machine: a bucket in the region, named in hub.yaml."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from urllib.parse import urlsplit

from ruamel.yaml.comments import CommentedMap

from hub.blocks import Reader, said

SECRETS = {"key", "secret"}


@dataclass(frozen=True)
class StoreSettings:
    """A bucket for one region's documents; what lies there are encrypted frames, as on a disk."""

    url: str = said("`s3://bucket/prefix`, of this region alone")
    location: str = said(
        "where the bucket lies, as the store names it (eu-central-1 ...); one that lies elsewhere is refused"
    )
    endpoint: str = said("of a store that is not Amazon's, by https", default="")
    secrets: Mapping[str, str] = said(
        "`key` and `secret`: `${NAME}`; left out where the machine itself may", default_factory=dict
    )


def read_store(reader: Reader, region: CommentedMap, key: str) -> StoreSettings | None:
    block = region.get(key)
    if block is None:
        return None
    if not isinstance(block, CommentedMap):
        reader.wrong(
            region, key, f"“{key}” must be a mapping.", "Write {url: s3://bucket/prefix, location: eu-central-1}."
        )
        return None
    reader.unknown(block, {one.name for one in fields(StoreSettings)})
    url, endpoint = reader.text(block, "url"), reader.text(block, "endpoint", "")
    if urlsplit(url).scheme != "s3" or not urlsplit(url).netloc:
        reader.wrong(block, "url", f"“{url}” is no bucket.", "Write s3://bucket/prefix.")
    if endpoint and urlsplit(endpoint).scheme != "https":
        reader.wrong(block, "endpoint", f"“{endpoint}” is no https address.")
    secrets = reader.secrets(block)
    if secrets and set(secrets) != SECRETS:
        reader.wrong(block, "secrets", "“secrets” must name key and secret, or be left out.")
    return StoreSettings(url.rstrip("/"), reader.text(block, "location"), endpoint, secrets)
