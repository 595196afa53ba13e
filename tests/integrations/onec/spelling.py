"""One event, written in any of the ways in which 1C may write it.

An event here is a dict of typed leaves; `spell` draws a dialect for each of them. The spellings are listed
by hand, from what 1C does: nothing here is taken from the code that reads them.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, TypeAlias
from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st

MOSCOW = timezone(timedelta(hours=3))
"""So it has been since the end of 2014; events here are younger."""
Draw: TypeAlias = Any


@dataclass(frozen=True)
class Money:
    kopecks: int


@dataclass(frozen=True)
class When:
    at: datetime | None


@dataclass(frozen=True)
class Guid:
    text: str | None


@dataclass(frozen=True)
class Flag:
    is_set: bool


@dataclass(frozen=True)
class Number:
    number: int


@dataclass(frozen=True)
class Text:
    text: str


KEYS = {
    "event_id": ["event_id", "id", "ИдСобытия"],
    "event_type": ["event_type", "type", "ТипСобытия", "EventType"],
    "occurred_at": ["occurred_at", "occurredAt", "ДатаСобытия"],
    "source": ["source", "Source", "Источник"],
    "infobase": ["infobase", "База"],
    "tz": ["tz", "timezone", "ЧасовойПояс"],
    "exchange": ["exchange", "Exchange", "Обмен"],
    "message_no": ["message_no", "messageNo", "НомерСообщения"],
    "object": ["object", "Object", "Объект", "Документ"],
    "object_type": ["type", "Тип"],
    "ref": ["ref", "Ref", "УИД", "Уид", "UID", "GUID", "Ссылка", "Ref_Key"],
    "number": ["number", "Номер"],
    "date": ["date", "Дата"],
    "data_version": ["data_version", "dataVersion", "DataVersion", "ВерсияДанных"],
    "posted": ["posted", "Posted", "Проведен", "Проведён"],
    "deletion_mark": ["deletion_mark", "deletionMark", "DeletionMark", "ПометкаУдаления"],
    "visit": ["visit", "Visit", "Визит"],
    "patient": ["patient", "Patient", "Клиент", "Пациент"],
    "clinic_ref": ["clinic_ref", "ClinicRef", "Клиника", "Клиника_Key"],
    "completed_at": ["completed_at", "CompletedAt", "ДатаЗавершения"],
    "lines": ["lines", "Line", "СписокРабот", "Работы", "Услуги"],
    "no": ["no", "LineNumber", "НомерСтроки"],
    "service_ref": ["service_ref", "serviceRef", "Номенклатура", "Услуга", "Номенклатура_Key"],
    "loyalty_group": ["loyalty_group", "loyaltyGroup", "ГруппаЛояльности"],
    "doctor_ref": ["doctor_ref", "doctorRef", "Сотрудник", "Врач", "Сотрудник_Key"],
    "qty": ["qty", "Количество"],
    "price": ["price", "Цена"],
    "discount": ["discount", "СуммаСкидки"],
    "points_paid": ["points_paid", "pointsPaid", "СуммаБаллами"],
    "amount": ["amount", "Сумма"],
    "payments": ["payments", "Payment", "Оплаты"],
    "kind": ["kind", "Вид", "ВидОплаты"],
    "total": ["total", "Total", "СуммаДокумента"],
    "referral_code": ["referral_code", "referralCode", "РеферальныйКод"],
}
KINDS = {
    "cash": ["cash", "Наличные", "CASH"],
    "card": ["card", "Карта", "Платёжная карта", "Безналичные"],
    "sbp": ["sbp", "СБП"],
    "certificate": ["certificate", "Подарочный сертификат"],
    "insurance": ["insurance", "ДМС", "Страховая компания"],
}
HOLDERS = {"lines": "Работа", "payments": "Оплата"}
TRUE = [True, "true", "Истина", "Да", "1", 1, " да "]
FALSE = [False, "false", "Ложь", "Нет", "0", 0]
CORE = (
    'xmlns="http://v8.1c.ru/8.1/data/core" xmlns:xs="http://www.w3.org/2001/XMLSchema" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)


@st.composite
def spell(draw: Draw, event: dict[str, Any]) -> bytes:
    """Write the event in a dialect of its own."""
    tree = _object(draw, event)
    write = draw(st.sampled_from([_json, _xml, _structure, _map]))
    text: str = write(draw, tree)
    if write is not _json and draw(st.booleans()):
        text = _message(text, event["exchange"]["message_no"].number)
    if draw(st.booleans()):
        text = text.replace("\n", "\r\n")
    return _encoded(draw, text)


def plainly(event: dict[str, Any]) -> bytes:
    """Write the event as the contract's own samples do."""
    return json.dumps(_plain(event), ensure_ascii=False).encode()


