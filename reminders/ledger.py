"""The ledger as a table: how it is filtered and sorted, what stands in a row on the page and in an export."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from typing import Any

from django import forms
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import JSONObject
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from municipalities import kept_areas
from municipalities.filters import SeveralField
from municipalities.models import Contact, Municipality
from municipalities.models.municipality import MunicipalityQuerySet
from policytracker.dates import local_day, today
from policytracker.exporting import Row
from policytracker.forms import DateInput
from policytracker.listing import Order, Sorting
from reminders.models import MessageReminder, Reminder, Rule
from reminders.rules import DEFAULTS
from reminders.subjects import Subjects, subjects

EXPORTED_AT_ONCE = 2000
ANSWERED, UNANSWERED = "yes", "no"
STEPS = range(1, max(len(rule.ladder) for rule in DEFAULTS.values()) + 1)
BY_DAY = ("-due_on", "-id")
SORTING = Sorting(
    {
        "due": Order(F("due_on"), ("municipality__sort_name", "step"), starts_descending=True),
        "name": Order(F("municipality__sort_name"), BY_DAY),
        "status": Order(F("status"), BY_DAY),
        "settled": Order(F("settled_at"), BY_DAY, starts_descending=True),
        "answered": Order(F("answered_at"), BY_DAY, starts_descending=True),
    },
    "due",
    descending=True,
)


class LedgerFilter(forms.Form):
    """By what the ledger can be filtered: values of one filter widen it, filters together narrow it."""

    q = forms.CharField(label=gettext_lazy("Name or code"), required=False, max_length=100)
    van = forms.DateField(label=gettext_lazy("Due from"), required=False, widget=DateInput)
    tot = forms.DateField(label=gettext_lazy("Due until"), required=False, widget=DateInput)
    status = SeveralField(label=gettext_lazy("Status"), choices=Reminder.Status.choices)
    answered = SeveralField(
        label=gettext_lazy("Answered"),
        choices=[(ANSWERED, gettext_lazy("answered")), (UNANSWERED, gettext_lazy("sent, not answered"))],
    )
    rule = SeveralField(label=gettext_lazy("Reason"), choices=Rule.choices)
    step = SeveralField(label=gettext_lazy("Step"), choices=[(str(step), str(step)) for step in STEPS])
    province = SeveralField(
        label=gettext_lazy("Province"), choices=partial(kept_areas.choices, kept_areas.PROVINCE)
    )

    def clean(self) -> dict[str, Any] | None:
        """A period that does not end before it begins."""
        cleaned = super().clean()
        first, last = self.cleaned_data.get("van"), self.cleaned_data.get("tot")
        if first and last and first > last:
            self.add_error("tot", _("The last day lies before the first one."))
        return cleaned

    def apply(self, reminders: QuerySet[Reminder]) -> QuerySet[Reminder]:
        """Those of the reminders that a valid form asks for."""
        chosen = self.cleaned_data
        if chosen["q"]:
            reminders = reminders.filter(municipality__in=Municipality.objects.search(chosen["q"]))
        if chosen["van"]:
            reminders = reminders.filter(due_on__gte=chosen["van"])
        if chosen["tot"]:
            reminders = reminders.filter(due_on__lte=chosen["tot"])
        if chosen["status"]:
            reminders = reminders.filter(status__in=chosen["status"])
        if len(chosen["answered"]) == 1:
            is_answered = Q(answered_at__isnull=False)
            is_open = Q(status=Reminder.Status.SENT, answered_at__isnull=True)
            reminders = reminders.filter(is_answered if ANSWERED in chosen["answered"] else is_open)
        elif chosen["answered"]:
            reminders = reminders.filter(status=Reminder.Status.SENT)
        if chosen["rule"]:
            reminders = reminders.filter(rule__in=chosen["rule"])
        if chosen["step"]:
            reminders = reminders.filter(step__in=chosen["step"])
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
    about: int | None
    step: int
    due_on: dt.date
    state: str
    ended_because: str
    settled_at: dt.datetime | None
    answered_at: dt.datetime | None
    recipients: list[str]
    subject: str

    @property
    def reason(self) -> str:
        """The rule in words."""
        return str(Rule(self.rule).label)

    @property
    def standing(self) -> str:
        """The status in words."""
        return str(Reminder.Status(self.state).label)

    @property
    def ending(self) -> str:
        """Why it ended unsent, in words; empty where it did not."""
        return str(Reminder.Ending(self.ended_because).label) if self.ended_because else ""

    @property
    def settled_day(self) -> dt.date | None:
        """The day on which it was settled."""
        return local_day(self.settled_at) if self.settled_at else None

    @property
    def answered_day(self) -> dt.date | None:
        """The day on which it was answered."""
        return local_day(self.answered_at) if self.answered_at else None

    @property
    def why_on(self) -> dt.date:
        """The day of which one asks why: the one on which it was settled, or else today."""
        return self.settled_day or today()


COLUMNS = (
    "municipality__code",
    "municipality__name",
    "municipality__province__name",
    "rule",
    "about",
    "step",
    "due_on",
    "status",
    "ended_because",
    "settled_at",
    "answered_at",
    "recipients",
)
RULE, ABOUT = COLUMNS.index("rule"), COLUMNS.index("about")


def rows_of(reminders: QuerySet[Reminder]) -> QuerySet[Any, tuple[Any, ...]]:
    """What the list shows of these reminders, with all to whom each was or will be sent, in one query."""
    recipients = (
        MessageReminder.objects.filter(reminder=OuterRef("pk"))
        .order_by("message_id")
        .values_list("message__recipient")
    )
    return reminders.annotate(recipients=ArraySubquery(recipients)).values_list(*COLUMNS)


def entries(rows: Iterable[tuple[Any, ...]]) -> Iterator[Entry]:
    """The rows, with names for their columns, and with what each is about; those are looked up together."""
    found = list(rows)
    names: Subjects = subjects((row[RULE], row[ABOUT]) for row in found)
    return (Entry(*row, subject=names.get((row[RULE], row[ABOUT]), "")) for row in found)


def export_header() -> list[str]:
    """The titles of the columns of an export."""
    return [
        _("Code"),
        _("Municipality"),
        _("Province"),
        _("Reason"),
        _("About"),
        _("Step"),
        _("Due since"),
        _("Status"),
        _("Ended because"),
        _("Settled on"),
        _("Answered on"),
        _("Recipients"),
    ]


def export_rows(rows: QuerySet[Any, tuple[Any, ...]]) -> Iterator[Row]:
    """The rows of an export: every reminder that the list shows, on all its pages."""
    remaining = rows.iterator(chunk_size=EXPORTED_AT_ONCE)
    while some := list(islice(remaining, EXPORTED_AT_ONCE)):
        for entry in entries(some):
            yield (
                entry.code,
                entry.name,
                entry.province,
                entry.reason,
                entry.subject,
                entry.step,
                entry.due_on,
                entry.standing,
                entry.ending,
                entry.settled_day,
                entry.answered_day,
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
