"""Ids: sorted by time, of the declared version, and the same from the same parts."""

import time
import uuid

import pytest

from hub.kernel.ids import derived_id, find_uuid, new_id


def test_ids_of_later_milliseconds_sort_later(monkeypatch: pytest.MonkeyPatch) -> None:
    ids = []
    for millis in range(1_800_000_000_000, 1_800_000_000_500):
        monkeypatch.setattr(time, "time_ns", lambda millis=millis: millis * 1_000_000)
        ids.append(new_id())
    assert ids == sorted(ids)
    assert [str(one) for one in ids] == sorted(str(one) for one in ids)


def test_an_id_is_a_version_7_uuid_of_its_millisecond(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_800_000_000_123_456_789)
    for one in (new_id() for _ in range(200)):
        assert (one.version, one.variant) == (7, uuid.RFC_4122)
        assert one.int >> 80 == 1_800_000_000_123


def test_ids_of_one_millisecond_differ(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time_ns", lambda: 1_800_000_000_000_000_000)
    assert len({new_id() for _ in range(10_000)}) == 10_000


def test_a_derived_id_depends_on_every_part_and_on_where_parts_end() -> None:
    assert derived_id("a", "b") == derived_id("a", "b")
    assert len({derived_id("a", "b"), derived_id("ab"), derived_id("a", "c"), derived_id("b", "a")}) == 4
    assert derived_id("a").version == 5


@pytest.mark.parametrize("text", ["", "me", "1", "{92c7ea9d-2cab-11e4-9f84-1078d2d69bb4}", "z" * 36])
def test_what_cannot_be_an_id_is_not_found(text: str) -> None:
    assert find_uuid(text) is None


def test_a_canonical_id_is_read() -> None:
    one = new_id()
    assert find_uuid(str(one)) == one
