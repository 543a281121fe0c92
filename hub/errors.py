"""The one error tree of the house; an error's class decides its fate.

HubError                      has `code` (stable slug), `status` (HTTP) and `hint` (how to mend it)
├── WrongInput                the caller's words are wrong: 4xx, never retried
│   ├── ConfigError           a file under HUB_CONFIG or a setting is wrong: exit 1, last good state keeps running
│   ├── NotJson       400     the body is no JSON object
│   ├── WrongKey      400     Idempotency-Key is missing or malformed
│   ├── WrongSignature 401    the bytes were not signed by the partner, or long ago, or in the future
│   ├── SignInNeeded  401     no session or token, or one that has ended
│   │   └── ProofNeeded       signed in, but too long ago for what can do harm
│   ├── Denied        403     known, but not allowed
│   │   └── SecondNeeded          allowed when somebody else says yes to it
│   ├── NotFound      404     there is no such thing, or none that the caller may see
│   ├── KeyInUse      409     the first call with this Idempotency-Key is still running
│   ├── TooLarge      413     more bytes than we read
│   └── KeyReused     422     the same Idempotency-Key came with another payload
├── PartDown          503     a part we stand on (database, Valkey) does not answer: try again
│   └── Busy                  it does, but others have kept it busy for longer than we wait in line
├── Quarantined               a record that must not be stored here: kept aside, asked about
├── Unmet                     a partner speaks of an object that nobody here has seen as a whole: it is read first
├── CrossingRefused           a row, key or session of one region was used in another: a defect, always loud
├── Unreadable                a ciphertext or key that cannot be opened: shredded, tampered with, or foreign
└── PartnerError              the partner said no; translated once, at the border (hub.sdk.http)
    ├── RetryLater            outage, quota, timeout: wait `after` seconds and try again; never a dead letter by itself
    ├── AuthBroken            our key is refused: the connection is parked, its messages wait
    ├── Refused               this push can never succeed: dead letter
    └── Gone                  the other end is gone for good (410): dead letter, the connection is switched off
"""


class HubError(Exception):
    code = "hub_error"
    status = 500

    def __init__(self, what: str, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.what} {self.hint}".strip()


class WrongInput(HubError):
    code = "wrong_input"
    status = 422


class ConfigError(WrongInput):
    code = "config_error"


class NotJson(WrongInput):
    code = "not_json"
    status = 400


class WrongKey(WrongInput):
    code = "idempotency_key_missing"
    status = 400


class WrongSignature(WrongInput):
    code = "wrong_signature"
    status = 401


class SignInNeeded(WrongInput):
    code = "sign_in_needed"
    status = 401


class ProofNeeded(SignInNeeded):
    """Signed in, but too long ago for what is asked."""

    code = "proof_needed"


class Denied(WrongInput):
    code = "denied"
    status = 403


class SecondNeeded(Denied):
    code = "second_needed"


class NotFound(WrongInput):
    code = "not_found"
    status = 404


class KeyInUse(WrongInput):
    code = "idempotency_key_in_use"
    status = 409


class TooLarge(WrongInput):
    code = "too_large"
    status = 413


class KeyReused(WrongInput):
    code = "idempotency_key_reused"


class PartDown(HubError):
    code = "part_down"
    status = 503


class Busy(PartDown):
    code = "busy"


class Quarantined(HubError):
    code = "quarantined"


class Unmet(HubError):
    code = "unmet"


class CrossingRefused(HubError):
    code = "crossing_refused"


class Unreadable(HubError):
    code = "unreadable"


class PartnerError(HubError):
    """outcomes: what became of each push of the batch, where the connector told them one by one (hub.sdk.outcomes)."""

    code = "partner_error"
    status = 502
    outcomes: tuple[object, ...] = ()


class RetryLater(PartnerError):
    """`after` is the partner's own wish in seconds (Retry-After), or None; `happened` is False when the request
    surely had no effect, True when it may have had one (the connection broke after the bytes were sent)."""

    code = "retry_later"

    def __init__(self, what: str, after: float | None = None, happened: bool = False) -> None:
        super().__init__(what)
        self.after = after
        self.happened = happened


class AuthBroken(PartnerError):
    code = "auth_broken"


class Refused(PartnerError):
    code = "refused"


class Gone(PartnerError):
    code = "gone"
