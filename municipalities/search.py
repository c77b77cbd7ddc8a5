"""Names are found however they are typed: without accents, hyphens, apostrophes or capitals.

The same expression folds the names (in a generated column) and the question, so that the two cannot differ.
PostgreSQL's `unaccent` is an extension that not every server has; Dutch names need few letters.
"""

from typing import Any, TypeVar

from django.db.models import Func, QuerySet, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Concat, Lower

Rows = TypeVar("Rows", bound=QuerySet[Any, Any])

ACCENTED = "áàâäãéèêëíìîïóòôöõúùûüñç" + "-'’`/."
PLAIN = "aaaaaeeeeiiiiooooouuuunc" + "      "


def fold(expression: Combinable) -> Func:
    """The text in lower case, without accents, each mark between words a space."""
    return Func(
        Lower(expression, output_field=TextField()),
        Value(ACCENTED),
        Value(PLAIN),
        function="translate",
        output_field=TextField(),
    )


def holding(rows: Rows, text: str, *columns: str) -> Rows:
    """The rows whose columns together hold every word of the text; for tables of hundreds of rows at most.

    The columns are folded while they are searched. Where there are more rows a generated column holds them.
    """
    if not text.split():
        return rows
    parts = [part for column in columns for part in (Value("\n"), column)]
    rows = rows.alias(searched=fold(Concat(*parts, output_field=TextField())))
    for word in text.split():
        rows = rows.filter(searched__contains=fold(Value(word)))
    return rows
