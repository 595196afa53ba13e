"""Refusals of the notifications."""

from hub.kernel.errors import ErrorKind, HubError


class TemplateInvalidError(HubError):
    """The words cannot be used; `problem` says why, `name` what is meant, `line` where."""

    code = "template-invalid"
    kind = ErrorKind.INVALID


class MailingStateError(HubError):
    """The mailing's state does not allow this; `state` says where it stands."""

    code = "mailing-state"
    kind = ErrorKind.CONFLICT


class UnsubscribeTokenError(HubError):
    """The link was not made by this hub."""

    code = "not-found"
    kind = ErrorKind.NOT_FOUND
