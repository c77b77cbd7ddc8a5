"""For which municipalities the reason holds on a day, and since when."""

import datetime as dt
from itertools import pairwise

import pytest

from measures.models import Measure, PlanParticipation
from municipalities.coverage import Coverage
from municipalities.models import CoverageStatement, Municipality, PolicyParticipation, SafetyPolicy
from reminders.models import Rule, RuleSetting
from reminders.rules import DEFAULTS, Audience, ReminderRule, rules
from tests.factories import (
    ActionPlanFactory,
    ContactFactory,
    CoverageStatementFactory,
    FollowUpFactory,
    MeasureFactory,
    MergerPartFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    SafetyPolicyFactory,
    UserFactory,
)
from tests.reminders.factories import StatementFactory

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 24)
ONE_DAY = dt.timedelta(days=1)
ELECTION = "2026-03-18"
LACKS_THEME = DEFAULTS[Rule.POLICY_LACKS_THEME]


def cycle(
    municipality: Municipality, on: dt.date = TODAY, *, rule: str = Rule.POLICY_LACKS_THEME
) -> str | None:
    """The cycle in which the municipality is reminded on the day, None where it is not."""
    found = [cycle for _who, cycle, _about, _since in rows(DEFAULTS[rule], municipality, on)]
    assert len(found) <= 1
    return found[0] if found else None


def rows(
    rule: ReminderRule, municipality: Municipality, on: dt.date = TODAY
) -> list[tuple[int, str, int | None, dt.date]]:
    return list(rule.holding(on=on, among=[municipality.pk]))


def asked_of(municipality: Municipality, on: dt.date = TODAY) -> list[str]:
    """The rules that hold for the municipality on the day."""
    return [key for key, rule in DEFAULTS.items() if rows(rule, municipality, on)]


def test_nothing_known_counts_from_the_council_in_office() -> None:
    municipality = MunicipalityFactory()
    assert cycle(municipality) == ELECTION
    assert cycle(municipality, dt.date(2026, 3, 17)) == "2022-03-16"


def test_a_new_municipality_counts_from_its_first_day() -> None:
    municipality = MunicipalityFactory(valid_from=dt.date(2026, 7, 1))
    assert cycle(municipality, dt.date(2026, 6, 30)) is None
    assert cycle(municipality, dt.date(2026, 7, 1)) == "2026-07-01"


def test_a_municipality_that_has_ended_is_not_reminded() -> None:
    municipality = MunicipalityFactory(valid_until=dt.date(2026, 11, 24))
    assert cycle(municipality, dt.date(2026, 11, 23)) == ELECTION
    assert cycle(municipality) is None


def test_absent_is_left_alone_for_four_weeks_after_the_answer() -> None:
    statement = CoverageStatementFactory(
        value=Coverage.ABSENT,
        stated_at=dt.datetime(2026, 10, 27, 23, 30, tzinfo=dt.UTC),  # 28 October in the Netherlands
    )
    assert cycle(statement.municipality) is None
    assert cycle(statement.municipality, dt.date(2026, 11, 25)) == "2026-11-25"


def test_who_confirms_that_it_is_absent_is_left_alone_as_long() -> None:
    statement = CoverageStatementFactory(
        value=Coverage.ABSENT,
        stated_at=dt.datetime(2026, 7, 1, 9, tzinfo=dt.UTC),
        confirmed_at=dt.datetime(2026, 10, 28, 9, tzinfo=dt.UTC),
        confirmed_by=UserFactory(),
    )
    assert cycle(statement.municipality) is None
    assert cycle(statement.municipality, dt.date(2026, 11, 25)) == "2026-11-25"


def test_a_proposal_stays_one_when_another_municipality_corrected_it() -> None:
    participation = PolicyParticipationFactory()
    assert participation.policy.source_url
    SafetyPolicy.objects.update(provenance="municipality")
    assert list(PolicyParticipation.objects.proposed()) == [participation]


def test_absent_of_the_council_before_is_asked_again_of_the_new_one() -> None:
    statement = CoverageStatementFactory(value=Coverage.ABSENT)
    assert cycle(statement.municipality, dt.date(2026, 3, 17)) == "2025-12-01"
    assert cycle(statement.municipality) == ELECTION


def test_lapsed_counts_from_the_day_after_the_policy() -> None:
    policy = SafetyPolicyFactory(starts_on=dt.date(2022, 1, 1), ends_on=dt.date(2026, 11, 23))
    statement = CoverageStatementFactory(policy=policy)
    assert cycle(statement.municipality, dt.date(2026, 11, 23)) is None
    assert cycle(statement.municipality) == "2026-11-24"


