"""Hub: all parts of one region's process; build_hub is the only place where they are put together."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any

import pluggy
from redis import Redis
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from hub.accounts import account_at
from hub.bell import Bell
from hub.buckets import open_bucket
from hub.errors import ConfigError, HubError, NotFound, PartDown
from hub.files import Files, FolderFiles
from hub.ledger import refuse_to_start
from hub.models import Connection, Here
from hub.own import OWN, Own
from hub.plugins import load_plugins
from hub.policy import judge
from hub.regions import AWAY, READ, Directory, Region, down, open_region
from hub.rulebook import LiveBook
from hub.sdk.contracts import Connector, Decision, Question, Receives, Topic
from hub.sdk.mail_replies import HearsMailReports
from hub.settings import ConnectionSettings, RegionSettings, Settings
from hub.terms import NodeTerm
from hub.vault import AesGcm, Cipher, FileKeyStore, Vault
from hub.work import Work

Clock = Callable[[], datetime]


@dataclass(frozen=True)
class Partner:
    """One Connection, alive: its row's id, its settings, and the connector built for it."""

    id: int
    settings: ConnectionSettings
    connector: Connector
    api: Any = field(default=None, repr=False)

    @property
    def name(self) -> str:
        return self.settings.name

    @cached_property
    def receiver(self) -> Receives | None:
        """Its connector, where that takes webhooks: looked up once, as a look at a protocol costs more than a signature."""
        return self.connector if isinstance(self.connector, Receives) else None

    @cached_property
    def reporter(self) -> HearsMailReports | None:
        """Its connector, where that hears what became of mails."""
        return self.connector if isinstance(self.connector, HearsMailReports) else None

    def topics_for(self, cause: str) -> list[Topic]:
        """By which topics this connection is told of a cause."""
        return [topic for name in self.settings.hears.get(cause, ()) if (topic := self.topic(name))]

    def topic(self, name: str) -> Topic | None:
        return next((topic for topic in self.connector.topics if topic.name == name), None)


@dataclass(frozen=True)
class Hub:
    settings: Settings
    here: RegionSettings
    region: Region
    vault: Vault
    directory: Directory
    bell: Bell
    plugins: pluggy.PluginManager
    partners: Mapping[str, Partner]
    book: LiveBook
    clock: Clock
    node: NodeTerm = field(repr=False)

    @property
    def region_code(self) -> str:
        return self.here.code

    @property
    def files(self) -> Files:
        """Where this region's documents lie."""
        return files_of(self.settings, self.here, self.region.folder)

    @contextmanager
    def begin(self, kind: type[Work] = Work) -> Iterator[Work]:
        """Read, change, commit; then ring. Whatever raises inside rolls everything back."""
        self.node.renew(self.clock())
        try:
            with self.region.sessions.begin() as session:
                session.connection()  # on SQLite it waits here for whoever writes, and from here on others wait for it
                began = time.monotonic()
                work = kind(session, self.region, self.vault, self.node.ids, self.clock())
                yield work
                session.flush()
                work.write_entries()
                self.directory.add(work.new_refs, self.region_code)
        except AWAY as error:
            raise down(f"The database of {self.region_code}", error) from error
        self.bell.ring(sorted(work.bells), sorted(work.soon))
        self.bell.call(work.readers)
        self.region.let_others_in(time.monotonic() - began)

    @contextmanager
    def look(self) -> Iterator[Session]:
        """A session for reading only: it waits for no writer, and none waits for it."""
        try:
            with self.region.sessions() as session:
                line = session.connection(execution_options={READ: True})
                yield session
                self.region.end_look(line)
        except AWAY as error:
            raise down(f"The database of {self.region_code}", error) from error

    def permits(self, question: Question) -> Decision:
        return judge(self, question)

    def partner(self, name: str) -> Partner:
        """Raises NotFound."""
        try:
            return self.partners[name]
        except KeyError:
            raise NotFound(f"There is no connection “{name}” in {self.region_code}.") from None

    def close(self) -> None:
        for partner in self.partners.values():
            if partner.api is not None:
                partner.api.close()
        self.region.engine.dispose()
        self.directory.engine.dispose()
        self.bell.close()


def build_hub(
    settings: Settings,
    region_code: str,
    redis: Redis,
    *,
    clock: Clock = lambda: datetime.now(UTC),
    cipher: Cipher | None = None,
    replaying: bool = False,
) -> Hub:
    """Put one region's hub together. The database is migrated and opened before (hub init). Raises ConfigError, PartDown.

    replaying: on a restored database, whose erasures are about to be done again."""
    here = settings.region(region_code)
    region = open_region(region_code, here.cell, settings.database_url(region_code), settings.folder(region_code))
    try:
        _check_here(region, replaying=replaying)
        return _assemble(settings, here, region, redis, clock, cipher or AesGcm())
    except BaseException:
        region.engine.dispose()
        raise


