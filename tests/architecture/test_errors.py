"""Every error of the hub can be told to a machine, a door and a person."""

import importlib
import pkgutil
import re

import pytest

import api
import hub
import schedules
import workers
from hub.kernel.errors import ErrorKind, HubError


def list_errors() -> list[type[HubError]]:
    """Import every room, then ask Python itself."""
    for room in (hub, api, workers, schedules):
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            importlib.import_module(module.name)
    found: list[type[HubError]] = []
    to_visit = [HubError]
    while to_visit:
        children = to_visit.pop().__subclasses__()
        found += children
        to_visit += children
    # Tests make errors of their own.
    return sorted(
        {one for one in found if not one.__module__.startswith("tests")}, key=lambda one: one.__name__
    )


@pytest.mark.usefixtures("database")
def test_every_error_has_a_code_a_kind_and_a_cause() -> None:
    errors = list_errors()
    assert len(errors) > 10
    for error in errors:
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", error.code), error
        assert isinstance(error.kind, ErrorKind), error
        assert error.__doc__, error
        assert error.__doc__ != HubError.__doc__, error


@pytest.mark.usefixtures("database")
def test_one_code_is_one_kind() -> None:
    kinds: dict[str, set[ErrorKind]] = {}
    for error in list_errors():
        kinds.setdefault(error.code, set()).add(error.kind)
    assert {code for code, some in kinds.items() if len(some) > 1} == set()
