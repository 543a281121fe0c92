"""What is kept: every table of the core, every column classified."""

from hub.models.access import Challenge, Identity, Passkey, Principal, Role, Session, SignInLink, Token
from hub.models.audit import Anchor, AuditEntry, AuditSeal
from hub.models.base import Base, Here, Instant, Node, Regional, new_ref, table
from hub.models.campaigns import Incident, Membership, Pin, SegmentVersion
from hub.models.conversations import Conversation, Handoff, Post, ReplyTimer, Seat
from hub.models.documents import Document, DocumentShare, DocumentView
from hub.models.endpoints import Attempt, Endpoint
from hub.models.estimates import Estimate, EstimateLine, GuestLink
from hub.models.events import Event
from hub.models.fleet import Assignment, Fleet
from hub.models.jobs import Job, JobPart
from hub.models.journeys import Enrollment, Experiment, Exposure, JourneyVersion, StepLog, Task
from hub.models.keys import DataKey, Epoch
from hub.models.loyalty import LedgerEntry, MembershipCard, Tier
from hub.models.people import Alias, Customer, Driver, Link, Merger, Person, PersonalValue, Staff, called
from hub.models.privacy import (
    ArchivedInvoice,
    Breach,
    BreachClock,
    BreachPerson,
    Consent,
    ConsentAsk,
    ErasureRequest,
    LegalHold,
    Move,
    Notice,
    PersonRequest,
    Tombstone,
    TransferQuestion,
)
from hub.models.profiles import Profile, Score
from hub.models.proposals import Proposal
from hub.models.returns import ReturnReport
from hub.models.scoring import Need, Outreach, ScorerRun
from hub.models.service import (
    Appointment,
    Finding,
    Inspection,
    Invoice,
    Line,
    Recommendation,
    Told,
    Visit,
)
from hub.models.shop import Bay, Branch, Cost, Offer, Referral, Slot
from hub.models.sync import Agreement, Conflict, Counterpart, Duplicate, PartnerField, SyncState
from hub.models.timers import ServiceLevel, Timer, TimerEvent, TimerMark
from hub.models.traffic import Connection, Cursor, DeadLetter, Delivery, IdempotencyKey, Lease, Message
from hub.models.vehicles import CarInvitation, Ownership, Vehicle

__all__ = [
    "Agreement", "Alias", "Anchor", "Appointment", "ArchivedInvoice", "Assignment", "Attempt", "AuditEntry", "AuditSeal", "Base", "Bay",
    "Branch", "Breach", "BreachClock", "BreachPerson", "CarInvitation", "Challenge", "Conflict", "Connection", "Consent", "ConsentAsk",
    "Conversation", "Cost", "Counterpart", "Cursor", "Customer", "DataKey",
    "DeadLetter", "Delivery", "Document", "DocumentShare", "DocumentView", "Driver", "Duplicate", "Endpoint",
    "Enrollment", "Epoch", "ErasureRequest", "Estimate", "EstimateLine",
    "Event", "Experiment", "Exposure", "Finding", "Fleet", "GuestLink", "Handoff", "Here",
    "IdempotencyKey", "Identity", "Incident", "Inspection", "Instant", "Invoice", "Job", "JobPart", "JourneyVersion", "Lease",
    "LedgerEntry", "LegalHold", "Line", "Link", "Membership", "MembershipCard", "Merger", "Message", "Move", "Need", "Node", "Notice",
    "Offer", "Outreach", "Ownership", "PartnerField", "Passkey", "Person", "PersonRequest", "PersonalValue", "Pin", "Post", "Principal",
    "Profile", "Proposal", "Recommendation", "Referral", "Regional", "ReplyTimer", "ReturnReport", "Role", "Score", "ScorerRun", "Seat",
    "SegmentVersion",
    "ServiceLevel", "Session", "SignInLink", "Slot", "Staff", "StepLog", "SyncState", "Task", "Tier", "Timer",
    "TimerEvent", "TimerMark", "Token", "Told", "Tombstone", "TransferQuestion", "Vehicle", "Visit", "called", "new_ref",
    "table",
]  # fmt: skip
