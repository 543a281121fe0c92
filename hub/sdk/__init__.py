"""All that plugins may import."""

from hub.errors import (
    AuthBroken,
    ConfigError,
    Gone,
    NotJson,
    PartnerError,
    Refused,
    RetryLater,
    WrongInput,
    WrongSignature,
)
from hub.sdk.answers import ReceiptRecord, ReplyRecord
from hub.sdk.backoff import full_jitter
from hub.sdk.bodies import read_json
from hub.sdk.cases import Case, sandbox_account
from hub.sdk.contracts import (
    DELETE,
    MERGE,
    SET_FIELDS,
    Account,
    Answer,
    Api,
    Asks,
    Bounds,
    Channel,
    Connector,
    Decision,
    EffectClass,
    Fetches,
    Hub,
    ImportPage,
    Imports,
    Incoming,
    Kind,
    Knock,
    Normalises,
    Outcome,
    Page,
    Push,
    Pushes,
    Question,
    Receives,
    RowProblem,
    Sandbox,
    TakesLoads,
    TakesMail,
    TakesRows,
    Topic,
    Work,
)
from hub.sdk.estimates import EstimateLineRecord, EstimateRecord
from hub.sdk.hookspecs import hookimpl
from hub.sdk.http import PartnerClient
from hub.sdk.mail_replies import HearsMailReplies, HearsMailReports, MailReply, TakesMailByWebhook
from hub.sdk.objects import Describes, FieldShape, Listing, Lists, Observes, Seen
from hub.sdk.record_kinds import PersonRecord, Record, ServiceRecord, ShopRecord
from hub.sdk.records import (
    AppointmentRecord,
    BranchRecord,
    ConsentRecord,
    CustomerKey,
    CustomerRecord,
    ErasedRecord,
    EventRecord,
    FindingRecord,
    InspectionRecord,
    InvoiceRecord,
    LineRecord,
    LoyaltyRecord,
    OfferRecord,
    ReadingRecord,
    RecommendationRecord,
    ReferralRecord,
    SlotRecord,
    VehicleRecord,
    VisitRecord,
)
from hub.sdk.scores import (
    Analysis,
    ArmStatistics,
    Attribution,
    Bandit,
    FactReader,
    JudgesRows,
    LearnsTables,
    Rail,
    Sale,
    ScoreGiven,
    Scorer,
    Survival,
    Tell,
    Touch,
    Trained,
    Trial,
    Waits,
)
from hub.sdk.signing import check_hmac_sha256, check_standard_webhook, check_time, sign
from rules.catalogue import Fact
from rules.journeys.plugged import PluginStep as Step
from rules.journeys.plugged import StepAnswer
from rules.mapping import Bad, Field, FileMapping, convert

__all__ = [
    "DELETE", "MERGE", "SET_FIELDS", "Account", "Analysis", "Answer", "Api", "AppointmentRecord", "ArmStatistics", "Asks",
    "Attribution", "AuthBroken", "Bad", "Bandit", "Bounds", "BranchRecord", "Case", "Channel", "ConfigError", "Connector",
    "ConsentRecord", "CustomerKey", "CustomerRecord", "Decision", "Describes", "EffectClass", "ErasedRecord",
    "EstimateLineRecord", "EstimateRecord", "EventRecord", "Fact", "FactReader", "Fetches", "Field", "FieldShape",
    "FileMapping", "FindingRecord", "Gone", "HearsMailReplies", "HearsMailReports", "Hub", "ImportPage", "Imports", "Incoming",
    "InspectionRecord",
    "InvoiceRecord", "JudgesRows", "Kind", "Knock", "LearnsTables", "LineRecord", "Listing", "Lists", "LoyaltyRecord", "MailReply",
    "Normalises", "NotJson", "Observes", "OfferRecord", "Outcome", "Page", "PartnerClient", "PartnerError",
    "PersonRecord", "Push", "Pushes", "Question", "Rail", "ReadingRecord", "ReceiptRecord", "Receives",
    "RecommendationRecord", "Record", "ReferralRecord", "Refused", "ReplyRecord", "RetryLater", "RowProblem",
    "Sale", "Sandbox", "ScoreGiven", "Scorer", "Seen", "ServiceRecord", "ShopRecord", "SlotRecord", "Step",
    "StepAnswer", "Survival", "TakesLoads", "TakesMail", "TakesMailByWebhook", "TakesRows", "Tell", "Topic", "Touch", "Trained", "Trial",
    "VehicleRecord", "VisitRecord", "Waits", "Work", "WrongInput", "WrongSignature", "check_hmac_sha256",
    "check_standard_webhook", "check_time", "convert", "full_jitter", "hookimpl", "read_json", "sandbox_account",
    "sign",
]  # fmt: skip
