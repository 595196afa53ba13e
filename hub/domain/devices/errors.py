"""Refusals of refresh tokens that the kernel's own token errors do not name."""

from hub.kernel.errors import ErrorKind, HubError


class TokenReusedError(HubError):
    """The token was used before: somebody else may hold a copy, so nobody gets in with its family."""

    code = "token-reused"
    kind = ErrorKind.UNAUTHENTICATED
