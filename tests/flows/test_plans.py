"""What the road asks for every batch is found by key, whatever the tables' size when the plan was made."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import TextClause, text

from hub.db.transaction import transaction
from hub.domain.ledger import accounts, reading, repetition, transferring, writing
from hub.domain.patients import register
from hub.domain.visits import mirror, recording
from hub.inbox import claims
from tests.conftest import Servers
from tests.flows.conftest import Road
from tests.flows.visits import send_with_patient, visit
from tests.inbox.arrivals import rows

# Claiming and settling are not here: planned while the inbox holds a handful of rows they may walk it, until
# its eager autovacuum, due after a few hundred changes, has them planned anew.
STATEMENTS = {
    "resume": claims._RESUME,
    "find accounts": accounts._FIND,
    "lock accounts": accounts._LOCK,
    "move accounts": writing._MOVE_ACCOUNTS,
    "move lots": writing._MOVE_LOTS,
    "move parts": writing._MOVE_PARTS,
    "recall keys": repetition._KNOWN,
    "accrued": reading._ACCRUED,
    "open lots": reading._OPEN,
    "overdue lots": reading._OVERDUE,
    "open parts": reading._PARTS,
    "visits": mirror._VISITS,
    "visit stamps": mirror._STAMPS,
    "visit lines": mirror._LINES,
    "refunds": mirror._REFUND_LINES,
    "refund documents": mirror._REFUNDS,
    "holders of visits": mirror._HOLDERS,
    "lots to transfer": transferring._ORIGINS,
    "parts to transfer": transferring._PARTS,
    "name heirs": transferring._NAME_HEIRS,
    "recall rows": claims._RECALL,
    "cards and whom they were merged into": register._READ_IDENTITIES,
    "touch visits": recording._TOUCH_VISIT,
    "touch refunds": recording._TOUCH_REFUND,
    "delete lines": recording._DELETE_LINES,
}


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)


def generic_plan(statement: TextClause) -> dict[str, Any]:
    """The plan that the server keeps: it knows no values, only the tables' sizes."""
    names = list(dict.fromkeys(re.findall(r"(?<!:):(\w+)", statement.text)))
    numbered = re.sub(r"(?<!:):(\w+)", lambda found: f"${names.index(found[1]) + 1}", statement.text)
    with transaction() as session:
        connection = session.connection()
        connection.exec_driver_sql("SET LOCAL plan_cache_mode = force_generic_plan")
        connection.exec_driver_sql(f"PREPARE asked AS {numbered}")
        nulls = ", ".join(["NULL"] * len(names))
        explained = session.execute(text(f"EXPLAIN (FORMAT JSON) EXECUTE asked ({nulls})")).scalar_one()
        connection.exec_driver_sql("DEALLOCATE asked")
    return (json.loads(explained) if isinstance(explained, str) else explained)[0]["Plan"]


def walks(plan: dict[str, Any]) -> list[str]:
    return [
        node.get("Index Name", node.get("Relation Name", ""))
        for node in nodes(plan)
        if node["Node Type"] in {"Seq Scan", "Index Scan", "Index Only Scan", "Bitmap Index Scan"}
        and "Index Cond" not in node
    ]


@pytest.mark.parametrize("visits", [0, 5, 300])
def test_a_batch_walks_no_table(road: Road, clean: Servers, visits: int) -> None:
    send_with_patient(road, *[visit() for _ in range(visits)])
    road.drain()
    rows(clean, "ANALYZE")
    walked = {name: walks(generic_plan(statement)) for name, statement in STATEMENTS.items()}
    assert {name: found for name, found in walked.items() if found} == {}
