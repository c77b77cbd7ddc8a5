"""The web server's log of requests, without what would let its reader in."""

import re
from typing import Any

from gunicorn import glogging

KEYS = re.compile(r"^(/account/wachtwoord/)[^/]+/[^/]+/?$")


class Logger(glogging.Logger):
    """Writes a line per request; the key in the address of a password reset is left out."""

    def atoms(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        """What a line can be made of."""
        atoms: dict[str, Any] = super().atoms(*arguments, **options)
        return atoms | {"U": without_keys(atoms["U"])}


def without_keys(path: str) -> str:
    """The path of a request with a dash for each key in it."""
    return KEYS.sub(r"\1-/-/", path)
