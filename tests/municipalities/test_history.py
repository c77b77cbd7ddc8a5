"""The history in words: who changed what, from what to what, and nothing that nobody did."""

import datetime as dt
from typing import Any

import pghistory
import pytest
from django.utils import translation

from municipalities.actions import decide_participation, register_policy, state_coverage
from municipalities.coverage import Coverage
from municipalities.history import Change, changes
from municipalities.models import CoverageStatement, Municipality
from tests.factories import (
    CoverageStatementFactory,
    MembershipFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    SafetyPolicyFactory,
    UserFactory,
)
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db
MARCH = dt.datetime(2025, 3, 1, 9, 0, tzinfo=dt.UTC)
APRIL = dt.datetime(2025, 3, 31, 22, 30, tzinfo=dt.UTC)  # 1 April in the Netherlands


@pytest.fixture(autouse=True)
def in_english() -> Any:
    with translation.override("en"):
        yield


@pytest.fixture
def municipality() -> Municipality:
    return MunicipalityFactory()


@pytest.fixture
def officer(municipality: Municipality) -> Any:
    return MembershipFactory(municipality=municipality, user__name="Olga").user


def history(municipality: Municipality, *, with_names: bool = True, limit: int = 10) -> list[Change]:
    return changes(municipality.pk, with_names=with_names, limit=limit)


def told(municipality: Municipality) -> list[tuple[str, str, str]]:
    return [(change.what, change.before, change.after) for change in history(municipality)]


def review(statement: CoverageStatement, value: str, question: str = "") -> None:
    statement.review, statement.question = value, question
    statement.reviewed_by, statement.reviewed_at = UserFactory(vng=True, name="Vera"), APRIL
    statement.save(update_fields=["review", "question", "reviewed_by", "reviewed_at"])


def test_nothing_happened(municipality: Municipality) -> None:
    assert history(municipality) == []


def test_statements_from_one_to_the_next_the_newest_first(municipality: Municipality, officer: Any) -> None:
    state_coverage(by=officer, municipality=municipality, value=Coverage.ABSENT, stated_at=MARCH)
    state_coverage(
        by=officer, municipality=municipality, value=Coverage.SEPARATE_PLAN, page="3", stated_at=APRIL
    )
    newest, oldest = history(municipality)
    assert (oldest.what, oldest.before, oldest.after) == ("Coverage", "Unknown", "Absent")
    assert (newest.what, newest.before, newest.after) == ("Coverage", "Absent", "Separate plan")
    assert (newest.who, newest.day, newest.is_invented) == ("Olga", dt.date(2025, 4, 1), False)


def test_a_review_and_its_question(municipality: Municipality, officer: Any) -> None:
    statement = state_coverage(by=officer, municipality=municipality, value=Coverage.ABSENT, stated_at=MARCH)
    review(statement, "returned", "On which page?")
    change = history(municipality)[0]
    assert (change.what, change.before, change.after) == (
        "Review of the statement", "not reviewed yet", "returned with a question",
    )  # fmt: skip
    assert (change.who, change.why) == ("Vera", "On which page?")


def test_superseding_a_reviewed_statement_tells_the_new_one_alone(
    municipality: Municipality, officer: Any
) -> None:
    statement = state_coverage(by=officer, municipality=municipality, value=Coverage.ABSENT, stated_at=MARCH)
    review(statement, "confirmed")
    state_coverage(
        by=officer,
        municipality=municipality,
        value=Coverage.REASONED_NO,
        analysis="Nothing seen.",
        stated_at=APRIL + dt.timedelta(days=1),
    )
    assert [what for what, _before, _after in told(municipality)] == [
        "Coverage", "Review of the statement", "Coverage",
    ]  # fmt: skip


def test_a_proposal_is_told_only_when_it_is_answered(municipality: Municipality, officer: Any) -> None:
    participation = PolicyParticipationFactory(municipality=municipality, policy__title="IVP")
    assert told(municipality) == []
    decide_participation(by=officer, policy=participation.policy, municipality=municipality, ours=False)
    decide_participation(by=officer, policy=participation.policy, municipality=municipality, ours=False)
    assert told(municipality) == [
        ("Policy “IVP”", "waits for the municipality's answer", "not ours, says the municipality")
    ]
    decide_participation(by=officer, policy=participation.policy, municipality=municipality, ours=True)
    assert told(municipality)[0] == (
        "Policy “IVP”", "not ours, says the municipality", "confirmed by the municipality",
    )  # fmt: skip


def test_a_policy_that_is_registered_and_corrected(municipality: Municipality, officer: Any) -> None:
    policy = register_policy(
        by=officer, municipality=municipality, title="IVP", kind="ivp", ends_on=dt.date(2026, 12, 31)
    )
    with pghistory.context(user=UserFactory(administrator=True, name="Anna").pk):
        policy.ends_on, policy.kind = dt.date(2027, 12, 31), "kadernota"
        policy.save(update_fields=["ends_on", "kind"])
        policy.adopted_on = dt.date(2023, 3, 1)
        policy.save(update_fields=["adopted_on"])
    assert sorted(told(municipality)) == [
        ("Adopted by the council on of “IVP”", "nothing", "March 1, 2023"),
        ("Kind of “IVP”", "integral safety plan", "framework memorandum"),
        ("Last day of “IVP”", "Dec. 31, 2026", "Dec. 31, 2027"),
        ("Policy “IVP”", "not in the register", "confirmed by the municipality"),
    ]
    assert {change.who for change in history(municipality)} == {"Anna", "Olga"}


def test_what_no_person_did_is_told_so(municipality: Municipality, officer: Any) -> None:
    policy = register_policy(by=officer, municipality=municipality, title="IVP", kind="ivp")
    policy.title = "IVP 2023"
    policy.save(update_fields=["title"])
    [change] = [change for change in history(municipality) if change.after == "IVP 2023"]
    assert change.who == "the register's own files"


def test_another_municipalitys_history_is_not_told(municipality: Municipality) -> None:
    CoverageStatementFactory()
    PolicyParticipationFactory(policy=SafetyPolicyFactory())
    assert history(municipality) == []


def test_a_shared_policy_that_was_declined_tells_no_corrections(
    municipality: Municipality, officer: Any
) -> None:
    participation = PolicyParticipationFactory(municipality=municipality)
    decide_participation(by=officer, policy=participation.policy, municipality=municipality, ours=False)
    participation.policy.title = "Other"
    participation.policy.save(update_fields=["title"])
    assert len(history(municipality)) == 1


def test_without_names_the_role_stands_for_the_author(municipality: Municipality, officer: Any) -> None:
    state_coverage(by=officer, municipality=municipality, value=Coverage.ABSENT)
    assert [change.who for change in history(municipality, with_names=False)] == ["Safety officer"]


def test_what_an_invented_user_did_is_invented(municipality: Municipality) -> None:
    user = UserFactory(is_demonstration=True)
    state_coverage(by=user, municipality=municipality, value=Coverage.ABSENT)
    assert [change.is_invented for change in history(municipality)] == [True]


def test_no_more_than_the_limit_in_one_query(municipality: Municipality, officer: Any) -> None:
    for month in range(1, 8):
        state_coverage(
            by=officer,
            municipality=municipality,
            value=Coverage.ABSENT,
            stated_at=dt.datetime(2025, month, 1, tzinfo=dt.UTC),
        )
    with expect_queries(1):
        found = history(municipality, limit=3)
    assert [change.when.month for change in found] == [7, 6, 5]
