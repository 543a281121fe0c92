"""The door for documents: invoices, warranties, photos and videos of a connection's customers, one file a call."""

import json
from typing import Any

from flask import Response, g, request
from flask.views import MethodView
from flask_smorest import Blueprint
from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from sqlalchemy.exc import IntegrityError

from hub.core import Partner
from hub.errors import Denied, PartDown, WrongInput
from hub.flow import bringing
from hub.flow.admission import Admitted, admit
from hub.flow.bringing import Brought, Outcome
from hub.flow.documents import KINDS, MOST_TITLE
from hub.flow.drafts import discard
from hub.web.access import needs
from hub.web.idempotency import KEY, answer_once
from hub.web.intake import expect_file, take_file
from hub.web.webhooks import this_hub
from hub.work import Work
from rules.calendar import local_day

bp = Blueprint("documents", "documents", url_prefix="/api/v1", description="Papers, photos and videos of customers.")


class DocumentForm(Schema):
    """The fields beside `file`. key: yours, unique: the same with other bytes is a correction."""

    key = fields.String(required=True, validate=validate.Length(1, 120))
    customer = fields.String(required=True, validate=validate.Length(1, 120))
    kind = fields.String(required=True, validate=validate.OneOf(KINDS))
    title = fields.String(load_default="", validate=validate.Length(max=MOST_TITLE))
    issued_on = fields.Date(load_default=None)
    ends_on = fields.Date(load_default=None)
    visit = fields.String(load_default=None, validate=validate.Length(1, 120))

    @validates_schema
    def _ends_after_it_began(self, told: dict[str, Any], **_: Any) -> None:
        if told.get("ends_on") and told.get("issued_on") and told["ends_on"] < told["issued_on"]:
            raise ValidationError("lies before issued_on", "ends_on")


class DocumentFile(DocumentForm):
    file = fields.Raw(required=True, metadata={"type": "string", "format": "binary"})


class DocumentTold(Schema):
    verdict = fields.String(required=True, metadata={"enum": ["accepted", "replaced", "duplicate"]})
    document = fields.String(required=True, metadata={"description": "our ref of it"})
    state = fields.String(required=True, metadata={"enum": ["released", "converting", "checking"]})


@bp.route("/documents", endpoint="bring_document")
class Door(MethodView):
    """201 when it is new or corrected, 200 for a duplicate. Pictures are painted anew, videos made playable; what acts by
    itself waits for the virus scanner (`checking`)."""

    @bp.doc(
        parameters=[KEY],
        requestBody={"required": True, "content": {"multipart/form-data": {"schema": DocumentFile}}},
    )
    @bp.response(201, DocumentTold)
    @needs("documents:write")
    def post(self) -> Response:
        """Bring a document of one of your customers."""
        expect_file()
        partner = _partner()
        told = _read()
        stored, _ = take_file()
        admitted = admit(this_hub(), stored)
        outcomes: list[Outcome] = []
        try:
            answer = answer_once(_said(admitted), lambda work: _bring(work, partner, told, admitted, outcomes))
        except IntegrityError:
            discard(this_hub(), admitted.stored)
            raise PartDown("Two calls brought the same document at the same moment.", "Send it again.") from None
        except BaseException:
            discard(this_hub(), admitted.stored)
            raise
        for outcome in outcomes:
            bringing.clear(this_hub(), outcome)
        if not outcomes:  # this call was answered before
            discard(this_hub(), admitted.stored)
        return answer


def _read() -> Brought:
    try:
        found = DocumentForm().load(request.form.to_dict())
    except ValidationError as error:
        said: Any = error.messages
        wrong = "; ".join(f"{name}: {' '.join(why)}" for name, why in sorted(said.items()))
        raise WrongInput(f"The form is wrong: {wrong}", "See /api/v1/openapi.json.") from None
    today = local_day(this_hub().clock(), this_hub().here.zone)
    return Brought(**{**found, "issued_on": found["issued_on"] or today})


def _said(admitted: Admitted) -> bytes:
    """All that this call says: its fields as they were sent, and the digest of its file."""
    return json.dumps(request.form.to_dict(), sort_keys=True).encode() + admitted.sent


def _bring(
    work: Work, partner: Partner, told: Brought, admitted: Admitted, outcomes: list[Outcome]
) -> tuple[dict[str, str], int]:
    outcome = bringing.bring(work, partner, told, admitted, g.principal_id)
    outcomes.append(outcome)
    body = {"verdict": outcome.verdict, "document": outcome.document.ref, "state": outcome.document.state}
    return body, 200 if outcome.verdict == "duplicate" else 201


def _partner() -> Partner:
    """The connection the token was granted for."""
    partner = this_hub().partners.get(g.connection or "")
    if partner is None:
        raise Denied(
            "This token speaks for no connection.",
            "Grant one: hub tokens grant --scope documents:write --connection NAME",
        )
    return partner
