"""The portal's memory: employees, codes, pairs of tokens, and a clock that can be put forward."""

import datetime as dt
import secrets
import threading
from dataclasses import dataclass, replace

CODE_LIFETIME_S = 30
ACCESS_LIFETIME_S = 3600
REFRESH_LIFETIME_S = 180 * 24 * 3600
_KEPT_MAX = 10_000


@dataclass(frozen=True, slots=True)
class Employee:
    """Somebody who works here, or did."""

    user_id: int
    name: str
    last_name: str
    email: str
    position: str
    is_admin: bool = False
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class App:
    """The local application that the portal knows."""

    client_id: str
    client_secret: str
    handler: str
    scope: str = "user_basic"


@dataclass(frozen=True, slots=True)
class Pair:
    """An access token with its refresh token."""

    access_token: str
    refresh_token: str
    user_id: int
    issued_at_s: float


class GrantError(Exception):
    """A code or refresh token that is unknown, used or too old."""


class TokenError(Exception):
    """An access token that is unknown (`invalid_token`) or too old (`expired_token`)."""


class Portal:
    """Safe to call from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._ahead_s = 0.0
        self._employees = {employee.user_id: employee for employee in _STAFF}
        self._codes: dict[str, tuple[int, float]] = {}
        self._by_access: dict[str, Pair] = {}
        self._by_refresh: dict[str, Pair] = {}

    def now_s(self) -> float:
        """Give the portal's own time."""
        return dt.datetime.now(dt.UTC).timestamp() + self._ahead_s

    def advance(self, seconds: float) -> None:
        """Put the clock forward."""
        with self._lock:
            self._ahead_s += seconds

    def list_employees(self) -> list[Employee]:
        """Everybody, by number."""
        with self._lock:
            return sorted(self._employees.values(), key=lambda employee: employee.user_id)

    def find_employee(self, user_id: int) -> Employee | None:
        """Find one, dismissed or not."""
        with self._lock:
            return self._employees.get(user_id)

    def set_active(self, user_id: int, *, is_active: bool) -> bool:
        """Dismiss or restore; gives whether there is such an employee."""
        with self._lock:
            employee = self._employees.get(user_id)
            if employee is not None:
                self._employees[user_id] = replace(employee, is_active=is_active)
            return employee is not None

    def make_code(self, user_id: int) -> str:
        """Give a code, good once and for half a minute."""
        code = secrets.token_hex(20)
        with self._lock:
            self._codes[code] = (user_id, self.now_s() + CODE_LIFETIME_S)
            _forget_oldest(self._codes)
        return code

    def spend_code(self, code: str) -> Pair:
        """Exchange a code. Raises: GrantError."""
        with self._lock:
            user_id, until_s = self._codes.pop(code, (0, 0.0))
            if not user_id or self.now_s() > until_s:
                raise GrantError
            return self._issue(user_id)

    def refresh(self, token: str) -> Pair:
        """Exchange a refresh token: the old pair dies at once. Raises: GrantError."""
        with self._lock:
            old = self._by_refresh.pop(token, None)
            if old is None or self.now_s() > old.issued_at_s + REFRESH_LIFETIME_S:
                raise GrantError
            self._by_access.pop(old.access_token, None)
            return self._issue(old.user_id)

    def read_access(self, token: str) -> int:
        """Tell whose access token this is. Raises: TokenError."""
        with self._lock:
            pair = self._by_access.get(token)
            if pair is None:
                raise TokenError("invalid_token")
            if self.now_s() > pair.issued_at_s + ACCESS_LIFETIME_S:
                raise TokenError("expired_token")
            return pair.user_id

    def _issue(self, user_id: int) -> Pair:
        pair = Pair(secrets.token_hex(32), secrets.token_hex(32), user_id, self.now_s())
        self._by_access[pair.access_token] = pair
        self._by_refresh[pair.refresh_token] = pair
        _forget_oldest(self._by_access)
        _forget_oldest(self._by_refresh)
        return pair


def _forget_oldest(kept: dict[str, object] | dict[str, Pair] | dict[str, tuple[int, float]]) -> None:
    while len(kept) > _KEPT_MAX:
        kept.pop(next(iter(kept)))


_STAFF = (
    Employee(1, "Анна", "Демина", "anna@portal.example", "администратор", is_admin=True),
    Employee(2, "Борис", "Кассин", "boris@portal.example", "кассир"),
    Employee(3, "Вера", "Счетова", "vera@portal.example", "бухгалтер"),
    Employee(4, "Глеб", "Новиков", "gleb@portal.example", "новый сотрудник"),
    Employee(5, "Дина", "Лечихина", "dina@portal.example", "врач"),
)
