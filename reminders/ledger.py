"""The ledger as a table: how it is filtered and sorted, what stands in a row on the page and in an export."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from django import forms
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from municipalities import kept_areas
from municipalities.filters import SeveralField
from municipalities.models import Contact, Municipality
from municipalities.models.municipality import MunicipalityQuerySet
from policytracker.dates import local_day
from policytracker.exporting import Row
from policytracker.listing import Order, Sorting
from reminders.models import MessageReminder, Reminder, Rule

BY_DAY = ("-due_on", "-id")
SORTING = Sorting(
    {
        "due": Order(F("due_on"), ("municipality__sort_name", "step"), starts_descending=True),
        "name": Order(F("municipality__sort_name"), BY_DAY),
        "status": Order(F("status"), BY_DAY),
        "settled": Order(F("settled_at"), BY_DAY, starts_descending=True),
    },
    "due",
    descending=True,
)


class LedgerFilter(forms.Form):
    """By what the ledger can be filtered: values of one filter widen it, filters together narrow it."""

    q = forms.CharField(label=gettext_lazy("Name or code"), required=False, max_length=100)
    status = SeveralField(label=gettext_lazy("Status"), choices=Reminder.Status.choices)
    rule = SeveralField(label=gettext_lazy("Reason"), choices=Rule.choices)
    province = SeveralField(
        label=gettext_lazy("Province"), choices=partial(kept_areas.choices, kept_areas.PROVINCE)
    )

    def apply(self, reminders: QuerySet[Reminder]) -> QuerySet[Reminder]:
        """Those of the reminders that a valid form asks for."""
        chosen = self.cleaned_data
        if chosen["q"]:
            reminders = reminders.filter(municipality__in=Municipality.objects.search(chosen["q"]))
        if chosen["status"]:
            reminders = reminders.filter(status__in=chosen["status"])
        if chosen["rule"]:
            reminders = reminders.filter(rule__in=chosen["rule"])
        if chosen["province"]:
            reminders = reminders.filter(municipality__province__code__in=chosen["province"])
        return reminders


@dataclass(frozen=True)
class Entry:
    """A reminder in the list."""

    code: str
    name: str
    province: str
    rule: str
    step: int
    due_on: dt.date
    state: str
    settled_at: dt.datetime | None
    recipients: list[str]

    @property
    def reason(self) -> str:
        """The rule in words."""
        return str(Rule(self.rule).label)

    @property
    def standing(self) -> str:
        """The status in words."""
        return str(Reminder.Status(self.state).label)


COLUMNS = (
    "municipality__code",
    "municipality__name",
    "municipality__province__name",
    "rule",
    "step",
    "due_on",
    "status",
    "settled_at",
    "recipients",
)


def rows_of(reminders: QuerySet[Reminder]) -> QuerySet[Any, tuple[Any, ...]]:
    """What the list shows of these reminders, with all to whom each was or will be sent, in one query."""
    recipients = (
        MessageReminder.objects.filter(reminder=OuterRef("pk"))
        .order_by("message_id")
        .values_list("message__recipient")
    )
    return reminders.annotate(recipients=ArraySubquery(recipients)).values_list(*COLUMNS)


def entries(rows: Iterable[tuple[Any, ...]]) -> Iterator[Entry]:
    """The rows, with names for their columns."""
    return (Entry(*row) for row in rows)


def export_header() -> list[str]:
    """The titles of the columns of an export."""
    return [
        _("Code"),
        _("Municipality"),
        _("Province"),
        _("Reason"),
        _("Step"),
        _("Due since"),
        _("Status"),
        _("Settled on"),
        _("Recipients"),
    ]


def export_rows(rows: QuerySet[Any, tuple[Any, ...]]) -> Iterator[Row]:
    """The rows of an export: every reminder that the list shows, on all its pages."""
    for entry in entries(rows.iterator(chunk_size=2000)):
        yield (
            entry.code,
            entry.name,
            entry.province,
            entry.reason,
            entry.step,
            entry.due_on,
            entry.standing,
            local_day(entry.settled_at) if entry.settled_at else None,
            ", ".join(entry.recipients),
        )


def without_reachable_contact(*, on: dt.date) -> MunicipalityQuerySet:
    """The municipalities of the day to which no message can be sent."""
    reachable = Contact.objects.reachable().filter(municipality=OuterRef("pk"))
    return Municipality.objects.in_register(on=on).filter(~Exists(reachable))


def with_contacts(municipalities: MunicipalityQuerySet) -> QuerySet[Any, Any]:
    """These municipalities with what is known of their contacts: who they are, and why nothing arrives."""
    contacts = (
        Contact.objects.filter(municipality=OuterRef("pk"))
        .order_by("position")
        .values(facts=JSONObject(name="name", email="email", reason="unreachable_reason"))
    )
    return municipalities.annotate(people=ArraySubquery(contacts)).values(
        "code", "name", "province__name", "account_manager__name", "people"
    )
