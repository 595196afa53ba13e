"""Phones in E.164. Russian habits are understood: 8 (900) …, ten bare digits, blanks and dashes."""

import phonenumbers

_REGION = "RU"
_VISIBLE_DIGITS = 4


def find_phone(text: str) -> str | None:
    """Read a phone as E.164, or None when it cannot be one."""
    try:
        number = phonenumbers.parse(text.strip()[:_TEXT_MAX], _REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def mask_phone(e164: str) -> str:
    """Show the country and the last four digits: +7 ••• •••-00-01."""
    tail = e164[-_VISIBLE_DIGITS:]
    return f"{e164[:2]} ••• •••-{tail[:2]}-{tail[2:]}"


_TEXT_MAX = 64
