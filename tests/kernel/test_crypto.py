"""What is sealed opens only where it belongs, with a key that is ours, and unaltered."""

import base64
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub.kernel.crypto import SealBrokenError, Vault, make_vault, read_key, same, secret_hash, sign


def drawn_key() -> str:
    return base64.urlsafe_b64encode(os.urandom(32)).decode()


OLD, NEW, INDEX = drawn_key(), drawn_key(), drawn_key()
vault = make_vault(f"old:{OLD}", INDEX)


@settings(deadline=None)
@given(plain=st.binary(max_size=300), context=st.text(max_size=30))
def test_what_was_sealed_opens_in_its_own_place(plain: bytes, context: str) -> None:
    assert vault.open(vault.seal(plain, context=context), context=context) == plain


def test_the_same_value_is_sealed_differently_each_time() -> None:
    assert vault.seal(b"secret", context="c") != vault.seal(b"secret", context="c")


def test_a_sealed_value_shows_nothing_of_what_it_holds() -> None:
    assert b"plain words" not in vault.seal(b"plain words", context="c")


def test_a_value_moved_to_another_place_does_not_open() -> None:
    with pytest.raises(SealBrokenError):
        vault.open(vault.seal(b"x", context="row:1"), context="row:2")


@settings(deadline=None)
@given(at=st.integers(min_value=0, max_value=2**16), flip=st.integers(min_value=1, max_value=255))
def test_any_altered_byte_is_noticed(at: int, flip: int) -> None:
    sealed = bytearray(vault.seal(b"a value", context="c"))
    sealed[at % len(sealed)] ^= flip
    with pytest.raises(SealBrokenError):
        vault.open(bytes(sealed), context="c")


@pytest.mark.parametrize("cut", range(48))
def test_a_cut_value_is_noticed(cut: int) -> None:
    with pytest.raises(SealBrokenError):
        vault.open(vault.seal(b"a long enough value of many bytes", context="c")[:cut], context="c")


def test_an_unknown_key_refuses() -> None:
    stranger = make_vault(f"other:{drawn_key()}", INDEX)
    with pytest.raises(SealBrokenError, match="unknown key"):
        vault.open(stranger.seal(b"x", context="c"), context="c")


def test_another_key_under_the_same_name_refuses() -> None:
    stranger = make_vault(f"old:{NEW}", INDEX)
    with pytest.raises(SealBrokenError):
        vault.open(stranger.seal(b"x", context="c"), context="c")


def test_after_a_rotation_the_old_opens_and_the_new_seals() -> None:
    rotated = make_vault(f"new:{NEW}, old:{OLD}", INDEX)
    assert rotated.open(vault.seal(b"x", context="c"), context="c") == b"x"
    with pytest.raises(SealBrokenError):
        vault.open(rotated.seal(b"x", context="c"), context="c")


def test_a_blind_index_is_stable_and_keeps_purposes_and_keys_apart() -> None:
    other = Vault(vault.current, vault.keys, os.urandom(32))
    assert vault.blind_index("phone", "+7") == make_vault(f"new:{NEW}", INDEX).blind_index("phone", "+7")
    assert len({vault.blind_index("phone", "x"), vault.blind_index("card", "x")}) == 2
    assert other.blind_index("phone", "x") != vault.blind_index("phone", "x")


@pytest.mark.parametrize("keys", ["", "a", "a:", "a:short", "a:AAAA,b"])
def test_what_is_no_key_is_refused(keys: str) -> None:
    with pytest.raises(ValueError, match=r"32 bytes|base64|Incorrect padding|data characters"):
        make_vault(keys, INDEX)


def test_a_key_is_read_with_and_without_padding() -> None:
    assert read_key(OLD) == read_key(OLD.rstrip("="))


def test_hashes_and_signatures_are_of_the_whole_value() -> None:
    assert same(secret_hash("a"), secret_hash("a"))
    assert not same(secret_hash("a"), secret_hash("b"))
    # RFC 4231, test case 2
    assert sign(b"Jefe", b"what do ya want for nothing?").startswith("5bdcc146bf60754e6a042426089575c7")