def test_in_preparation_counts_from_the_day_after_it_was_expected() -> None:
    statement = CoverageStatementFactory(value=Coverage.IN_PREPARATION, expected_on=dt.date(2026, 11, 23))
    overdue = Rule.PREPARATION_OVERDUE
    assert cycle(statement.municipality, dt.date(2026, 11, 23), rule=overdue) is None
    assert cycle(statement.municipality, rule=overdue) == "2026-11-24"


@pytest.mark.parametrize(
    "value",
    [Coverage.PRIORITY, Coverage.SEPARATE_PLAN, Coverage.REGIONAL_PLAN, Coverage.REASONED_NO],
)
def test_who_is_covered_or_gave_a_reason_is_left_alone(value: str) -> None:
    assert cycle(CoverageStatementFactory(value=value).municipality) is None


def test_holding_looks_at_the_given_municipalities_alone() -> None:
    asked, other = MunicipalityFactory.create_batch(2)
    covered = CoverageStatementFactory().municipality
    assert other.pk != asked.pk
    holding = LACKS_THEME.holding(on=TODAY, among=[asked.pk, covered.pk])
    assert [(who, since) for who, since, _about, _day in holding] == [(asked.pk, ELECTION)]


class TestYearlyQuestion:
    @pytest.mark.parametrize(
        ("value", "rule"),
        [
            (Coverage.PRIORITY, Rule.STATEMENT_UNCONFIRMED),
            (Coverage.SEPARATE_PLAN, Rule.STATEMENT_UNCONFIRMED),
            (Coverage.REASONED_NO, Rule.REASONED_NO_RENEWAL),
        ],
    )
    def test_comes_a_year_after_it_was_last_said(self, value: str, rule: str) -> None:
        statement = StatementFactory(value=value)
        last_day = dt.date(2027, 5, 31)
        policy = statement.policy
        if policy:
            type(policy).objects.update(ends_on=dt.date(2029, 12, 31))
        assert asked_of(statement.municipality, last_day) == []
        assert asked_of(statement.municipality, last_day + ONE_DAY) == [rule]
        assert cycle(statement.municipality, last_day + ONE_DAY, rule=rule) == "2027-06-01"
        type(statement).objects.update(
            confirmed_at=dt.datetime(2027, 5, 1, 9, tzinfo=dt.UTC), confirmed_by=UserFactory()
        )
        assert asked_of(statement.municipality, last_day + ONE_DAY) == []

    def test_is_asked_of_a_preparation_within_its_time(self) -> None:
        statement = StatementFactory(value=Coverage.IN_PREPARATION, expected_on=dt.date(2028, 1, 1))
        assert asked_of(statement.municipality, dt.date(2027, 6, 1)) == [Rule.STATEMENT_UNCONFIRMED]


class TestCouncil:
    def test_that_is_new_is_asked_two_months_after_its_election(self) -> None:
        statement = StatementFactory(
            value=Coverage.SEPARATE_PLAN, stated_at=dt.datetime(2026, 1, 10, 9, tzinfo=dt.UTC)
        )
        assert asked_of(statement.municipality, dt.date(2026, 5, 16)) == []
        assert asked_of(statement.municipality, dt.date(2026, 5, 17)) == [Rule.COUNCIL_ELECTED]

    def test_that_was_there_when_it_was_stated_is_not_asked(self) -> None:
        statement = StatementFactory(value=Coverage.SEPARATE_PLAN)
        assert asked_of(statement.municipality) == []

    def test_is_not_asked_beside_the_yearly_question(self) -> None:
        statement = StatementFactory(
            value=Coverage.SEPARATE_PLAN, stated_at=dt.datetime(2025, 5, 1, 9, tzinfo=dt.UTC)
        )
        assert asked_of(statement.municipality) == [Rule.STATEMENT_UNCONFIRMED]

    def test_to_be_elected_is_told_half_a_year_before(self) -> None:
        municipality = StatementFactory(
            value=Coverage.SEPARATE_PLAN, stated_at=dt.datetime(2029, 8, 1, 9, tzinfo=dt.UTC)
        ).municipality
        coming = Rule.ELECTION_COMING
        assert cycle(municipality, dt.date(2029, 9, 18), rule=coming) is None
        assert cycle(municipality, dt.date(2029, 9, 19), rule=coming) == "2030-03-20"
        assert cycle(municipality, dt.date(2030, 3, 20), rule=coming) == "2030-03-20"
        assert cycle(municipality, dt.date(2030, 3, 21), rule=coming) is None

    def test_of_a_merger_is_elected_in_november(self) -> None:
        merged = MergerPartFactory(merger__effective_on=dt.date(2027, 1, 1))
        for municipality in (merged.predecessor, merged.successor):
            assert cycle(municipality, dt.date(2026, 7, 1), rule=Rule.ELECTION_COMING) == "2026-11-18"
        assert cycle(MunicipalityFactory(), dt.date(2026, 7, 1), rule=Rule.ELECTION_COMING) is None


