"""One page, one click for each part that still holds; where the link in a message leads."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client

from measures.models import PlanParticipation
from municipalities.coverage import Coverage
from municipalities.models import CoverageStatement, Municipality
from policytracker.revisions import write_revision
from tests.factories import (
    ActionPlanFactory,
    ContactFactory,
    CoverageStatementFactory,
    MembershipFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    SafetyPolicyFactory,
    UserFactory,
)
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db
DAY = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
PAGE = "/gemeenten/GM0344/bevestigen/"


@pytest.fixture(autouse=True)
def in_english_on_a_day(client: Client) -> Any:
    client.cookies["django_language"] = "en"
    with time_machine.travel(DAY, tick=False):
        yield


@pytest.fixture
def utrecht() -> Municipality:
    return MunicipalityFactory(code="GM0344", name="Utrecht")


@pytest.fixture
def officer(client: Client, utrecht: Municipality) -> Client:
    client.force_login(MembershipFactory(municipality=utrecht, user__name="Anna").user)
    return client


def keys(client: Client) -> list[str]:
    return [part.key for part in client.get(PAGE).context["parts"] if part.can_be_confirmed]


def test_a_statement_is_confirmed_with_date_and_person(officer: Client, utrecht: Municipality) -> None:
    statement = CoverageStatementFactory(municipality=utrecht)
    response = officer.post(PAGE, {"confirm": keys(officer)[0]})
    assert response.url == "/?gemeente=GM0344"
    statement.refresh_from_db()
    assert (statement.confirmed_at, statement.confirmed_by.name) == (DAY, "Anna")
    assert statement.superseded_at is None
    assert "Last said on Nov. 24, 2026 by Anna" in officer.get(PAGE).content.decode()


def test_a_plan_and_the_contacts_are_confirmed_too(officer: Client, utrecht: Municipality) -> None:
    ActionPlanFactory(municipality=utrecht)
    ContactFactory(municipality=utrecht)
    for key in keys(officer):
        officer.post(PAGE, {"confirm": key})
    utrecht.refresh_from_db()
    assert utrecht.contacts_confirmed_at == DAY
    assert PlanParticipation.objects.get().confirmed_at == DAY


@pytest.mark.parametrize(
    "statement",
    [
        {"policy__ends_on": dt.date(2026, 11, 23)},
        {"value": Coverage.IN_PREPARATION, "expected_on": dt.date(2026, 11, 23)},
    ],
)
def test_what_is_over_cannot_be_confirmed(
    officer: Client, utrecht: Municipality, statement: dict[str, Any]
) -> None:
    if "policy__ends_on" in statement:
        statement = {"policy": SafetyPolicyFactory(ends_on=statement["policy__ends_on"])}
    stated = CoverageStatementFactory(municipality=utrecht, **statement)
    assert keys(officer) == []
    officer.post(PAGE, {"confirm": f"statement-{stated.pk}"})
    stated.refresh_from_db()
    assert stated.confirmed_at is None


def test_a_superseded_statement_is_not_confirmed_unseen(officer: Client, utrecht: Municipality) -> None:
    CoverageStatementFactory(municipality=utrecht, superseded_at=DAY - dt.timedelta(days=1))
    seen = CoverageStatement.objects.get()
    CoverageStatementFactory(
        municipality=utrecht, value=Coverage.ABSENT, stated_at=DAY - dt.timedelta(days=1)
    )
    response = officer.post(PAGE, {"confirm": f"statement-{seen.pk}"}, follow=True)
    assert "changed meanwhile" in response.content.decode()
    assert not CoverageStatement.objects.filter(confirmed_at__isnull=False).exists()


def test_a_plan_that_changed_is_not_confirmed_unseen(officer: Client, utrecht: Municipality) -> None:
    plan = ActionPlanFactory(municipality=utrecht)
    (key,) = keys(officer)
    type(plan).objects.filter(pk=plan.pk).update(title="Another")
    officer.post(PAGE, {"confirm": key})
    assert PlanParticipation.objects.get().confirmed_at is None


def test_a_plan_that_expired_meanwhile_is_not_confirmed(officer: Client, utrecht: Municipality) -> None:
    plan = ActionPlanFactory(municipality=utrecht, ends_on=DAY.date() - dt.timedelta(days=1))
    response = officer.post(PAGE, {"confirm": f"plan-{plan.pk}.{plan.revision}"}, follow=True)
    assert "changed meanwhile" in response.content.decode()
    assert PlanParticipation.objects.get().confirmed_at is None


@pytest.mark.parametrize("change", ["plan", "participation"])
def test_a_change_in_the_last_moment_is_seen(
    officer: Client, utrecht: Municipality, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    """Somebody writes between the look at the plan and the lock on it."""
    plan = ActionPlanFactory(municipality=utrecht)
    (key,) = keys(officer)

    def written_first(*looked_at: Any) -> None:
        if change == "plan":
            type(plan).objects.filter(pk=plan.pk).update(title="Another")
        else:
            plan.participations.update(status="declined", decided_by=UserFactory(), decided_at=DAY)
        write_revision(*looked_at)

    monkeypatch.setattr("dashboards.confirming.write_revision", written_first)
    assert officer.post(PAGE, {"confirm": key}).url == PAGE
    assert PlanParticipation.objects.get().confirmed_at is None


def test_nothing_chosen_confirms_nothing(officer: Client, utrecht: Municipality) -> None:
    response = officer.post(PAGE, follow=True)
    assert "Nothing was chosen" in response.content.decode()
    assert "Confirmed, thank you" not in response.content.decode()


@pytest.mark.parametrize("key", ["", "statement-", "statement-x", "plan-1", "contacts", "poem-1"])
def test_what_makes_no_sense_changes_nothing(officer: Client, utrecht: Municipality, key: str) -> None:
    CoverageStatementFactory(municipality=utrecht)
    assert officer.post(PAGE, {"confirm": key}).url == PAGE


def test_asks_about_what_others_say(officer: Client, utrecht: Municipality) -> None:
    policy = PolicyParticipationFactory(municipality=utrecht).policy
    page = officer.get(PAGE).content.decode()
    assert policy.title in page
    assert "Not ours" in page


def test_with_nothing_to_confirm_says_what_to_do(officer: Client) -> None:
    assert "Nothing has been stated yet" in officer.get(PAGE).content.decode()


def test_is_for_the_municipality_and_vng(client: Client, utrecht: Municipality) -> None:
    statement = CoverageStatementFactory(municipality=utrecht)
    status = {}
    for role in ("officer", "nctv", "vng"):
        client.force_login(UserFactory(**({role: True} if role != "officer" else {})))
        status[role] = client.post(PAGE, {"confirm": f"statement-{statement.pk}"}).status_code
    assert status == {"officer": 404, "nctv": 403, "vng": 302}


def test_takes_as_many_queries_with_much(officer: Client, utrecht: Municipality) -> None:
    CoverageStatementFactory(municipality=utrecht)
    ContactFactory(municipality=utrecht)
    ActionPlanFactory(municipality=utrecht)
    with expect_queries(8):
        officer.get(PAGE)
    ActionPlanFactory.create_batch(5, municipality=utrecht)
    PolicyParticipationFactory.create_batch(9, municipality=utrecht)
    with expect_queries(8):
        officer.get(PAGE)
