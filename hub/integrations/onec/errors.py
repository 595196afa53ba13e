"""What may be wrong with a body from 1C; the first three at the door, the last in the worker."""

from hub.kernel.errors import ErrorKind, HubError


class UnparsableError(HubError):
    """The body is neither JSON nor XML; facts: line and column, from 1."""

    code = "unparsable"
    kind = ErrorKind.MALFORMED


class XmlUnsafeError(HubError):
    """The body has a DTD, entities, or nesting beyond any real document (JSON's nesting too)."""

    code = "xml-unsafe"
    kind = ErrorKind.MALFORMED


class BatchTooLargeError(HubError):
    """The array holds more events than one call may bring; fact: items_max."""

    code = "body-too-large"
    kind = ErrorKind.TOO_LARGE


class FactInvalidError(HubError):
    """A field breaks its rule; facts: pointer (RFC 6901, canonical names, indexes from 0) and rule.

    The value itself is never kept: it may be personal.
    """

    code = "event-invalid"
    kind = ErrorKind.INVALID

    def __init__(self, pointer: str, rule: str) -> None:
        """Keep where it is and which rule it breaks."""
        self.pointer = pointer
        self.rule = rule
        super().__init__(pointer=pointer, rule=rule)
