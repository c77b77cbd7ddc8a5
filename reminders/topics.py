"""What each reminder is about: which case of its rule applies, and what the register knows of it."""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import OuterRef, Subquery
from django.urls import reverse
from django.utils.functional import Promise

from evaluations.models import Finding, FollowUp
from measures.models import Measure
from municipalities.coverage import Coverage
from municipalities.models import Contact, Municipality, PolicyParticipation, SafetyPolicy
from policytracker.dates import local_day
from reminders.models import Reminder, Rule
from reminders.rules import Audience, ReminderRule, rules
from reminders.wording import ONLY


@dataclass(frozen=True)
class Topic:
    """What one reminder is about. `values` are those of the placeholders in its text."""

    reminder: Reminder
    name: str
    code: str
    case: str
    values: Mapping[str, str | Promise | dt.date | None]
    answer_path: str
    asked_before_on: dt.date | None = None
    is_notice: bool = False
    account_manager: str | None = None
    account_manager_email: str | None = None
    account_manager_knows: bool = False
    contacts: tuple[str, ...] = ()

    @property
    def answer_url(self) -> str:
        """The address at which the reminder is answered: with one click where that may be all it takes."""
        return settings.BASE_URL + self.answer_path

    @property
    def page_url(self) -> str:
        """The address of the municipality's page, with its contacts."""
        return settings.BASE_URL + reverse("municipalities:detail", args=[self.code])

    @property
    def own_url(self) -> str:
        """The address at which the municipality sees what was asked, postpones it or hands it over."""
        return settings.BASE_URL + reverse("reminders:own", args=[self.code])

    @property
    def reason(self) -> str:
        """The rule in words."""
        return str(Rule(self.reminder.rule).label)


@dataclass
class Known:
    """What the register knows of the municipalities and objects that reminders are about, in few queries."""

    municipalities: dict[int, dict[str, Any]]
    contacts: dict[int, list[str]] = field(default_factory=lambda: defaultdict(list))
    asked_before: dict[tuple[str, int, str, int], dt.date] = field(default_factory=dict)
    policies: dict[int, dict[str, Any]] = field(default_factory=dict)
    measures: dict[int, dict[str, Any]] = field(default_factory=dict)
    follow_ups: dict[int, dict[str, Any]] = field(default_factory=dict)


def topics(reminders: Sequence[Reminder], *, on: dt.date) -> list[Topic]:
    """What the reminders are about, in their order, in a fixed number of queries."""
    known = known_of(reminders, on)
    in_use = rules()
    return [topic(reminder, in_use[reminder.rule], known, on) for reminder in reminders]


def topic(reminder: Reminder, rule: ReminderRule, known: Known, on: dt.date) -> Topic:
    """What one reminder is about."""
    row = known.municipalities[reminder.municipality_id]
    case, values, path = SORTS[reminder.rule](reminder, row, known, on)
    audience = rule.step(reminder.step).audience
    return Topic(
        reminder=reminder,
        name=row["name"],
        code=row["code"],
        case=case,
        values={"municipality": row["name"], **values},
        answer_path=path,
        asked_before_on=known.asked_before.get(
            (reminder.rule, reminder.municipality_id, reminder.cycle, reminder.step - 1)
        ),
        is_notice=rule.is_notice,
        account_manager=row["account_manager__name"],
        account_manager_email=row["account_manager__email"],
        account_manager_knows=Audience.ACCOUNT_MANAGER in audience and bool(row["account_manager__name"]),
        contacts=tuple(known.contacts[reminder.municipality_id]),
    )


# What is known


def known_of(reminders: Sequence[Reminder], on: dt.date) -> Known:
    """Look up everything that the reminders are about."""
    ids = {reminder.municipality_id for reminder in reminders}
    about: dict[str, set[int]] = defaultdict(set)
    for reminder in reminders:
        if reminder.about is not None:
            about[reminder.rule].add(reminder.about)
    known = Known(municipalities_with_facts(ids, on))
    for municipality_id, name, email in (
        Contact.objects.reachable()
        .filter(municipality__in=ids)
        .order_by("municipality", "position")
        .values_list("municipality", "name", "email")
    ):
        known.contacts[municipality_id].append(f"{name} ({email})")
    if any(reminder.step > 1 for reminder in reminders):
        known.asked_before = steps_sent(ids)
    if asked := about[Rule.POLICY_ENDS]:
        known.policies = by_key(SafetyPolicy.objects.filter(pk__in=asked).values("pk", "title", "ends_on"))
    if asked := about[Rule.MEASURE_DUE]:
        known.measures = by_key(Measure.objects.filter(pk__in=asked).values("pk", "title", "due_on"))
    if asked := about[Rule.FINDING_UNANSWERED]:
        known.follow_ups = by_key(
            FollowUp.objects.filter(pk__in=asked).values(
                "pk", "status", "due_on", "finding__theme", "finding__evaluation__title"
            )
        )
    return known


def by_key(rows: Iterable[Any]) -> dict[int, dict[str, Any]]:
    """The rows by their key."""
    return {row["pk"]: row for row in rows}


