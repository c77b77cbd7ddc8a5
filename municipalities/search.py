"""Names are found however they are typed: without accents, hyphens, apostrophes or capitals.

The same expression folds the names (in a generated column) and the question, so that the two cannot differ.
PostgreSQL's `unaccent` is an extension that not every server has; Dutch names need few letters.
"""

from django.db.models import Func, TextField, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower

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
