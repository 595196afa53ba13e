"""Each rule refuses what its story tells of, and lets its neighbours pass."""

import pytest

from tools.lint.house import House, Source
from tools.lint.rules import RULES

LONG_FUNCTION = "def tell():\n" + "    step()\n" * 50
LONGEST_FUNCTION = "def tell():\n" + "    step()\n" * 49
REFUSAL = "from hub.kernel.errors import HubError\n\n\n"
KEY = "q7Zr0WmX2v" + "Kc9TbYh4Ln" + "E8sPj3GdUf" + "A1oViQ6Rw="

SQL = "from sqlalchemy import text\n"

REFUSED = [
    ("file-length", "hub/kernel/clock.py", "x = 1\n" * 301, 301),
    ("file-length", "tests/kernel/test_clock.py", "x = 1\n" * 401, 401),
    ("function-length", "hub/flows/sweep.py", LONG_FUNCTION, 1),
    ("transaction-ends", "hub/flows/sweep.py", "session.commit()\n", 1),
    ("transaction-ends", "api/loyalty.py", "with session.begin():\n    pass\n", 1),
    ("transaction-ends", "workers/relay.py", "connection.rollback()\n", 1),
    ("transaction-ends", "hub/inbox/store.py", "session.begin_nested()\n", 1),
    ("flush-reason", "hub/domain/visits/recording.py", "session.flush()\n", 1),
    ("exact-money", "hub/domain/loyalty/rules.py", "half = amount / 2\n", 1),
    ("exact-money", "hub/domain/loyalty/rules.py", "amount /= 2\n", 1),
    ("exact-money", "hub/domain/loyalty/rules.py", "half = amount // 2\n", 1),
    ("exact-money", "hub/domain/loyalty/rules.py", "rate = 0.05\n", 1),
    ("exact-money", "hub/kernel/money.py", "rate = float(text)\n", 1),
    ("import-on-top", "hub/flows/sweep.py", "def tell():\n    import json\n    return json\n", 2),
    ("absolute-import", "hub/flows/sweep.py", "from . import ending\n", 1),
    ("narrow-catch", "hub/flows/sweep.py", "try:\n    tell()\nexcept Exception:\n    pass\n", 3),
    ("narrow-catch", "api/me.py", "try:\n    tell()\nexcept:\n    pass\n", 3),
    ("narrow-catch", "api/me.py", "try:\n    tell()\nexcept (OSError, BaseException):\n    pass\n", 3),
    ("no-print", "hub/flows/sweep.py", "print('done')\n", 1),
    ("promise-kept", "hub/flows/sweep.py", "x = 1  # TODO: later\n", 1),
    ("promise-kept", "tests/test_x.py", "# FIXME\n", 1),
    ("telling-name", "hub/kernel/utils.py", "", 1),
    ("telling-name", "hub/common/clock.py", "", 1),
    ("telling-name", "tests/flows/visit_helpers.py", "", 1),
    ("told-refusal", "hub/domain/x/errors.py", f'{REFUSAL}class OddError(HubError):\n    """Odd."""\n', 4),
    ("no-secret", "hub/kernel/settings.py", f"KEY = '{KEY}'\n", 1),
    ("no-secret", "tools/seed.py", "URL = 'postgresql://hub:s3cret" + "@host/hub'\n", 1),
    ("no-secret", "api/auth.py", "PEM = '-----BEGIN EC PRIVATE " + "KEY-----'\n", 1),
    ("written-sql", "hub/inbox/store.py", f"{SQL}text(f'SELECT {{name}}')\n", 2),
    ("written-sql", "hub/inbox/store.py", f"{SQL}text('ORDER BY ' + column)\n", 2),
    ("written-sql", "hub/inbox/store.py", f"{SQL}text('LIMIT %s' % limit)\n", 2),
    ("written-sql", "hub/inbox/store.py", f"{SQL}text('LIMIT {{}}'.format(limit))\n", 2),
    ("written-sql", "hub/inbox/store.py", f"{SQL}text(given)\n", 2),
    ("written-sql", "hub/inbox/store.py", "import sqlalchemy as sa\nsa.text(given)\n", 2),
    ("written-sql", "workers/relay.py", "session.execute(f'SET x = {value}')\n", 1),
    ("written-sql", "api/me.py", "session.scalars('SELECT ' + what)\n", 1),
    ("written-sql", "api/me.py", "session.scalar('SELECT {}'.format(what))\n", 1),
    ("written-sql", "hub/db/engine.py", "connection.exec_driver_sql(f'SET x = {value}')\n", 1),
]

