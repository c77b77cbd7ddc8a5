"""The rules: which municipalities are reminded of what, since when, how often and through whom.

A rule answers from the register alone; what was planned and sent is the ledger's business (planning,
sending). Of the rules about the statement at most one holds for a municipality at a time, so that nobody is
asked the same thing twice in other words.
"""

import datetime as dt
import enum
from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from django.db.models import (
    BigIntegerField,
    Case,
    CharField,
    DateField,
    Exists,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.expressions import Combinable
from django.db.models.functions import Cast, Concat, Greatest, Least, TruncDate
from django.utils.timezone import get_default_timezone

from evaluations.models import FollowUp
from measures.models import ActionPlan, Measure, PlanParticipation
from municipalities.coverage import AFTER_ABSENT, CONFIRM_AFTER, COVERED, Coverage
from municipalities.cycle import council_since, next_election
from municipalities.models import Municipality, PolicyParticipation, SafetyPolicy
from municipalities.models.municipality import MunicipalityQuerySet
from reminders.models import Reminder, Rule, RuleSetting

Rows: TypeAlias = QuerySet[Any, tuple[int, str, int | None, dt.date]]
"""Rows of municipality, cycle, what it is about, and the day on which the reason arose."""


class Audience(enum.Enum):
    """To whom a step goes. Contacts whose mail does not arrive are passed over."""

    FIRST_CONTACT = enum.auto()
    SECOND_CONTACT = enum.auto()
    ACCOUNT_MANAGER = enum.auto()


MINIMUM_GAP = dt.timedelta(days=7)
"""The days between two messages to one address, unless the step says otherwise."""


@dataclass(frozen=True)
class Step:
    """A step of a ladder: how long after the sending of the one before (first: after the reason arose)."""

    wait: dt.timedelta
    audience: tuple[Audience, ...]
    gap: dt.timedelta = MINIMUM_GAP


@dataclass(frozen=True)
class ReminderRule:
    """One reason to remind.

    `reasons` gives, for a day, what the reason holds for on that day, each row with `reminded` (the
    municipality), `reason_since` (the day on which it arose; one that lies ahead or is NULL is not owed yet),
    `cycle` (what makes it another reason than the last time, so that the ladder begins anew) and `about`. A
    reason stops by itself: it is gone when the row is. `is_notice`: it only tells, so that a receiver may
    unsubscribe from it. `becomes`: the rules into which a reason may turn by the mere passing of time, so
    that its end is no answer.
    """

    key: Rule
    reasons: Callable[[dt.date], QuerySet[Any, Any]]
    ladder: tuple[Step, ...]
    is_notice: bool = False
    becomes: tuple[Rule, ...] = ()
    is_on: bool = True

    def holding(self, *, on: dt.date, among: Collection[int] | None = None) -> Rows:
        """What the reason has arisen for and still holds for on the day, all or among municipalities."""
        rows = self.reasons(on).filter(reason_since__lte=on)
        if among is not None:
            rows = rows.filter(reminded__in=among)
        return rows.order_by().values_list("reminded", "cycle", "about", "reason_since")

    def step(self, number: int) -> Step:
        """The step of the ladder; one beyond its end is like the last."""
        return self.ladder[min(number, len(self.ladder)) - 1]


# Expressions that the rules share

ONE_DAY = dt.timedelta(days=1)
ABOUT_NOTHING = Cast(Value(None), BigIntegerField())


def after(day: str | Combinable, wait: dt.timedelta) -> Cast:
    """The day that lies `wait` after another, as an expression."""
    return Cast((F(day) if isinstance(day, str) else day) + Value(wait), DateField())


def as_text(day: str) -> Func:
    """A day as text, such as 2026-11-24."""
    return Func(F(day), Value("YYYY-MM-DD"), function="to_char", output_field=CharField())


def last_said_on() -> TruncDate:
    """The day on which the statement in force was made or last confirmed."""
    said_at = Greatest("statement__stated_at", "statement__confirmed_at")
    return TruncDate(said_at, tzinfo=get_default_timezone())


def stated(on: dt.date, *values: str) -> MunicipalityQuerySet:
    """The municipalities of the day with one of these values of coverage, and when that was last said."""
    return (
        Municipality.objects.in_register(on=on)
        .with_coverage(on=on)
        .filter(coverage__in=values)
        .annotate(last_said_on=last_said_on())
    )


def about_municipality(municipalities: MunicipalityQuerySet, since: Combinable) -> MunicipalityQuerySet:
    """The rows of a rule whose reason is one per municipality: another day makes it another reason."""
    return municipalities.annotate(reminded=F("pk"), reason_since=since, about=ABOUT_NOTHING).annotate(
        cycle=as_text("reason_since")
    )


# The reasons


def policy_lacks_theme(on: dt.date) -> MunicipalityQuerySet:
    """The policy lacks the theme: absent, lapsed or unknown. Each council is asked anew."""
    by_coverage = Case(
        When(coverage=Coverage.ABSENT, then=after("last_said_on", AFTER_ABSENT)),
        When(coverage=Coverage.LAPSED, then=after("statement__policy__ends_on", ONE_DAY)),
        default=None,
        output_field=DateField(),
    )
    municipalities = stated(on, Coverage.ABSENT, Coverage.LAPSED, Coverage.UNKNOWN)
    return about_municipality(municipalities, Greatest(council_since(on), F("valid_from"), by_coverage))


def preparation_overdue(on: dt.date) -> MunicipalityQuerySet:
    """A policy was in preparation, and the day on which it was expected has passed."""
    return about_municipality(
        stated(on, Coverage.IN_PREPARATION),
        Greatest(council_since(on), after("statement__expected_on", ONE_DAY)),
    )


def holds_and_is_on_time(on: dt.date, *values: str) -> MunicipalityQuerySet:
    """What was stated, without a preparation past its day."""
    expected_on = F("statement__expected_on")
    statements = stated(on, *values).alias(expected_on=expected_on)
    return statements.filter(Q(expected_on__isnull=True) | Q(expected_on__gte=on))


def statement_unconfirmed(on: dt.date) -> MunicipalityQuerySet:
    """What was stated was last said a year ago."""
    return about_municipality(
        holds_and_is_on_time(on, *COVERED, Coverage.IN_PREPARATION), after("last_said_on", CONFIRM_AFTER)
    )


def reasoned_no_renewal(on: dt.date) -> MunicipalityQuerySet:
    """A reasoned no must be renewed each year."""
    return about_municipality(stated(on, Coverage.REASONED_NO), after("last_said_on", CONFIRM_AFTER))


def council_elected(on: dt.date) -> MunicipalityQuerySet:
    """A new council is at work, and what was stated dates from the one before.

    What is older than a year is asked for by the rules of the yearly question.
    """
    said = holds_and_is_on_time(on, *COVERED, Coverage.IN_PREPARATION, Coverage.REASONED_NO)
    of_the_one_before = said.annotate(council_since=council_since(on)).filter(
        last_said_on__lt=F("council_since"), last_said_on__gt=on - CONFIRM_AFTER
    )
    return about_municipality(of_the_one_before, after("council_since", COUNCIL_FINDS_ITS_FEET))


def election_coming(on: dt.date) -> MunicipalityQuerySet:
    """The council's election comes within half a year, for each municipality on its own day."""
    municipalities = Municipality.objects.in_register(on=on).annotate(election_on=next_election(on))
    return about_municipality(municipalities, after("election_on", -BEFORE_ELECTION)).annotate(
        cycle=as_text("election_on")
    )


def policy_ends(on: dt.date) -> QuerySet[Any, Any]:
    """A safety policy ends within a year or has ended, and nothing is known to follow it.

    Looked at are the policy in which the theme stands and what the council must adopt every four years (art.
    38b Politiewet 2012). Where the theme lacks, that is asked first.
    """
    asked = Municipality.objects.in_register(on=on).with_coverage(on=on)
    asked = asked.filter(coverage__in=[*COVERED, Coverage.REASONED_NO, Coverage.IN_PREPARATION])
    later = PolicyParticipation.objects.after(
        OuterRef("policy__kind"), OuterRef("policy__ends_on"), OuterRef("policy__successor")
    ) | PolicyParticipation.objects.exclude(status=PolicyParticipation.Status.DECLINED).filter(
        policy__kind__in=ADOPTED_EVERY_FOUR_YEARS, policy__starts_on__gt=OuterRef("policy__ends_on")
    )
    bears_statement = asked.filter(pk=OuterRef("municipality"), statement__policy=OuterRef("policy"))
    return (
        PolicyParticipation.objects.confirmed()
        .filter(
            Q(policy__kind__in=ADOPTED_EVERY_FOUR_YEARS) | Exists(bears_statement),
            ~Exists(later.filter(municipality=OuterRef("municipality"))),
            municipality__in=asked.values("pk"),
        )
        .annotate(
            reminded=F("municipality"),
            reason_since=after("policy__ends_on", -BEFORE_END_OF_POLICY),
            about=F("policy"),
            cycle=Concat(
                Cast("policy", CharField()), Value("@"), as_text("policy__ends_on"), output_field=CharField()
            ),
        )
    )


def measure_due(on: dt.date) -> QuerySet[Any, Any]:
    """A measure of a plan that holds is due within two weeks, or late.

    Of a plan of several municipalities the one whose contact is responsible is asked, without such a contact
    all of them.
    """
    confirmed = PlanParticipation.Status.CONFIRMED
    return (
        Measure.objects.filter(
            status__in=Measure.UNFINISHED,
            due_on__isnull=False,
            plan__in=ActionPlan.objects.current(on=on),
            plan__participations__status=confirmed,
            plan__participations__municipality__in=Municipality.objects.in_register(on=on),
        )
        .annotate(
            reminded=F("plan__participations__municipality"),
            responsible=F("contact__municipality"),
            reason_since=after("due_on", -BEFORE_MEASURE_IS_DUE),
            about=F("pk"),
            cycle=Concat(Cast("pk", CharField()), Value("@"), as_text("due_on"), output_field=CharField()),
        )
        .filter(Q(responsible__isnull=True) | Q(responsible=F("reminded")))
    )


def finding_unanswered(on: dt.date) -> QuerySet[Any, Any]:
    """A finding waits for an answer for four weeks or almost until its day, or was not done by its day."""
    waits = Q(status__in=FollowUp.WAITING_FOR_MUNICIPALITY)
    return FollowUp.objects.filter(
        status__in=FollowUp.NOT_DONE, municipality__in=Municipality.objects.in_register(on=on)
    ).annotate(
        reminded=F("municipality"),
        reason_since=Case(
            When(waits, then=Least(after("asked_on", FOUR_WEEKS), after("due_on", -BEFORE_FINDING_IS_DUE))),
            default=after("due_on", ONE_DAY),
            output_field=DateField(),
        ),
        about=F("pk"),
        cycle=Concat(
            Cast("pk", CharField()),
            Value("@"),
            Case(
                When(waits, then=Concat("status", Value("@"), as_text("asked_on"), output_field=CharField())),
                default=Value("late"),
            ),
            output_field=CharField(),
        ),
    )


FOUR_WEEKS = dt.timedelta(weeks=4)
COUNCIL_FINDS_ITS_FEET = dt.timedelta(days=60)
BEFORE_ELECTION = dt.timedelta(days=182)
BEFORE_END_OF_POLICY = dt.timedelta(days=365)
BEFORE_MEASURE_IS_DUE = dt.timedelta(days=14)
BEFORE_FINDING_IS_DUE = dt.timedelta(days=28)
ADOPTED_EVERY_FOUR_YEARS = (SafetyPolicy.Kind.IVP, SafetyPolicy.Kind.KADERNOTA)


def ladder(
    *waits: dt.timedelta, to_account_manager: bool = True, gap: dt.timedelta = MINIMUM_GAP
) -> tuple[Step, ...]:
    """The steps with these waits: to the first contact, then to the second too, then to VNG as well."""
    first = (Audience.FIRST_CONTACT,)
    second = (*first, Audience.SECOND_CONTACT)
    last = (*second, Audience.ACCOUNT_MANAGER) if to_account_manager else second
    audiences = [first, second, *[last] * len(waits)]
    return tuple(Step(wait, audience, gap) for wait, audience in zip(waits, audiences, strict=False))


AT_ONCE = dt.timedelta(0)
DEFAULTS: dict[str, ReminderRule] = {
    rule.key: rule
    for rule in (
        ReminderRule(Rule.POLICY_LACKS_THEME, policy_lacks_theme, ladder(AT_ONCE, FOUR_WEEKS, FOUR_WEEKS)),
        ReminderRule(Rule.PREPARATION_OVERDUE, preparation_overdue, ladder(AT_ONCE, FOUR_WEEKS, FOUR_WEEKS)),
        ReminderRule(
            Rule.FINDING_UNANSWERED,
            finding_unanswered,
            ladder(AT_ONCE, FOUR_WEEKS, FOUR_WEEKS, gap=dt.timedelta(days=3)),
        ),
        ReminderRule(
            Rule.MEASURE_DUE,
            measure_due,
            ladder(AT_ONCE, FOUR_WEEKS, dt.timedelta(weeks=8), to_account_manager=False),
        ),
        ReminderRule(
            Rule.POLICY_ENDS,
            policy_ends,
            ladder(AT_ONCE, dt.timedelta(weeks=26), dt.timedelta(weeks=22)),
            becomes=(Rule.POLICY_LACKS_THEME,),
        ),
        ReminderRule(Rule.REASONED_NO_RENEWAL, reasoned_no_renewal, ladder(AT_ONCE, FOUR_WEEKS, FOUR_WEEKS)),
        ReminderRule(
            Rule.COUNCIL_ELECTED,
            council_elected,
            ladder(AT_ONCE, dt.timedelta(weeks=6)),
            becomes=(
                Rule.STATEMENT_UNCONFIRMED,
                Rule.REASONED_NO_RENEWAL,
                Rule.POLICY_LACKS_THEME,
                Rule.PREPARATION_OVERDUE,
            ),
        ),
        ReminderRule(
            Rule.STATEMENT_UNCONFIRMED,
            statement_unconfirmed,
            ladder(AT_ONCE, FOUR_WEEKS, dt.timedelta(weeks=8)),
            becomes=(Rule.POLICY_LACKS_THEME, Rule.PREPARATION_OVERDUE),
        ),
        ReminderRule(Rule.ELECTION_COMING, election_coming, ladder(AT_ONCE), is_notice=True),
    )
}


def rules() -> dict[str, ReminderRule]:
    """The rules as VNG has set them, the most urgent first; in one query."""
    settings = {setting.rule: setting for setting in RuleSetting.objects.all()}
    return {key: as_set(rule, settings.get(key)) for key, rule in DEFAULTS.items()}


def as_set(rule: ReminderRule, setting: RuleSetting | None) -> ReminderRule:
    """The rule with what VNG changed about it."""
    if setting is None:
        return rule
    waits = setting.waits if len(setting.waits) == len(rule.ladder) else []
    steps = [
        replace(step, wait=dt.timedelta(days=days)) for step, days in zip(rule.ladder, waits, strict=False)
    ]
    return replace(rule, is_on=setting.is_on, ladder=tuple(steps) or rule.ladder)


def look_again(reminders: list[Reminder], *, on: dt.date) -> tuple[list[Reminder], list[int]]:
    """The reminders whose reason still holds, and the keys of those whose reason is gone."""
    in_use = rules()
    holding = {
        (key, municipality_id, cycle)
        for key in {reminder.rule for reminder in reminders}
        if in_use[key].is_on
        for municipality_id, cycle, _about, _since in in_use[key].holding(
            on=on, among={reminder.municipality_id for reminder in reminders}
        )
    }
    held = [
        reminder
        for reminder in reminders
        if (reminder.rule, reminder.municipality_id, reminder.cycle) in holding
    ]
    kept = {id(reminder) for reminder in held}
    return held, [reminder.pk for reminder in reminders if id(reminder) not in kept]
