"""Cursors survive the wire, and rubbish in their place is refused, never an outage."""

import base64
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.db.paging import Page, cut_page, read_cursor, write_cursor
from hub.kernel.errors import CursorInvalidError

bigints = st.integers(min_value=-(2**63), max_value=2**63 - 1)
texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=20)


@settings(deadline=None)
@given(number=bigints, word=texts)
def test_a_cursor_is_read_as_it_was_written(number: int, word: str) -> None:
    assert read_cursor(write_cursor([number, word]), int, str) == [number, word]


def test_no_cursor_is_the_first_page() -> None:
    assert read_cursor(None, int) is None


def written(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    "cursor",
    [
        *("", "x", "!!!", "====", "курсор", "\x00", "A" * 10_000, "bm90IGpzb24"),
        *map(written, ({}, 5, None, [], ["1"], [1, 2], [1.0], [True], [None], [[1]])),
        *(written([number]) for number in (2**63, -(2**63) - 1, 10**100)),
        written([float("nan")]),
    ],
)
def test_rubbish_is_refused(cursor: str) -> None:
    with pytest.raises(CursorInvalidError):
        read_cursor(cursor, int)


@pytest.mark.parametrize("word", ["\x00", "a\x00b", "\ud800"])
def test_a_text_that_the_database_cannot_take_is_refused(word: str) -> None:
    with pytest.raises(CursorInvalidError):
        read_cursor(written([word]), str)


@settings(deadline=None)
@given(cursor=st.text(max_size=60))
def test_any_text_is_a_cursor_or_is_refused(cursor: str) -> None:
    try:
        read = read_cursor(cursor, int)
    except CursorInvalidError:
        return
    assert read is not None
    assert [type(value) for value in read] == [int]


@settings(deadline=None)
@given(count=st.integers(min_value=0, max_value=30), limit=st.integers(min_value=1, max_value=10))
def test_pages_show_every_row_once(count: int, limit: int) -> None:
    rows = list(range(1, count + 1))
    seen: list[int] = []
    cursor = None
    while True:
        after = read_cursor(cursor, int)
        rest = [row for row in rows if after is None or row > int(after[0])]
        page: Page[int] = cut_page(rest[: limit + 1], limit=limit, key=lambda row: [row])
        seen += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    assert seen == rows
