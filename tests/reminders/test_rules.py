"""For which municipalities the reason holds on a day, and since when."""

import datetime as dt
from itertools import pairwise

import pytest

from municipalities.coverage import Coverage
from municipalities.models import Municipality, PolicyParticipation, SafetyPolicy
from reminders.models import Rule
from reminders.rules import RULES, Audience
from tests.factories import (
    CoverageStatementFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    SafetyPolicyFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 24)
ELECTION = "2026-03-18"
LACKS_THEME = RULES[Rule.POLICY_LACKS_THEME]


def cycle(municipality: Municipality, on: dt.date = TODAY) -> str | None:
    """The cycle in which the municipality is reminded on the day, None where it is not."""
    return LACKS_THEME.holding(on=on).filter(pk=municipality.pk).values_list("cycle", flat=True).first()


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
    assert cycle(statement.municipality, dt.date(2026, 11, 23)) is None
    assert cycle(statement.municipality) == "2026-11-24"


@pytest.mark.parametrize(
    "value",
    [Coverage.PRIORITY, Coverage.SEPARATE_PLAN, Coverage.REGIONAL_PLAN, Coverage.REASONED_NO],
)
def test_who_is_covered_or_gave_a_reason_is_left_alone(value: str) -> None:
    assert cycle(CoverageStatementFactory(value=value).municipality) is None


def test_still_holding_looks_at_the_given_municipalities_alone() -> None:
    asked, other = MunicipalityFactory.create_batch(2)
    covered = CoverageStatementFactory().municipality
    assert other.pk != asked.pk
    assert LACKS_THEME.still_holding([asked.pk, covered.pk], on=TODAY) == {(asked.pk, ELECTION)}


def test_each_rule_has_a_ladder_that_widens() -> None:
    for rule in RULES.values():
        audiences = [set(step.audience) for step in rule.ladder]
        assert all(before <= after for before, after in pairwise(audiences))
        assert audiences[0] == {Audience.FIRST_CONTACT}


def test_the_last_audience_serves_a_step_beyond_the_ladder() -> None:
    assert LACKS_THEME.audience_of(9) == LACKS_THEME.ladder[-1].audience
