"""Web processes are killed, lines break, everything is sent twice: each post that was committed is seen once, in its order.

HUB_CHAT_TABS (24; nightly 500), HUB_CHAT_KILLS (2; nightly 20) and HUB_CHAT_WORDS (4 of each customer) make another run."""

import hashlib
import hmac
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import OperationalError

from desks import build, found
from hub import models
from hub.access.sessions import begin_session
from hub.core import Hub
from hub.errors import HubError
from hub.flow import conversations, posts
from hub.flow.conversations import Words
from hub.models import Conversation, Node, Post, Principal
from mine import with_own_door
from talking import a_customer, an_advisor

pytestmark = pytest.mark.alone
TABS = int(os.environ.get("HUB_CHAT_TABS", "24"))
KILLS = int(os.environ.get("HUB_CHAT_KILLS", "2"))
WORDS = int(os.environ.get("HUB_CHAT_WORDS", "4"))
EACH = 3  # tabs of one customer
PATIENCE = 60.0 + 15.0 * KILLS + TABS / 2  # seconds
BROKEN = (OSError, http.client.HTTPException, ValueError)


@dataclass
class Webs:
    """Two web processes on ports of their own; who is struck comes back at once."""

    folder: Path
    ports: tuple[int, ...]
    running: dict[int, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self, port: int) -> None:
        script = Path(__file__).with_name("chatting.py")
        self.running[port] = subprocess.Popen([sys.executable, str(script), str(self.folder), str(port)])

    def wait_for(self, port: int, until: float) -> None:
        while time.monotonic() < until:
            with suppress(OSError), closing(socket.create_connection(("127.0.0.1", port), 1)):
                return
            time.sleep(0.1)
        raise AssertionError("no web process answers")

    def strike(self, port: int) -> None:
        self.running[port].send_signal(signal.SIGKILL)
        self.running[port].wait()
        self.start(port)

    def stop(self) -> None:
        for one in self.running.values():
            one.kill()
            one.wait()


@dataclass
class Customer:
    """secret: of their session. heard: for each tab, the places it was told, each with the moment."""

    number: int
    principal_id: int
    secret: str
    heard: list[list[tuple[str, datetime]]] = field(default_factory=lambda: [[] for _ in range(EACH)])

    def headers(self, port: int) -> dict[str, str]:
        return {"Host": f"eu.localhost:{port}", "Cookie": f"session={self.secret}"}

    def write(self, webs: Webs, text: str, ended: Callable[[], bool]) -> None:
        """Until it is known to have arrived; then once more, as an impatient finger does."""
        token = hmac.new(self.secret.encode(), b"form", hashlib.sha256).hexdigest()
        body = urlencode({"token": token, "text": text, "client_id": str(uuid.uuid4())})
        sent, tries = 0, 0
        while sent < 2 and not ended():
            port = webs.ports[(self.number + tries) % len(webs.ports)]
            tries += 1
            with suppress(*BROKEN), closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as line:
                form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
                line.request("POST", "/my/chat/", body, self.headers(port) | form | {"Sec-Fetch-Site": "same-origin"})
                answer = line.getresponse()
                answer.read()
                sent += answer.status == 200
                assert answer.status in (200, 500, 503), answer.status
                continue
            time.sleep(0.05)

    def listen(self, webs: Webs, tab: int, ended: Callable[[], bool]) -> None:
        """As EventSource does: it comes back by itself, and names the last event it saw whole."""
        place, tries = "", tab
        while not ended():
            port = webs.ports[tries % len(webs.ports)]
            tries += 1
            with suppress(*BROKEN), closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as line:
                last = {"Last-Event-ID": place} if place else {}
                line.request("GET", "/my/chat/stream", headers=self.headers(port) | last)
                answer = line.getresponse()
                while answer.status == 200 and not ended():
                    event = _event(answer)
                    if event.get("event") == "post":
                        place = event["id"]
                        assert json.loads(event["data"])["place"] == place
                        self.heard[tab].append((place, datetime.now(UTC)))
            time.sleep(0.05)


