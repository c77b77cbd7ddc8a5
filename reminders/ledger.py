"""The ledger as a table: how it is filtered and sorted, what stands in a row on the page and in an export."""

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from django import forms
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, QuerySet
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from municipalities.filters import choices_of
from municipalities.models import Contact, Municipality
from municipalities.models.municipality import MunicipalityQuerySet
from policytracker.dates import local_day
from policytracker.exporting import Row
from policytracker.listing import Address, Chip, Order, Sorting, chips
from reminders.models import MessageReminder, Reminder, Rule

Choices = list[tuple[Any, Any]]

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


def or_all(choices: Callable[[], Choices]) -> Callable[[], Choices]:
    """The choices after one that chooses nothing."""
    return lambda: [("", gettext_lazy("All")), *choices()]


class LedgerFilter(forms.Form):
    """By what the ledger can be filtered; filters together narrow it."""

    q = forms.CharField(label=gettext_lazy("Name or code"), required=False, max_length=100)
    status = forms.ChoiceField(
        label=gettext_lazy("Status"), required=False, choices=or_all(lambda: Reminder.Status.choices)
    )
    rule = forms.ChoiceField(
        label=gettext_lazy("Reason"), required=False, choices=or_all(lambda: Rule.choices)
    )
    province = forms.ChoiceField(
        label=gettext_lazy("Province"), required=False, choices=or_all(choices_of("province"))
    )

    def apply(self, reminders: QuerySet[Reminder]) -> QuerySet[Reminder]:
        """Those of the reminders that a valid form asks for."""
        chosen = self.cleaned_data
        if chosen["q"]:
            reminders = reminders.filter(municipality__in=Municipality.objects.search(chosen["q"]))
        if chosen["status"]:
            reminders = reminders.filter(status=chosen["status"])
        if chosen["rule"]:
            reminders = reminders.filter(rule=chosen["rule"])
        if chosen["province"]:
            reminders = reminders.filter(municipality__province__code=chosen["province"])
        return reminders


class Entry(NamedTuple):
    """A reminder in the list."""

    code: str
    name: str
    province: str
    rule: str
    step: int
    due_on: dt.date
    status: str
    settled_at: dt.datetime | None
    recipients: list[str]

    @property
    def reason(self) -> str:
        """The rule in words."""
        return Rule(self.rule).label

    @property
    def standing(self) -> str:
        """The status in words."""
        return Reminder.Status(self.status).label


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


def entries(reminders: QuerySet[Reminder]) -> Iterator[Entry]:
    """The rows of the list, each with all to whom it was or will be sent, in one query."""
    recipients = (
        MessageReminder.objects.filter(reminder=OuterRef("pk"))
        .order_by("message")
        .values_list("message__recipient")
    )
    rows = reminders.annotate(recipients=ArraySubquery(recipients)).values_list(*COLUMNS)
    return (Entry(*row) for row in rows.iterator(chunk_size=2000))


def active(form: LedgerFilter, address: Address) -> list[Chip]:
    """The filters by which a valid form filters, with the words of what was chosen."""
    words = {
        str(value): str(label)
        for field in form.fields.values()
        if isinstance(field, forms.ChoiceField)
        for value, label in field.choices
    }
    return [chip._replace(value=words.get(chip.value, chip.value)) for chip in chips(form, address)]


def export_header() -> list[str]:
    """The titles of the columns of an export."""
    return [
        _("Code"),
        _("Municipality"),
        _("Province"),
        _("Reason"),
        _("Step"),
        _("Due on"),
        _("Status"),
        _("Settled on"),
        _("Recipients"),
    ]


def export_rows(reminders: QuerySet[Reminder]) -> Iterator[Row]:
    """The rows of an export: every reminder that the list shows, on all its pages."""
    for entry in entries(reminders):
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


def with_contacts(municipalities: MunicipalityQuerySet) -> QuerySet[Municipality, dict[str, Any]]:
    """These municipalities with what is known of their contacts: who they are, and why nothing arrives."""
    contacts = (
        Contact.objects.filter(municipality=OuterRef("pk"))
        .order_by("position")
        .values(facts=JSONObject(name="name", email="email", reason="unreachable_reason"))
    )
    return municipalities.annotate(people=ArraySubquery(contacts)).values(
        "code", "name", "province__name", "account_manager__name", "people"
    )
