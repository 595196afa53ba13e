"""Marketers change the words of notices; whatever could not be sent is refused before it counts."""

from typing import Any

import pytest

from hub.db.transaction import transaction
from hub.domain.notifications.catalogue import Channel, NoticeKind
from hub.domain.notifications.preferences import Language
from hub.domain.notifications.templates import write_words
from hub.domain.notifications.texts import Words
from tests.api.conftest import Hub
from tests.conftest import Servers
from tests.inbox.arrivals import rows, run_in_threads

TEMPLATES = "/api/admin/notice-templates"
TEXT = f"{TEMPLATES}/points.accrued:sms:ru"
LETTER = f"{TEMPLATES}/points.accrued:email:ru"
NEW = {"subject": "", "body": "Вам {{ amount }} {{ unit }}!"}


def ask(hub: Hub, path: str, role: str = "marketer") -> Any:
    answer = hub.http.get(path, headers=hub.staff(role))
    assert answer.status_code == 200, answer.text
    return answer.json()


def put(hub: Hub, path: str, body: object, role: str = "marketer") -> Any:
    return hub.http.put(path, json=body, headers=hub.staff(role))


def post(hub: Hub, path: str, body: object | None = None, role: str = "marketer") -> Any:
    return hub.http.post(path, json=body, headers=hub.staff(role))


def test_every_kind_channel_and_language_is_listed_with_its_variables(hub: Hub) -> None:
    items = ask(hub, TEMPLATES)["items"]
    assert len(items) == len(NoticeKind) * len(Channel) * len(Language)
    [text] = [item for item in items if item["id"] == "points.accrued:sms:ru"]
    assert (text["current"]["version"], text["current"]["is_default"], text["is_sent"]) == (0, True, True)
    assert {"amount", "unit", "available_on"} <= set(text["variables"])


def test_new_words_count_and_the_old_ones_stay_in_the_history(hub: Hub, clean: Servers) -> None:
    assert put(hub, TEXT, NEW).status_code == 200
    detail = put(hub, TEXT, {"subject": "", "body": "Ещё {{ amount }}"}).json()
    assert detail["current"]["body"] == "Ещё {{ amount }}"
    assert [version["version"] for version in detail["versions"]] == [2, 1, 0]
    assert detail["versions"][1]["body"] == NEW["body"]
    assert detail["versions"][0]["actor"].startswith("staff:")
    audited = rows(clean, "SELECT action FROM audit_record WHERE object_type = 'notice_template' ORDER BY id")
    assert [row["action"] for row in audited] == ["notice_template.changed"] * 2


def test_the_same_words_again_make_no_version(hub: Hub) -> None:
    put(hub, TEXT, NEW)
    assert len(put(hub, TEXT, NEW).json()["versions"]) == 2


def test_restoring_brings_the_codes_words_back_and_keeps_the_history(hub: Hub) -> None:
    put(hub, TEXT, NEW)
    detail = post(hub, f"{TEXT}/restore").json()
    assert detail["current"]["is_default"] is True
    assert detail["current"]["body"] == detail["versions"][-1]["body"]
    assert [version["version"] for version in detail["versions"]] == [2, 1, 0]
    assert post(hub, f"{TEXT}/restore").json() == detail


@pytest.mark.parametrize(
    ("path", "body", "facts"),
    [
        (TEXT, {"subject": "", "body": "{{ doctor }}"}, {"problem": "unknown-variable", "name": "doctor"}),
        (TEXT, {"subject": "", "body": "{{ amount"}, {"problem": "syntax", "line": 1}),
        (TEXT, {"subject": "Тема", "body": "x"}, {"problem": "subject-of-sms"}),
        (LETTER, {"subject": "", "body": "x"}, {"problem": "subject-missing"}),
    ],
)
def test_words_that_could_not_be_sent_are_refused_with_why(
    hub: Hub, path: str, body: dict[str, str], facts: dict[str, object]
) -> None:
    for answer in (put(hub, path, body), post(hub, f"{path}/preview", {"words": body})):
        assert (answer.status_code, answer.json()["code"]) == (422, "template-invalid")
        assert facts.items() <= answer.json().items()
    assert ask(hub, path)["current"]["version"] == 0


def test_a_preview_shows_the_message_and_what_it_costs(hub: Hub) -> None:
    shown = post(hub, f"{TEXT}/preview", {"words": NEW, "values": {"amount": "7"}}).json()
    assert shown["text"] == "Вам 7 кэшбэка!"
    assert shown["segments"] == {"encoding": "ucs-2", "parts": 1, "length": 14}
    letter = post(hub, f"{LETTER}/preview", {}).json()
    assert letter["segments"] is None
    assert letter["html"].startswith("<!doctype html>")


def test_markup_in_words_and_values_is_shown_as_text(hub: Hub) -> None:
    words = {"subject": "<i>{{ amount }}</i>", "body": "<script>1</script>"}
    shown = post(hub, f"{LETTER}/preview", {"words": words, "values": {"amount": "<img src=x>"}}).json()
    assert "<script>" not in shown["html"]
    assert "<img src=x>" not in shown["html"]


@pytest.mark.parametrize(
    ("role", "reads", "writes"),
    [("marketer", 200, 200), ("admin", 200, 200), ("auditor", 200, 403), ("cashier", 403, 403)],
)
def test_only_who_may_reads_and_writes(hub: Hub, role: str, reads: int, writes: int) -> None:
    assert hub.http.get(TEXT, headers=hub.staff(role)).status_code == reads
    assert put(hub, TEXT, NEW, role).status_code == writes
    assert post(hub, f"{TEXT}/restore", role=role).status_code == writes


@pytest.mark.parametrize("unknown", ["x", "points.accrued:sms", "points.accrued:fax:ru", "x:sms:ru"])
def test_a_template_that_does_not_exist_is_not_found(hub: Hub, unknown: str) -> None:
    assert hub.http.get(f"{TEMPLATES}/{unknown}", headers=hub.staff("marketer")).status_code == 404


def test_editors_at_one_moment_get_versions_of_their_own(clean: Servers) -> None:
    key = (NoticeKind.POINTS_ACCRUED, Channel.SMS, Language.RU)

    def write(number: int) -> int:
        with transaction() as session:
            return write_words(session, key, Words("", f"{{{{ amount }}}} {number}"), actor="test").version

    versions = run_in_threads(*[lambda number=number: write(number) for number in range(8)])  # type: ignore[misc]
    assert sorted(versions) == list(range(1, 9))
