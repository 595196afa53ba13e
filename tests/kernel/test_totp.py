"""One-time passwords of authenticators, by the vectors of the RFCs."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.kernel import totp

SECRET = b"12345678901234567890"
HOTP = ["755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489"]


@pytest.mark.parametrize(("step", "code"), list(enumerate(HOTP)))
def test_codes_are_those_of_rfc_4226(step: int, code: str) -> None:
    assert totp.code_of(SECRET, step) == code


@pytest.mark.parametrize(
    ("seconds", "code"),
    [
        (59, "287082"),
        (1_111_111_109, "081804"),
        (1_111_111_111, "050471"),
        (1_234_567_890, "005924"),
        (2_000_000_000, "279037"),
        (20_000_000_000, "353130"),
    ],
)
def test_codes_of_an_instant_are_those_of_rfc_6238(seconds: int, code: str) -> None:
    at = datetime.fromtimestamp(seconds, UTC)
    assert totp.find_step(SECRET, code, at, after=0) == seconds // 30


@given(st.binary(min_size=20, max_size=20), st.integers(-4, 4))
def test_a_code_is_good_one_step_around_and_never_again(secret: bytes, drift: int) -> None:
    at = datetime(2026, 11, 27, 12, tzinfo=UTC)
    code = totp.code_of(secret, totp.step_at(at))
    seen_at = at + timedelta(seconds=30 * drift)
    found = totp.find_step(secret, code, seen_at, after=0)
    if abs(drift) <= 1:
        assert found is not None
        assert totp.find_step(secret, code, seen_at, after=found + 1) is None
    near = {totp.code_of(secret, totp.step_at(seen_at) + offset) for offset in (-1, 0, 1)}
    assert (found is not None) == (code in near)


@given(st.text(max_size=20))
def test_what_is_no_code_finds_no_step(typed: str) -> None:
    at = datetime(2026, 11, 27, 12, tzinfo=UTC)
    near = {totp.code_of(SECRET, totp.step_at(at) + offset) for offset in (-1, 0, 1)}
    assert (totp.find_step(SECRET, typed, at, after=0) is not None) == (typed in near)


def test_the_address_for_the_qr_code_is_read_by_authenticators() -> None:
    parts = urlsplit(totp.write_uri(SECRET, issuer="Моя ❤ скидка", account="anna"))
    assert (parts.scheme, parts.netloc) == ("otpauth", "totp")
    assert parse_qs(parts.query) == {
        "secret": ["GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"],
        "issuer": ["Моя ❤ скидка"],
    }
