"""What stops a start, told to the operator in one line."""


class Trouble(Exception):
    """The message is what the operator reads; `code` is the exit status."""

    def __init__(self, message: str, code: int = 1) -> None:
        super().__init__(message)
        self.code = code