def _event(answer: http.client.HTTPResponse) -> dict[str, str]:
    """The next one, whole. Raises OSError when the line ends within it."""
    told: dict[str, str] = {}
    while line := answer.readline():
        text = line.decode().rstrip("\n")
        if not text:
            return told
        name, _, value = text.partition(": ")
        told[name] = value
    raise ConnectionError("the line has ended")


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    found(tmp_path)
    made = build(tmp_path, lambda: datetime.now(UTC))
    with_own_door(made)
    with made.region.sessions.begin() as session:  # each process that is killed leaves its number behind for an hour
        session.execute(insert(Node), [{"number": number, "taken_at": None} for number in range(8, 16 + KILLS)])
    yield made
    made.close()


@pytest.fixture
def webs(hub: Hub, tmp_path: Path) -> Iterator[Webs]:
    ports = []
    for _ in range(2):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            ports.append(probe.getsockname()[1])
    found_webs = Webs(tmp_path, tuple(ports))
    for port in ports:
        found_webs.start(port)
    for port in ports:
        found_webs.wait_for(port, time.monotonic() + 120)
    yield found_webs
    found_webs.stop()


def customers(hub: Hub) -> list[Customer]:
    made = []
    for number in range(TABS // EACH):
        with hub.begin() as work:
            _, principal_id = a_customer(work)
            made.append(Customer(number, principal_id, begin_session(work, principal_id, "link")))
    return made


def answer_all(hub: Hub, advisor: int) -> None:
    """Whoever waits gets a word."""
    with hub.look() as session:
        refs = session.scalars(select(Conversation.ref).where(Conversation.state.in_(("waiting", "assigned")))).all()
    for ref in refs:
        with suppress(HubError, OperationalError), hub.begin() as work:
            row = posts.locked(work, ref)
            if row.owner_id is None:
                conversations.take(hub, work, row, advisor)
            conversations.reply(hub, work, row, advisor, Words(f"We heard {row.seq}."))


def test_each_committed_post_is_seen_once_and_in_order_whatever_is_killed(hub: Hub, webs: Webs) -> None:
    end = time.monotonic() + PATIENCE
    everybody, advisor, over = customers(hub), an_advisor(hub), threading.Event()

    def ended() -> bool:
        return over.is_set() or time.monotonic() > end

    def speak(one: Customer) -> None:
        for number in range(WORDS):
            one.write(webs, f"word {number} of {one.number}", ended)

    writers = [threading.Thread(target=speak, args=(one,)) for one in everybody]
    tabs = [threading.Thread(target=one.listen, args=(webs, tab, ended)) for one in everybody for tab in range(EACH)]
    for thread in (*tabs, *writers):
        thread.start()
    for number in range(KILLS):
        time.sleep(0.5)
        port = webs.ports[number % 2]
        webs.strike(port)
        answer_all(hub, advisor)
        webs.wait_for(port, end)
    for thread in writers:
        thread.join()
    answer_all(hub, advisor)
    truth = committed(hub)
    while not ended() and any(len(tab) < len(truth[one.principal_id]) for one in everybody for tab in one.heard):
        time.sleep(0.1)
    over.set()
    for thread in tabs:
        thread.join()

    late = []
    for one in everybody:
        wanted = truth[one.principal_id]
        for tab in one.heard:
            assert [place for place, _ in tab] == list(wanted), "lost, doubled, or out of order"
            late += [(at - wanted[place]).total_seconds() for place, at in tab]
    with hub.look() as session:
        said = session.scalar(select(func.count()).where(Post.author == "customer"))
    assert said == len(everybody) * WORDS, "what was sent twice is one"
    cuts = quantiles(late, n=100)
    print(
        f"\n{len(late):,} sights of {sum(map(len, truth.values())):,} posts in {len(tabs)} tabs, {KILLS} kills: 0 lost, 0 doubled"
    )
    print(
        f"half within {cuts[49]:.2f} s, p95 {cuts[94]:.2f} s (a tab that was cut off waits for a process), load {os.getloadavg()[0]:.0f}"
    )


def committed(hub: Hub) -> dict[int, dict[str, datetime]]:
    """principal -> place of each post that their customer may see, in its order, with when it was made."""
    truth: dict[int, dict[str, datetime]] = {}
    with hub.look() as session:
        for row in session.scalars(select(Conversation)).all():
            mine = select(Principal.id).join(models.Customer, models.Customer.person_id == Principal.person_id)
            owner = session.scalars(mine.where(models.Customer.id == row.customer_id)).one()
            seen = posts.read(hub, session, row, 0, staff=False)
            truth[owner] = {f"{row.ref}:{one.seq}": one.at for one in seen}
    return truth
