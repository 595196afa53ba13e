"""An announcement is told if and only if it happened."""

import pytest

from hub.contracts.announcements import Announcement, BalanceChanged, PatientUpserted
from hub.db.transaction import transaction
from hub.kernel.ids import PatientId, new_id
from hub.outbox.store import announce
from tests.conftest import Servers
from tests.db.failing import FailedError, fail_after
from tests.inbox.arrivals import rows

PATIENT = PatientId(new_id())
MESSAGES = "SELECT * FROM outbox_message ORDER BY id"


def upserted(*, is_new: bool = True) -> Announcement:
    return PatientUpserted(patient_id=PATIENT, correlation_id="c-00000001", is_new=is_new)


def test_announcements_are_kept_in_their_order_with_ids_and_units_only(clean: Servers) -> None:
    entry_id = new_id()
    changed = BalanceChanged(
        patient_id=PATIENT,
        correlation_id="c-00000002",
        entry_id=entry_id,
        kind="accrual",
        asset="CASHBACK",
        amount=13_005,
    )
    with transaction() as session:
        announce(session, [upserted(), changed])
    first, second = rows(clean, MESSAGES)
    assert (first["topic"], first["about"]) == ("patient.upserted", f"patient:{PATIENT}")
    assert (second["topic"], second["correlation_id"]) == ("balance.changed", "c-00000002")
    assert second["payload"] == {
        "patient_id": str(PATIENT),
        "correlation_id": "c-00000002",
        "entry_id": str(entry_id),
        "kind": "accrual",
        "asset": "CASHBACK",
        "amount": 13_005,
    }


def test_what_did_not_happen_is_not_announced(clean: Servers) -> None:
    with pytest.raises(FailedError):
        fail_after(lambda session: announce(session, [upserted()]))
    assert rows(clean, MESSAGES) == []


def test_announcing_nothing_is_nothing(clean: Servers) -> None:
    with transaction() as session:
        announce(session, [])
    assert rows(clean, MESSAGES) == []
