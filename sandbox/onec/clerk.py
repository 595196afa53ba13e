"""The buttons: every change that a clerk can make of a document or a card, and its push."""

import datetime as dt
import decimal

import fastapi
import httpx

from sandbox.onec.base import Base
from sandbox.onec.documents import Notice, completed, registered
from sandbox.onec.exchange import Exchange
from sandbox.onec.habits import Format
from sandbox.onec.orders import (
    EditOrder,
    MergeOrder,
    NewPatientOrder,
    Order,
    RefundOrder,
    ResendOrder,
    UnpostOrder,
    VisitOrder,
)
from sandbox.onec.parcels import visit_ref
from sandbox.onec.refusals import ClerkError
from sandbox.onec.views import View, view_patient, view_push, view_visit


class ClerkDoors:
    """The endpoints that change documents."""

    def __init__(self, base: Base, exchange: Exchange) -> None:
        self._base = base
        self._exchange = exchange

    def mount(self, app: fastapi.FastAPI) -> None:
        """Put the endpoints where they belong."""
        app.post("/visits", status_code=201)(self.open_visit)
        app.get("/visits/{ref}")(self.show_visit)
        app.post("/visits/{ref}/edit")(self.edit)
        app.post("/visits/{ref}/unpost")(self.unpost)
        app.post("/visits/{ref}/repost")(self.post_again)
        app.post("/visits/{ref}/delete")(self.mark_for_deletion)
        app.post("/visits/{ref}/refund")(self.refund)
        app.post("/visits/{ref}/undo-refund")(self.undo_refund)
        app.post("/visits/{ref}/resend", status_code=202)(self.resend)
        app.post("/pushes/{push_id}/resend", status_code=202)(self.resend_push)
        app.post("/month-end", status_code=202)(self.close_month)
        app.post("/patients", status_code=201)(self.register_patient)
        app.get("/patients/{ref}")(self.show_patient)
        app.post("/patients/{ref}/push", status_code=202)(self.push_patient)
        app.post("/patients/{ref}/edit", status_code=202)(self.edit_patient)
        app.post("/patients/{ref}/merge", status_code=202)(self.merge_patient)

    def open_visit(self, order: VisitOrder) -> View:
        notice = self._base.open_visit(
            patient_ref=order.patient_ref,
            amount_kopecks=_kopecks(order.amount),
            referral_code=order.referral_code,
        )
        if order.refund_first:
            self._exchange.push(self._base.refund(notice.subject.ref), order.format)
        told = self._pushed(notice, order.format)
        if order.rollback:
            self._base.forget(notice.subject.ref)
        return told

    def show_visit(self, ref: str) -> View:
        return view_visit(self._base.get_visit(ref))

    def edit(self, ref: str, order: EditOrder | None = None) -> View:
        order = order or EditOrder()
        return self._pushed(self._base.edit(ref, _kopecks(order.amount)), order.format)

    def unpost(self, ref: str, order: UnpostOrder | None = None) -> View:
        order = order or UnpostOrder()
        return self._pushed(self._base.unpost(ref, is_silent=order.silent), order.format)

    def post_again(self, ref: str, order: Order | None = None) -> View:
        return self._pushed(self._base.post_again(ref), (order or Order()).format)

    def mark_for_deletion(self, ref: str, order: Order | None = None) -> View:
        return self._pushed(self._base.mark_for_deletion(ref), (order or Order()).format)

    def refund(self, ref: str, order: RefundOrder | None = None) -> View:
        order = order or RefundOrder()
        return self._pushed(self._base.refund(ref, order.line_no), order.format)

    def undo_refund(self, ref: str, order: Order | None = None) -> View:
        return self._pushed(self._base.undo_refund(ref), (order or Order()).format)

    def close_month(self) -> View:
        notices = self._base.post_month_again()
        for notice in notices:
            self._exchange.offer(notice)
        self._exchange.flush()
        return {"reposted": len(notices)}

    def resend(self, ref: str, order: ResendOrder | None = None) -> View:
        visit = self._base.get_visit(ref)
        last = self._exchange.queue.find_last(visit.ref)
        if last is None:
            # Forgotten, or one of an array: spelled anew from the document as it is.
            last = self._exchange.push(completed(visit))
        return self._repeated(last.id, order or ResendOrder())

    def resend_push(self, push_id: int, order: ResendOrder | None = None) -> View:
        return self._repeated(push_id, order or ResendOrder())

    def register_patient(self, order: NewPatientOrder) -> View:
        patient = self._base.cards.register(at=_now())
        visit: View | None = None
        if order.visit == "before_card":
            visit = self._pushed(self._base.open_visit(patient_ref=patient.ref), order.format)
        push = self._exchange.push(registered(patient), order.format)
        if order.visit == "after_card":
            visit = self._pushed(self._base.open_visit(patient_ref=patient.ref), order.format)
        return {"patient": view_patient(patient), "push": view_push(push), "visit": visit and visit["visit"]}

    def show_patient(self, ref: str) -> View:
        patient = self._base.cards.get(ref)
        return {"patient": view_patient(patient), "balance": self._asked_balance(patient.ref)}

    def push_patient(self, ref: str, order: Order | None = None) -> View:
        push = self._exchange.push(registered(self._base.cards.get(ref)), (order or Order()).format)
        return {"push": view_push(push)}

    def edit_patient(self, ref: str, order: Order | None = None) -> View:
        patient = self._base.cards.edit(ref, at=_now())
        push = self._exchange.push(registered(patient), (order or Order()).format)
        return {"patient": view_patient(patient), "push": view_push(push)}

    def merge_patient(self, ref: str, order: MergeOrder) -> View:
        patient = self._base.cards.merge(ref, order.into_ref, at=_now())
        push = self._exchange.push(registered(patient), order.format)
        return {"patient": view_patient(patient), "push": view_push(push)}

    def _pushed(self, notice: Notice, body_format: Format | None) -> View:
        push = self._exchange.push(notice, body_format)
        visit = self._base.get_visit(visit_ref(notice) or "")
        return {"visit": view_visit(visit), "push": view_push(push)}

    def _repeated(self, push_id: int, order: ResendOrder) -> View:
        queue = self._exchange.queue
        push = queue.get_push(push_id)
        if push is None:
            raise ClerkError(404, "unknown-push", "Такой отправки нет или она уже забыта")
        copies = queue.repeat(push.parcel, copies=order.copies, parallel=order.parallel)
        return {"sha256": push.parcel.sha256, "push_ids": [copy.id for copy in copies]}

    def _asked_balance(self, ref: str) -> object:
        try:
            answer = self._exchange.ask_balance(ref)
            return answer.json()
        except (httpx.HTTPError, ValueError):
            return None


def _kopecks(amount: decimal.Decimal | None) -> int | None:
    return None if amount is None else int(amount * 100)


def _now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)