class TestPolicyThatEnds:
    @pytest.fixture
    def statement(self) -> CoverageStatement:
        statement = StatementFactory()
        PolicyParticipationFactory(
            policy=statement.policy, municipality=statement.municipality, confirmed=True
        )
        return statement

    def test_is_asked_about_a_year_before(self, statement: CoverageStatement) -> None:
        policy = statement.policy
        assert policy
        SafetyPolicy.objects.filter(pk=policy.pk).update(ends_on=TODAY + dt.timedelta(days=366))
        assert asked_of(statement.municipality) == []
        SafetyPolicy.objects.filter(pk=policy.pk).update(ends_on=TODAY + dt.timedelta(days=365))
        ((_who, cycle, about, since),) = rows(DEFAULTS[Rule.POLICY_ENDS], statement.municipality)
        assert (cycle, about, since) == (f"{policy.pk}@2027-11-24", policy.pk, TODAY)

    def test_that_has_ended_is_asked_about_by_the_rule_of_the_theme(
        self, statement: CoverageStatement
    ) -> None:
        SafetyPolicy.objects.update(ends_on=TODAY - ONE_DAY)
        assert asked_of(statement.municipality) == [Rule.POLICY_LACKS_THEME]

    def test_that_has_ended_is_asked_about_where_a_plan_of_its_own_covers_the_theme(self) -> None:
        statement = StatementFactory(value=Coverage.SEPARATE_PLAN)
        PolicyParticipationFactory(
            municipality=statement.municipality,
            policy=SafetyPolicyFactory(ends_on=TODAY - ONE_DAY),
            confirmed=True,
        )
        assert asked_of(statement.municipality) == [Rule.POLICY_ENDS]

    @pytest.mark.parametrize("kind", [SafetyPolicy.Kind.IVP, SafetyPolicy.Kind.KADERNOTA])
    def test_is_left_alone_once_another_follows(self, statement: CoverageStatement, kind: str) -> None:
        assert asked_of(statement.municipality) == [Rule.POLICY_ENDS]
        follows = SafetyPolicyFactory(kind=kind, starts_on=dt.date(2027, 1, 1), ends_on=dt.date(2030, 12, 31))
        PolicyParticipationFactory(municipality=MunicipalityFactory(), policy=follows, confirmed=True)
        assert asked_of(statement.municipality) == [Rule.POLICY_ENDS]
        PolicyParticipationFactory(municipality=statement.municipality, policy=follows, confirmed=True)
        assert asked_of(statement.municipality) == []


class TestMeasure:
    def test_is_asked_about_from_two_weeks_before_it_is_due_until_it_is_done(self) -> None:
        municipality = StatementFactory(value=Coverage.SEPARATE_PLAN).municipality
        plan = ActionPlanFactory(municipality=municipality)
        due = MeasureFactory(
            plan=plan, status=Measure.Status.IN_PROGRESS, due_on=TODAY + dt.timedelta(days=15)
        )
        assert asked_of(municipality) == []
        Measure.objects.update(due_on=TODAY + dt.timedelta(days=14))
        ((_who, cycle, about, since),) = rows(DEFAULTS[Rule.MEASURE_DUE], municipality)
        assert (cycle, about, since) == (f"{due.pk}@2026-12-08", due.pk, TODAY)
        Measure.objects.update(due_on=dt.date(2026, 2, 1))
        assert asked_of(municipality) == [Rule.MEASURE_DUE]
        Measure.objects.update(status=Measure.Status.DONE)
        assert asked_of(municipality) == []

    def test_of_a_joint_plan_is_asked_of_all_or_of_whom_it_belongs_to(self) -> None:
        first, second = MunicipalityFactory.create_batch(2)
        plan = ActionPlanFactory(municipality=first)
        PlanParticipation.objects.create(plan=plan, municipality=second, status="confirmed")
        MeasureFactory(plan=plan, status=Measure.Status.PLANNED, due_on=TODAY)
        due = DEFAULTS[Rule.MEASURE_DUE]
        assert {row[0] for row in due.holding(on=TODAY)} == {first.pk, second.pk}
        Measure.objects.update(contact=ContactFactory(municipality=second))
        assert {row[0] for row in due.holding(on=TODAY)} == {second.pk}

    def test_of_a_draft_or_an_expired_plan_is_not_asked_about(self) -> None:
        plan = ActionPlanFactory(municipality=MunicipalityFactory())
        MeasureFactory(plan=plan, status=Measure.Status.PLANNED, due_on=TODAY)
        due = DEFAULTS[Rule.MEASURE_DUE]
        assert due.holding(on=TODAY)
        type(plan).objects.update(status="draft")
        assert not due.holding(on=TODAY)
        type(plan).objects.update(status="adopted", ends_on=TODAY - ONE_DAY)
        assert not due.holding(on=TODAY)


