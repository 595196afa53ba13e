"""How a sign-in through the portal fails."""

from hub.kernel.errors import ErrorKind, HubError


class PortalUnreachableError(HubError):
    """The portal or its OAuth server does not answer, or answers what cannot be read."""

    code = "portal-unreachable"
    kind = ErrorKind.UPSTREAM


class PortalRefusedError(HubError):
    """The code is used, too old or foreign, or another portal answered: sign-in begins anew."""

    code = "sso-refused"
    kind = ErrorKind.UNAUTHENTICATED
