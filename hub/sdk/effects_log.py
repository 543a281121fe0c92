"""What really happened at a sandbox: one row per effect applied, durable, so that tests judge by the partner's own books."""

import hashlib
import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Any


class EffectsLog:
    """A SQLite file of the sandbox's own; it survives a kill of the sandbox. Reading it needs no sandbox."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lock = threading.Lock()
        self.db: sqlite3.Connection | None = None
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(self._open()) as db:
            db.execute(
                "CREATE TABLE IF NOT EXISTS effects (seq INTEGER PRIMARY KEY, account TEXT, key TEXT, topic TEXT, entity TEXT, value TEXT)"
            )
            db.execute("CREATE TABLE IF NOT EXISTS things (kind TEXT, id TEXT, body TEXT, PRIMARY KEY (kind, id))")

    def __del__(self) -> None:
        """Whoever lets go of the log lets go of its file."""
        if self.db is not None:
            self.db.close()

    def _open(self) -> sqlite3.Connection:
        """Whoever calls holds the lock, or has it for itself."""
        db = sqlite3.connect(self.path, timeout=60, isolation_level=None, check_same_thread=False)  # others fill it
        db.execute("PRAGMA journal_mode=WAL")
        db.execute("PRAGMA synchronous=NORMAL")  # a kill loses nothing; only the machine's own end could
        return db

    def transact(self, act: Any) -> Any:
        """Run act(db) in one transaction: a sandbox's state and its log move together or not at all. The connection stays open,
        as closing the last one of a file writes its whole log over."""
        with self.lock:
            if self.db is None:
                self.db = self._open()
            self.db.execute("BEGIN IMMEDIATE")
            try:
                answer = act(self.db)
            except BaseException:
                self.db.execute("ROLLBACK")
                raise
            self.db.execute("COMMIT")
            return answer

    def rows(self) -> list[tuple[int, str, str, str, str, str]]:
        with closing(self._open()) as db:
            return db.execute("SELECT seq, account, key, topic, entity, value FROM effects ORDER BY seq").fetchall()

    def count(self) -> int:
        with closing(self._open()) as db:
            return int(db.execute("SELECT count(*) FROM effects").fetchone()[0])

    def things(self) -> list[tuple[str, str, str]]:
        """(kind, id, body) of all that the sandbox remembers."""
        with closing(self._open()) as db:
            return db.execute("SELECT kind, id, body FROM things ORDER BY kind, id").fetchall()


def applied(db: sqlite3.Connection, account: str, key: str, topic: str, entity: str, value: str) -> None:
    db.execute(
        "INSERT INTO effects (account, key, topic, entity, value) VALUES (?, ?, ?, ?, ?)",
        (account, key, topic, entity, value),
    )


def thing(db: sqlite3.Connection, kind: str, id_: str) -> str | None:
    row = db.execute("SELECT body FROM things WHERE kind = ? AND id = ?", (kind, id_)).fetchone()
    return None if row is None else str(row[0])


def things_after(db: sqlite3.Connection, kind: str, after: str, limit: int) -> list[tuple[str, str]]:
    """(id, body) by id, behind `after`: a page of what the sandbox has."""
    query = "SELECT id, body FROM things WHERE kind = ? AND id > ? ORDER BY id LIMIT ?"
    return db.execute(query, (kind, after, limit)).fetchall()


def put_thing(db: sqlite3.Connection, kind: str, id_: str, body: str) -> None:
    db.execute("INSERT OR REPLACE INTO things (kind, id, body) VALUES (?, ?, ?)", (kind, id_, body))


def account_of(header: str) -> str:
    """Which of a sandbox's accounts an Authorization header speaks for; empty for none. No token is written down."""
    kind, _, token = header.partition(" ")
    return hashlib.sha256(token.encode()).hexdigest()[:8] if kind == "Bearer" and token else ""
