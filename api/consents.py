"""Consents: the documents one is asked to agree to, and a patient's own log of what they said."""

from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from fastapi import Request
from pydantic import Field

from api.access import LOOK_UP, PATIENT, CallerHere, Door
from api.languages import prefers_english
from api.owners import get_own_patient_id
from api.wire import AcceptLanguage, Asked, Told
from hub.db.transaction import transaction
from hub.domain.patients.consent_texts import CONSENT_TEXTS, Purpose
from hub.domain.patients.consenting import Decision, LoggedConsent, list_consents
from hub.flows.enrolment import decide
from hub.kernel.errors import FieldInvalidError

texts_door = Door("/api/auth/consents", tag="auth")
door = Door("/api/me/consents", tag="me")
_PURPOSE = Annotated[Purpose, Field(strict=False)]


class ConsentTextWire(Told):
    """One document; the Russian text is the one that counts, and `text_hash` is its SHA-256."""

    purpose: Purpose
    doc_version: str
    is_required: bool
    title: str
    text: str
    text_hash: str


class ConsentTextsWire(Told):
    """All documents that the cabinet asks about."""

    items: list[ConsentTextWire]
    next_cursor: None = None


class ConsentAsked(Asked):
    """A yes or no to a purpose; `doc_version`: which text was read, when not the present one, 422."""

    purpose: _PURPOSE
    granted: bool = True
    doc_version: str | None = Field(default=None, max_length=100)


class ConsentWire(Told):
    """One line of the log."""

    purpose: str
    granted: bool
    at: datetime
    doc_version: str
    text_hash: str | None
    source: str


class ConsentsWire(Told):
    """The log, the newest first: the newest word on a purpose counts."""

    items: list[ConsentWire]
    next_cursor: None = None


@texts_door.get("", LOOK_UP)
def list_texts(accept_language: AcceptLanguage = "") -> ConsentTextsWire:
    """List what a newcomer is asked to agree to, each purpose by itself."""
    is_english = prefers_english(accept_language)
    return ConsentTextsWire(
        items=[
            ConsentTextWire(
                purpose=text.purpose,
                doc_version=text.version,
                is_required=text.is_required,
                title=text.title_en if is_english else text.title_ru,
                text=text.text_en if is_english else text.text_ru,
                text_hash=text.text_hash.hex(),
            )
            for text in CONSENT_TEXTS.values()
        ]
    )


@door.get("", PATIENT)
def list_own(caller: CallerHere) -> ConsentsWire:
    """Show a patient what they agreed to, when and where, and what they took back."""
    patient_id = get_own_patient_id(caller)
    with transaction() as session:
        return _write(list_consents(session, patient_id))


@door.post("", PATIENT)
def decide_own(caller: CallerHere, body: ConsentAsked, request: Request) -> ConsentsWire:
    """Give a consent, or take it back (`granted: false`). Repeating adds nothing to the log."""
    patient_id, decisions = get_own_patient_id(caller), read_decisions([body])
    with transaction() as session:
        decide(session, patient_id, decisions, address=read_address(request))
        return _write(list_consents(session, patient_id))


def read_decisions(asked: Iterable[ConsentAsked]) -> list[Decision]:
    """Take the decisions. Raises: FieldInvalidError when another version of a text was read."""
    decisions = []
    for one in asked:
        if one.doc_version not in {None, CONSENT_TEXTS[one.purpose].version}:
            raise FieldInvalidError(field="doc_version")
        decisions.append(Decision(one.purpose, one.granted))
    return decisions


def read_address(request: Request) -> str:
    """Give the caller's whole address: it is kept sealed, as proof of a consent, and nowhere else."""
    return request.client.host if request.client else ""


def _write(log: Iterable[LoggedConsent]) -> ConsentsWire:
    return ConsentsWire(
        items=[
            ConsentWire(
                purpose=line.purpose,
                granted=line.is_granted,
                at=line.at,
                doc_version=line.doc_version,
                text_hash=line.text_hash.hex() if line.text_hash else None,
                source=line.source,
            )
            for line in log
        ]
    )
