"""The rules: which municipalities are reminded, since when, how often and through whom.

A rule answers from the register alone; what was planned and sent is the ledger's business (planning,
sending).
"""

import datetime as dt
import enum
from collections.abc import Callable, Collection
from dataclasses import dataclass

from django.db.models import Case, CharField, DateField, F, Func, Value, When
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Greatest, TruncDate
from django.utils.functional import Promise
from django.utils.timezone import get_default_timezone
from django.utils.translation import gettext_lazy as _

from municipalities.coverage import AFTER_ABSENT, Coverage
from municipalities.cycle import council_since
from municipalities.models import Municipality
from municipalities.models.municipality import MunicipalityQuerySet
from reminders.models import Reminder, Rule


class Audience(enum.Enum):
    """To whom a step goes. Contacts whose mail does not arrive are passed over."""

    FIRST_CONTACT = enum.auto()
    SECOND_CONTACT = enum.auto()
    ACCOUNT_MANAGER = enum.auto()


@dataclass(frozen=True)
class Step:
    """A step of a ladder: how long after the sending of the one before (first: after the reason arose)."""

    wait: dt.timedelta
    audience: tuple[Audience, ...]


@dataclass(frozen=True)
class ReminderRule:
    """One reason to remind.

    `reasons` gives, for a day, the municipalities in the register for which the reason holds on that day,
    with `reason_since`, the day on which it arose; that may lie ahead or be NULL, and then nothing is owed
    yet. `template` names the rule's sentence in templates/emails/reminders/; `subject` is that of a message
    about one municipality.
    """

    key: Rule
    reasons: Callable[[dt.date], MunicipalityQuerySet]
    ladder: tuple[Step, ...]
    template: str
    subject: Promise

    def holding(self, *, on: dt.date) -> MunicipalityQuerySet:
        """The municipalities for which the reason has arisen and still holds on the day, with their `cycle`.

        The cycle is the day on which the reason arose, so that a new reason starts at the first step again.
        """
        return (
            self.reasons(on)
            .filter(reason_since__lte=on)
            .annotate(
                cycle=Func("reason_since", Value("YYYY-MM-DD"), function="to_char", output_field=CharField())
            )
        )

    def still_holding(self, municipality_ids: Collection[int], *, on: dt.date) -> set[tuple[int, str]]:
        """The pairs of municipality and cycle, among these, for which the reason holds on the day."""
        return set(self.holding(on=on).filter(pk__in=municipality_ids).order_by().values_list("pk", "cycle"))

    def audience_of(self, step: int) -> tuple[Audience, ...]:
        """To whom the step goes; a step beyond the ladder goes where the last one does."""
        return self.ladder[min(step, len(self.ladder)) - 1].audience


def after(day: str | Combinable, wait: dt.timedelta) -> Cast:
    """The day that lies `wait` after another, as an expression."""
    return Cast((F(day) if isinstance(day, str) else day) + Value(wait), DateField())


def policy_lacks_theme(on: dt.date) -> MunicipalityQuerySet:
    """The municipalities whose policy lacks the theme; each council and new municipality is asked anew."""
    last_said_at = Greatest("statement__stated_at", "statement__confirmed_at")
    last_said_on = TruncDate(last_said_at, tzinfo=get_default_timezone())
    one_day = dt.timedelta(days=1)
    by_coverage = Case(
        When(coverage=Coverage.ABSENT, then=after(last_said_on, AFTER_ABSENT)),
        When(coverage=Coverage.LAPSED, then=after("statement__policy__ends_on", one_day)),
        When(coverage=Coverage.IN_PREPARATION, then=after("statement__expected_on", one_day)),
        default=None,
        output_field=DateField(),
    )
    return (
        Municipality.objects.in_register(on=on)
        .without_radicalisation_policy(on=on)
        .annotate(reason_since=Greatest(council_since(on), F("valid_from"), by_coverage))
    )


FOUR_WEEKS = dt.timedelta(weeks=4)

RULES: dict[str, ReminderRule] = {
    rule.key: rule
    for rule in (
        ReminderRule(
            key=Rule.POLICY_LACKS_THEME,
            reasons=policy_lacks_theme,
            ladder=(
                Step(dt.timedelta(0), (Audience.FIRST_CONTACT,)),
                Step(FOUR_WEEKS, (Audience.FIRST_CONTACT, Audience.SECOND_CONTACT)),
                Step(FOUR_WEEKS, (Audience.FIRST_CONTACT, Audience.SECOND_CONTACT, Audience.ACCOUNT_MANAGER)),
            ),
            template="policy_lacks_theme",
            subject=_("%(municipality)s: is radicalisation in your safety policy?"),
        ),
    )
}


def look_again(reminders: list[Reminder], *, on: dt.date) -> tuple[list[Reminder], list[int]]:
    """The reminders whose reason still holds, and the keys of those whose reason is gone."""
    holding = {
        (rule, municipality_id, cycle)
        for rule in {reminder.rule for reminder in reminders}
        for municipality_id, cycle in RULES[rule].still_holding(
            {reminder.municipality_id for reminder in reminders}, on=on
        )
    }
    held = [
        reminder
        for reminder in reminders
        if (reminder.rule, reminder.municipality_id, reminder.cycle) in holding
    ]
    return held, [reminder.pk for reminder in reminders if reminder not in held]
