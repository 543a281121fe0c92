"""Outbound messages of a flow: SOAP that nobody signs. They say which record changed; what it says now is read by the API."""

import hmac
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from hub.sdk import ConfigError, WrongSignature

MOST = 100  # notifications of one message
SHORTEST = 24  # characters of the key in the address
SOAP, NOTES = "http://schemas.xmlsoap.org/soap/envelope/", "http://soap.sforce.com/2005/09/outbound"
OBJECTS = "urn:sobject.enterprise.soap.sforce.com"
XSI = "http://www.w3.org/2001/XMLSchema-instance"
ACK = (
    f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{SOAP}"><soapenv:Body>'
    f'<notificationsResponse xmlns="{NOTES}"><Ack>true</Ack></notificationsResponse></soapenv:Body></soapenv:Envelope>'
).encode()


@dataclass(frozen=True)
class Notice:
    """id: the same however often the notification is sent. kind: the object's API name. record: its id."""

    id: str
    kind: str
    record: str


def check_key(url: str, secrets: Sequence[str]) -> None:
    """The key stands in the address, as nothing else of a message is secret. Raises WrongSignature, ConfigError."""
    if any(len(one) < SHORTEST for one in secrets if one):
        raise ConfigError("The key of outbound messages is too short.", f"Use {SHORTEST} random characters or more.")
    given = parse_qs(urlsplit(url).query).get("key", [""])[-1].encode("utf-8", "surrogatepass")
    if not any(hmac.compare_digest(one.encode(), given) for one in secrets if one):
        raise WrongSignature(
            "The key in the address is missing or wrong.", "End the endpoint's URL with ?key=<webhook_secret>."
        )


def read(body: bytes, organization: str) -> list[Notice]:
    """What an organisation tells; ids have 15 or 18 characters, of which 15 count. Raises WrongSignature for anything that is
    not a message of this one."""
    found = _Reader()
    try:
        found.parser.Parse(body, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise WrongSignature("This is no outbound message.", "Send the SOAP of a flow's outbound message.") from None
    if len(organization) < 15 or found.organization[:15] != organization[:15]:
        raise WrongSignature(
            "The message is not from this organisation.", "Name its id in options: {organization: 00D...}."
        )
    if not 1 <= len(found.notices) <= MOST:
        raise WrongSignature(f"An outbound message has 1 to {MOST} notifications.")
    return [Notice(*one) for one in found.notices]


class _Reader:
    """Takes three kinds of words out of a message, each from its own place, and nothing else."""

    def __init__(self) -> None:
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.StartElementHandler, self.parser.EndElementHandler = self._begin, self._end
        self.parser.CharacterDataHandler = self._say
        self.parser.StartDoctypeDeclHandler = self._declare
        self.parser.buffer_text = True
        self.path: list[str] = []
        self.text: list[str] = []
        self.organization = ""
        self.notices: list[tuple[str, str, str]] = []
        self.note = self.kind = self.record = ""

    def _declare(self, *_: Any) -> None:
        raise ValueError("a document type")

    def _begin(self, name: str, attributes: dict[str, str]) -> None:
        self.path.append(name)
        self.text = []
        if self.path[2:] == [f"{NOTES} notifications", f"{NOTES} Notification"]:
            self.note = self.kind = self.record = ""
        if self._at("Notification", "sObject"):
            self.kind = attributes.get(f"{XSI} type", "").rpartition(":")[2]

    def _say(self, text: str) -> None:
        self.text.append(text)

    def _end(self, name: str) -> None:
        said = "".join(self.text).strip()
        if self._at("OrganizationId"):
            self.organization = said
        elif self._at("Notification", "Id"):
            self.note = said
        elif self.path[2:] == [
            *(f"{NOTES} {one}" for one in ("notifications", "Notification", "sObject")),
            f"{OBJECTS} Id",
        ]:
            self.record = said
        elif self._at("Notification"):
            if not (self.note and self.kind and self.record):
                raise ValueError("a notification without its ids")
            self.notices.append((self.note, self.kind, self.record))
        self.path.pop()
        self.text = []

    def _at(self, *names: str) -> bool:
        return self.path[2:] == [f"{NOTES} {one}" for one in ("notifications", *names)]


def message(organization: str, notices: Iterable[Notice]) -> bytes:
    """As Salesforce sends it, with the record's id as the one field that was chosen."""
    told = "".join(
        f'<Notification><Id>{escape(one.id)}</Id><sObject xsi:type={quoteattr(f"sf:{one.kind}")} xmlns:sf="{OBJECTS}">'
        f"<sf:Id>{escape(one.record)}</sf:Id></sObject></Notification>"
        for one in notices
    )
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><soapenv:Envelope xmlns:soapenv="{SOAP}" xmlns:xsi="{XSI}"><soapenv:Body>'
        f'<notifications xmlns="{NOTES}"><OrganizationId>{escape(organization)}</OrganizationId><ActionId>04k000000000001AAA</ActionId>'
        f'<SessionId xsi:nil="true"/><EnterpriseUrl>https://example.my.salesforce.com/services/Soap/c/60.0</EnterpriseUrl>'
        f"<PartnerUrl>https://example.my.salesforce.com/services/Soap/u/60.0</PartnerUrl>{told}"
        "</notifications></soapenv:Body></soapenv:Envelope>"
    ).encode()
