"""What stops the stack with a sentence for the person at the desk instead of a traceback."""


class StackError(Exception):
    """The stack cannot start or go on. Says so in Russian, in English, and adds a program's own words."""

    def __init__(self, russian: str, english: str, details: str = "") -> None:
        super().__init__("\n".join(filter(None, [russian, english, details.strip()])))


class StopRequested(Exception):  # noqa: N818 - a wish of the person, not an error
    """Ctrl-C or SIGTERM came while the stack was still coming up."""
