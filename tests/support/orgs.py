"""The official client of Salesforce, talking to the sandbox on a socket."""

from typing import Any

import requests
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce as Official

from proving import TOKEN


class Rewriting(HTTPAdapter):
    """The official client insists on https: what it says to the org goes to the sandbox."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url

    def send(self, request: Any, *args: Any, **given: Any) -> Any:
        request.url = request.url.replace("https://org.example", self.url)
        return super().send(request, *args, **given)


def official(url: str, token: str = TOKEN) -> Official:
    session = requests.Session()
    session.mount("https://org.example", Rewriting(url))
    return Official(instance="org.example", session_id=token, version="60.0", session=session)


__all__ = ["Official", "official"]
