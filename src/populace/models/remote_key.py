"""Keys: read from the environment when a request is sent, and kept out of everything that is written."""

from __future__ import annotations

import os
from collections.abc import Mapping

from populace.errors import ModelError

#: what stands in place of a key
HIDDEN = "[key]"


class Key:
    """The key of a service, by the name of its environment variable. variable: None = the service needs none."""

    def __init__(self, variable: str | None, header: str = "Authorization") -> None:
        self.variable, self._header = variable, header
        self._value: str | None = None

    def __repr__(self) -> str:
        return f"Key({self.variable!r})"

    def headers(self, environ: Mapping[str, str] | None = None) -> dict[str, str]:
        """What is sent with every request. `ModelError` where the variable is not set or holds no key."""
        if self.variable is None:
            return {}
        value = (os.environ if environ is None else environ).get(self.variable, "")
        if not value or not value.isascii() or not value.isprintable() or " " in value:
            state = "is not set" if not value else "holds spaces or signs that no key has"
            raise ModelError(f"environment variable {self.variable} {state}; expected the key of the service: set it")
        self._value = value
        return {self._header: f"Bearer {value}" if self._header == "Authorization" else value}

    def hidden(self, text: str) -> str:
        """A text without the key, should a server have repeated it."""
        return text.replace(self._value, HIDDEN) if self._value else text
