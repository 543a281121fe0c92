"""The garage's own system: visits, advice, invoices and appointments come in as rows; signals for its desks go out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from connectors.shop import history, words
from connectors.shop.sandbox import ShopSandbox
from hub.sdk import (
    Account,
    Answer,
    Bounds,
    Case,
    EffectClass,
    ImportPage,
    Incoming,
    Kind,
    Knock,
    Outcome,
    Push,
    Record,
    Sandbox,
    Topic,
    WrongInput,
    check_standard_webhook,
    hookimpl,
    read_json,
    sandbox_account,
)
from hub.sdk.outcomes import each
from hub.sdk.row_checks import checked, dumped

MOST_ROWS = 500  # of one webhook
STRICT = {"fault.field_added": "rows are our own format: a field that nobody knows is a misspelt one, and told so"}


class Shop:
    name: ClassVar[str] = "shop"
    kind: ClassVar[Kind] = "shop"
    batch_size: ClassVar[int] = 20
    topics: ClassVar[tuple[Topic, ...]] = (
        Topic("segment_entered", EffectClass.KEYED, "service_desk"),
        Topic("segment_left", EffectClass.KEYED, "service_desk"),
        Topic("appointment_changed", EffectClass.KEYED, "service_desk"),
        Topic("estimate_answered", EffectClass.KEYED, "service_desk"),
    )

    def __init__(self, account: Account) -> None:
        self.api = account.api
        names = ("webhook_secret", "webhook_secret_previous")
        self.secrets = [account.secrets[name] for name in names if name in account.secrets]

    def verify(self, knock: Knock) -> Sequence[Incoming]:
        """One row, or {"rows": [...]}: each becomes a delivery of its own, in order per customer."""
        check_standard_webhook(knock.headers, knock.body, self.secrets, knock.received_at)
        told = read_json(knock.body)
        rows = told.get("rows") if isinstance(told, dict) and "rows" in told else [told]
        if not isinstance(rows, list) or not 1 <= len(rows) <= MOST_ROWS:
            raise WrongInput(f"A webhook tells 1 to {MOST_ROWS} rows.", "See connectors/shop/README.md.")
        return [self.incoming(checked(row)) for row in rows]

    def answer(self, knock: Knock) -> Answer:
        return Answer()

    def incoming(self, row: Mapping[str, Any]) -> Incoming:
        kind, at = row["type"], row["at"]
        whose = row.get("customer") or (row["key"] if kind == "customer" else f"{kind}:{row['key']}")
        key = f"{kind}:{row['key']}:{row['version']}:{at.isoformat()}"
        return Incoming(key=key, entity=whose, payload=dumped(row), at=at, version=row["version"])

    def history(self, path: Path, bounds: Bounds) -> Iterator[ImportPage]:
        return history.pages(path, bounds)

    def normalise(self, payload: bytes) -> Iterable[Record]:
        return words.records(payload)

    def push(self, batch: Sequence[Push]) -> Sequence[Outcome]:
        return each(batch, self._signal)

    def _signal(self, push: Push) -> None:
        """For the desk of the customer's branch; a customer the shop has no key of is named by our ref."""
        body = {
            "signal": push.topic,
            **{
                name: push.body.get(name)
                for name in ("segment", "kind", "how", "estimate", "version", "seen", "lines")
                if name in push.body or name == "segment"
            },
            "customer": push.partner_id,
            "ref": push.entity,
        }
        self.api.request("POST", "/v1/signals", json=body, headers={"Idempotency-Key": push.key})


@hookimpl
def register_connectors() -> Sequence[type[Shop]]:
    return [Shop]


@hookimpl
def register_sandboxes(folder: Any, seed: int) -> Sequence[Sandbox]:
    return [ShopSandbox(folder, seed)]


@hookimpl
def register_cases(folder: Path) -> Sequence[Case]:
    account = sandbox_account({"webhook_secret": "whsec_dGhlIHNob3AncyBzZWNyZXQsIG9mIHRoZSB0ZXN0cyAzMmI="})
    return [Case(Shop, account, Path(__file__).parent / "payloads", ShopSandbox(folder, seed=1), excuses=STRICT)]
