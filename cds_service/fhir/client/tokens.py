"""The bearer token of a call, in a type that cannot print itself."""

from __future__ import annotations


class Token:
    """A bearer token. It prints as stars, so that no log line, message or traceback can hold it."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """The token itself, for the Authorization header of a call to the client's FHIR server and nothing else."""
        return self._value

    def __repr__(self) -> str:
        return "Token(***)"

    __str__ = __repr__

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a token is not copied or stored")
