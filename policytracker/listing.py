"""What every list has: links that change one part of its address, orders, pages, chips of active filters."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, cast
from urllib.parse import urlencode

from django import forms
from django.core.paginator import Page, Paginator
from django.db import models
from django.db.models import Case, Count, Expression, F, QuerySet, Value, When, Window
from django.db.models.expressions import OrderBy
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from policytracker.exporting import CSV, FORMATS, XLSX

PER_PAGE = 50
ALL_PER_PAGE = 1000  # all on request, yet never more than a browser and a worker can hold

PAGE, PER_PAGE_KEY, SORT, EXPORT = "page", "per_page", "sort", "export"


class Address:
    """The address of a list as it was asked for; each link changes one part and leaves the rest.

    Empty parts, which a submitted form is full of, are left out. What changes the rows starts at page one.
    """

    def __init__(self, request: HttpRequest) -> None:
        self.path = request.path
        self.parts: list[tuple[str, str]] = [
            (key, value)
            for key, values in request.GET.lists()
            if key not in (PAGE, EXPORT)
            for value in values
            if value.strip()
        ]

    def __str__(self) -> str:
        """The address itself, without page and without empty parts."""
        return self._join(self.parts)

    def having(self, key: str, value: str | int) -> str:
        """The address in which the part has this one value."""
        return self._join([*(part for part in self.parts if part[0] != key), (key, str(value))])

    def without(self, key: str, value: str | None = None) -> str:
        """The address without the part, or without one of its values."""
        return self._join([part for part in self.parts if part[0] != key or value not in (None, part[1])])

    def without_all(self, keys: Sequence[str]) -> str:
        """The address without these parts."""
        return self._join([part for part in self.parts if part[0] not in keys])

    def _join(self, parts: list[tuple[str, str]]) -> str:
        return f"{self.path}?{urlencode(parts)}" if parts else self.path


class Chip(NamedTuple):
    """An active filter in words, with the address of the list without it."""

    label: str | Promise
    value: str
    url: str


def chips(form: forms.Form, address: Address) -> list[Chip]:
    """One chip for each value of each field by which a valid form filters, in the order of its fields."""
    found = []
    for name, field in form.fields.items():
        value = form.cleaned_data.get(name)
        if not value:
            continue
        if isinstance(field, forms.ChoiceField):
            labels = dict(flat_choices(field))
            chosen = value if isinstance(value, list) else [value]
            found += [
                Chip(field.label or name, str(labels[one]), address.without(name, one)) for one in chosen
            ]
        else:
            shown = date_format(value) if isinstance(field, forms.DateField) else str(value)
            found.append(Chip(field.label or name, shown, address.without(name)))
    return found


def flat_choices(field: forms.ChoiceField) -> Iterator[tuple[str, Any]]:
    """The value and label of each choice, also of those that stand in a group."""
    for value, label in cast(Iterable[tuple[str, Any]], field.choices):
        if isinstance(label, (list, tuple)):
            yield from label
        else:
            yield value, label


@dataclass(frozen=True)
class Order:
    """An order that a list offers: by `by`, and where that is equal by `then`."""

    by: Expression | F
    then: tuple[str, ...] = ()
    starts_descending: bool = False

    def expressions(self, *, descending: bool) -> list[OrderBy | str]:
        """What to order by; rows without a value come last, whichever way round."""
        by = self.by.desc(nulls_last=True) if descending else self.by.asc(nulls_last=True)
        return [by, *self.then]


def rank(name: str, choices: type[models.TextChoices]) -> Case:
    """The place of a column's value among its choices, to order by."""
    return Case(
        *(When(**{name: value}, then=Value(place)) for place, value in enumerate(choices.values)),
        output_field=models.IntegerField(),
    )


class Header(NamedTuple):
    """A column's link that sorts by it; `direction` is empty unless the list is sorted so."""

    url: str
    direction: str


