"""What is owed on a day stands in the ledger once, however often and whenever the planning runs."""

import datetime as dt
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from municipalities.coverage import Coverage
from municipalities.models import Municipality
from reminders.models import Reminder, Rule, RuleSetting
from reminders.planning import Plan, owed, plan
from reminders.rules import DEFAULTS
from tests.factories import (
    ContactFactory,
    MunicipalityFactory,
    SafetyPolicyFactory,
    UserFactory,
)
from tests.reminders.factories import CYCLE, MessageFactory, ReminderFactory, StatementFactory

TODAY = dt.date(2026, 11, 24)
DAYS = dt.timedelta(days=1)
NOTHING = Plan(planned=0, cancelled=0)

Status = Reminder.Status
Ledger = set[tuple[int, str, int, dt.date]]


def ledger() -> Ledger:
    return set(Reminder.objects.values_list("municipality", "cycle", "step", "due_on"))


def sent(municipality: Municipality, step: int, on: dt.date, cycle: str = CYCLE) -> Reminder:
    """A reminder that was sent on the day, at two in the night in the Netherlands."""
    moment = dt.datetime.combine(on, dt.time(1), tzinfo=dt.UTC)
    return ReminderFactory(
        municipality=municipality, step=step, cycle=cycle, status=Status.SENT, settled_at=moment
    )


@pytest.mark.django_db
class TestFirstStep:
    def test_is_planned_for_who_lacks_the_theme_and_for_nobody_else(self) -> None:
        lacking = MunicipalityFactory()
        StatementFactory()
        assert plan(on=TODAY) == Plan(planned=1, cancelled=0)
        assert ledger() == {(lacking.pk, CYCLE, 1, dt.date(2026, 3, 18))}

    def test_is_planned_once_however_often_the_planning_runs(self) -> None:
        MunicipalityFactory.create_batch(3)
        plan(on=TODAY)
        before = ledger()
        assert plan(on=TODAY) == NOTHING
        assert plan(on=TODAY + 100 * DAYS) == NOTHING
        assert ledger() == before

    @pytest.mark.parametrize("late", [0, 1, 8, 200])
    def test_is_the_same_however_late_the_run_comes(self, late: int) -> None:
        policy = SafetyPolicyFactory(ends_on=dt.date(2026, 5, 31))
        stated_at = dt.datetime(2026, 4, 1, 9, tzinfo=dt.UTC)
        municipality = StatementFactory(policy=policy, stated_at=stated_at).municipality
        plan(on=dt.date(2026, 5, 31))
        assert ledger() == set()
        plan(on=dt.date(2026, 6, 1) + late * DAYS)
        assert ledger() == {(municipality.pk, "2026-06-01", 1, dt.date(2026, 6, 1))}

    def test_is_refused_by_the_database_a_second_time(self) -> None:
        reminder = ReminderFactory()
        with pytest.raises(IntegrityError, match="reminder_once"), transaction.atomic():
            ReminderFactory(municipality=reminder.municipality)


@pytest.mark.django_db
class TestLadder:
    def test_waits_for_the_step_before_it_to_be_sent(self) -> None:
        ReminderFactory(status=Status.QUEUED)
        ReminderFactory(status=Status.PLANNED)
        assert plan(on=TODAY + 365 * DAYS) == NOTHING

    @pytest.mark.parametrize("step", [1, 2])
    def test_goes_on_four_weeks_after_the_sending(self, step: int) -> None:
        municipality = MunicipalityFactory()
        for earlier in range(1, step + 1):
            sent(municipality, earlier, TODAY)
        assert plan(on=TODAY + 27 * DAYS) == NOTHING
        assert plan(on=TODAY + 28 * DAYS) == Plan(planned=1, cancelled=0)
        assert (municipality.pk, CYCLE, step + 1, TODAY + 28 * DAYS) in ledger()

    def test_never_skips_a_step_nor_takes_two_at_once(self) -> None:
        municipality = MunicipalityFactory()
        sent(municipality, 1, TODAY)
        plan(on=TODAY + 300 * DAYS)
        assert sorted(Reminder.objects.values_list("step", flat=True)) == [1, 2]

    def test_ends_after_its_last_step(self) -> None:
        municipality = MunicipalityFactory()
        for step in (1, 2, 3):
            sent(municipality, step, TODAY)
        assert plan(on=TODAY + 365 * DAYS) == NOTHING

    def test_begins_anew_with_a_new_reason(self) -> None:
        policy = SafetyPolicyFactory(ends_on=TODAY - DAYS)
        municipality = StatementFactory(policy=policy).municipality
        sent(municipality, 1, dt.date(2026, 1, 5), cycle="2022-03-16")
        plan(on=TODAY)
        assert (municipality.pk, "2026-11-24", 1, TODAY) in ledger()
        assert Reminder.objects.count() == 2


