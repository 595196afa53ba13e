"""Every column of sealed values, and what binds each value to its row. A test compares it with the schema."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import InstrumentedAttribute

from hub.audit.models import AuditNote
from hub.audit.notes import note_context
from hub.domain.approvals.models import Approval
from hub.domain.approvals.wording import reason_context
from hub.domain.patients.consenting import address_context
from hub.domain.patients.enrolling import enrolment_context
from hub.domain.patients.logins import login_context
from hub.domain.patients.models import ConsentRecord, Enrolment, Patient, PatientLogin
from hub.domain.patients.personal import SEALED_COLUMNS, personal_context
from hub.domain.staff.models import Credential, Staff, StaffTotp
from hub.domain.staff.sealing import name_context, signing_context
from hub.domain.staff.second_step import totp_context
from hub.idempotency.models import IdempotencyRecord
from hub.idempotency.store import answer_context
from hub.inbox.models import InboxBody, InboxEvent
from hub.inbox.store import body_context
from hub.outbox.models import OutboxDelivery
from hub.outbox.sealing import delivery_context

Attribute = InstrumentedAttribute[Any]


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """One column: the key of its rows, and the context made of the columns in `bound_to`."""

    column: Attribute
    key: Attribute
    bound_to: tuple[Attribute, ...]
    context: Callable[..., str]
    is_append_only: bool = False
    """The table refuses changes even to its owner; for a new seal over the same value its guard sleeps."""

    @property
    def name(self) -> str:
        """Say table and column."""
        return f"{self.column.class_.__tablename__}.{self.column.key}"


def _personal(name: str) -> SealedColumn:
    return SealedColumn(
        getattr(Patient, name),
        Patient.id,
        (Patient.id,),
        lambda patient_id: personal_context(patient_id, name),
    )


SEALED: tuple[SealedColumn, ...] = (
    *(_personal(name) for name in SEALED_COLUMNS),
    SealedColumn(
        *(ConsentRecord.address, ConsentRecord.id, (ConsentRecord.patient_id,), address_context),
        is_append_only=True,
    ),
    SealedColumn(Enrolment.phone, Enrolment.token_hash, (Enrolment.token_hash,), enrolment_context),
    SealedColumn(PatientLogin.email, PatientLogin.patient_id, (PatientLogin.patient_id,), login_context),
    SealedColumn(StaffTotp.secret, StaffTotp.staff_id, (StaffTotp.staff_id,), totp_context),
    SealedColumn(Staff.name, Staff.id, (Staff.id,), name_context),
    SealedColumn(Credential.signing_secret, Credential.id, (Credential.login,), signing_context),
    SealedColumn(Approval.reason, Approval.id, (Approval.id,), reason_context),
    SealedColumn(AuditNote.sealed, AuditNote.record_id, (AuditNote.record_id,), note_context),
    SealedColumn(InboxBody.sealed, InboxBody.event_id, (InboxEvent.public_id,), body_context),
    SealedColumn(OutboxDelivery.sealed, OutboxDelivery.id, (OutboxDelivery.public_id,), delivery_context),
    SealedColumn(
        IdempotencyRecord.sealed,
        IdempotencyRecord.id,
        (IdempotencyRecord.scope, IdempotencyRecord.key),
        answer_context,
    ),
)
