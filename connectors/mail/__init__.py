"""Mail by SMTP: told at least once under one Message-ID; clicks that stop, bounces, complaints and replies find their way back."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from email.utils import parseaddr
from pathlib import Path
from typing import Any, ClassVar

from connectors.mail import inward, mailgun, words
from connectors.mail.letters import RIGHTS, SECURITY, Sender, letter
from connectors.mail.marks import Marks
from connectors.mail.sandbox import MailSandbox
from connectors.mail.smtp import Deferred, Session, server_of
from hub.sdk import (
    Account,
    Answer,
    Case,
    ConfigError,
    EffectClass,
    Incoming,
    Kind,
    Knock,
    MailReply,
    Outcome,
    PartnerError,
    Push,
    Record,
    Sandbox,
    Topic,
    WrongSignature,
    check_standard_webhook,
    hookimpl,
    sandbox_account,
)
from hub.sdk.outcomes import each

FIELDS = ("email", "name")
MAILGUN_KEYS = ("mailgun_key", "mailgun_key_previous")


class Mail:
    """options: smtp (where to), sender (as in a From header), public (our own address, for the link that stops), user.
    secrets: webhook_secret (signs our marks and a provider's reports), password, mailgun_key (its webhook signing key)."""

    name: ClassVar[str] = "mail"
    kind: ClassVar[Kind] = "channel"
    batch_size: ClassVar[int] = 50
    topics: ClassVar[tuple[Topic, ...]] = (
        Topic("marketing", EffectClass.BLIND, "marketing", FIELDS, "mail", repeat_blind=True),
        Topic("service_notice", EffectClass.BLIND, "service_notice", FIELDS, "mail", repeat_blind=True),
        Topic("tier_changed", EffectClass.BLIND, "service_notice", FIELDS, "mail", repeat_blind=True),
        Topic(RIGHTS, EffectClass.BLIND, RIGHTS, FIELDS, "mail", repeat_blind=True),
        Topic(SECURITY, EffectClass.BLIND, SECURITY, FIELDS, "mail", repeat_blind=True),
    )

    def __init__(self, account: Account) -> None:
        options, secret = account.options, account.secrets.get("webhook_secret", "")
        shown = str(options.get("sender", ""))
        address = parseaddr(shown)[1]
        if "@" not in address or not secret:
            raise ConfigError(
                f"Connection “{account.connection}” needs options.sender and secrets.webhook_secret.",
                "Write sender: Garage <service@garage.example>, and name the secret's variable.",
            )
        self.meters = account.meters
        self.secrets = [secret, *filter(None, [account.secrets.get("webhook_secret_previous")])]
        self.mailgun_keys = [account.secrets[name] for name in MAILGUN_KEYS if account.secrets.get(name)]
        marks = Marks(self.secrets, address.rpartition("@")[2])
        public = str(options.get("public", "")).rstrip("/")
        self.sender = Sender(shown, f"{public}/webhooks/{account.connection}/stop", marks)
        password = account.secrets.get("password", "")
        self.server = server_of(str(options.get("smtp", "")), str(options.get("user", "")), password)

    def address_of(self, fields: Mapping[str, str]) -> str | None:
        return fields.get("email")

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        later: dict[str, str] = {}
        with Session(self.server) as session:
            try:
                return _but(later, each(batch, lambda push: self._send(session, push, later)))
            except PartnerError as error:
                error.outcomes = tuple(_but(later, [one for one in error.outcomes if isinstance(one, Outcome)]))
                raise

    def _send(self, session: Session, push: Push, later: dict[str, str]) -> None:
        """A mailbox that is busy holds up no other: its push alone goes into `later`."""
        if self.meters is not None:
            self.meters.spend("")
        try:
            session.send(letter(push, self.sender, datetime.now(UTC)), self.sender.address, str(push.body["email"]))
        except Deferred as error:
            later[push.key] = str(error)

    def verify(self, knock: Knock) -> Sequence[Incoming]:
        token = inward.stop_token(knock.url)
        if token is not None:
            return [inward.stopped(self.sender.marks.read_stop(token), token, knock.received_at)]
        if self._is_of_mailgun(knock):
            return mailgun.reported(knock, self.mailgun_keys, self.sender.marks)
        key = check_standard_webhook(knock.headers, knock.body, self.secrets, knock.received_at)
        return [inward.reported(key, knock, self.sender.marks)]

    def answer(self, knock: Knock) -> Answer:
        """Mailgun takes 200 alone for a yes."""
        return Answer(status=200) if self._is_of_mailgun(knock) else Answer()

    def _is_of_mailgun(self, knock: Knock) -> bool:
        return bool(self.mailgun_keys) and "webhook-id" not in knock.headers and inward.stop_token(knock.url) is None

    def report(self, incoming: Incoming) -> MailReply | None:
        return inward.failure(incoming.payload)

    def mail(self, knock: Knock) -> tuple[str, bytes]:
        if not self.mailgun_keys:
            raise WrongSignature("No provider brings mails here.", "Name secrets.mailgun_key of the connection.")
        return mailgun.mail_of(knock, self.mailgun_keys)

    def letter(self, raw: bytes, received_at: datetime) -> Sequence[Incoming]:
        return [inward.returned(raw, received_at, self.sender.marks)]

    def reply(self, raw: bytes) -> MailReply | None:
        return inward.reply(raw, self.sender.marks)

    def normalise(self, payload: bytes) -> Iterable[Record]:
        told = words.read(payload)
        return words.records(told, next((one.purpose for one in self.topics if one.name == told["topic"]), "marketing"))


def _but(later: Mapping[str, str], outcomes: Sequence[Outcome]) -> list[Outcome]:
    return [Outcome(one.key, "retry", later[one.key]) if one.key in later else one for one in outcomes]


@hookimpl
def register_channels() -> Sequence[type[Mail]]:
    return [Mail]


@hookimpl
def register_sandboxes(folder: Any, seed: int) -> Sequence[Sandbox]:
    return [MailSandbox(folder, seed)]


@hookimpl
def register_cases(folder: Path) -> Sequence[Case]:
    """Its partner is a mail server: the sandbox listens on a free port until the kit closes it."""
    sandbox = MailSandbox(folder)
    options = {"smtp": f"smtp://127.0.0.1:{sandbox.listen(0)}", "sender": "Garage <service@garage.example>"}
    secrets = {"webhook_secret": "whsec_dGhlIG1haWxzJyBzZWNyZXQgb2YgdGhlIHRlc3RzIDMyYg=="}
    return [Case(Mail, sandbox_account(secrets, **options), Path(__file__).parent / "payloads", sandbox)]
