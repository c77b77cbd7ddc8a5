"""Queries that Django puts together once and that are then only run.

On a page that asks several things of one row, Django needs longer to write the SQL than PostgreSQL to answer.
Here the statement of a queryset is written on the first call and kept; a later call fills in its parameters.
"""

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any, Generic, NamedTuple, TypeVar

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

Row = TypeVar("Row")
Parameter = int | str

SHAPES_KEPT = 128
STAND_INS: dict[type, Callable[[int], Parameter]] = {
    int: lambda number: 2**31 - 1 - number,  # the largest that an integer column can be compared with
    str: lambda number: f"\x02parameter {number}\x03",
}


class Statement(NamedTuple):
    """SQL with its parameters; `places` says which of them take which argument of a call."""

    sql: str
    parameters: tuple[Any, ...]
    places: tuple[tuple[int, int], ...]


class Prepared(Generic[Row]):
    """A queryset of tuples with parameters.

    `build` makes the queryset (with `values_list`). Its positional arguments, numbers or texts, are the
    parameters of the statement: it may compare columns with them and nothing else, since a stand-in takes
    their place while the statement is written. Its keyword arguments shape the statement; one is kept for
    each combination of them. `row` makes what is returned of each tuple.
    """

    def __init__(
        self, build: Callable[..., QuerySet[Any, Any]], row: Callable[[tuple[Any, ...]], Row]
    ) -> None:
        self.build = build
        self.row = row
        self.statement = lru_cache(maxsize=SHAPES_KEPT)(self._statement)

    def __call__(self, *arguments: Parameter, **shape: Hashable) -> list[Row]:
        """The rows, in one query; none where the queryset can hold nothing."""
        statement = self.statement(tuple(type(argument) for argument in arguments), **shape)
        if statement is None:
            return []
        parameters = list(statement.parameters)
        for place, argument in statement.places:
            parameters[place] = arguments[argument]
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, parameters)
            return [self.row(row) for row in cursor.fetchall()]

    def _statement(self, types: tuple[type, ...], **shape: Hashable) -> Statement | None:
        """The statement with these kinds of parameters; None where it can hold no row."""
        stand_ins = [STAND_INS[kind](number) for number, kind in enumerate(types)]
        try:
            sql, parameters = self.build(*stand_ins, **shape).query.sql_with_params()
        except EmptyResultSet:
            return None
        places = tuple(
            (place, stand_ins.index(parameter))
            for place, parameter in enumerate(parameters)
            if isinstance(parameter, (int, str)) and parameter in stand_ins
        )
        return Statement(sql, tuple(parameters), places)


def prepared(
    row: Callable[[tuple[Any, ...]], Row],
) -> Callable[[Callable[..., QuerySet[Any, Any]]], Prepared[Row]]:
    """Make of a function that builds a queryset a function that runs it; see `Prepared`."""
    return lambda build: Prepared(build, row)
