"""The one way in which this base says no."""


class ClerkError(Exception):
    """A clerk asked for what this base does not have or does not allow; carries a code and a Russian text."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code
        self.message = message
