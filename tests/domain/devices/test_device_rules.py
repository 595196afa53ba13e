"""How little is kept of where somebody signs in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.domain.devices.rules import LABEL_LENGTH_MAX, trim_label, truncate_address


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::/48"),
        ("::ffff:203.0.113.77", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
        ("", ""),
        ("testclient", ""),
    ],
)
def test_an_address_is_kept_without_its_end(address: str, network: str) -> None:
    assert truncate_address(address) == network


@given(st.text(max_size=400))
def test_any_browser_name_becomes_one_short_printable_line(user_agent: str) -> None:
    label = trim_label(user_agent)
    assert len(label) <= LABEL_LENGTH_MAX
    assert label.isprintable()
    assert label == label.strip()
    assert trim_label(label) == label
