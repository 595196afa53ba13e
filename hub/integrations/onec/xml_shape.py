"""XML text to the same trees as JSON: our event or 1C's serialised Structure, bare or in a message.

Attributes and child elements are fields alike; a repeated element is a list; namespaces do not matter,
because 1C developers drop and invent them.
"""

from lxml import etree

from hub.integrations.onec.errors import UnparsableError, XmlUnsafeError
from hub.integrations.onec.tree import Fields, Tree
from hub.integrations.xml import XmlBrokenError, XmlDangerousError, parse_xml

_NIL = "{http://www.w3.org/2001/XMLSchema-instance}nil"
_TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
_STRUCTURES = frozenset({"Structure", "FixedStructure"})
_ARRAYS = frozenset({"Array", "FixedArray"})


def parse_event(text: str) -> Tree:
    """Read one document. Raises: UnparsableError; XmlUnsafeError."""
    try:
        # A line end before <?xml is an error to XML and a habit of 1C.
        root = parse_xml(text.lstrip())
    except XmlDangerousError as error:
        raise XmlUnsafeError from error
    except XmlBrokenError as error:
        raise UnparsableError(line=error.line, column=error.column) from error
    return _from_message(root) if _name(root) == "Message" else _from_element(root)


def _from_message(message: etree._Element) -> Tree:
    """Open a v8msg or EnterpriseData message: the event is its body's only child, the number its header's."""
    bodies = [child for child in message if _name(child) == "Body"]
    events = [child for body in bodies for child in body]
    event = _from_element(events[0]) if len(events) == 1 else None
    if not isinstance(event, dict):
        return None
    numbers = [(node.text or "") for node in message.iter("{*}MessageNo")]
    return {**event, "exchange": {"message_no": numbers[0]}} if numbers else event


def _from_element(element: etree._Element) -> Tree:
    if element.get(_NIL) in {"true", "1"}:
        return None
    kinds = {_name(element), (element.get(_TYPE) or "").rpartition(":")[2]}
    if kinds & _STRUCTURES:
        return {child.get("name") or "": _property_value(child) for child in element}
    if kinds & _ARRAYS:
        return [_from_element(child) for child in element]
    fields = _own_fields(element)
    return fields or (element.text or "")


def _property_value(element: etree._Element) -> Tree:
    return _from_element(element[0]) if len(element) else (element.text or "")


def _own_fields(element: etree._Element) -> Fields:
    # Attributes with a namespace are XML's own business (xsi:type, xml:lang).
    fields: Fields = {str(key): str(value) for key, value in element.attrib.items() if "{" not in str(key)}
    repeated: dict[str, list[Tree]] = {}
    for child in element:
        repeated.setdefault(_name(child), []).append(_from_element(child))
    for name, values in repeated.items():
        fields[name] = values if len(values) > 1 else values[0]
    return fields


def _name(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]
