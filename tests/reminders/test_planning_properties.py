"""Whatever happened in the register, and whenever the planning ran: the same is owed.

The histories are random, and the same in each run of the tests. What ended unsent on the way may differ: who
looks every day sees reasons come and go that nobody else ever knew of.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from django.db import transaction
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from evaluations.models import FollowUp
from measures.models import Measure
from municipalities.coverage import Coverage
from municipalities.models import CoverageStatement, Municipality, SafetyPolicy
from policytracker.dates import local_day
from reminders.models import Reminder, Rule
from reminders.planning import plan
from reminders.rules import DEFAULTS
from tests.factories import (
    ActionPlanFactory,
    FindingFactory,
    FollowUpFactory,
    MeasureFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    SafetyPolicyFactory,
    UserFactory,
)
from tests.reminders.factories import StatementFactory

pytestmark = pytest.mark.django_db

FIRST = dt.date(2026, 1, 5)
LOOKS = 10
"""The days on which somebody looks …"""
APART = dt.timedelta(days=105)
"""… and how far apart they lie: almost three years together, with an election and a leap day."""
TOWNS = 4

Ledger = set[tuple[str, int, str, int, str, dt.date]]

values = st.sampled_from(
    [
        Coverage.PRIORITY,
        Coverage.INCLUDED,
        Coverage.SEPARATE_PLAN,
        Coverage.REASONED_NO,
        Coverage.IN_PREPARATION,
        Coverage.ABSENT,
    ]
)
days = st.integers(-600, 900).map(lambda number: FIRST + dt.timedelta(days=number))
looks = st.integers(0, LOOKS - 1)


@dataclass(frozen=True)
class Event:
    """Something that happens in one municipality, before anybody looks on that day."""

    look: int
    town: int
    what: str
    value: str
    day: dt.date


events = st.builds(
    Event,
    look=looks,
    town=st.integers(0, TOWNS - 1),
    what=st.sampled_from(["state", "state", "confirm", "move policy", "move measure", "finding", "merge"]),
    value=values,
    day=days,
)


def moment_of(look: int, hour: int = 7) -> dt.datetime:
    """A moment on a day on which somebody looks."""
    return dt.datetime.combine(FIRST + look * APART, dt.time(hour), tzinfo=dt.UTC)


@dataclass
class Town:
    """A municipality with one of everything that it is reminded of."""

    municipality: Municipality
    policy: SafetyPolicy
    measure: Measure
    follow_up: FollowUp


@dataclass
class Register:
    """The municipalities, and what is done to them."""

    towns: list[Town] = field(default_factory=list)

    def make(self, starts: Iterable[dt.date]) -> None:
        """Make the municipalities; each has its own days."""
        self.officer, self.finding = UserFactory(), FindingFactory()
        for day in starts:
            municipality = MunicipalityFactory()
            policy = SafetyPolicyFactory(ends_on=max(day, dt.date(2023, 1, 2)))
            PolicyParticipationFactory(policy=policy, municipality=municipality, confirmed=True)
            measure = MeasureFactory(plan=ActionPlanFactory(municipality=municipality), due_on=day)
            follow_up = FollowUpFactory(
                finding=self.finding, municipality=municipality, due_on=day, asked_on=FIRST
            )
            self.towns.append(Town(municipality, policy, measure, follow_up))

    def apply(self, event: Event) -> None:
        """Let it happen."""
        town, moment = self.towns[event.town], moment_of(event.look)
        in_force = CoverageStatement.objects.filter(municipality=town.municipality, superseded_at=None)
        match event.what:
            case "state":
                in_force.update(superseded_at=moment)
                rest = {"expected_on": event.day} if event.value == Coverage.IN_PREPARATION else {}
                if event.value in (Coverage.PRIORITY, Coverage.INCLUDED):
                    rest = {"policy": town.policy}
                StatementFactory(
                    municipality=town.municipality,
                    value=event.value,
                    stated_at=moment,
                    stated_by=self.officer,
                    **rest,
                )
            case "confirm":
                in_force.update(confirmed_at=moment, confirmed_by=self.officer)
            case "move policy":
                ends_on = max(event.day, dt.date(2023, 1, 2))
                SafetyPolicy.objects.filter(pk=town.policy.pk).update(ends_on=ends_on)
            case "move measure":
                due_on = None if event.value == Coverage.ABSENT else event.day
                Measure.objects.filter(pk=town.measure.pk).update(due_on=due_on)
            case "finding":
                answered = event.value in (Coverage.PRIORITY, Coverage.REASONED_NO)
                status = FollowUp.Status.ANSWERED if answered else FollowUp.Status.RETURNED
                FollowUp.objects.filter(pk=town.follow_up.pk).update(
                    status=status, response="accepted", explanation="Done."
                )
            case "merge":
                Municipality.objects.filter(pk=town.municipality.pk).update(
                    valid_until=FIRST + event.look * APART
                )


@dataclass(frozen=True)
class History:
    """What happened, and on which days somebody looked and messages went out."""

    starts: list[dt.date]
    events: list[Event]
    sends: frozenset[int]

    def ledger(self, looks: Collection[int], *, times: int = 1, sends: Collection[int] = ()) -> Ledger:
        """What is open or was sent in the end, where the planning ran on these days."""
        register = Register()
        with thrown_away():
            register.make(self.starts)
            numbers = {town.municipality.pk: number for number, town in enumerate(register.towns)}
            about = {
                (rule, thing.pk): number
                for number, town in enumerate(register.towns)
                for rule, thing in (
                    (Rule.POLICY_ENDS, town.policy),
                    (Rule.MEASURE_DUE, town.measure),
                    (Rule.FINDING_UNANSWERED, town.follow_up),
                )
            }
            for look in range(LOOKS):
                for event in self.events:
                    if event.look == look:
                        register.apply(event)
                for _time in range(times if look in looks else 0):
                    plan(on=FIRST + look * APART)
                if look in sends:
                    send(look)
            never_two_within_the_wait()
            return {
                (
                    reminder.rule,
                    numbers[reminder.municipality_id],
                    reminder.cycle.partition("@")[2] or reminder.cycle,
                    reminder.step,
                    reminder.status,
                    reminder.due_on,
                )
                for reminder in Reminder.objects.filter(status__in=["planned", "sent"])
                if reminder.about is None or (reminder.rule, reminder.about) in about
            }


@contextmanager
def thrown_away() -> Iterator[None]:
    """A transaction of which nothing stays."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def send(look: int) -> None:
    """Let everything that is planned be sent."""
    Reminder.objects.filter(status=Reminder.Status.PLANNED).update(
        status=Reminder.Status.SENT, settled_at=moment_of(look, 12)
    )


