"""What a municipality sees of its reminders: what is asked of it, and what it arranged about that."""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass, field

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from municipalities.models import Municipality
from policytracker.dates import local_day
from reminders.holds import held
from reminders.mails import Asked, in_words
from reminders.models import Handover, Hold, Reminder, Rule
from reminders.rules import look_again
from reminders.topics import topics
from reminders.wording import Wordings


@dataclass
class Question:
    """What is asked under one rule, and what the municipality arranged about it."""

    rule: str
    asked: list[Asked] = field(default_factory=list)
    sent_on: dt.date | None = None
    hold: Hold | None = None
    asked_delay: Hold | None = None
    handed_over_to: str = ""

    @property
    def reason(self) -> str:
        """The rule in words."""
        return str(Rule(self.rule).label)

    @property
    def is_notice(self) -> bool:
        """Whether it only tells something."""
        return all(one.topic.is_notice for one in self.asked)

    @property
    def standing(self) -> list[str]:
        """What was arranged, in short sentences."""
        lines = []
        if self.hold and self.hold.until:
            lines.append(_("Postponed until %(day)s.") % {"day": date_format(self.hold.until)})
        elif self.hold:
            lines.append(_("VNG paused these messages."))
        if self.asked_delay and self.asked_delay.until:
            asked = {"day": date_format(self.asked_delay.until)}
            lines.append(_("You asked VNG for a delay until %(day)s; VNG has not decided yet.") % asked)
        if self.handed_over_to:
            lines.append(_("Handed over to %(name)s.") % {"name": self.handed_over_to})
        return lines

    @property
    def own_hold(self) -> Hold | None:
        """What the municipality can take back itself."""
        mine = (Hold.Kind.SNOOZE, Hold.Kind.DELAY)
        return next((hold for hold in (self.asked_delay, self.hold) if hold and hold.kind in mine), None)


def questions(municipality: Municipality, *, on: dt.date) -> list[Question]:
    """What is asked of the municipality on the day and not answered, the most urgent rule first."""
    latest: dict[tuple[str, int | None], Reminder] = {}
    open_ones = Reminder.objects.filter(
        municipality=municipality,
        answered_at__isnull=True,
        due_on__lte=on,
        status__in=[
            Reminder.Status.PLANNED,
            Reminder.Status.QUEUED,
            Reminder.Status.SENT,
            Reminder.Status.UNDELIVERABLE,
        ],
    )
    for reminder in open_ones.order_by("due_on", "step"):
        latest[reminder.rule, reminder.about] = reminder
    with_reason, _gone = look_again(list(latest.values()), on=on)
    holds, wordings, language = held(on=on), Wordings(), get_language()
    delays = {hold.rule: hold for hold in Hold.objects.to_decide().filter(municipality=municipality)}
    handovers = dict(Handover.objects.filter(municipality=municipality).values_list("rule", "contact__name"))
    found: dict[str, Question] = {}
    for topic in topics(with_reason, on=on):
        rule = topic.reminder.rule
        question = found.setdefault(
            rule,
            Question(
                rule,
                hold=holds.hold_of(rule, municipality.pk),
                asked_delay=delays.get(rule),
                handed_over_to=handovers.get(rule, ""),
            ),
        )
        question.asked.append(in_words(topic, wordings, language))
    for rule, day in sent_days(municipality).items():
        if rule in found:
            found[rule].sent_on = day
    return [found[rule] for rule in Rule.values if rule in found]


def sent_days(municipality: Municipality) -> dict[str, dt.date]:
    """The day of the latest message under each rule."""
    days: dict[str, list[dt.date]] = defaultdict(list)
    sent = Reminder.objects.filter(municipality=municipality, status=Reminder.Status.SENT)
    for rule, settled_at in sent.values_list("rule", "settled_at"):
        if settled_at:
            days[rule].append(local_day(settled_at))
    return {rule: max(some) for rule, some in days.items()}