@dataclass(frozen=True)
class Sorting:
    """How a list is sorted: `key` in the address, `-key` the other way round."""

    orders: Mapping[str, Order]
    key: str
    descending: bool = False

    def asked(self, request: HttpRequest) -> "Sorting":
        """This sorting, or the one that the address asks for where it is offered."""
        asked = request.GET.get(SORT, "")
        key = asked.removeprefix("-")
        return Sorting(self.orders, key, asked.startswith("-")) if key in self.orders else self

    def expressions(self) -> list[OrderBy | str]:
        """What to order by."""
        return self.orders[self.key].expressions(descending=self.descending)

    def headers(self, address: Address) -> dict[str, Header]:
        """For each order the link that sorts by it, or turns it round."""
        headers = {}
        for key, order in self.orders.items():
            is_current = key == self.key
            descending = not self.descending if is_current else order.starts_descending
            direction = ("descending" if self.descending else "ascending") if is_current else ""
            headers[key] = Header(address.having(SORT, f"-{key}" if descending else key), direction)
        return headers


class Pages(Paginator):
    """The pages of a list.

    `counted` counts its rows by a lighter query than the one that fetches them. Without it the rows, which
    must be tuples, are counted by the query that fetches the first page: it looks at all of them anyway.
    """

    def __init__(
        self, rows: QuerySet[Any, Any], counted: QuerySet[Any, Any] | None, request: HttpRequest
    ) -> None:
        self.shows_all = request.GET.get(PER_PAGE_KEY) == "all"
        self.rows, self.counted = rows, counted
        super().__init__(rows, ALL_PER_PAGE if self.shows_all else PER_PAGE)
        self.page_asked = request.GET.get(PAGE)

    @cached_property
    def count(self) -> int:
        """The number of rows."""
        return (self.rows if self.counted is None else self.counted).count()

    @cached_property
    def asked(self) -> Page:
        """The page that the address asks for; the first or last one where there is no such page."""
        if self.counted is not None or self.page_asked not in (None, "", "1"):
            return self.get_page(self.page_asked)
        rows = list(self.rows.annotate(all_rows=Window(Count("*")))[: self.per_page])
        self.count = rows[0][-1] if rows else 0
        return Page([row[:-1] for row in rows], 1, self)


class Listing:
    """A list as its address asks for it: by which filters, in which order, shown or exported."""

    def __init__(self, request: HttpRequest, form: forms.Form, sorting: Sorting) -> None:
        self.form = form
        self.address = Address(request)
        self.sorting = sorting.asked(request)
        asked = request.GET.get(EXPORT, "")
        self.export = asked if asked in FORMATS else ""

    @cached_property
    def chips(self) -> list[Chip]:
        """The active filters; the form must be valid."""
        return chips(self.form, self.address)

    @property
    def filters(self) -> str:
        """The active filters in one line, for an export to tell."""
        return "; ".join(f"{chip.label}: {chip.value}" for chip in self.chips) or _("none")

    def refused(self) -> dict[str, Any]:
        """What the template needs where the form is not valid."""
        return {"form": self.form, "clear_url": self.address.path}

    def around(self, pages: Pages) -> dict[str, Any]:
        """What the template needs around the rows of the page that was asked for."""
        return {
            "form": self.form,
            "address": self.address,
            "page": pages.asked,
            "chips": self.chips,
            "clear_url": self.address.without_all(list(self.form.fields)),
            "headers": self.sorting.headers(self.address),
            "exports": [
                {"label": "CSV", "url": self.address.having(EXPORT, CSV)},
                {"label": "Excel", "url": self.address.having(EXPORT, XLSX)},
            ],
            "all_url": self.address.having(PER_PAGE_KEY, "all"),
            "by_page_url": self.address.without(PER_PAGE_KEY) if pages.shows_all else "",
            "kept": [(key, value) for key, value in self.address.parts if key in (SORT, PER_PAGE_KEY)],
        }

    def shown_at(self, page: Page) -> str:
        """The address that the browser shows for a page of the list."""
        return self.address.having(PAGE, page.number) if page.number > 1 else str(self.address)