def never_two_within_the_wait() -> None:
    """No step of a cycle is skipped, and each keeps its distance from the one before it."""
    cycles: dict[tuple[str, int, str], list[Reminder]] = defaultdict(list)
    for reminder in Reminder.objects.filter(status=Reminder.Status.SENT).order_by("step"):
        cycles[reminder.rule, reminder.municipality_id, reminder.cycle].append(reminder)
    for (rule, _municipality, _cycle), sent in cycles.items():
        ladder = DEFAULTS[rule].ladder
        assert [reminder.step for reminder in sent] == list(range(1, len(sent) + 1))
        days = [local_day(reminder.settled_at) for reminder in sent if reminder.settled_at]
        for before, after, step in zip(days, days[1:], ladder[1:], strict=False):
            assert after - before >= step.wait


histories = st.builds(
    History,
    starts=st.lists(days, min_size=TOWNS, max_size=TOWNS),
    events=st.lists(events, min_size=8, max_size=30),
    sends=st.frozensets(looks, min_size=4, max_size=8),
)
random_histories = settings(
    max_examples=1,
    deadline=None,
    phases=[Phase.generate],
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
EVERY_LOOK = range(LOOKS)
LAST = LOOKS - 1


@random_histories
@given(histories)
def test_look_by_look_in_one_jump_or_twice_gives_the_same(history: History) -> None:
    look_by_look = history.ledger(EVERY_LOOK)
    assert history.ledger([LAST]) == look_by_look
    assert history.ledger(EVERY_LOOK, times=2) == look_by_look


@random_histories
@given(histories)
def test_days_without_a_run_change_nothing_of_what_is_sent(history: History) -> None:
    """Where messages go out on some days, it is all one whether the planning also ran in between."""
    look_by_look = history.ledger(EVERY_LOOK, sends=history.sends)
    assert history.ledger({*history.sends, LAST}, sends=history.sends) == look_by_look
    assert any(status == "sent" for *_rest, status, _due_on in look_by_look)