@pytest.mark.django_db
class TestReasonGone:
    def test_cancels_what_is_planned(self) -> None:
        reminder = ReminderFactory()
        StatementFactory(municipality=reminder.municipality)
        assert plan(on=TODAY) == Plan(planned=0, cancelled=1)
        reminder.refresh_from_db()
        assert (reminder.status, reminder.ended_because) == (Status.CANCELLED, Reminder.Ending.REASON_GONE)
        assert reminder.settled_at is not None

    def test_leaves_what_stands_in_a_message(self) -> None:
        reminder = ReminderFactory(status=Status.QUEUED)
        StatementFactory(municipality=reminder.municipality)
        assert plan(on=TODAY) == NOTHING

    def test_notes_that_what_was_sent_is_answered(self) -> None:
        reminder = ReminderFactory(status=Status.SENT)
        StatementFactory(municipality=reminder.municipality)
        assert plan(on=TODAY) == Plan(planned=0, cancelled=0, answered=1)
        reminder.refresh_from_db()
        assert reminder.answered_at == timezone.now()
        assert plan(on=TODAY) == NOTHING

    def test_is_no_answer_where_the_same_is_asked_anew(self) -> None:
        reminder = ReminderFactory(status=Status.SENT, cycle="2022-03-16", settled_at=timezone.now())
        assert plan(on=TODAY) == Plan(planned=1, cancelled=0, answered=0)
        reminder.refresh_from_db()
        assert reminder.answered_at is None

    def test_is_no_answer_where_the_municipality_has_ended(self) -> None:
        ReminderFactory(status=Status.SENT, municipality__valid_until=TODAY)
        assert plan(on=TODAY) == NOTHING

    def test_cancels_what_makes_way_for_another_reason(self) -> None:
        policy = SafetyPolicyFactory(ends_on=TODAY - DAYS)
        municipality = StatementFactory(policy=policy).municipality
        ReminderFactory(municipality=municipality)
        assert plan(on=TODAY) == Plan(planned=1, cancelled=1)

    def test_cancels_for_a_municipality_that_has_merged_away(self) -> None:
        reminder = ReminderFactory(municipality__valid_until=TODAY)
        assert plan(on=TODAY - DAYS) == NOTHING
        assert plan(on=TODAY) == Plan(planned=0, cancelled=1)
        reminder.refresh_from_db()
        assert reminder.ended_because == Reminder.Ending.MUNICIPALITY_GONE

    def test_plans_again_when_the_reason_is_back(self) -> None:
        reminder = ReminderFactory(status=Status.CANCELLED)
        assert plan(on=TODAY) == Plan(planned=1, cancelled=0)
        reminder.refresh_from_db()
        assert (reminder.status, reminder.settled_at) == (Status.PLANNED, None)

    def test_is_no_answer_where_time_alone_turned_it_into_another(self) -> None:
        policy = SafetyPolicyFactory(ends_on=TODAY - DAYS)
        municipality = StatementFactory(policy=policy).municipality
        asked = ReminderFactory(
            municipality=municipality,
            rule=Rule.POLICY_ENDS,
            about=policy.pk,
            cycle=f"{policy.pk}@2026-11-23",
            status=Status.SENT,
        )
        assert plan(on=TODAY) == Plan(planned=1, cancelled=0, answered=0)
        asked.refresh_from_db()
        assert asked.answered_at is None

    def test_is_no_answer_to_what_only_tells(self) -> None:
        municipality = StatementFactory().municipality
        ReminderFactory(
            municipality=municipality, rule=Rule.ELECTION_COMING, cycle="2026-03-18", status=Status.SENT
        )
        assert plan(on=TODAY) == NOTHING

    def test_does_not_plan_again_what_was_unsubscribed_from(self) -> None:
        reminder = ReminderFactory(status=Status.CANCELLED)
        Reminder.objects.update(ended_because=Reminder.Ending.UNSUBSCRIBED)
        assert owed(on=TODAY) == []
        assert plan(on=TODAY) == NOTHING
        reminder.refresh_from_db()
        assert reminder.status == Status.CANCELLED

    def test_plans_again_when_an_account_manager_can_be_written_to(self) -> None:
        reminder = ReminderFactory(status=Status.UNDELIVERABLE)
        manager = UserFactory(vng=True)
        Municipality.objects.filter(pk=reminder.municipality_id).update(account_manager=manager)
        assert plan(on=TODAY) == Plan(planned=1, cancelled=0)
        Reminder.objects.update(status=Status.UNDELIVERABLE, settled_at=timezone.now())
        MessageFactory(
            contact=None, user=manager, recipient=manager.email, status="failed", carries=[reminder]
        )
        assert plan(on=TODAY) == NOTHING

    def test_gets_another_day_where_vng_changed_the_ladder(self) -> None:
        reminder = ReminderFactory(due_on=dt.date(2026, 3, 18))
        RuleSetting.objects.create(rule=Rule.POLICY_LACKS_THEME, waits=[300, 28, 28])
        assert plan(on=TODAY) == NOTHING
        reminder.refresh_from_db()
        assert (reminder.status, reminder.due_on) == (Status.PLANNED, dt.date(2027, 1, 12))

    def test_plans_again_when_there_is_somebody_to_write_to(self) -> None:
        reminder = ReminderFactory(status=Status.UNDELIVERABLE)
        assert plan(on=TODAY) == NOTHING
        ContactFactory(municipality=reminder.municipality)
        assert plan(on=TODAY) == Plan(planned=1, cancelled=0)
        assert plan(on=TODAY) == NOTHING


