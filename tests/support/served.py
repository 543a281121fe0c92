"""A sandbox on a real socket of loopback, and a client of ours that talks to it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from hub.sdk import PartnerClient
from hub.sdk.kit.interfering import serving as served
from proving import TOKEN

__all__ = ["calling", "served"]


@contextmanager
def calling(app: Any) -> Iterator[PartnerClient]:
    with served(app) as url:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        with closing(PartnerClient(url, headers=headers, timeout=(2.0, 5.0), allow_loopback=True)) as client:
            yield client