class TestFinding:
    def since(self, **fields: object) -> tuple[str, dt.date] | None:
        follow_up = FollowUpFactory(**fields)
        found = rows(DEFAULTS[Rule.FINDING_UNANSWERED], follow_up.municipality, dt.date(2099, 1, 1))
        return (found[0][1].split("@")[1], found[0][3]) if found else None

    def test_is_asked_about_four_weeks_after_it_was_put(self) -> None:
        assert self.since(asked_on=TODAY, due_on=None) == ("open", TODAY + dt.timedelta(weeks=4))

    def test_is_asked_about_sooner_where_its_day_comes_sooner(self) -> None:
        due_on = TODAY + dt.timedelta(days=30)
        assert self.since(asked_on=TODAY, due_on=due_on) == ("open", TODAY + dt.timedelta(days=2))

    def test_that_was_returned_is_another_reason(self) -> None:
        asked = {"response": "accepted", "explanation": "We shall.", "asked_on": TODAY, "due_on": None}
        assert self.since(status="returned", **asked) == ("returned", TODAY + dt.timedelta(weeks=4))

    def test_that_is_put_again_begins_a_new_ladder(self) -> None:
        follow_up = FollowUpFactory(asked_on=TODAY, due_on=None)
        rule, later = DEFAULTS[Rule.FINDING_UNANSWERED], dt.date(2099, 1, 1)
        ((_who, before, _about, _since),) = rows(rule, follow_up.municipality, later)
        type(follow_up).objects.update(asked_on=TODAY + ONE_DAY)
        ((_who, after, _about, _since),) = rows(rule, follow_up.municipality, later)
        assert before != after

    def test_that_is_answered_is_asked_about_once_it_is_late(self) -> None:
        asked = {"response": "accepted", "explanation": "We shall.", "due_on": TODAY}
        assert self.since(status="in_progress", **asked) == ("late", TODAY + ONE_DAY)
        assert self.since(status="in_progress", **asked | {"due_on": None}) is None

    @pytest.mark.parametrize("status", ["done", "verified"])
    def test_that_is_done_is_not_asked_about(self, status: str) -> None:
        done = {"response": "accepted", "explanation": "We did.", "evidence": "Council letter"}
        assert self.since(status=status, due_on=TODAY, **done) is None


def test_each_rule_has_a_ladder_that_widens() -> None:
    for rule in DEFAULTS.values():
        audiences = [set(step.audience) for step in rule.ladder]
        assert all(before <= after for before, after in pairwise(audiences))
        assert audiences[0] == {Audience.FIRST_CONTACT}


def test_the_last_step_serves_beyond_the_ladder() -> None:
    assert LACKS_THEME.step(9) == LACKS_THEME.ladder[-1]


def test_vng_changes_the_days_and_switches_off() -> None:
    RuleSetting.objects.create(rule=Rule.POLICY_LACKS_THEME, is_on=False, waits=[3, 14, 60])
    set_so = rules()[Rule.POLICY_LACKS_THEME]
    assert not set_so.is_on
    assert [step.wait.days for step in set_so.ladder] == [3, 14, 60]
    assert [step.audience for step in set_so.ladder] == [step.audience for step in LACKS_THEME.ladder]


def test_days_of_another_number_of_steps_are_not_used() -> None:
    RuleSetting.objects.create(rule=Rule.POLICY_LACKS_THEME, waits=[3])
    assert rules()[Rule.POLICY_LACKS_THEME].ladder == LACKS_THEME.ladder