def _plain(value: Any) -> Any:
    match value:
        case dict():
            return {"type" if key == "object_type" else key: _plain(inner) for key, inner in value.items()}
        case list():
            return [_plain(row) for row in value]
        case Money(kopecks):
            return f"{kopecks // 100}.{kopecks % 100:02d}"
        case When(at):
            return at.isoformat() if at else ""
        case Flag(given) | Number(given) | Text(given) | Guid(given):
            return given
    raise AssertionError(value)


def _object(draw: Draw, fields: dict[str, Any]) -> dict[str, Any]:
    spelled = {}
    for name in draw(st.permutations(list(fields))):
        value = fields[name]
        if isinstance(value, Guid | When | Text) and _plain(value) in {None, ""} and draw(st.booleans()):
            continue  # absent
        spelled[draw(st.sampled_from(KEYS[name]))] = _value(draw, name, value)
    return spelled


def _value(draw: Draw, name: str, value: Any) -> Any:
    if isinstance(value, dict):
        is_bare = name == "patient" and draw(st.booleans())
        return _guid(draw, value["ref"]) if is_bare else _object(draw, value)
    if isinstance(value, list):
        return _rows(draw, name, value)
    if isinstance(value, Guid):
        is_held = name in {"service_ref", "doctor_ref", "clinic_ref"} and draw(st.booleans())
        written = _guid(draw, value)
        return {draw(st.sampled_from(KEYS["ref"])): written} if is_held else written
    if isinstance(value, Money):
        return _money(draw, value.kopecks)
    return _when(draw, value.at) if isinstance(value, When) else _word(draw, name, value)


def _word(draw: Draw, name: str, value: Flag | Number | Text) -> Any:
    if isinstance(value, Flag):
        return draw(st.sampled_from(TRUE if value.is_set else FALSE))
    if isinstance(value, Number):
        number = value.number
        return draw(st.sampled_from([number, str(number), f"{number},00", f" {number} "]))
    if name == "kind":
        return draw(st.sampled_from(KINDS[value.text]))
    return draw(st.sampled_from([value.text, f" {value.text} ", f"{value.text}\t"]))


def _rows(draw: Draw, name: str, rows: list[Any]) -> Any:
    spelled = [_object(draw, row) for row in (draw(st.permutations(rows)) if name == "lines" else rows)]
    if not spelled:
        return draw(st.sampled_from(["", [], {}, None]))
    if draw(st.booleans()):
        return {HOLDERS[name]: spelled[0] if len(spelled) == 1 else spelled}
    return spelled[0] if len(spelled) == 1 and draw(st.booleans()) else spelled


def _money(draw: Draw, kopecks: int) -> Any:
    whole, rest = divmod(kopecks, 100)
    plain = [f"{whole}.{rest:02d}", f"{whole},{rest:02d}", f"{whole}.{rest:02d}00"]
    grouped = [f"{whole:,}".replace(",", blank) + f",{rest:02d}" for blank in (" ", "\u00a0", "\u202f")]
    short = [str(whole), whole] if rest == 0 else [f"{whole}.{rest // 10}"] if rest % 10 == 0 else []
    return draw(st.sampled_from([kopecks / 100, *plain, *grouped, *short]))


