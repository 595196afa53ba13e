"""Refusals of the notifications."""

from hub.kernel.errors import ErrorKind, HubError


class TemplateInvalidError(HubError):
    """The words cannot be used; `problem` says why, `name` what is meant, `line` where."""

    code = "template-invalid"
    kind = ErrorKind.INVALID


class UnsubscribeTokenError(HubError):
    """The link was not made by this hub."""

    code = "not-found"
    kind = ErrorKind.NOT_FOUND
