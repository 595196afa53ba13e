"""How the fields of one kind of object are found by any of their names.

The same keys come in the same order for years, so how a tuple of keys is read is worked out once and
remembered as a plan. Plans know names of fields only: keys that could be values are not remembered.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from hub.integrations.onec import medical
from hub.integrations.onec.tree import Fields, is_empty

_KEY_LENGTH_MAX = 64
ROWS = frozenset(
    {"rows", "row", "item", "строка", "line", "работа", "работы", "услуга", "услуги"}
    | {"payment", "оплата", "оплаты", "consent", "согласие"}
)
"""Elements that only hold rows: <Работы><Работа/>…</Работы>."""
_KEYS_MAX = 64
_PLANS_MAX = 512


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """How objects with exactly these keys are read."""

    pairs: tuple[tuple[str, str], ...]
    """Canonical name and key as sent, in the order of the keys' alphabet."""
    is_plain: bool
    """Every known key is its own canonical name: the object can be read as it is."""
    has_rivals: bool
    """Two spellings of one name: their values decide which is read."""
    unknown: int
    """How many keys nobody agreed upon; inside of an object that is unknown itself they do not count."""
    is_medical: bool
    label: str | None
    """The key that names a row of {name, value}, which is a field in disguise."""
    inner: Mapping[str, "Names"]
    """How to read the objects under the known keys; a holder of rows reads its rows as itself."""


class Names:
    """The spellings of one kind of object's fields, folded, and the kinds of objects inside."""

    __slots__ = ("_canonical", "_inner", "_is_row", "_plans", "is_of_service")

    def __init__(
        self,
        spellings: Mapping[str, str],
        *,
        inner: Mapping[str, "Names"] | None = None,
        spare: Iterable[str] = (),
        is_row: bool = False,
        is_of_service: bool = False,
    ) -> None:
        """Take spelling → canonical name; `spare` are names that are agreed upon and not read."""
        self._canonical: Final = {**dict.fromkeys(spare, ""), **spellings}
        self._inner: Final = dict(inner or {})
        self._plans: Final[dict[tuple[str, ...], Plan]] = {}
        self._is_row: Final = is_row
        self.is_of_service: Final = is_of_service

    def find(self, key: str) -> str | None:
        """Find the canonical name of a key; "" for one that is agreed upon and never read."""
        name = self._canonical.get(key)
        return self._canonical.get(folded(key)) if name is None else name

    def known(self, fields: Fields) -> Fields:
        """Keep the fields that have a name of ours, under it; all others are never read.

        When two spellings of one name meet, the first with a value in alphabetic order wins, so that
        the order of keys does not matter. Keys of others may stay beside their own canonical names.
        """
        plan = self._plans.get(tuple(fields)) or self.plan(fields)
        if plan.is_plain:
            return fields if plan.pairs else {}
        if not plan.has_rivals:
            return {name: fields[key] for name, key in plan.pairs}
        found: Fields = {}
        for name, key in plan.pairs:
            if name not in found or is_empty(found[name]):
                found[name] = fields[key]
        return found

    def plan(self, fields: Fields) -> Plan:
        """Give the plan of an object's keys."""
        keys = tuple(fields)
        plan = self._plans.get(keys)
        if plan is None:
            plan = self._make(keys)
            if _are_names(keys):
                if len(self._plans) >= _PLANS_MAX:
                    self._plans.clear()
                self._plans[keys] = plan
        return plan

    def inside(self, key: str) -> "Names":
        """Give the spellings of what stands under the key."""
        inner = self._inner.get(self.find(key) or "")
        if inner is not None:
            return inner
        return STRANGE_OF_SERVICE if self.is_of_service or medical.is_of_service(key) else STRANGE

    def drops(self, key: str) -> bool:
        """Tell whether a field must be gone before the body is kept."""
        return self.find(key) is None and medical.is_medical(key, of_service=self.is_of_service)

    def find_label(self, keys: Iterable[str]) -> str | None:
        """Find the key that names a row of {name, value}."""
        return medical.find_label(key for key in keys if self.find(key) is None)

    def _make(self, keys: tuple[str, ...]) -> Plan:
        pairs: list[tuple[str, str]] = []
        strange: list[str] = []
        medical_count = 0
        for key in sorted(keys):
            name = self.find(key)
            if name:
                pairs.append((name, key))
            elif name is None:
                strange.append(key)
                medical_count += medical.is_medical(key, of_service=self.is_of_service)
        is_holder = self._is_row and len(keys) == 1 and folded(keys[0]) in ROWS
        is_counted = self._canonical and not is_holder
        has_rivals = len({name for name, _ in pairs}) < len(pairs)
        return Plan(
            pairs=tuple(pairs),
            is_plain=not has_rivals and all(name == key for name, key in pairs),
            has_rivals=has_rivals,
            unknown=len(strange) - medical_count if is_counted else 0,
            is_medical=medical_count > 0,
            label=medical.find_label(strange),
            inner={keys[0]: self} if is_holder else {key: self.inside(key) for _, key in pairs},
        )


def spelled(spellings: Mapping[str, str]) -> dict[str, str]:
    """Make spelling → name of name → its other spellings, parted by blanks."""
    table: dict[str, str] = {}
    for name, others in spellings.items():
        for spelling in (name, folded(name), *others.split()):
            table.setdefault(spelling, name)
    return table


def folded(key: str) -> str:
    """Fold a key so that ServiceRef, service_ref and serviceRef are one."""
    return key[:_KEY_LENGTH_MAX].lower().replace("_", "").replace("ё", "е").strip()


def _are_names(keys: tuple[str, ...]) -> bool:
    """Tell field names from values in their place: a phone or a GUID is no identifier."""
    return len(keys) <= _KEYS_MAX and all(len(key) <= _KEY_LENGTH_MAX and key.isidentifier() for key in keys)


STRANGE: Final = Names({})
STRANGE_OF_SERVICE: Final = Names({}, is_of_service=True)
"""Objects that we know nothing of, the second inside a line of service."""
