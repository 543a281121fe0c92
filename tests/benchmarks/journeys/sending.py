"""How many messages a minute are claimed, asked about, rendered and handed to a mail server of this machine, on PostgreSQL:
python tests/benchmarks/journeys/sending.py [messages] [--profile]

By two workers, as a region has them; the mail server is a third process on the same cores. Profiled: by one, in this process."""

import cProfile
import multiprocessing
import os
import pstats
import socketserver
import sys
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from shutil import copytree
from tempfile import TemporaryDirectory

sys.path.insert(0, "tests/support")

from sqlalchemy import func, select, text

from benchmark import measured
from hub.core import Hub
from hub.flow import outbox, pipeline
from hub.flow.batches import batches
from hub.flow.outbox import Intent
from hub.flow.values import value_context
from hub.models import Consent, Customer, DataKey, Message, PersonalValue
from postgres import vacuum
from town import Standing, opened, settle

BENCHMARK = {
    "name": "journeys/sending",
    "goal": ">= 60,000 a minute",
    "quick": ["500"],
    "full": ["10000"],
}
FORK = multiprocessing.get_context("fork")
ANSWERS = {b"QUIT": b"221 bye\r\n", b"EHLO": b"250-sink\r\n250 PIPELINING\r\n"}
GOAL, WORKERS = 60_000.0, 2  # messages a minute
NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)


class Sink(socketserver.StreamRequestHandler):
    """A mail server that says yes to everything and keeps nothing, with no more work than that takes."""

    taken = 0

    def handle(self) -> None:
        self.wfile.write(b"220 sink\r\n")
        while line := self.rfile.readline():
            verb = line[:4].upper()
            if verb == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                while (line := self.rfile.readline()) and line != b".\r\n":
                    pass
                Sink.taken += 1
            self.wfile.write(ANSWERS.get(verb, b"250 ok\r\n"))
            if verb == b"QUIT":
                return


def sink() -> socketserver.ThreadingTCPServer:
    socketserver.ThreadingTCPServer.daemon_threads = True
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Sink)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def configured(folder: Path, port: int) -> Path:
    """Ours, without a throttle, and with the sink where the mails go."""
    config = folder / "config"
    copytree("config", config)
    hub_yaml, sending = config / "hub.yaml", config / "sending.yaml"
    hub_yaml.write_text(hub_yaml.read_text().replace("smtp://127.0.0.1:8191", f"smtp://127.0.0.1:{port}"))
    before, _, rest = sending.read_text().partition("# What the providers take")
    sending.write_text(before + rest[rest.index("caps:") :])
    return config


def reachable(hub: Hub, ids: list[int]) -> None:
    """Each with a key of their own, an address, a name and a consent."""
    for some in batches(ids):
        with hub.begin() as work:
            epoch = work.vault.epochs(work.session)[0]
            people = dict(
                work.session.execute(select(Customer.person_id, Customer.id).where(Customer.id.in_(some))).all()
            )
            keys, values, said = [], [], []
            for person in people:
                key = work.vault.make_key(work.ids.next())
                keys.append({"id": key.id, "owner_kind": "person", "wrapped": work.vault.wrap(key, epoch), "epoch": epoch,
                             "made_at": work.now})  # fmt: skip
                people[person] = key.id
                for name, value in (("email", f"c{person}@customers.example"), ("name", "Anna Weiß")):
                    sealed = work.vault.seal(key, value.encode(), value_context(person, name, 0))
                    values.append(
                        {"person_id": person, "field": name, "about_id": 0, "sealed": sealed, "changed_at": work.now}
                    )
                said.append({"person_id": person, "purpose": "marketing", "channel": "mail", "state": "granted", "notice": "n",
                             "at": work.now, "received_at": work.now, "connection_id": hub.partner("mail_eu").id,
                             "source_hash": person.to_bytes(32, "big")})  # fmt: skip
            work.insert_all(DataKey, keys)
            work.insert_all(PersonalValue, values)
            work.insert_all(Consent, said)
            work.session.flush()
            for person, key_id in people.items():
                work.session.execute(
                    text("UPDATE persons SET data_key_id = :key WHERE id = :id"), {"key": key_id, "id": person}
                )


def due(hub: Hub, ids: list[int]) -> None:
    for some in batches(ids):
        with hub.begin() as work:
            refs = work.session.execute(select(Customer.id, Customer.ref).where(Customer.id.in_(some))).all()
            intents = [
                Intent("marketing", ref, f"marketing/j{one}:hello:1", {"customer_id": one, "enrollment_id": one, "journey": "welcome",
                       "node": "hello", "channel": "mail", "purpose": "marketing"}, "welcome")
                for one, ref in refs
            ]  # fmt: skip
            outbox.put(work, hub.partner("mail_eu"), intents)


def send(hub: Hub) -> None:
    partner, rng = hub.partner("mail_eu"), Random(1)
    while pipeline.send(hub, partner, rng):
        pass


def work(hub: Hub) -> None:
    """After the fork: connections are the parent's."""
    hub.region.engine.dispose(close=False)
    hub.directory.engine.dispose(close=False)
    send(hub)


def main(messages: int, profiled: bool) -> None:
    server = sink()
    with (
        TemporaryDirectory() as folder,
        opened(Standing(NOW), str(configured(Path(folder), server.server_address[1]))) as hub,
    ):
        ids = settle(hub, messages, past=False)
        reachable(hub, ids)
        due(hub, ids)
        vacuum(hub.region.engine)
        began, cpu = time.perf_counter(), sum(os.times()[:4])
        if profiled:
            profile = cProfile.Profile(time.process_time)
            profile.runcall(send, hub)
        else:
            workers = [FORK.Process(target=work, args=(hub,)) for _ in range(WORKERS)]
            for worker in workers:
                worker.start()
            for worker in workers:
                worker.join()
        took, spent = time.perf_counter() - began, sum(os.times()[:4]) - cpu
        with hub.look() as session:
            states = dict(session.execute(select(Message.state, func.count()).group_by(Message.state)).all())
        sent = states.get("sent", 0)
        if sent != messages or Sink.taken != messages:
            raise SystemExit(f"not all of them went: {states}, {Sink.taken} taken")
        note = f"{sent:,}, {spent / sent * 1000:.2f} ms of CPU each with the sink's part"
        measured("messages handed over", sent * 60 / took, "a minute", goal=GOAL, more=True, note=note)
        if profiled:
            pstats.Stats(profile).sort_stats("cumtime").print_stats(r"(hub|connectors)/|execute|flush", 45)
    server.shutdown()


if __name__ == "__main__":
    main(int(next((one for one in sys.argv[1:] if one.isdigit()), "3000")), "--profile" in sys.argv)