def _assemble(
    settings: Settings, here: RegionSettings, region: Region, redis: Redis, clock: Clock, cipher: Cipher
) -> Hub:
    plugins = load_plugins(settings.plugins)
    node = NodeTerm(region, clock)
    partners = _open_partners(settings, region, plugins, node, clock, redis)
    book = LiveBook(settings.config, plugins)
    hub = Hub(
        settings=settings,
        here=here,
        region=region,
        vault=Vault(here.code, FileKeyStore(region.folder / "keys"), cipher),
        directory=Directory(settings.environ.get("HUB_DIRECTORY") or directory_url(settings.home)),
        bell=Bell(redis, here.code),
        plugins=plugins,
        partners=partners,
        book=book,
        clock=clock,
        node=node,
    )
    try:
        plugins.hook.startup(hub=hub)
    except BaseException:  # a plugin that is against it leaves nothing open
        hub.close()
        raise
    return hub


def files_of(settings: Settings, here: RegionSettings, folder: Path) -> Files:
    """A bucket where hub.yaml names one, else a folder. Raises ConfigError."""
    if here.documents is None:
        return FolderFiles(folder / "documents")
    return open_bucket(here.documents, settings.secrets_of(here.code))


def directory_url(home: Path) -> str:
    return f"sqlite:///{(home / 'directory.db').resolve()}"


def connector_classes(plugins: pluggy.PluginManager) -> dict[str, type[Connector]]:
    brought = plugins.hook.register_connectors() + plugins.hook.register_channels()
    return {connector.name: connector for several in brought for connector in several}


def check_opened(settings: Settings, region_code: str) -> bool:
    """Before processes are started: is this region's database there and its own? Raises ConfigError, PartDown. Answers whether the
    walls of PostgreSQL hold them; a file of SQLite needs none."""
    here = settings.region(region_code)
    region = open_region(region_code, here.cell, settings.database_url(region_code), settings.folder(region_code))
    try:
        _check_here(region)
        return region.on_sqlite or region.behind_walls
    finally:
        region.engine.dispose()


def _check_here(region: Region, *, replaying: bool = False) -> None:
    try:
        with region.sessions() as session:
            row = session.scalars(select(Here)).one_or_none()
            if not replaying:
                refuse_to_start(session, region)
    except HubError:
        raise
    except Exception as error:
        raise PartDown(
            f"The database of {region.code} is not ready ({type(error).__name__}).", "Run: hub init"
        ) from error
    if row is None or (row.region, row.cell) != (region.code, region.cell):
        found = f"it is {row.region}, cell {row.cell}" if row else "it is nobody's yet"
        raise ConfigError(f"This is not the database of {region.code}, cell {region.cell}: {found}.", "Run: hub init")


def _open_partners(
    settings: Settings, region: Region, plugins: pluggy.PluginManager, node: NodeTerm, clock: Clock, redis: Redis
) -> dict[str, Partner]:
    """Build a connector per Connection, and give each its row; one that has left the config is switched off."""
    classes = {**connector_classes(plugins), OWN: Own}
    own = ConnectionSettings(OWN, OWN, region.code)
    wanted = [own, *(connection for connection in settings.connections.values() if connection.region == region.code)]
    secrets = settings.secrets_of(region.code)
    with region.sessions.begin() as session:
        rows = {row.name: row for row in session.scalars(select(Connection))}
        if not {one.name for one in wanted} <= rows.keys():  # one writes them, where several processes begin at once
            session.execute(select(Here.cell).with_for_update())
            rows = {row.name: row for row in session.scalars(select(Connection))}
        partners = {}
        for connection in wanted:
            if connection.connector not in classes:
                known = ", ".join(sorted(classes))
                raise ConfigError(
                    f"Connection “{connection.name}”: no plugin brings “{connection.connector}”.", f"Brought: {known}."
                )
            row = rows.get(connection.name) or _new_row(session, connection, node.ids.next(), clock())
            if row.state == "off":
                row.state, row.reason = "active", ""
            kind = classes[connection.connector]
            account = account_at(connection, settings, secrets, kind, redis)
            partners[connection.name] = Partner(row.id, connection, kind(account), account.api)
        gone = [row.name for row in rows.values() if row.name not in partners]
        if gone:
            session.execute(
                update(Connection).where(Connection.name.in_(gone)).values(state="off", reason="left the configuration")
            )
    return partners


def _new_row(session: Session, connection: ConnectionSettings, row_id: int, now: datetime) -> Connection:
    row = Connection(
        id=row_id,
        name=connection.name,
        connector=connection.connector,
        state="active",
        opened_at=now,
        region=connection.region,
    )
    session.add(row)
    return row
