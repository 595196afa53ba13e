import pytest

from hub.domain.staff.permissions import PERMISSIONS, Permission, Role, has_permission


def test_every_role_stands_in_the_table() -> None:
    assert set(PERMISSIONS) == set(Role)


@pytest.mark.parametrize(
    ("permission", "roles"),
    [
        (Permission.READ_OWN_ACCOUNT, {"patient", "doctor"}),
        (
            Permission.READ_ANY_ACCOUNT,
            {"cashier", "senior_cashier", "marketer", "accountant", "auditor", "admin", "service"},
        ),
        (Permission.SEARCH_PATIENTS, {"cashier", "senior_cashier", "auditor", "admin"}),
        (Permission.READ_INBOX, {"auditor", "admin"}),
        (Permission.REPLAY_INBOX, {"admin"}),
        (Permission.PUSH_EVENTS, {"service"}),
        (Permission.READ_EXCHANGE, {"service"}),
    ],
)
def test_a_permission_is_held_by_these_roles_only(permission: Permission, roles: set[str]) -> None:
    assert {role.value for role in Role if has_permission([role], permission)} == roles


def test_nobody_is_allowed_nothing_and_two_roles_allow_both() -> None:
    assert not has_permission([], Permission.READ_OWN_ACCOUNT)
    assert has_permission([Role.DOCTOR, Role.CASHIER], Permission.SEARCH_PATIENTS)
