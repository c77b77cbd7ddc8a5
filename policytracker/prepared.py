"""Queries that are put together once and planned once, and then only run.

On a page that asks several things of one row, Django needs longer to write the SQL, and PostgreSQL to plan
it, than to answer. Here the statement of a queryset is written on the first call, prepared once on each
connection to the database, and from then on run with other parameters.
"""

import datetime as dt
from collections.abc import Callable, Hashable, Sequence
from functools import lru_cache
from itertools import count
from typing import Any, Generic, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from django.core.exceptions import EmptyResultSet
from django.db import NotSupportedError, connection
from django.db.models import QuerySet
from psycopg2.extensions import AsIs

from policytracker.dates import end_of_day

Row = TypeVar("Row")
Parameter = int | str | dt.date

SHAPES_KEPT = 64
NAMES = count(1)

# What takes a parameter's place while the statement is written: a value that nobody else writes in it.
STAND_INS: dict[type, Callable[[int], Parameter]] = {
    int: lambda number: 2**31 - 1 - number,  # the largest that an integer column can be compared with
    str: lambda number: f"\x02parameter {number}\x03",
    dt.date: lambda number: dt.date(9000, 1, 1) + dt.timedelta(days=2 * number),
}

# The names of the statements that each connection knows already.
known: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()


class Place(NamedTuple):
    """Where an argument of a call goes; the moment at which a day ends may stand for the day."""

    argument: int
    is_end_of_day: bool

    def value(self, arguments: tuple[Parameter, ...]) -> Any:
        """What goes there."""
        argument = arguments[self.argument]
        return end_of_day(argument) if self.is_end_of_day and isinstance(argument, dt.date) else argument


class Statement(NamedTuple):
    """A statement in which the numbered parameters `$1`, `$2` … are filled anew on each run."""

    name: str
    sql: str
    parameters: Any
    places: tuple[Place, ...] = ()

    def run(self, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """The rows, in one query."""
        slots = f"({', '.join(['%s'] * len(values))})" if values else ""
        with connection.cursor() as cursor:
            self._prepare()
            try:
                cursor.execute(f"EXECUTE {self.name}{slots}", values)
            except NotSupportedError:
                connection.close_at = 0  # a column has another type now: what comes next begins anew
                raise
            return cursor.fetchall()

    def _prepare(self) -> None:
        """Make the statement known to the connection. That outlives a transaction, and happens once."""
        names = known.setdefault(connection.connection, set())
        if self.name not in names:
            with connection.connection.cursor() as cursor:
                cursor.execute(f"PREPARE {self.name} AS {self.sql}", self.parameters)
            names.add(self.name)


def numbered(number: int) -> AsIs:
    """A parameter of a statement that is filled on each run, from 1."""
    return AsIs(f"${number}")


class Prepared(Generic[Row]):
    """A queryset of tuples with parameters.

    `build` makes the queryset (with `values_list`). Its positional arguments, numbers, texts or days, are
    the parameters of the statement: it may compare columns with them, or with the end of a day, and nothing
    else, since stand-ins take their place while the statement is written. Its keyword arguments shape the
    statement; one is kept for each combination of them, so these must be few. `row` makes what is returned of
    each tuple.
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
        values = [place.value(arguments) for place in statement.places]
        return [self.row(row) for row in statement.run(values)]

    def _statement(self, types: tuple[type, ...], **shape: Hashable) -> Statement | None:
        """The statement with these kinds of parameters; None where it can hold no row."""
        stand_ins = [STAND_INS[kind](number) for number, kind in enumerate(types)]
        try:
            sql, parameters = self.build(*stand_ins, **shape).query.sql_with_params()
        except EmptyResultSet:
            return None
        moments = [end_of_day(one) if isinstance(one, dt.date) else None for one in stand_ins]
        fixed: list[Any] = []
        places: dict[Place, int] = {}  # each once, with its number
        for parameter in parameters:
            is_end = parameter in moments and parameter is not None
            if is_end or parameter in stand_ins:
                place = Place((moments if is_end else stand_ins).index(parameter), is_end)
                fixed.append(numbered(places.setdefault(place, len(places) + 1)))
            else:
                fixed.append(parameter)
        return Statement(f"prepared_{next(NAMES)}", sql, tuple(fixed), tuple(places))


def prepared(
    row: Callable[[tuple[Any, ...]], Row],
) -> Callable[[Callable[..., QuerySet[Any, Any]]], Prepared[Row]]:
    """Make of a function that builds a queryset a function that runs it; see `Prepared`."""
    return lambda build: Prepared(build, row)
