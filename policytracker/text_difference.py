"""What changed in a text, word by word, for the eye and for the ear."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from policytracker.markup import joined

WORD = re.compile(r"\s*\S+|\s+")  # a word with the space before it; and the space at the end
CONTEXT = 15  # words that are shown on either side of a change
SHORTENED_FROM = 3 * CONTEXT
COMPARED = 3000  # words; longer texts are shown one after the other

WRITTEN = (
    '{0}<{1}><span class="pt-visually-hidden">[{2} </span>{3}<span class="pt-visually-hidden">]</span></{1}>'
)


class Piece(NamedTuple):
    """A part of both texts or of one of them."""

    is_removed: bool
    is_added: bool
    text: str


def pieces(before: str, after: str) -> Iterator[Piece]:
    """Both texts cut into what stayed, what went and what came."""
    old, new = WORD.findall(before), WORD.findall(after)
    if max(len(old), len(new)) > COMPARED:
        yield Piece(True, False, before)
        yield Piece(False, True, after)
        return
    for kind, old_from, old_to, new_from, new_to in SequenceMatcher(None, old, new).get_opcodes():
        if kind == "equal":
            is_first, is_last = old_from == 0, old_to == len(old) and new_to == len(new)
            yield Piece(False, False, shortened(old[old_from:old_to], is_first=is_first, is_last=is_last))
            continue
        if old_from < old_to:
            yield Piece(True, False, "".join(old[old_from:old_to]))
        if new_from < new_to:
            yield Piece(False, True, "".join(new[new_from:new_to]))


def shortened(words: Sequence[str], *, is_first: bool, is_last: bool) -> str:
    """What stayed, of which only the words beside a change matter."""
    if len(words) <= SHORTENED_FROM:
        return "".join(words)
    beginning = "" if is_first else "".join(words[:CONTEXT])
    end = "" if is_last else "".join(words[-CONTEXT:])
    return f"{beginning} […]{end}"


def difference(before: str, after: str) -> SafeString:
    """The change as HTML; what was removed and added is marked, and said to who cannot see the marks."""
    return joined(written(piece) for piece in pieces(before, after))


def written(piece: Piece) -> SafeString:
    """One piece as HTML."""
    if not (piece.is_removed or piece.is_added):
        return format_html("{}", piece.text)
    mark, told = ("del", _("removed:")) if piece.is_removed else ("ins", _("added:"))
    text = piece.text.lstrip()
    space = piece.text[: len(piece.text) - len(text)]
    return format_html(WRITTEN, space, mark, told, text)