def municipalities_with_facts(ids: Collection[int], on: dt.date) -> dict[int, dict[str, Any]]:
    """The municipalities with what holds for them on the day, and who looks after them at VNG."""
    proposal = (
        PolicyParticipation.objects.proposed(on=on)
        .filter(municipality=OuterRef("pk"))
        .most_telling_first()
        .values("policy__title")[:1]
    )
    return by_key(
        Municipality.objects.filter(pk__in=ids)
        .with_coverage(on=on)
        .annotate(proposal=Subquery(proposal))
        .values(
            "pk",
            "name",
            "code",
            "coverage",
            "proposal",
            "statement__stated_at",
            "statement__confirmed_at",
            "statement__expected_on",
            "statement__policy__title",
            "statement__policy__ends_on",
            "account_manager__name",
            "account_manager__email",
        )
    )


def steps_sent(ids: Collection[int]) -> dict[tuple[str, int, str, int], dt.date]:
    """On which day each reminder to these municipalities was sent."""
    sent = Reminder.objects.filter(municipality__in=ids, status=Reminder.Status.SENT)
    return {
        (rule, municipality, cycle, step): local_day(settled_at)
        for rule, municipality, cycle, step, settled_at in sent.values_list(
            "rule", "municipality", "cycle", "step", "settled_at"
        )
        if settled_at
    }


# Which case applies, with which values, and where it is answered

Told = tuple[str, dict[str, Any], str]


def lacks_theme(reminder: Reminder, row: dict[str, Any], known: Known, on: dt.date) -> Told:
    """Absent, lapsed, or unknown, with or without a proposal of a public source."""
    if row["coverage"] == Coverage.LAPSED:
        values = {"policy": row["statement__policy__title"], "day": row["statement__policy__ends_on"]}
        return "lapsed", values, reverse("municipalities:state-coverage", args=[row["code"]])
    if row["coverage"] == Coverage.ABSENT:
        values = {"day": local_day(row["statement__stated_at"])}
        return "absent", values, reverse("municipalities:confirm", args=[row["code"]])
    if row["proposal"]:
        values = {"policy": row["proposal"]}
        return "proposal", values, reverse("municipalities:confirm", args=[row["code"]])
    return "unknown", {}, reverse("municipalities:state-coverage", args=[row["code"]])


def preparation(reminder: Reminder, row: dict[str, Any], known: Known, on: dt.date) -> Told:
    """The day on which a decision was expected."""
    state = reverse("municipalities:state-coverage", args=[row["code"]])
    return ONLY, {"day": row["statement__expected_on"]}, state


def last_said(reminder: Reminder, row: dict[str, Any], known: Known, on: dt.date) -> Told:
    """When what holds was last said."""
    said = [row[f"statement__{moment}_at"] for moment in ("stated", "confirmed")]
    day = max((local_day(moment) for moment in said if moment), default=None)
    return ONLY, {"day": day}, reverse("municipalities:confirm", args=[row["code"]])


def election(reminder: Reminder, row: dict[str, Any], known: Known, on: dt.date) -> Told:
    """The day of the election, which is what makes the cycle."""
    letters = reverse("municipalities:letters", args=[row["code"]])
    return ONLY, {"day": dt.date.fromisoformat(reminder.cycle)}, letters


def ending(reminder: Reminder, row: dict[str, Any], known: Known, on: dt.date) -> Told:
    """The policy that ends or has ended."""
    policy = known.policies[reminder.about or 0]
    case = "ended" if policy["ends_on"] < on else "soon"
    path = f"{reverse('policies:new')}?gemeente={row['code']}&opvolger-van={policy['pk']}"
    return case, {"policy": policy["title"], "day": policy["ends_on"]}, path


def measure(reminder: Reminder, row: dict[str, Any], known: Known, on: dt.date) -> Told:
    """The measure that is due or late."""
    due = known.measures[reminder.about or 0]
    case = "late" if due["due_on"] < on else "soon"
    path = reverse("measures:progress", args=[due["pk"]])
    return case, {"measure": due["title"], "day": due["due_on"]}, path


def finding(reminder: Reminder, row: dict[str, Any], known: Known, on: dt.date) -> Told:
    """The finding that waits."""
    asked = known.follow_ups[reminder.about or 0]
    case = asked["status"] if asked["status"] in FollowUp.WAITING_FOR_MUNICIPALITY else "late"
    values = {
        "theme": Finding.Theme(asked["finding__theme"]).label,
        "evaluation": asked["finding__evaluation__title"],
        "day": asked["due_on"],
    }
    path = f"{reverse('municipalities:detail', args=[row['code']])}#findings"
    return str(case), values, path


SORTS: dict[str, Callable[[Reminder, dict[str, Any], Known, dt.date], Told]] = {
    Rule.POLICY_LACKS_THEME: lacks_theme,
    Rule.PREPARATION_OVERDUE: preparation,
    Rule.FINDING_UNANSWERED: finding,
    Rule.MEASURE_DUE: measure,
    Rule.POLICY_ENDS: ending,
    Rule.REASONED_NO_RENEWAL: last_said,
    Rule.COUNCIL_ELECTED: last_said,
    Rule.STATEMENT_UNCONFIRMED: last_said,
    Rule.ELECTION_COMING: election,
}
