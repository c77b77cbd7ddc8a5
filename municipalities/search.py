"""Names are found however they are typed: without accents, hyphens, apostrophes or capitals.

The same expression folds the names (in a generated column) and the question, so that the two cannot differ.
PostgreSQL's `unaccent` is an extension that not every server has; the names of Dutch municipalities need few letters.
"""

from django.db.models import Func, TextField
from django.db.models.expressions import Combinable
from django.db.models.functions import Lower

ACCENTED = "áàâäãéèêëíìîïóòôöõúùûüñç"
PLAIN = "aaaaaeeeeiiiiooooouuuunc"
SPACED = "-'’`/."


class Fold(Func):
    """The text in lower case, without accents, each mark between words a space."""

    function = "translate"
    output_field = TextField()
    template = f"%(function)s(%(expressions)s, '{ACCENTED}{SPACED.replace(chr(39), chr(39) * 2)}', '{PLAIN}{' ' * len(SPACED)}')"

    def __init__(self, expression: Combinable) -> None:
        super().__init__(Lower(expression))
