"""Locks of a batch, taken ahead and in one order, so that two batches never wait for each other in a ring.

A batch is told in rounds, and each round locks what it needs. Taken round by round, documents and names of
cards would come after purses, and purses out of the order of their ids. So a batch of several rounds takes
all its documents first, then all names of cards, and all purses before the first that posts; one round
alone does it right.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

from sqlalchemy.orm import Session

from hub.contracts.facts import Fact, PatientSnapshot, VisitRefunded, VisitSnapshot
from hub.db.locks import lock_names
from hub.domain.ledger.accounts import lock_accounts
from hub.domain.ledger.queries import BALANCE_ASSETS, net_accrued
from hub.domain.patients.queries import find_patients_by_ref, find_survivors
from hub.domain.patients.recording import card_waiting_key
from hub.domain.visits.mirror import VisitKey, find_holders, lock_refunds, lock_visits
from hub.flows.visit_cashback import document_key
from hub.kernel.money import Asset


def lock_documents(session: Session, facts: Sequence[Fact]) -> set[VisitKey]:
    """Lock the refunds, then the visits, also those that a moved refund leaves; gives all the visits."""
    refunds = {(fact.stamp.infobase, fact.stamp.ref) for fact in facts if isinstance(fact, VisitRefunded)}
    left = {held.visit for held in lock_refunds(session, refunds).values()} if refunds else set()
    visits = _visits(facts) | left
    if visits:
        lock_visits(session, visits)
    return visits


def lock_cards(session: Session, facts: Sequence[Fact]) -> None:
    """Lock the names of the cards that these facts bring, or will wait for."""
    cards = {(fact.stamp.infobase, fact.stamp.ref) for fact in facts if isinstance(fact, PatientSnapshot)}
    wanted = _patient_refs(facts)
    lock_names(session, [card_waiting_key(*key) for key in cards | (wanted - _find(session, wanted).keys())])


def lock_purses(
    session: Session, facts: Sequence[Fact], visits: Collection[VisitKey], absorbed: Collection[UUID]
) -> None:
    """Lock the purses that these visits may touch, and those that merges empty and fill.

    Raises: PurseMovedError when a neighbour's merge emptied one since we looked: its heir's would be taken
    late, out of order. Looked at again, the heir is found.
    """
    nets = net_accrued(session, [document_key(key) for key in visits], asset=Asset.CASHBACK)
    owners = {
        *_find(session, _patient_refs(facts)).values(),
        *find_holders(session, visits),
        *(owner for net in nets.values() for owner in net),
    }
    merged = {*absorbed, *find_survivors(session, absorbed).values()}
    holders = {(owner, Asset.CASHBACK) for owner in owners} | {
        (owner, asset) for owner in merged for asset in BALANCE_ASSETS
    }
    if holders:
        lock_accounts(session, holders, moved_may_be=merged)


def _patient_refs(facts: Sequence[Fact]) -> set[VisitKey]:
    return {
        (fact.stamp.infobase, fact.patient_ref)
        for fact in facts
        if isinstance(fact, VisitSnapshot) and fact.patient_ref
    }


def _visits(facts: Sequence[Fact]) -> set[VisitKey]:
    return {
        (fact.stamp.infobase, fact.visit_ref if isinstance(fact, VisitRefunded) else fact.stamp.ref)
        for fact in facts
        if isinstance(fact, VisitRefunded | VisitSnapshot)
    }


def _find(session: Session, wanted: set[VisitKey]) -> dict[VisitKey, UUID]:
    return {
        (infobase, ref): patient_id
        for infobase in {base for base, _ in wanted}
        for ref, patient_id in find_patients_by_ref(
            session, infobase, [ref for base, ref in wanted if base == infobase]
        ).items()
    }
