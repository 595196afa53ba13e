"""What holds for every body, read at the two public doors of the adapter; a breach is `LawBrokenError`.

`read_lawfully` is the one target that Hypothesis, the campaign and the guided fuzzer share.
"""

import dataclasses
import hashlib
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal

from hub.contracts.facts import Fact, PatientSnapshot, UnknownKind, VisitRefunded, VisitSnapshot
from hub.integrations.onec.document_event import Arrival
from hub.integrations.onec.envelope import Batch, Envelope, read_envelopes
from hub.integrations.onec.errors import BatchTooLargeError, FactInvalidError, UnparsableError, XmlUnsafeError
from hub.integrations.onec.mapper import to_fact
from hub.kernel import clock
from hub.kernel.money import AMOUNT_MAX
from tests.fuzz.values import CANARY

INFOBASE = "umc_corp"
ARRIVAL = Arrival(infobase=INFOBASE, zone="Europe/Moscow", received_at=clock.now())
BATCH_MAX = 200
LINES_MAX = 500
ROWS_MAX = 50
LABEL_LENGTH_MAX = 400
"""Two hundred signs, some of which are longer in lower case."""
_POINTER = re.compile(r"(/[a-z_]+|/\d{1,3})*", re.ASCII)
_RULE = re.compile(r"[a-z]+(-[a-z]+)*", re.ASCII)
_GUID = re.compile(r"([0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})?", re.ASCII)
_EARLIEST_YEAR = 1900
Verdict = Literal["kept", "unparsable", "xml-unsafe", "body-too-large", "infobase-foreign"]


class LawBrokenError(AssertionError):
    """Something happened that must not happen, whatever the body."""


@dataclass(frozen=True, slots=True)
class Understood:
    """What the two doors made of a body."""

    verdict: Verdict
    batch: Batch | None = None
    endings: tuple[str, ...] = ()
    """Of each event: the name of its fact, or the rule that it breaks."""


def require(claim: object, law: str) -> None:
    """Raise LawBrokenError unless the claim holds."""
    if not claim:
        raise LawBrokenError(law)


def read_lawfully(content: bytes, content_type: str | None) -> Understood:
    """Read a body twice through both doors; any other error than the documented ones passes through.

    Raises: LawBrokenError.
    """
    with clock.frozen(clock.now()):
        first = _read(content, content_type)
        require(first == _read(content, content_type), "the same bytes are read the same twice")
        if first.batch is None:
            return first
        endings = tuple(_understood(envelope) for envelope in first.batch.items)
    return dataclasses.replace(first, endings=endings)


def _read(content: bytes, content_type: str | None) -> Understood:
    try:
        batch = read_envelopes(content, content_type)
    except UnparsableError as error:
        places = [error.facts["line"], error.facts["column"]]
        require(all(isinstance(place, int) and place >= 1 for place in places), "a place is counted from 1")
        return Understood("unparsable")
    except XmlUnsafeError:
        return Understood("xml-unsafe")
    except BatchTooLargeError:
        return Understood("body-too-large")
    require(len(batch.items) <= BATCH_MAX, "a batch holds at most two hundred events")
    require(batch.is_array or len(batch.items) == 1, "a body that is no array is one event")
    sent = None if batch.is_array else hashlib.sha256(content).digest()
    for envelope in batch.items:
        _check_envelope(envelope, sent)
    if any(envelope.infobase not in {"", INFOBASE} for envelope in batch.items):
        return Understood("infobase-foreign", batch)
    return Understood("kept", batch)


