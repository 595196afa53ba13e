"""Bodies that no honest base sends: made by hand, too long, too many. The hub must refuse them whole."""

import functools
import hashlib

from sandbox.onec.parcels import Parcel

OVERSIZED_BYTES = 3 * 1024 * 1024
ITEMS = 201
TROUBLES = {
    "broken-xml": "Рукописный XML с голым &",
    "control-xml": "XML с управляющим символом",
    "cut-json": "Обрезанный JSON",
    "doctype": "XML с DOCTYPE",
    "deep-json": "JSON глубиной 60",
    "oversized": "Тело на 3 МиБ",
    "items-201": "Массив из 201 события",
    "empty-event": "Событие без содержания",
}
_XML = '<?xml version="1.0" encoding="UTF-8"?>\n<Event xmlns="urn:umc-loyalty:exchange:1" id="" '


@functools.lru_cache(maxsize=len(TROUBLES))
def make_trouble(kind: str, infobase: str) -> Parcel:
    """Make a bad body; the same one every time."""
    body = _body(kind, infobase)
    is_xml = body.startswith(b"<")
    return Parcel(
        type=kind,
        ref="",
        visit_ref=None,
        number="",
        format="xml" if is_xml else "json",
        content_type="application/xml" if is_xml else "application/json",
        sha256=hashlib.sha256(body).hexdigest(),
        body=body,
    )


def _body(kind: str, infobase: str) -> bytes:
    source = f'<Source infobase="{infobase}"/>'
    item = f'{{"event_type": "visit.completed", "source": {{"infobase": "{infobase}"}}}}'
    bodies = {
        "broken-xml": f'{_XML}type="visit.completed">\n{source}<Comment>Иванов & сыновья</Comment></Event>',
        "control-xml": f'{_XML}type="visit.completed">\n{source}<Comment>\x0b</Comment></Event>',
        "cut-json": '{"event_type": "visit.completed", "visit": {"lines": [',
        "doctype": f'<!DOCTYPE Event [<!ENTITY x "x">]>\n<Event type="visit.completed">{source}&x;</Event>',
        "deep-json": '{"visit": ' * 60 + "{}" + "}" * 60,
        "oversized": item[:-1] + f', "comment": "{"Ж" * (OVERSIZED_BYTES // 2)}"}}',
        "items-201": "[" + ",".join([item] * ITEMS) + "]",
        "empty-event": item,
    }
    return bodies[kind].encode()
