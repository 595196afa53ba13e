"""Every captured body, through the door and the worker, against the outcome that lies beside it.

`{"same_as": name}`: another spelling of that body. An outcome is written by hand or read through before
it is kept; nothing here writes one.
"""

from typing import Any

import pytest

from tests.integrations.onec.captured import body, expected, fixtures, outcome

CRASHES = "crash__"
"""What fuzzing found; those have tests of their own."""
CONTENT_TYPES = [
    None,
    "",
    "text/plain",
    "text/xml",
    "application/xml",
    "application/json; charset=utf-8",
    "application/json;charset=windows-1251",
    "чушь",
]


def resolved(told: dict[str, Any]) -> dict[str, Any]:
    """The outcome with its spelling resolved: what is dropped is of the spelling, the rest of the fact."""
    if "events" in told:
        return told | {"events": [resolved(each) for each in told["events"]]}
    if "same_as" not in told:
        return told
    same = {key: value for key, value in expected(told["same_as"]).items() if key != "dropped"}
    return resolved(same) | {key: value for key, value in told.items() if key != "same_as"}


@pytest.mark.parametrize("name", [name for name in fixtures() if not name.startswith(CRASHES)])
def test_every_captured_body_becomes_what_lies_beside_it(name: str) -> None:
    assert outcome(body(name)) == resolved(expected(name))


@pytest.mark.parametrize("content_type", CONTENT_TYPES)
def test_no_content_type_changes_what_a_body_becomes(content_type: str | None) -> None:
    for name in fixtures():
        assert outcome(body(name), content_type) == outcome(body(name)), name