KEPT = [
    ("file-length", "hub/kernel/clock.py", "x = 1\n" * 300),
    ("file-length", "tests/kernel/test_clock.py", "x = 1\n" * 400),
    ("function-length", "hub/flows/sweep.py", LONGEST_FUNCTION),
    ("transaction-ends", "hub/db/transaction.py", "session.begin()\n"),
    ("transaction-ends", "tools/migrations_check.py", "connection.rollback()\n"),
    ("flush-reason", "hub/inbox/replay.py", "session.flush()  # the answer needs the id\n"),
    ("exact-money", "hub/kernel/money.py", "half = amount // 2\n"),
    ("exact-money", "hub/kernel/backoff.py", "jitter = 0.2\n"),
    ("import-on-top", "hub/flows/sweep.py", "import json\n"),
    ("absolute-import", "hub/flows/sweep.py", "from hub.flows import ending\n"),
    ("narrow-catch", "hub/flows/drain.py", "try:\n    tell()\nexcept Exception:\n    pass\n"),
    (
        "narrow-catch",
        "hub/flows/sweep.py",
        "try:\n    tell()\nexcept BaseException:\n    undo()\n    raise\n",
    ),
    ("narrow-catch", "hub/flows/sweep.py", "try:\n    tell()\nexcept OSError:\n    pass\n"),
    ("no-print", "tools/seed.py", "print('done')\n"),
    ("promise-kept", "hub/flows/sweep.py", "x = 1  # TODO #12: when holds come\n"),
    ("promise-kept", "hub/flows/sweep.py", "x = 'TODO'\n"),
    ("telling-name", "hub/kernel/money.py", ""),
    ("told-refusal", "hub/domain/x/errors.py", "class OddError(ValueError):\n    pass\n"),
    ("no-secret", "hub/kernel/settings.py", "URL = 'https://oauth.example.org/token?grant_type=code'\n"),
    ("no-secret", "docs.py", f"KEY = '{KEY}'\n"),
    ("no-secret", "tools/stack/redis.py", "url = f'redis://default:{password}@{host}'\n"),
    ("no-secret", "hub/domain/x.py", "CODE = 'fk_outbox_delivery_public_id_and_a_long_name_0001'\n"),
    ("written-sql", "hub/inbox/store.py", f"{SQL}text('SELECT :name')\n"),
    ("written-sql", "hub/inbox/store.py", f"{SQL}text(f'SELECT 1 WHERE {{_OWN}}')\n"),
    ("written-sql", "hub/inbox/store.py", f"{SQL}text(QUERY + ' LIMIT 1')\n"),
    ("written-sql", "hub/inbox/store.py", f"{SQL}text(_TOUCH.format(table='visit'))\n"),
    ("written-sql", "hub/integrations/onec/section.py", "self.text(name)\n"),
    ("written-sql", "hub/inbox/store.py", "session.execute(select(Row).where(Row.id == given))\n"),
    ("written-sql", "tests/db/test_x.py", f"{SQL}text(f'SELECT {{name}}')\n"),
]


def broken_lines(rule_name: str, *sources: Source) -> list[int]:
    [rule] = [rule for rule in RULES if rule.name == rule_name]
    return [finding.line for finding in rule.check(House(sources))]


@pytest.mark.parametrize(("rule_name", "path", "text", "line"), REFUSED)
def test_the_rule_refuses_what_its_story_tells_of(rule_name: str, path: str, text: str, line: int) -> None:
    assert set(broken_lines(rule_name, Source(path, text))) == {line}


@pytest.mark.parametrize(("rule_name", "path", "text"), KEPT)
def test_the_rule_lets_its_neighbours_pass(rule_name: str, path: str, text: str) -> None:
    assert broken_lines(rule_name, Source(path, text)) == []


def test_code_and_kind_of_a_refusal_may_be_inherited_but_not_its_cause() -> None:
    busy = Source(
        "hub/kernel/errors.py",
        "class HubError(Exception):\n    pass\n\n\n"
        'class BusyError(HubError):\n    """Later."""\n\n    code = "busy"\n    kind = ErrorKind.BUSY\n',
    )
    told = Source("hub/inbox/intake.py", 'class FullError(BusyError):\n    """No room."""\n')
    untold = Source("hub/inbox/other.py", "class MuteError(errors.BusyError):\n    pass\n")
    assert broken_lines("told-refusal", busy, told, untold) == [1]


def test_every_rule_has_a_story_and_is_tried_both_ways() -> None:
    names = [rule.name for rule in RULES]
    assert len(set(names)) == len(names)
    assert all(rule.story for rule in RULES)
    assert {case[0] for case in REFUSED} == set(names)
    assert {case[0] for case in KEPT} == set(names)
