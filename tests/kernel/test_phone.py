"""Phones: Russian habits are understood, and what is shown gives little away."""

import pytest

from hub.kernel.phone import find_phone, mask_phone


@pytest.mark.parametrize(
    "text",
    [
        *("+79000000001", "89000000001", "79000000001", "9000000001", "8 (900) 000-00-01"),
        *("+7 900 000 00 01", " 8-900-000-00-01 ", "+7\u00a0900\u00a0000\u201100\u201101", "8(900)0000001"),
    ],
)
def test_every_way_to_write_a_phone_is_one_phone(text: str) -> None:
    assert find_phone(text) == "+79000000001"


def test_foreign_phones_keep_their_country() -> None:
    assert find_phone("+375 29 123-45-67") == "+375291234567"


@pytest.mark.parametrize("text", ["", "нет", "123", "+", "+7900000000123456", "0" * 1000, "\x00"])
def test_what_cannot_be_a_phone_is_none(text: str) -> None:
    assert find_phone(text) is None


def test_a_masked_phone_shows_the_country_and_four_digits() -> None:
    assert mask_phone("+79000001234") == "+7 ••• •••-12-34"
