"""OWASP's Application Security Verification Standard 5.0, level 2: each requirement of nine chapters has a row in asvs.csv, with
a test that holds it, a page that says it, or why it does not stand."""

import ast
import csv
import logging
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from flask import Flask

from desks import Visitor
from hub.access.sessions import begin_session
from hub.core import Hub
from hub.models import Principal, new_ref

ROOT = Path(__file__).parents[2]
SECTIONS = {  # section -> how many of its requirements are of level 1 or 2; they are numbered from 1
    "3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2, "4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4, "5.1": 1, "5.2": 3, "5.3": 2,
    "5.4": 3, "6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4, "7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5,
    "7.5": 2, "7.6": 2, "8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1, "11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1,
    "14.1": 2, "14.2": 4, "14.3": 3, "16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3,
}  # fmt: skip
STANDS = {"held", "written", "none", "open"}  # by tests; by a file that says it; does not apply; not yet, or not wholly
MOST_OPEN = 1  # may only fall
PAGES = ("/my/", "/my/cars/", "/my/documents/", "/my/chat/", "/my/privacy/", "/account/")


@cache
def rows() -> list[dict[str, str]]:
    with Path(__file__).with_name("asvs.csv").open() as file:
        return list(csv.DictReader(file))


def sources(*folders: str) -> Iterator[tuple[Path, str]]:
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            yield path, path.read_text()


def test_each_requirement_has_one_row() -> None:
    wanted = [f"{section}.{number}" for section, count in SECTIONS.items() for number in range(1, count + 1)]

    assert sorted(row["requirement"] for row in rows()) == sorted(wanted)
    assert {row["stand"] for row in rows()} == STANDS


def test_each_test_that_is_named_is_there() -> None:
    known = {}
    for row in rows():
        for name in row["proof"].split() if row["stand"] != "written" else ():
            file, _, function = name.partition("::")
            if file not in known:
                tree = ast.parse((ROOT / file).read_text())
                known[file] = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
            assert function in known[file], (row["requirement"], name)


def test_what_is_held_has_a_proof_and_what_is_not_has_a_reason() -> None:
    for row in rows():
        assert len(row["words"]) >= 8, row
        assert bool(row["proof"]) or row["stand"] in ("none", "open"), row
        if row["stand"] == "written":
            assert (ROOT / row["proof"]).exists(), row
    assert sum(row["stand"] == "open" for row in rows()) <= MOST_OPEN


# --- what no other test holds


def test_no_page_lets_another_origin_read_it(customer: Visitor) -> None:
    for path in PAGES:
        headers = customer.get(path, Origin="https://evil.example").headers
        assert not [name for name, _ in headers if name.lower().startswith("access-control")], path


def test_each_page_says_what_it_is_and_in_which_letters(customer: Visitor) -> None:
    assert {customer.get(path).headers["Content-Type"] for path in (*PAGES, "/nowhere")} == {"text/html; charset=utf-8"}


def test_each_page_of_who_is_signed_in_has_the_way_out(customer: Visitor) -> None:
    for path in PAGES:
        text = customer.get(path).text or customer.get(path + "?").text
        assert 'action="/sign-out"' in text, path


def test_no_script_listens_to_other_windows_or_keeps_anything() -> None:
    files = {path.name: path.read_text() for path in (ROOT / "portal/static").glob("*.js")}
    choice = files.pop("keys.js")  # whether single keys mean something: no word of anybody
    shelf = files.pop(
        "shelf.js"
    )  # what a customer chose to keep for a lost line: encrypted (test_offline), by this one file
    kept = files.pop("keep.js")  # what staff have typed, in their own tab, until it has arrived or they sign out
    scripts = "".join(files.values())
    base, gate = ((ROOT / f"portal/templates/portal/{name}.html").read_text() for name in ("base", "sign_in"))

    assert "EventSource" in scripts, "they were read"
    assert 'tabs = new BroadcastChannel("chat")' in scripts, "tabs of our own origin, and of no other"
    assert not re.search(
        r"localStorage|sessionStorage|indexedDB|document\.cookie|(?<!tabs\.)postMessage|onmessage", scripts
    )
    assert not re.search(r"localStorage|indexedDB|document\.cookie|postMessage|onmessage", kept)
    assert not re.search(r"localStorage|sessionStorage|document\.cookie|postMessage|onmessage", shelf)
    assert 'generateKey(AES, false, ["encrypt", "decrypt"])' in shelf, "a key that no script reads out"
    assert set(re.findall(r"localStorage\.\w+\(([^,)]*)", choice)) == {'"single-keys"'}
    assert not re.search(r"sessionStorage|indexedDB|document\.cookie|postMessage|onmessage", choice)
    assert "{% if who and who.person_id is none %}<script" in base.split("keep.js")[0], "customers' words are not kept"
    assert "keep.js" in gate, "where a session begins again"
    assert not re.search(r"(window|self)\.addEventListener\(\s*[\"']message", scripts)


def test_secrets_are_drawn_from_the_systems_own_chance(hub: Hub) -> None:
    for path, text in sources("hub/access", "hub/vault", "hub/models", "portal"):
        assert not re.search(r"^(import|from) random\b", text, re.MULTILINE), path
    with hub.begin() as work:
        principal = work.add(Principal(ref=new_ref(), title="x", made_at=work.now))
        work.session.flush()
        secrets = {begin_session(work, principal.id, "link") for _ in range(9)}
    assert len(secrets) == 9
    assert {len(one) for one in secrets} == {43}, "256 bits"
    assert len(new_ref()) == 32, "128 bits"


def test_no_weak_hash_is_used() -> None:
    for path, text in sources("hub", "portal", "compliance", "connectors", "rules", "scoring"):
        assert not re.search(r"hashlib\.(md5|sha1)\b|hashes\.(MD5|SHA1)\b|[\"'](md5|sha1)[\"']", text), path


@pytest.mark.parametrize(
    ("path", "headers"), [("/desk/customers/", {}), ("/my/visits/", {"Origin": "https://evil.example"})]
)
def test_who_is_turned_away_is_logged_without_a_name(
    customer: Visitor, caplog: pytest.LogCaptureFixture, path: str, headers: dict[str, str]
) -> None:
    with caplog.at_level(logging.INFO, "portal.pages"):
        answer = customer.post(path, {}, **headers) if headers else customer.get(path)

    assert answer.status_code == 403
    [told] = [one for one in caplog.records if one.getMessage() == "turned away"]
    assert (told.reason, str(told.endpoint).startswith("portal.")) == ("Denied", True)  # type: ignore[attr-defined]
    assert "Mara" not in str(told.__dict__)


def test_a_defect_says_nothing_of_itself(app: Flask, customer: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ValueError("the key is 4711")

    app.testing = False
    monkeypatch.setitem(app.view_functions, "portal.points.card", broken)
    broken.opens_to = frozenset({"customer"})  # type: ignore[attr-defined]

    answer = customer.get("/my/points/")

    assert answer.status_code == 500
    assert "Something broke on our side." in answer.text
    assert "4711" not in answer.text
    assert "ValueError" not in answer.text
