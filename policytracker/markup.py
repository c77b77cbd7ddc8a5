"""HTML for what comes back unchanged again and again: the same row of the same list is written once."""

from collections.abc import Callable, Hashable, Iterable
from functools import lru_cache, wraps
from typing import TypeVar, cast

from django.utils.safestring import SafeString
from django.utils.translation import get_language

Write = TypeVar("Write", bound=Callable[..., SafeString])


def written_once(*, kept: int) -> Callable[[Write], Write]:
    """Keep the last so many results of a function that writes HTML, for each language.

    The function may depend on nothing but its arguments, which must be hashable, and the language.
    """

    def decorate(write: Write) -> Write:
        @lru_cache(maxsize=kept)
        def remembered(language: str, *values: Hashable) -> SafeString:
            return write(*values)

        @wraps(write)
        def written(*values: Hashable) -> SafeString:
            return remembered(get_language() or "", *values)

        return cast(Write, written)

    return decorate


def joined(parts: Iterable[SafeString]) -> SafeString:
    """Pieces of HTML one after the other; each must be safe, since none is escaped."""
    return SafeString("".join(parts))
