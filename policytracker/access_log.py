"""What the logs say of a request, without what would let their reader in."""

import logging
import re
from typing import Any

from gunicorn import glogging

KEYS = (
    (re.compile(r"^(/account/wachtwoord/)[^/]+/[^/]+/?$"), r"\1-/-/"),
    (re.compile(r"^(/+agenda/).+$", re.DOTALL), r"\1-"),  # also of an address that somebody mistyped
)


class Logger(glogging.Logger):
    """Writes a line per request; the key in the address of a password reset or a calendar is left out."""

    def atoms(self, *arguments: Any, **options: Any) -> dict[str, Any]:
        """What a line can be made of."""
        atoms: dict[str, Any] = super().atoms(*arguments, **options)
        return atoms | {"U": without_keys(atoms["U"])}


class WithoutKeys(logging.Filter):
    """Leaves the keys out of what is logged about a request that failed or was refused."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let each record pass, with the paths among its arguments masked."""
        if isinstance(record.args, tuple):
            record.args = tuple(without_keys(one) if isinstance(one, str) else one for one in record.args)
        return True


def without_keys(path: str) -> str:
    """The path of a request with a dash for each key in it."""
    for key, masked in KEYS:
        path = key.sub(masked, path)
    return path
