"""Refusals at the staff's door; both look the same for a login that exists and one that does not."""

from hub.kernel.errors import ErrorKind, HubError


class SignInFailedError(HubError):
    """The login and the password do not belong together; which of them is wrong is not said."""

    code = "sign-in-failed"
    kind = ErrorKind.UNAUTHENTICATED


class SignInLockedError(HubError):
    """Too many failures in a row on this login; `retry_after_s` says when to come back."""

    code = "rate-limited"
    kind = ErrorKind.LIMITED


class TotpRequiredError(HubError):
    """The password is right; a code from the phone is asked for."""

    code = "totp-required"
    kind = ErrorKind.UNAUTHENTICATED


class TotpWrongError(HubError):
    """The code is not the phone's present one, or it was used."""

    code = "totp-wrong"
    kind = ErrorKind.UNAUTHENTICATED


class TotpEnrolledError(HubError):
    """There is a second step already; only the console takes it away."""

    code = "totp-enrolled"
    kind = ErrorKind.REFUSED