def _check_envelope(envelope: Envelope, sent: bytes | None) -> None:
    """Check the labels; an array's item, and a body in another encoding, are kept as UTF-8 of their own."""
    hashes = {sent or envelope.sha256, hashlib.sha256(envelope.content).digest()}
    # What something medical had to leave is hashed as it was sent, and kept otherwise.
    is_own = envelope.dropped.medical > 0 or envelope.sha256 in hashes
    require(is_own and len(envelope.sha256) == 32, "the hash is of the bytes that were sent")
    require(envelope.event_id, "an event has an id, given or derived")
    require(_GUID.fullmatch(envelope.document_ref), "a document is named by a canonical GUID or not at all")
    number = envelope.message_no
    require(number is None or 0 <= number < 2**63, "a message number fits its column")
    for name in ("topic", "infobase", "event_id", "object_type", "ref", "occurred_at", "data_version"):
        _check_text(getattr(envelope, name))


def _understood(envelope: Envelope) -> str:
    """Map one event twice; what passed the door is parsable, only its meaning may be refused."""
    first, again = _mapped(envelope), _mapped(envelope)
    require(first == again, "the same event is understood the same twice")
    if isinstance(first, str):
        return first
    _check_fact(first)
    return type(first).__name__


def _mapped(envelope: Envelope) -> Fact | str:
    try:
        return to_fact(envelope.content, envelope.format, ARRIVAL)
    except FactInvalidError as error:
        require(_POINTER.fullmatch(error.pointer), "a pointer holds names of ours and indexes")
        require(_RULE.fullmatch(error.rule), "a rule is a word in kebab case")
        return error.rule


def _check_fact(fact: Fact) -> None:
    for value in _leaves(fact):
        _check_value(value)
    match fact:
        case VisitSnapshot():
            _check_lines([line.line_no for line in fact.lines])
            amounts = [line.amount_kopecks for line in fact.lines]
            amounts += [line.points_paid_kopecks for line in fact.lines]
            amounts += [payment.amount_kopecks for payment in fact.payments]
            _check_amounts(amounts)
            require(len(fact.payments) <= ROWS_MAX, "a bill is paid in at most fifty parts")
            require(not fact.stamp.is_live or fact.patient_ref, "a live visit names its patient")
        case VisitRefunded():
            _check_lines([line.line_no for line in fact.lines])
            _check_amounts([line.amount_kopecks for line in fact.lines])
            require(fact.stamp.ref != fact.visit_ref, "a refund is a document of its own")
        case PatientSnapshot():
            require(fact.stamp.ref.int, "a card has a reference")
            require(len(fact.consents) <= ROWS_MAX, "a card has at most fifty consents")
        case UnknownKind():
            require(fact.kind, "an unknown kind has a name")


def _check_value(value: object) -> None:
    if isinstance(value, str):
        _check_text(value)
    elif isinstance(value, datetime):
        require(value.utcoffset() == timedelta(0), "an instant is in UTC")
    elif isinstance(value, date):
        require(value.year >= _EARLIEST_YEAR, "a day is one of a living person")
    elif isinstance(value, int):
        require(abs(value) < 2**63, "a number fits its column")


def _check_lines(numbers: list[int]) -> None:
    require(len(numbers) <= LINES_MAX, "a document has at most five hundred lines")
    require(numbers == sorted(set(numbers)), "lines stand in order, each number once")


def _check_amounts(amounts: list[Any]) -> None:
    require(all(0 <= amount <= AMOUNT_MAX for amount in amounts), "amounts are neither negative nor absurd")


def _check_text(text: str) -> None:
    require(_is_storable(text), "a text can be stored")
    require(len(text) <= LABEL_LENGTH_MAX, "a text is as long as a name")


def _is_storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return not any(sign < " " or "\x7f" <= sign < "\xa0" for sign in text)


def _leaves(node: Any) -> list[Any]:
    if dataclasses.is_dataclass(node):
        return [leaf for item in dataclasses.fields(node) for leaf in _leaves(getattr(node, item.name))]
    if isinstance(node, tuple):
        return [leaf for item in node for leaf in _leaves(item)]
    return [node]


def tells_secrets(text: str) -> bool:
    """Tell whether a planted value is in the text, however it was cased."""
    return CANARY.lower() in text.lower()