@pytest.mark.django_db
def test_takes_one_statement_for_each_rule_however_many_municipalities_there_are() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            plan(on=TODAY)
        return len([query for query in captured if "SAVEPOINT" not in query["sql"]])

    MunicipalityFactory()
    assert queries() == len(DEFAULTS) + 2  # the turn, and what VNG changed about the rules
    MunicipalityFactory.create_batch(40)
    assert queries() == len(DEFAULTS) + 2
    assert Reminder.objects.count() == 41


@pytest.mark.django_db
def test_owed_foretells_what_is_planned() -> None:
    first = MunicipalityFactory()
    second = MunicipalityFactory()
    sent(second, 1, TODAY - 28 * DAYS)
    ReminderFactory(status=Status.QUEUED)
    ReminderFactory(status=Status.CANCELLED)
    foretold = {(each.municipality_id, each.cycle, each.step, each.due_on) for each in owed(on=TODAY)}
    assert Reminder.objects.filter(status=Status.PLANNED).count() == 0
    plan(on=TODAY)
    planned = Reminder.objects.filter(status=Status.PLANNED)
    assert foretold == set(planned.values_list("municipality", "cycle", "step", "due_on"))
    assert {first.pk, second.pk} < {row[0] for row in foretold}


@pytest.mark.django_db
def test_day_by_day_or_in_one_jump_gives_the_same_first_steps() -> None:
    policies = [SafetyPolicyFactory(ends_on=TODAY + n * DAYS) for n in range(5)]
    for policy in policies:
        StatementFactory(policy=policy)
    StatementFactory(value=Coverage.IN_PREPARATION, expected_on=TODAY + 2 * DAYS)
    with transaction.atomic():
        for day in range(10):
            plan(on=TODAY + day * DAYS)
        day_by_day = ledger()
        transaction.set_rollback(True)
    plan(on=TODAY + 9 * DAYS)
    assert ledger() == day_by_day
    assert len(day_by_day) == 6


@pytest.mark.django_db(transaction=True)
def test_two_plannings_at_once_plan_nothing_twice(clock: time_machine.Traveller) -> None:
    MunicipalityFactory.create_batch(60)
    at_once = Barrier(2)

    def plan_at_once() -> Plan:
        at_once.wait()
        try:
            return plan(on=TODAY)
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as threads:
        done = [future.result() for future in [threads.submit(plan_at_once) for _ in range(2)]]
    assert sum(each.planned for each in done) == 60
    assert Reminder.objects.filter(rule=Rule.POLICY_LACKS_THEME, step=1).count() == 60