def _when(draw: Draw, at: datetime | None) -> Any:
    if at is None:
        return draw(st.sampled_from(["", "0001-01-01T00:00:00", "01.01.0001 0:00:00", None]))
    instant = at.replace(tzinfo=MOSCOW)
    utc = instant.astimezone(UTC)
    spellings = [
        at.isoformat(),
        f"{at.isoformat()}.000",
        instant.isoformat(),
        utc.isoformat().replace("+00:00", "Z"),
        f"{at:%d.%m.%Y %H:%M:%S}",
        f"{at:%d.%m.%Y} {at.hour}:{at:%M:%S}",
        f"{at:%Y/%m/%d %H:%M:%S}",
        f"datetime'{at.isoformat()}'",
        f"/Date({int(instant.timestamp() * 1000)})/",
        f"/Date({int(instant.timestamp() * 1000)}+0300)/",
    ]
    return draw(st.sampled_from(spellings))


def _guid(draw: Draw, value: Guid) -> Any:
    text = value.text
    if text is None:
        return draw(st.sampled_from(["", None, {}, "00000000-0000-0000-0000-000000000000"]))
    cased = draw(st.sampled_from([text, text.upper(), text.title()]))
    return draw(st.sampled_from([cased, f"{{{cased}}}", f"guid'{cased}'", f" {cased} "]))


def _json(draw: Draw, tree: Any) -> str:
    return json.dumps(tree, ensure_ascii=draw(st.booleans()), indent=draw(st.sampled_from([None, 1, "\t"])))


def _xml(draw: Draw, tree: Any) -> str:
    prolog: str = draw(
        st.sampled_from(["", '<?xml version="1.0"?>\n', "<?xml version='1.0' encoding='utf-8'?>\n"])
    )
    namespace = draw(st.sampled_from(["", ' xmlns="urn:umc-loyalty:exchange:1"']))
    return prolog + _element(draw, "Event", tree, namespace)


def _element(draw: Draw, name: str, value: Any, more: str = "") -> str:
    if not isinstance(value, dict):
        return f"<{name}>{escape(_text(value))}</{name}>"
    attributes, children = more, ""
    for key, inner in value.items():
        if isinstance(inner, list):
            children += "".join(_element(draw, key, row) for row in inner)
        elif isinstance(inner, dict) or draw(st.booleans()):
            children += _element(draw, key, inner)
        else:
            # A tab in an attribute is a blank to XML, and so it is to us.
            attributes += f" {key}={quoteattr(_text(inner))}"
    return f"<{name}{attributes}>\n{children}</{name}>"


def _structure(_draw: Draw, tree: Any) -> str:
    return _serialised("Structure", tree, f" {CORE}", is_map=False)


def _map(_draw: Draw, tree: Any) -> str:
    return _serialised("Map", tree, f" {CORE}", is_map=True)


def _serialised(name: str, value: Any, more: str = "", *, is_map: bool) -> str:
    if isinstance(value, dict):
        parts = [(key, _serialised("Value", inner, is_map=is_map)) for key, inner in value.items()]
        kind = "Map" if is_map else "Structure"
        inside = "\n".join(
            f'<pair><Key xsi:type="xs:string">{key}</Key>{part}</pair>'
            if is_map
            else f'<Property name="{key}">{part}</Property>'
            for key, part in parts
        )
        return f'<{name}{more} xsi:type="{kind}">{inside}</{name}>'
    if isinstance(value, list):
        inside = "".join(_serialised("Value", row, is_map=is_map) for row in value)
        return f'<{name} xsi:type="Array">{inside}</{name}>'
    if value is None:
        return f'<{name} xsi:nil="true"/>'
    return f'<{name} xsi:type="xs:string">{escape(_text(value))}</{name}>'


def _message(document: str, number: int) -> str:
    body = document.partition("?>\n")[2] or document
    return (
        '<v8msg:Message xmlns:v8msg="http://v8.1c.ru/messages"><v8msg:Header><v8msg:From>UMC</v8msg:From>'
        f"<v8msg:MessageNo>{number}</v8msg:MessageNo></v8msg:Header>"
        f"<v8msg:Body>{body}</v8msg:Body></v8msg:Message>"
    )


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def _encoded(draw: Draw, text: str) -> bytes:
    encodings = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"]
    if "\u202f" not in text:
        encodings.append("cp1251")
    return text.encode(draw(st.sampled_from(encodings)))
