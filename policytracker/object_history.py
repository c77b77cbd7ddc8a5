"""The history of one object in words: who changed what and when, from what to what.

The triggers keep a snapshot of each row after each change (docs/adr/0009). Beside its own events the history
of an object tells those of what hangs on it, such as the partners of a measure. Each kind of event is a
`Source`; all are asked in one query, which also leaves out the events that changed nothing worth telling.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple, cast
from uuid import UUID

from django.contrib.auth import get_user_model
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import ExpressionWrapper, F, Q, QuerySet, Value, Window
from django.db.models.functions import JSONObject, Lag
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from policytracker.text_difference import difference

Model = type[models.Model]
Snapshot = dict[str, Any]
Names = Mapping[int, str]
Naming = Mapping[Model, Callable[[Collection[int]], Names]]

DELETED = "pgh_deleted"  # in a snapshot, beside the fields of the row
CONFIRMED = "confirmed_at"  # says that somebody looked and nothing had changed
KEYS = {"revision", "source_key"}
NOTHING_CHANGED = gettext_lazy("Confirmed that nothing changed")
WHO, WHEN = "_by", "_at"  # a pair of fields that repeats what the event says itself


@dataclass(frozen=True)
class Source:
    """A table of which the events belong to the history of an object.

    `owner` is the field of the event that holds the object's key. In the sentences %(name)s stands for what
    the field `name` holds. Of a row that was made the fields in `first` are told, of a changed one those in
    `fields`, or all. Who may not change the object reads neither the fields in `private` nor the events that
    `public` leaves out.
    """

    model: Model
    made: str | Promise
    changed: str | Promise = ""
    deleted: str | Promise = ""
    confirmed: str | Promise = NOTHING_CHANGED
    owner: str = "pgh_obj"
    name: str = ""
    first: tuple[str, ...] = ()
    fields: tuple[str, ...] | None = None
    private: tuple[str, ...] = ()
    public: Q = field(default_factory=Q)

    @property
    def events(self) -> Model:
        """The table of the events."""
        return cast(Any, self.model).pgh_event_model

    def told(self) -> list[str]:
        """The names of the fields of which a change is told."""
        if self.fields is not None:
            return list(self.fields)
        kept = {one.name for one in self.events._meta.concrete_fields}
        return [
            one.name
            for one in self.model._meta.concrete_fields
            if one.name in kept and not is_bookkeeping(one)
        ]


def is_bookkeeping(one: "models.Field[Any, Any]") -> bool:
    """Whether the field holds nothing that a person would call a change: keys, and who and when."""
    if one.primary_key or one.name in KEYS:
        return True
    stem = one.name[: -len(WHO)]
    names = {other.name for other in one.model._meta.concrete_fields}
    is_of_pair = one.name in (stem + WHO, stem + WHEN) and {stem + WHO, stem + WHEN} <= names
    return is_of_pair and one.name != CONFIRMED


class Difference(NamedTuple):
    """A field that changed, as the snapshots hold it."""

    name: str
    before: Any
    after: Any


class Event(NamedTuple):
    """What one row was after one write, and before it."""

    moment: dt.datetime
    source: int
    number: int
    earlier: int | None
    owner: int
    context: UUID | None
    author: int | None
    after: Snapshot
    before: Snapshot | None

    @property
    def is_deletion(self) -> bool:
        """Whether the row went."""
        return self.after[DELETED]

    def differences(self, names: Iterable[str]) -> Iterator[Difference]:
        """Those of the fields that changed."""
        before = self.before or {}
        for name in names:
            if before.get(name) != self.after[name]:
                yield Difference(name, before.get(name), self.after[name])


@dataclass(frozen=True)
class FieldChange:
    """A field in words, before and after; of a row that was made there is no before.

    `difference` tells a long text apart word by word. `earlier` is the event that holds the text before,
    where that may be put back.
    """

    name: str
    label: str
    before: str | None
    after: str
    difference: SafeString | str = ""
    earlier: int | None = None


@dataclass(frozen=True)
class Line:
    """What happened to one row; `mark` tells the earlier object to which it belonged."""

    what: str
    mark: str
    changes: tuple[FieldChange, ...] = ()


@dataclass(frozen=True)
class Entry:
    """What one person did at one moment."""

    when: dt.datetime
    who: str
    is_invented: bool
    lines: tuple[Line, ...]


@dataclass(frozen=True)
class ObjectHistory:
    """The history of the objects with the keys in `owners`, each with its mark or an empty one.

    It makes no difference whether they are still there. With `in_full` people are named and what is private
    is told. `naming` says what rows are called where it is not by their `str`. The `texts` are the fields of
    `row` of which an earlier text may be put back.
    """

    sources: Sequence[Source]
    owners: Mapping[int, str]
    in_full: bool
    naming: Naming = field(default_factory=dict)
    row: models.Model | None = None
    texts: Collection[str] = ()

    @cached_property
    def fields(self) -> list[list[str]]:
        """For each source the fields of which this reader is told a change."""
        return [
            [name for name in source.told() if self.in_full or name not in source.private]
            for source in self.sources
        ]

    def events(self) -> QuerySet[Any, Any]:
        """The events that tell something, the newest first, as the values of an `Event`."""
        first, *others = (self._events_of(number) for number in range(len(self.sources)))
        return first.union(*others, all=True).order_by("-moment", "source", "-number")

    def _events_of(self, number: int) -> QuerySet[Any, Any]:
        """The events of one source; one that changed only what is not told does not come along."""
        source = self.sources[number]
        rows: QuerySet[Any, Any] = source.events._base_manager.filter(
            **{f"{source.owner}__in": list(self.owners)}
        )
        if not self.in_full:
            rows = rows.filter(source.public)
        kept = {*self.fields[number], *source.first, *filter(None, [source.name])}
        is_deletion = ExpressionWrapper(Q(pgh_label="delete"), models.BooleanField())
        snapshot = JSONObject(**{DELETED: is_deletion}, **{name: F(name) for name in sorted(kept)})
        of_one_row: dict[str, Any] = {"partition_by": "pgh_obj", "order_by": "pgh_id"}
        return (
            rows.annotate(
                moment=F("pgh_created_at"),
                source=Value(number),
                number=F("pgh_id"),
                earlier=Window(Lag("pgh_id"), **of_one_row),
                owner=F(source.owner),
                context=F("pgh_context"),
                author=F("pgh_context__metadata__user"),
                after=snapshot,
                before=Window(Lag(snapshot), **of_one_row),
            )
            .filter(Q(before__isnull=True) | ~Q(before=F("after")))
            .values_list(*Event._fields)
        )

    def entries(self, rows: Iterable[Any]) -> list[Entry]:
        """The events in words, those of one person at one moment together."""
        events = [Event._make(row) for row in rows]
        authors = get_user_model()._default_manager.in_bulk(
            {event.author for event in events if event.author}
        )
        called = self._called(events)
        entries = []
        for (moment, _context, number), group in groupby(
            events, key=lambda event: (event.moment, event.context, event.author)
        ):
            author = authors.get(number)
            entries.append(
                Entry(
                    when=moment,
                    who=self._who(author),
                    is_invented=author is not None and author.is_demonstration,
                    lines=tuple(line for event in group for line in self._lines(event, called)),
                )
            )
        return entries

    def _who(self, author: Any) -> str:
        """The name of who did it, or the role; what no user did was done by the system."""
        if author is None:
            return _("the system")
        return str(author.name if self.in_full else author.get_role_display())

    def _told(self, event: Event) -> list[Difference]:
        """The fields of the event that are told."""
        if event.is_deletion:
            return []
        if event.before is None:
            first = self.sources[event.source].first
            return [one for one in event.differences(first) if not is_empty(one.after)]
        return list(event.differences(self.fields[event.source]))

    def _called(self, events: Sequence[Event]) -> Mapping[Model, Names]:
        """What the rows are called to which the events refer, in one query for each table."""
        wanted: dict[Model, set[int]] = defaultdict(set)
        for event in events:
            source = self.sources[event.source]
            values = [(one.name, one.before) for one in self._told(event)]
            values += [(one.name, one.after) for one in self._told(event)]
            if source.name:
                values.append((source.name, event.after[source.name]))
            for name, key in values:
                model = source.model._meta.get_field(name).related_model
                if isinstance(model, type) and key is not None:
                    wanted[model].add(key)
        return {
            model: self.naming[model](keys) if model in self.naming else by_their_str(model, keys)
            for model, keys in wanted.items()
        }

    def _lines(self, event: Event, called: Mapping[Model, Names]) -> Iterator[Line]:
        """What one event tells."""
        source, mark, told = self.sources[event.source], self.owners[event.owner], self._told(event)
        names = {}
        if source.name:
            names["name"] = in_words(source.model, source.name, event.after[source.name], called)
        if event.is_deletion:
            yield Line(str(source.deleted) % names, mark)
            return
        if any(one.name == CONFIRMED and one.after for one in told):
            yield Line(str(source.confirmed) % names, mark)
        changes = tuple(self._change(event, one, called) for one in told if one.name != CONFIRMED)
        if event.before is None:
            yield Line(str(source.made) % names, mark, changes)
        elif changes:
            yield Line(str(source.changed) % names, mark, changes)

    def _change(self, event: Event, one: Difference, called: Mapping[Model, Names]) -> FieldChange:
        """One field in words."""
        model = self.sources[event.source].model
        column = cast("models.Field[Any, Any]", model._meta.get_field(one.name))
        is_made = event.before is None
        is_long = isinstance(column, models.TextField) and not is_made
        return FieldChange(
            name=one.name,
            label=capfirst(str(column.verbose_name)),
            before=None if is_made else in_words(model, one.name, one.before, called),
            after=in_words(model, one.name, one.after, called),
            difference=difference(one.before, one.after) if is_long else "",
            earlier=event.earlier if self._may_put_back(event, one) else None,
        )

    def _may_put_back(self, event: Event, one: Difference) -> bool:
        """Whether the text before the event may be put back, and is not what stands there now."""
        return (
            isinstance(self.row, self.sources[event.source].model)
            and event.owner == self.row.pk
            and one.name in self.texts
            and one.before not in (None, "", getattr(self.row, one.name))
        )


def by_their_str(model: Model, keys: Collection[int]) -> Names:
    """The rows by what they call themselves."""
    return {key: str(row) for key, row in model._base_manager.in_bulk(keys).items()}


def is_empty(value: Any) -> bool:
    """Whether a field holds nothing; no and zero are something."""
    return value in (None, "", [])


def in_words(model: Model, name: str, value: Any, called: Mapping[Model, Names]) -> str:
    """What a snapshot holds of a field, as a person reads it."""
    if is_empty(value):
        return _("empty")
    column = cast("models.Field[Any, Any]", model._meta.get_field(name))
    if isinstance(column, models.ForeignKey):
        return called[column.related_model].get(value, _("something that is no longer there"))
    if isinstance(column, ArrayField):
        labels = dict(column.base_field.flatchoices)
        return ", ".join(str(labels.get(one, one)) for one in value)
    if column.flatchoices:
        return str(dict(column.flatchoices).get(value, value))
    return plain_in_words(column, column.to_python(value))


def plain_in_words(column: "models.Field[Any, Any]", value: Any) -> str:
    """A value without choices in words."""
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, dt.datetime):
        return date_format(timezone.localtime(value), "DATETIME_FORMAT")
    if isinstance(value, dt.date):
        return date_format(value)
    if isinstance(column, models.DecimalField):
        return number_format(value, column.decimal_places, force_grouping=True)
    if isinstance(value, (int, float)):
        return number_format(value, force_grouping=True)
    return str(value)
