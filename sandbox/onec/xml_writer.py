"""Notices as XML of `exchange.xsd`, spelled plainly or locally («1 700,00», «Истина», dd.mm.yyyy)."""

import datetime as dt

from lxml import etree

from sandbox.onec.catalog import Patient
from sandbox.onec.documents import Notice, Refund, Visit, data_version, milliseconds
from sandbox.onec.json_writer import PATIENT_TYPE, REFUND_TYPE, VISIT_TYPE, local_phone, naive

NAMESPACE = "urn:umc-loyalty:exchange:1"
NO_BREAK_SPACE = "\u00a0"


def write_xml(notice: Notice, *, infobase: str, message_no: int | None, is_local: bool) -> str:
    """Spell a notice; `message_no` None leaves the exchange element out."""
    return _Spelling(is_local=is_local).event(notice, infobase, message_no)


class _Spelling:
    """One document's way to write numbers, booleans and dates."""

    def __init__(self, *, is_local: bool) -> None:
        self._is_local = is_local

    def event(self, notice: Notice, infobase: str, message_no: int | None) -> str:
        # A refund document has no id of its own on its way out of 1C: the hub derives one.
        event_id = "" if isinstance(notice.subject, Refund) else notice.event_id
        clinic = notice.clinic
        root = etree.fromstring(f'<Event xmlns="{NAMESPACE}"/>')
        root.set("id", event_id)
        root.set("type", notice.kind)
        root.set("occurredAt", naive(notice.occurred_at))
        _add(root, "Source", infobase=infobase, node=clinic.node, tz=clinic.tz)
        if message_no is not None:
            _add(root, "Exchange", messageNo=str(message_no), receivedNo="0")
        subject = notice.subject
        if isinstance(subject, Patient):
            self._patient(root, subject)
        elif isinstance(subject, Refund):
            self._refund(root, subject)
        else:
            self._visit_object(root, subject)
            if notice.cancel_kind is None:
                self._visit(root, subject)
            else:
                cancel = _add(root, "Cancel")
                _add_text(cancel, "VisitRef", subject.ref)
                _add_text(cancel, "Kind", notice.cancel_kind)
        text = etree.tostring(root, encoding="unicode", pretty_print=True)
        return '<?xml version="1.0" encoding="UTF-8"?>\r\n' + text.replace("\n", "\r\n")

    def _visit_object(self, root: etree._Element, visit: Visit) -> None:
        _add(
            root,
            "Object",
            type=VISIT_TYPE,
            ref=visit.ref,
            number=visit.number,
            date=self._date(visit.begun_at),
            dataVersion=data_version(visit.version),
            posted=self._flag(is_set=visit.is_posted),
            deletionMark=self._flag(is_set=visit.is_marked_for_deletion),
        )

    def _visit(self, root: etree._Element, visit: Visit) -> None:
        body = _add(root, "Visit")
        patient = _add(body, "Patient")
        _add_text(patient, "Ref", visit.patient.ref)
        _add_text(patient, "Code", visit.patient.code)
        _add_text(patient, "Phone", local_phone(visit.patient.phone))
        _add_text(patient, "Birthday", "0001-01-01T00:00:00")
        _add_text(patient, "CardCode", visit.patient.card_code)
        _add_text(body, "ClinicRef", visit.clinic.ref)
        _add_text(body, "CompletedAt", naive(visit.completed_at))
        for line in visit.lines:
            _add(
                body,
                "Line",
                no=str(line.no),
                serviceRef=line.service.ref,
                loyaltyGroup=line.service.group,
                doctorRef=line.doctor_ref or "",
                qty=str(line.qty),
                price=self._money(line.price_kopecks),
                discount=self._money(line.discount_kopecks),
                pointsPaid=self._money(0),
                amount=self._money(line.amount_kopecks),
            )
        for payment in visit.payments:
            _add(body, "Payment", kind=payment.kind, amount=self._money(payment.amount_kopecks))
        if visit.referral_code:
            _add(body, "Promo", referralCode=visit.referral_code)
        _add_text(body, "Total", self._money(visit.total_kopecks))

    def _refund(self, root: etree._Element, refund: Refund) -> None:
        _add(
            root,
            "Object",
            type=REFUND_TYPE,
            ref=refund.ref,
            number=refund.number,
            posted=self._flag(is_set=True),
            deletionMark=self._flag(is_set=False),
        )
        cancel = _add(root, "Cancel")
        _add_text(cancel, "VisitRef", refund.visit.ref)
        _add_text(cancel, "Kind", "refund")
        _add_text(cancel, "RefundDocRef", refund.ref)
        for line in refund.lines:
            _add(cancel, "Line", no=str(line.no), qty=str(line.qty), amount=self._money(line.amount_kopecks))

    def _patient(self, root: etree._Element, patient: Patient) -> None:
        version = milliseconds(patient.registered_at.replace(tzinfo=dt.UTC))
        _add(
            root,
            "Object",
            type=PATIENT_TYPE,
            ref=patient.ref,
            dataVersion=data_version(version),
            deletionMark=self._flag(is_set=False),
        )
        card = _add(root, "Patient")
        birthday = patient.birthday.strftime("%d.%m.%Y") if self._is_local else patient.birthday.isoformat()
        for name, text in (
            ("Ref", patient.ref),
            ("Code", patient.code),
            ("Surname", patient.surname),
            ("Name", patient.name),
            ("FatherName", patient.father_name),
            ("Birthday", birthday),
            ("Phone", local_phone(patient.phone)),
            ("CardCode", patient.card_code),
        ):
            _add_text(card, name, text)

    def _money(self, kopecks: int) -> str:
        if not self._is_local:
            return f"{kopecks // 100}.{kopecks % 100:02d}"
        return f"{kopecks // 100:,}".replace(",", NO_BREAK_SPACE) + f",{kopecks % 100:02d}"

    def _flag(self, *, is_set: bool) -> str:
        if self._is_local:
            return "Истина" if is_set else "Ложь"
        return "true" if is_set else "false"

    def _date(self, instant: dt.datetime) -> str:
        return f"{instant:%d.%m.%Y %H:%M:%S}" if self._is_local else naive(instant)


def _add(parent: etree._Element, name: str, **attributes: str) -> etree._Element:
    child = etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")
    for key, text in attributes.items():
        child.set(key, text)
    return child


def _add_text(parent: etree._Element, name: str, text: str) -> None:
    _add(parent, name).text = text or None
