"""XML text to the same trees as JSON: our event or 1C's serialised Structure, bare or in a message.

Attributes and child elements are fields alike; a repeated element is a list; namespaces do not matter,
because 1C developers drop and invent them. A message of an exchange plan (v8msg, EnterpriseData) is a
list of events under one number.
"""

from copy import deepcopy
from dataclasses import dataclass
from typing import cast

from lxml import etree

from hub.integrations.onec import names
from hub.integrations.onec.errors import BatchTooLargeError, UnparsableError, XmlUnsafeError
from hub.integrations.onec.json_shape import BATCH_ITEMS_MAX
from hub.integrations.onec.tree import Fields, Tree
from hub.integrations.xml import XmlBrokenError, XmlDangerousError, parse_xml

EMPTY_MESSAGE = "message.empty"
"""A message that only acknowledges ours. It has a number, so it is filed, and ignored."""
_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_STRUCTURES = frozenset({"Structure", "FixedStructure"})
_ARRAYS = frozenset({"Array", "FixedArray"})
_MAPS = frozenset({"Map", "FixedMap"})
_SERIALISED = _STRUCTURES | _ARRAYS | _MAPS
WRAPPERS = _SERIALISED | {"Value", "Property", "pair"}
"""Elements of 1C's serialised values: they name nothing."""
MESSAGE = "Message"
BODY = "Body"


@dataclass(frozen=True, slots=True)
class XmlEvent:
    """One event of a document. `hides`: some of its text is in no field of the tree."""

    tree: Tree
    element: etree._Element
    hides: bool
    message_no: str | None = None


@dataclass(frozen=True, slots=True)
class XmlDocument:
    """A document and its events; `is_array` when it holds none or several of them."""

    root: etree._Element
    events: tuple[XmlEvent, ...]

    @property
    def is_array(self) -> bool:
        """Tell a document of several events from an event."""
        return len(self.events) > 1


def read_document(text: str) -> XmlDocument:
    """Read one document. Raises: UnparsableError; XmlUnsafeError; BatchTooLargeError."""
    try:
        # A line end before <?xml is an error to XML and a habit of 1C.
        root = parse_xml(text.lstrip())
    except XmlDangerousError as error:
        raise XmlUnsafeError from error
    except XmlBrokenError as error:
        raise UnparsableError(line=error.line, column=error.column) from error
    if local_name(root) == MESSAGE:
        return XmlDocument(root, _message_events(root))
    shape = _Shape()
    return XmlDocument(root, (XmlEvent(shape.value(root), root, shape.hides),))


def parse_event(text: str) -> Tree:
    """Read a document of one event. Raises: UnparsableError; XmlUnsafeError; BatchTooLargeError."""
    events = read_document(text).events
    return events[0].tree if len(events) == 1 else None


def alone(event: XmlEvent) -> etree._Element:
    """Give one event of a message in a message of its own, under the same number."""
    message = etree.fromstring(f"<{MESSAGE}><Header/><{BODY}/></{MESSAGE}>")
    if event.message_no is not None:
        etree.SubElement(message[0], "MessageNo").text = event.message_no
    message[1].append(deepcopy(event.element))
    return message


def write_xml(root: etree._Element) -> bytes:
    """Write a document again, in UTF-8."""
    return etree.tostring(root, encoding="utf-8", xml_declaration=True)


def _message_events(message: etree._Element) -> tuple[XmlEvent, ...]:
    heads = [child for child in message if local_name(child) != BODY]
    numbers = [node.text or "" for head in heads for node in head.iter("{*}MessageNo")]
    number = numbers[0] if numbers else None
    exchange: Fields = {} if number is None else {"exchange": {"message_no": number}}
    elements = [child for body in message if local_name(body) == BODY for child in body]
    if len(elements) > BATCH_ITEMS_MAX:
        raise BatchTooLargeError(items_max=BATCH_ITEMS_MAX)
    if not elements:
        return (XmlEvent({"event_type": EMPTY_MESSAGE, **exchange}, message, hides=True, message_no=number),)
    return tuple(
        XmlEvent(_message_event(element) | exchange, element, hides=True, message_no=number)
        for element in elements
    )


def _message_event(element: etree._Element) -> Fields:
    """Read one object of a message; what is no event of ours is an unknown kind, under its own name."""
    tree = _Shape().value(element)
    name = local_name(element)
    # With a dot, or of no type: the platform's own (DocumentObject.X, Документ.X, ObjectDeletion).
    if "." in name or not isinstance(tree, dict) or not names.ROOT.known(tree).get("event_type"):
        return {"event_type": name}
    # The message's own number rules.
    return {key: value for key, value in tree.items() if names.ROOT.find(key) != "exchange"}


class _Shape:
    """One element's way to a tree; remembers whether anything was left out on it."""

    __slots__ = ("hides",)

    def __init__(self) -> None:
        self.hides = False

    def value(self, element: etree._Element, name: str = "") -> Tree:
        """Read an element; `name` is its local name, if the caller has it at hand."""
        attributes: Fields = {}
        kind = ""
        is_nil = False
        # The stubs allow for bytes, which lxml has not given since Python 2.
        for key, text in cast("list[tuple[str, str]]", element.items()):
            if key[0] != "{":
                attributes[key] = text
            elif key == _TYPE:
                kind = text.rpartition(":")[2]
            elif key == _NIL:
                is_nil = text in {"true", "1"}
            else:  # xml:lang and the like: XML's own business
                self.hides = True
        if is_nil:
            self.hides |= len(element) > 0 or bool(attributes or element.text)
            return None
        if kind in _SERIALISED or (name or local_name(element)) in _SERIALISED:
            return self._serialised(element, {kind, local_name(element)}, attributes)
        if not len(element):
            return attributes or element.text or ""
        return self._fields(element, attributes)

    def _fields(self, element: etree._Element, attributes: Fields) -> Fields:
        fields: Fields = {}
        repeated: dict[str, list[Tree]] = {}
        for child in element:
            name = local_name(child)
            value = self.value(child, name)
            if name not in fields:
                fields[name] = value
            elif name in repeated:
                repeated[name].append(value)
            else:
                fields[name] = repeated[name] = [fields[name], value]
        if attributes:
            self.hides |= not attributes.keys().isdisjoint(fields)
            return attributes | fields
        return fields

    def _serialised(self, element: etree._Element, kinds: set[str], attributes: Fields) -> Tree:
        self.hides |= bool(attributes)
        if kinds & _ARRAYS:
            return [self.value(child) for child in element]
        pairs = [self._pair(child) if kinds & _MAPS else self._property(child) for child in element]
        fields = dict(pairs)
        self.hides |= len(fields) < len(pairs)
        return fields

    def _property(self, element: etree._Element) -> tuple[str, Tree]:
        self.hides |= len(element) > 1 or len(element.attrib) > 1
        value = self.value(element[0]) if len(element) else element.text or ""
        return element.get("name") or "", value

    def _pair(self, element: etree._Element) -> tuple[str, Tree]:
        parts = {local_name(child): child for child in element}
        self.hides |= (
            not parts.keys() <= {"Key", "Value"} or len(parts) < len(element) or bool(element.attrib)
        )
        key, value = parts.get("Key"), parts.get("Value")
        self.hides |= key is not None and len(key) > 0
        name = (key.text or "") if key is not None else ""
        return name, self.value(value) if value is not None else None


def local_name(element: etree._Element) -> str:
    """Give an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]
