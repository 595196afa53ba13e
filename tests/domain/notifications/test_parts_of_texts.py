"""How many segments an operator bills: the borders of each alphabet."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.notifications.rules import count_segments


@pytest.mark.parametrize(
    ("text", "segments"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 306, 2),
        ("a" * 307, 3),
        ("€" * 80, 1),
        ("€" * 81, 2),
        # The pair of an extension sign is not torn: the 153rd place of the first part stays empty.
        ("a" * 152 + "€" + "a" * 152, 3),
        ("я" * 70, 1),
        ("я" * 71, 2),
        ("я" * 134, 2),
        ("я" * 135, 3),
        ("a" * 159 + "я", 3),
        # Every heart is two units of UCS-2, and is not torn either.
        ("💚" * 35, 1),
        ("💚" * 36, 2),
        ("💚" * 67, 3),
    ],
)
def test_a_text_takes_as_many_segments_as_its_alphabet_allows(text: str, segments: int) -> None:
    assert count_segments(text).parts == segments


@given(st.text(max_size=400), st.text(max_size=50))
def test_a_longer_text_never_takes_less(text: str, more: str) -> None:
    assert 1 <= count_segments(text).parts <= count_segments(text + more).parts
