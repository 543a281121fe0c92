"""All kinds of records, by what they are about."""

from hub.sdk.answers import ReceiptRecord, ReplyRecord
from hub.sdk.estimates import EstimateRecord
from hub.sdk.records import (
    AppointmentRecord,
    BranchRecord,
    ConsentRecord,
    CustomerRecord,
    ErasedRecord,
    EventRecord,
    InspectionRecord,
    InvoiceRecord,
    LoyaltyRecord,
    OfferRecord,
    ReadingRecord,
    RecommendationRecord,
    ReferralRecord,
    SlotRecord,
    VehicleRecord,
    VisitRecord,
)

ServiceRecord = (
    VisitRecord
    | InvoiceRecord
    | InspectionRecord
    | RecommendationRecord
    | EstimateRecord
    | AppointmentRecord
    | OfferRecord
    | ReferralRecord
)
ShopRecord = BranchRecord | SlotRecord
AnswerRecord = ReplyRecord | ReceiptRecord
PersonRecord = CustomerRecord | VehicleRecord | EventRecord | LoyaltyRecord | ConsentRecord | ErasedRecord
Record = PersonRecord | ServiceRecord | ShopRecord | ReadingRecord | AnswerRecord
