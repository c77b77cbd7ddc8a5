"""Expressions for querysets that Django has no word for."""

from typing import Any

from django.db.models import Aggregate, FloatField, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce


class Median(Aggregate):
    """The middle one of the values; where their number is even, halfway between the two in the middle."""

    function = "PERCENTILE_CONT"
    template = "%(function)s(0.5) WITHIN GROUP (ORDER BY %(expressions)s)"
    output_field = FloatField()


def found_for_row(rows: QuerySet[Any, Any]) -> Coalesce:
    """Whether the rows, which refer to the outer one, hold any; looked up for each row that is shown.

    Of an `Exists` in a column PostgreSQL first reads all rows that any outer one may ask for, also where a
    page shows ten. As a filter `Exists` is the better word.
    """
    return Coalesce(Subquery(rows.order_by().values(found=Value(True))[:1]), Value(False))
