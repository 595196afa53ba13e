"""Every rule by name; its story is the docstring of its check."""

import inspect
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from tools.lint import habits, money, refusals, secrets, sizes, sql, transactions
from tools.lint.house import Finding, House

Check = Callable[[House], Iterable[Finding]]


@dataclass(frozen=True)
class Rule:
    """A rule that a house keeps or breaks."""

    check: Check

    @property
    def name(self) -> str:
        """Kebab-case, as it is printed."""
        return self.check.__name__.replace("_", "-")

    @property
    def story(self) -> str:
        """Why the rule is there."""
        return inspect.getdoc(self.check) or ""


RULES: tuple[Rule, ...] = tuple(
    Rule(check)
    for check in (
        sizes.file_length,
        sizes.function_length,
        transactions.transaction_ends,
        transactions.flush_reason,
        money.exact_money,
        habits.import_on_top,
        habits.absolute_import,
        habits.narrow_catch,
        habits.no_print,
        habits.promise_kept,
        habits.telling_name,
        refusals.told_refusal,
        secrets.no_secret,
        sql.written_sql,
    )
)
