"""Balance and history over HTTP."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from hub.db.transaction import transaction
from hub.domain.ledger.accruing import accrue
from hub.domain.ledger.drafts import AccrualDraft, EntrySource
from hub.kernel import clock
from hub.kernel.money import Asset
from tests.api.conftest import Hub
from tests.factories.onec import visit_event


def give(hub: Hub, key: str, amount: int, **fields: Any) -> None:
    """Accrue hundredths to Maria at once, without expiry unless told otherwise."""
    draft = {
        "entry_key": key,
        "owner_id": hub.maria_id,
        "asset": Asset.CASHBACK,
        "amount": amount,
        "occurred_at": clock.now(),
        "activates_at": None,
        "expires_at": None,
        "source": EntrySource("visit", f"N-{key}", f"visit:{key}"),
        "rule_code": "test",
        "rule_version": 1,
        "reason": "test",
    }
    with transaction() as session:
        accrue(session, [AccrualDraft(**{**draft, **fields})])


def history(hub: Hub, query: str = "") -> Any:
    answer = hub.http.get(f"/api/loyalty/transactions/me?{query}", headers=hub.patient())
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_an_untouched_patient_has_zeros_of_both_assets(hub: Hub) -> None:
    told = hub.http.get("/api/loyalty/balance/me", headers=hub.patient()).json()
    assert told["user_id"] == str(hub.maria_id)
    assert [asset["asset"] for asset in told["assets"]] == ["points", "cashback"]
    zero = {"available": "0.00", "pending": "0.00", "held": "0.00", "debt": "0.00", "non_expiring": "0.00"}
    assert all(zero.items() <= asset.items() for asset in told["assets"])
    assert told["tier"] == {"code": "BASE", "name": "Базовый", "rate_percent": "5.00", "next": None}
    assert told["as_of"].endswith("Z")


def test_a_visit_from_1c_shows_as_pending_cashback_once(hub: Hub) -> None:
    event = visit_event()
    event["visit"]["completed_at"] = clock.to_wire(clock.now())
    hub.push_and_drain(event)
    hub.push_and_drain(event)
    [_, cashback] = hub.http.get("/api/loyalty/balance/me", headers=hub.patient()).json()["assets"]
    assert (cashback["pending"], cashback["available"]) == ("130.05", "0.00")
    [line] = history(hub)["items"]
    assert (line["kind"], line["amount"], line["pending"]) == ("accrual", "130.05", True)
    assert line["document"] == {"type": "visit", "number": "00ЦК-000123"}
    assert line["description"].startswith("Кэшбэк за визит 00ЦК-000123")


def test_expiring_parts_and_the_rest_sum_to_the_available(hub: Hub) -> None:
    soon = clock.now() + timedelta(days=1)
    give(hub, "a", 10_000, expires_at=soon)
    give(hub, "b", 3_750)
    [_, cashback] = hub.http.get("/api/loyalty/balance/me", headers=hub.patient()).json()["assets"]
    assert (cashback["available"], cashback["non_expiring"]) == ("137.50", "37.50")
    assert cashback["expiring"] == [{"amount": "100.00", "expires_at": clock.to_wire(soon)}]


def test_the_etag_stays_while_nothing_changes_and_answers_304(hub: Hub) -> None:
    first = hub.http.get("/api/loyalty/balance/me", headers=hub.patient())
    known = {"If-None-Match": first.headers["ETag"]}
    again = hub.http.get("/api/loyalty/balance/me", headers=hub.patient() | known)
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["ETag"] == first.headers["ETag"]
    for other in ('"nonsense"', '"a", W/"b"'):
        fresh = hub.http.get("/api/loyalty/balance/me", headers=hub.patient() | {"If-None-Match": other})
        assert fresh.status_code == 200


def test_the_etag_changes_with_every_entry(hub: Hub) -> None:
    first = hub.http.get("/api/loyalty/balance/me", headers=hub.patient())
    give(hub, "a", 100)
    known = {"If-None-Match": first.headers["ETag"]}
    second = hub.http.get("/api/loyalty/balance/me", headers=hub.patient() | known)
    assert second.status_code == 200
    assert second.json()["version"] > first.json()["version"]


def test_the_etag_changes_when_time_alone_changes_the_answer(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    give(hub, "a", 10_000, expires_at=clock.now() + timedelta(hours=1))
    headers = hub.patient()
    first = hub.http.get("/api/loyalty/balance/me", headers=headers)
    later = clock.now() + timedelta(hours=2)
    monkeypatch.setattr("hub.domain.ledger.queries.clock", SimpleNamespace(now=lambda: later))
    second = hub.http.get(
        "/api/loyalty/balance/me", headers=headers | {"If-None-Match": first.headers["ETag"]}
    )
    assert second.status_code == 200
    assert second.json()["assets"][1]["available"] == "0.00"


def test_staff_read_any_account_and_an_unknown_one_is_404(hub: Hub) -> None:
    headers = hub.staff("cashier")
    assert hub.http.get(f"/api/loyalty/balance/{hub.maria_id}", headers=headers).status_code == 200
    for given in ("me", "nonsense", "00000000-0000-7000-8000-000000000000"):
        assert hub.http.get(f"/api/loyalty/balance/{given}", headers=headers).status_code == 404
        assert hub.http.get(f"/api/loyalty/transactions/{given}", headers=headers).status_code == 404


def test_history_is_paged_newest_first_without_holes(hub: Hub) -> None:
    for number in range(5):
        give(hub, f"k{number}", 100 + number)
    seen: list[str] = []
    cursor: str | None = ""
    while cursor is not None:
        page = history(hub, f"limit=2{cursor and '&cursor=' + cursor}")
        seen += [line["amount"] for line in page["items"]]
        cursor = page["next_cursor"]
    assert seen == ["1.04", "1.03", "1.02", "1.01", "1.00"]


def test_history_is_filtered_by_asset_kind_and_time(hub: Hub) -> None:
    give(hub, "a", 100)
    give(hub, "b", 200, asset=Asset.POINTS)
    assert [line["asset"] for line in history(hub, "asset=points")["items"]] == ["points"]
    assert len(history(hub, "kind=accrual")["items"]) == 2
    assert history(hub, "kind=spend")["items"] == []
    posted_at = history(hub, "asset=points")["items"][0]["posted_at"]
    assert [line["asset"] for line in history(hub, f"from={posted_at}")["items"]] == ["points"]
    assert [line["asset"] for line in history(hub, f"to={posted_at}")["items"]] == ["cashback"]


def test_a_line_of_the_history_has_every_member(hub: Hub) -> None:
    give(hub, "a", 100, source=None)
    [line] = history(hub)["items"]
    assert set(line) == {
        *("id", "asset", "kind", "amount", "balance_after", "pending", "occurred_at", "posted_at"),
        *("description", "document", "reverses", "expires_at"),
    }
    assert (line["balance_after"], line["document"], line["reverses"]) == ("1.00", None, None)
    assert line["description"] == "Кэшбэк"


def test_descriptions_and_tiers_are_english_for_those_who_ask(hub: Hub) -> None:
    give(hub, "a", 100)
    english = hub.patient() | {"Accept-Language": "en"}
    told = hub.http.get("/api/loyalty/transactions/me", headers=english).json()
    assert told["items"][0]["description"] == "Cashback for visit N-a"
    assert hub.http.get("/api/loyalty/balance/me", headers=english).json()["tier"]["name"] == "Base"
