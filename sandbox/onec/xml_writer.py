"""A tree as XML of `exchange.xsd`, bare or in one of 1C's numbered messages."""

from lxml import etree

from sandbox.onec.spelling import Nothing, Spelling
from sandbox.onec.tree import Node, Scalar, Tree

NAMESPACE = "urn:umc-loyalty:exchange:1"
V8MSG = "http://v8.1c.ru/messages"
SSL_MESSAGE = "http://www.1c.ru/SSL/Exchange/Message"
ENTERPRISE_DATA = "http://v8.1c.ru/edi/edi_stnd/EnterpriseData/1.8"
ENTERPRISE_PLAN = "СинхронизацияДанныхЧерезУниверсальныйФормат"
_RENAMED = {"event_id": "id", "event_type": "type"}
# Rows repeat under this name; consents stand in an element of their own.
_ROWS = {"lines": "Line", "payments": "Payment", "consents": "Consent"}
_OF_ELEMENTS = frozenset({"visit", "patient", "cancel"})
_NOT_IN_SCHEMA = frozenset({"schema_version"})


def event_element(tree: Tree, spelling: Spelling) -> etree._Element:
    """Build the element Event; heads are attributes, visits, cards and cancellations are elements."""
    root = etree.fromstring(f'<Event xmlns="{NAMESPACE}"/>')
    _fill(root, tree, "event", spelling)
    return root


def v8_message(event: etree._Element, *, node: str, message_no: int | None) -> etree._Element:
    """Put an event into a message of an exchange plan."""
    message = etree.fromstring(f'<v8msg:Message xmlns:v8msg="{V8MSG}"/>')
    header = etree.SubElement(message, f"{{{V8MSG}}}Header")
    _add_texts(header, V8MSG, {"ExchangePlan": "ПланОбмена", "To": "HUB", "From": node}, message_no)
    etree.SubElement(message, f"{{{V8MSG}}}Body").append(event)
    return message


def enterprise_message(
    event: etree._Element, *, node: str, message_no: int | None, created_at: str
) -> etree._Element:
    """Put an event into a message of the universal format."""
    message = etree.fromstring(f'<Message xmlns:msg="{SSL_MESSAGE}"/>')
    header = etree.SubElement(message, f"{{{SSL_MESSAGE}}}Header")
    _add_texts(header, SSL_MESSAGE, {"Format": ENTERPRISE_DATA, "CreationDate": created_at}, None)
    confirmation = etree.SubElement(header, f"{{{SSL_MESSAGE}}}Confirmation")
    names = {"ExchangePlan": ENTERPRISE_PLAN, "To": "HB", "From": node}
    _add_texts(confirmation, SSL_MESSAGE, names, message_no)
    _add_texts(header, SSL_MESSAGE, {"AvailableVersion": "1.8"}, None)
    body = etree.fromstring(f'<Body xmlns="{ENTERPRISE_DATA}"/>')
    body.append(event)
    message.append(body)
    return message


def write_element(root: etree._Element, *, is_compact: bool) -> str:
    """Write without a prolog, LF line ends."""
    return str(etree.tostring(root, encoding="unicode", pretty_print=not is_compact))


def _add_texts(parent: etree._Element, namespace: str, texts: dict[str, str], message_no: int | None) -> None:
    numbers = {} if message_no is None else {"MessageNo": str(message_no), "ReceivedNo": "0"}
    for name, text in (texts | numbers).items():
        etree.SubElement(parent, f"{{{namespace}}}{name}").text = text


def _fill(element: etree._Element, tree: Tree, place: str, spelling: Spelling) -> None:
    for name, node in tree.items():
        if name not in _NOT_IN_SCHEMA:
            _add(element, name, node, place, spelling)


def _add(element: etree._Element, name: str, node: Node, place: str, spelling: Spelling) -> None:
    if isinstance(node, dict):
        _fill(_child(element, _pascal(name)), node, name, spelling)
    elif isinstance(node, list):
        holder = _child(element, "Consents") if name == "consents" else element
        for row in node:
            _fill(_child(holder, _ROWS[name]), row, name, spelling)
    else:
        _add_scalar(element, name, node, spelling, is_element=place in _OF_ELEMENTS)


def _add_scalar(
    element: etree._Element, name: str, value: Scalar, spelling: Spelling, *, is_element: bool
) -> None:
    spelled = spelling.scalar(value)
    if spelled is Nothing.ABSENT:
        return
    text = "" if isinstance(spelled, Nothing) else str(spelled)
    if is_element:
        _child(element, _pascal(name)).text = text or None
    else:
        element.set(_RENAMED.get(name) or _camel(name), text)


def _child(parent: etree._Element, name: str) -> etree._Element:
    return etree.SubElement(parent, f"{{{NAMESPACE}}}{name}")


def _pascal(name: str) -> str:
    return "".join(part[0].upper() + part[1:] for part in name.split("_"))


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(part.capitalize() for part in others)
