"""Each role finds its own start page, in as many queries whatever the amount of data."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.test import Client

from dashboards.figures import FollowUpFigures, Share
from dashboards.tasks import Act, in_order, tasks
from evaluations.models import FollowUp
from municipalities.coverage import Coverage
from tests.factories import (
    ActionPlanFactory,
    ContactFactory,
    CoverageStatementFactory,
    FollowUpFactory,
    MeasureFactory,
    MembershipFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    SafetyPolicyFactory,
    UserFactory,
)
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db
DAY = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def in_english_on_a_day(client: Client) -> Any:
    client.cookies["django_language"] = "en"
    with time_machine.travel(DAY, tick=False):
        yield


def titles(client: Client, query: str = "") -> list[str]:
    return [task.title for task in tasks(client.get(f"/{query}").context["desk"])]


@pytest.fixture
def membership() -> Any:
    membership = MembershipFactory(
        municipality__name="Aalten",
        municipality__code="GM0197",
        municipality__contacts_confirmed_at=DAY,
        municipality__contacts_confirmed_by=UserFactory(),
    )
    ContactFactory(municipality=membership.municipality)
    return membership


@pytest.fixture
def officer(client: Client, membership: Any) -> Client:
    client.force_login(membership.user)
    return client


class TestOfficer:
    def test_is_asked_for_a_first_statement(self, officer: Client) -> None:
        assert titles(officer) == ["What holds for your municipality?"]

    def test_is_asked_to_confirm_what_a_source_proposes(self, officer: Client, membership: Any) -> None:
        participation = PolicyParticipationFactory(municipality=membership.municipality)
        assert titles(officer) == ["Is this your safety policy?"]
        assert participation.policy.title in officer.get("/").content.decode()

    @pytest.mark.parametrize(
        ("statement", "title"),
        [
            ({"value": Coverage.ABSENT}, "The theme is not in your safety policy"),
            ({"policy__ends_on": dt.date(2026, 11, 23)}, "The coverage has lapsed"),
            (
                {"value": Coverage.IN_PREPARATION, "expected_on": dt.date(2026, 11, 23)},
                "Has the council decided?",
            ),
            ({"stated_at": dt.datetime(2025, 11, 24, 9, tzinfo=dt.UTC)}, "Does the coverage still hold?"),
            ({"policy__ends_on": dt.date(2026, 12, 31)}, "Your safety policy is about to end"),
        ],
    )
    def test_is_asked_what_fits_the_statement(
        self, officer: Client, membership: Any, statement: dict[str, Any], title: str
    ) -> None:
        values = {"stated_at": dt.datetime(2026, 6, 1, 9, tzinfo=dt.UTC)} | statement
        ends_on = values.pop("policy__ends_on", dt.date(2029, 12, 31))
        if values.get("value", Coverage.PRIORITY) == Coverage.PRIORITY:
            values["policy"] = SafetyPolicyFactory(ends_on=ends_on)
        CoverageStatementFactory(municipality=membership.municipality, **values)
        assert titles(officer) == [title]

    def test_answers_the_question_of_vng_first(self, officer: Client, membership: Any) -> None:
        CoverageStatementFactory(
            municipality=membership.municipality,
            review="returned",
            question="Which chapter?",
            reviewed_by=UserFactory(vng=True),
            reviewed_at=DAY,
        )
        assert titles(officer) == ["VNG asks something about your statement"]
        assert "Which chapter?" in officer.get("/").content.decode()

    def test_sees_late_measures_findings_and_no_contact(self, officer: Client, membership: Any) -> None:
        municipality = membership.municipality
        CoverageStatementFactory(
            municipality=municipality,
            stated_at=DAY - dt.timedelta(days=2),
            policy=SafetyPolicyFactory(ends_on=dt.date(2029, 12, 31)),
        )
        plan = ActionPlanFactory(municipality=municipality)
        plan.participations.update(
            decided_at=DAY, decided_by=membership.user, confirmed_at=DAY, confirmed_by=membership.user
        )
        MeasureFactory(plan=plan, due_on=dt.date(2026, 11, 23))
        MeasureFactory(plan=plan)
        FollowUpFactory(municipality=municipality)
        municipality.contacts.update(unreachable_since=DAY, unreachable_reason="550 no such user")
        page = officer.get("/")
        assert [task.title for task in tasks(page.context["desk"])] == [
            "This measure is late",
            "There is no contact who can be reached",
            "1 finding to answer",
        ]
        assert in_order(page.context["desk"]) == [
            "the theme in your policy",
            "action plan",
            "1 measure on time",
        ]

    def test_measures_of_every_plan_that_holds_count(self, officer: Client, membership: Any) -> None:
        own = membership.municipality
        today = DAY.date()
        MeasureFactory(
            plan=ActionPlanFactory(municipality=own, ends_on=today + dt.timedelta(days=100)),
            status="in_progress",
            due_on=today - dt.timedelta(days=1),
        )
        longest = ActionPlanFactory(municipality=own, ends_on=today + dt.timedelta(days=900))
        MeasureFactory(plan=longest, status="planned", due_on=None)
        desk = officer.get("/").context["desk"]
        assert (desk.plan.title, desk.running, desk.planned, len(desk.late)) == (longest.title, 1, 1, 1)

    def test_what_is_answered_but_not_done_by_its_day_is_late(self, officer: Client, membership: Any) -> None:
        yesterday = DAY.date() - dt.timedelta(days=1)
        FollowUpFactory(
            municipality=membership.municipality,
            status="in_progress",
            response="accepted",
            explanation="With a plan.",
            due_on=yesterday,
        )
        assert FollowUp.objects.late(on=DAY.date()).exists()
        desk = officer.get("/").context["desk"]
        assert "1 finding is late" in [task.title for task in tasks(desk)]
        assert "1 finding answered" not in in_order(desk)

    def test_a_reasoned_no_is_not_the_theme_in_the_policy(self, officer: Client, membership: Any) -> None:
        CoverageStatementFactory(
            municipality=membership.municipality, value=Coverage.REASONED_NO, analysis="No need.", policy=None
        )
        desk = officer.get("/").context["desk"]
        assert "the theme in your policy" not in in_order(desk)

    def test_is_asked_once_a_year_whether_contacts_and_plan_are_still_right(
        self, officer: Client, membership: Any
    ) -> None:
        municipality = membership.municipality
        CoverageStatementFactory(
            municipality=municipality,
            stated_at=DAY - dt.timedelta(days=2),
            policy=SafetyPolicyFactory(ends_on=dt.date(2029, 12, 31)),
        )
        plan = ActionPlanFactory(municipality=municipality)
        a_year_ago = DAY - dt.timedelta(days=365)
        plan.participations.update(
            decided_at=a_year_ago, decided_by=membership.user, confirmed_at=None, confirmed_by=None
        )
        type(municipality).objects.filter(pk=municipality.pk).update(contacts_confirmed_at=a_year_ago)
        contacts, still = tasks(officer.get("/").context["desk"])
        assert (contacts.title, still.title) == (
            "Are your contacts still right?",
            "Does your action plan still hold?",
        )
        for task in (contacts, still):
            act = task.acts[0]
            officer.post(act.url, {act.name: act.value})
        assert tasks(officer.get("/").context["desk"]) == []

    def test_answers_what_a_source_proposes_from_the_list(self, officer: Client, membership: Any) -> None:
        policy = PolicyParticipationFactory(municipality=membership.municipality).policy
        (task,) = tasks(officer.get("/").context["desk"])
        address = f"/beleidsplannen/{policy.pk}/"
        assert task.acts == (
            Act("Yes, it is ours", f"{address}deelname/", "answer", "yes"),
            Act("Correct it", f"{address}wijzigen/?gemeente=GM0197"),
            Act("Not ours", f"{address}deelname/", "answer", "no"),
        )
        page = officer.get("/").content.decode()
        assert 'form="answer"' in page
        assert '<input type="hidden" name="gemeente" value="GM0197">' in page

    def test_late_measures_stand_one_by_one_where_they_are_few(
        self, officer: Client, membership: Any
    ) -> None:
        plan = ActionPlanFactory(municipality=membership.municipality, ends_on=dt.date(2026, 11, 1))
        MeasureFactory.create_batch(4, plan=plan, due_on=dt.date(2026, 10, 1))
        assert titles(officer).count("This measure is late") == 4
        MeasureFactory.create_batch(2, plan=plan, due_on=dt.date(2026, 10, 1))
        assert titles(officer).count("This measure is late") == 3
        assert "3 more measures are late" in titles(officer)

    def test_an_ending_policy_is_not_mentioned_once_its_successor_is_known(
        self, officer: Client, membership: Any
    ) -> None:
        policy = SafetyPolicyFactory(ends_on=DAY.date())
        CoverageStatementFactory(
            municipality=membership.municipality, policy=policy, stated_at=DAY - dt.timedelta(days=2)
        )
        (task,) = tasks(officer.get("/").context["desk"])
        assert "today is its last day" in task.why
        of_others = SafetyPolicyFactory(starts_on=dt.date(2027, 1, 1), ends_on=dt.date(2030, 12, 31))
        type(policy).objects.filter(pk=policy.pk).update(successor=of_others)
        assert titles(officer) == ["Your safety policy is about to end"]  # it was shared with others
        PolicyParticipationFactory(
            municipality=membership.municipality, policy=of_others,
            status="confirmed", decided_by=membership.user, decided_at=DAY,
        )  # fmt: skip
        assert titles(officer) == []

    def test_a_later_policy_of_its_own_follows_too(self, officer: Client, membership: Any) -> None:
        policy = SafetyPolicyFactory(ends_on=DAY.date(), successor=SafetyPolicyFactory())
        CoverageStatementFactory(
            municipality=membership.municipality, policy=policy, stated_at=DAY - dt.timedelta(days=2)
        )
        later = {"starts_on": dt.date(2027, 1, 1), "ends_on": dt.date(2030, 12, 31)}
        for kind, found in (("separate", ["Your safety policy is about to end"]), (policy.kind, [])):
            PolicyParticipationFactory(
                municipality=membership.municipality, policy=SafetyPolicyFactory(kind=kind, **later),
                status="confirmed", decided_by=membership.user, decided_at=DAY,
            )  # fmt: skip
            assert titles(officer) == found

    def test_who_says_that_it_is_still_absent_is_left_alone_for_four_weeks(
        self, officer: Client, membership: Any
    ) -> None:
        statement = CoverageStatementFactory(
            municipality=membership.municipality, value=Coverage.ABSENT, stated_at=DAY - dt.timedelta(days=60)
        )
        assert titles(officer) == ["The theme is not in your safety policy"]
        officer.post("/gemeenten/GM0197/bevestigen/", {"confirm": f"statement-{statement.pk}"})
        assert titles(officer) == []
        with time_machine.travel(DAY + dt.timedelta(weeks=4), tick=False):
            officer.force_login(membership.user)
            assert titles(officer) == ["The theme is not in your safety policy"]

    def test_who_is_up_to_date_is_thanked(self, officer: Client, membership: Any) -> None:
        CoverageStatementFactory(
            municipality=membership.municipality,
            stated_at=DAY - dt.timedelta(days=2),
            policy=SafetyPolicyFactory(ends_on=dt.date(2029, 12, 31)),
        )
        assert "Nothing today" in officer.get("/").content.decode()

    def test_switches_between_own_municipalities_only(self, officer: Client, membership: Any) -> None:
        second = MembershipFactory(user=membership.user, municipality__name="Zwolle").municipality
        foreign = MunicipalityFactory(name="Foreign")
        chosen = {
            query: officer.get(f"/{query}").context["municipality"].code
            for query in ("", f"?gemeente={second.code}", f"?gemeente={foreign.code}")
        }
        own = membership.municipality.code
        assert list(chosen.values()) == [own, second.code, own]

    def test_without_a_municipality_is_told_what_to_do(self, client: Client) -> None:
        client.force_login(UserFactory())
        assert "not a member of a municipality" in client.get("/").content.decode()

    def test_takes_as_many_queries_with_much_as_with_little(self, officer: Client, membership: Any) -> None:
        with expect_queries(6):
            officer.get("/")
        plan = ActionPlanFactory(municipality=membership.municipality)
        MeasureFactory.create_batch(20, plan=plan)
        FollowUpFactory.create_batch(20, municipality=membership.municipality)
        PolicyParticipationFactory.create_batch(20, municipality=membership.municipality)
        with expect_queries(6):
            officer.get("/")


class TestVng:
    def test_sees_the_numbers_and_whom_to_help_next(self, client: Client) -> None:
        CoverageStatementFactory()
        absent = CoverageStatementFactory(value=Coverage.ABSENT).municipality
        unknown = MunicipalityFactory(population=200_000)
        ContactFactory(municipality=absent)
        client.force_login(UserFactory(vng=True))
        page = client.get("/")
        assert "1 of 3 municipalities are covered" in page.content.decode()
        overview = page.context["overview"]
        numbers = {str(number.label): number.number for number in overview.numbers}
        assert numbers == {
            "Covered": 1,
            "Lapsed": 0,
            "In preparation": 0,
            "Reasoned no": 0,
            "Absent": 1,
            "Unknown": 1,
            "To review": 2,
            "Out of reach": 2,
        }
        assert [(entry.code, entry.next_step) for entry in overview.worklist] == [
            (absent.code, "Offer help and a neighbour's example"),
            (unknown.code, "Find a contact"),
        ]

    def test_takes_as_many_queries_with_much_as_with_little(self, client: Client) -> None:
        client.force_login(UserFactory(vng=True))
        with expect_queries(8):
            client.get("/")
        CoverageStatementFactory.create_batch(10)
        PolicyParticipationFactory.create_batch(20)
        with expect_queries(9):  # the names of the provinces too, which are kept
            client.get("/")
        with expect_queries(8):
            client.get("/")

    def test_who_is_not_counted_yet_comes_after_the_others(self, client: Client) -> None:
        for name, population in (("Small", 9_000), ("New", None), ("Large", 90_000)):
            MunicipalityFactory(
                name=name, population=population, population_year=2026 if population else None
            )
        client.force_login(UserFactory(vng=True))
        page = client.get("/")
        assert [entry.name for entry in page.context["overview"].worklist] == ["Large", "Small", "New"]
        assert "None" not in page.content.decode()


class TestNctv:
    def test_who_is_no_longer_in_the_register_does_not_count(self, client: Client) -> None:
        gone = MunicipalityFactory(valid_until=DAY.date())
        MeasureFactory(plan=ActionPlanFactory(municipality=gone))
        FollowUpFactory(municipality=gone)
        FollowUpFactory(status="returned", response="accepted", explanation="With a plan.")
        client.force_login(UserFactory(nctv=True))
        country = client.get("/").context["country"]
        assert country.measures.structural.whole == 0
        assert country.follow_up == FollowUpFigures(asked=1)

    @pytest.mark.parametrize(
        ("part", "whole", "percentage"),
        [(0, 0, 0), (0, 342, 0), (1, 342, 1), (341, 342, 99), (342, 342, 100)],
    )
    def test_all_and_none_are_said_of_all_and_none_only(self, part: int, whole: int, percentage: int) -> None:
        assert Share(part, whole).percentage == percentage

    def test_sees_the_share_covered_its_change_and_the_mix_of_measures(self, client: Client) -> None:
        municipality = MunicipalityFactory()
        MunicipalityFactory()
        CoverageStatementFactory(municipality=municipality, stated_at=DAY - dt.timedelta(days=30))
        MeasureFactory(plan=ActionPlanFactory(municipality=municipality), embedding="structural")
        MeasureFactory(plan=ActionPlanFactory(municipality=municipality), phase="prevention")
        FollowUpFactory(municipality=municipality)
        client.force_login(UserFactory(nctv=True))
        page = client.get("/")
        country = page.context["country"]
        assert (country.standing.covered, country.covered_before) == (Share(1, 2), Share(0, 2))
        assert country.measures.structural == Share(1, 2)
        assert country.measures.by_phase == {"early_detection": 1, "prevention": 1}
        assert country.follow_up == FollowUpFigures(asked=1)
        assert "That is 50 percentage points more now." in page.content.decode()

    def test_an_empty_country_is_shown_too(self, client: Client) -> None:
        for role in ("vng", "nctv"):
            client.force_login(UserFactory(**{role: True}))
            assert client.get("/").status_code == 200

    def test_takes_as_many_queries_with_much_as_with_little(self, client: Client) -> None:
        client.force_login(UserFactory(nctv=True))
        with expect_queries(4):
            client.get("/")
        CoverageStatementFactory.create_batch(10)
        FollowUpFactory.create_batch(10)
        with expect_queries(4):
            client.get("/")


def test_a_version_adopted_before_its_period_counts_at_once(officer: Client, membership: Any) -> None:
    first = ActionPlanFactory(municipality=membership.municipality, status="superseded")
    ActionPlanFactory(
        municipality=membership.municipality, title="Second", version=2, previous_version=first,
        starts_on=dt.date(2027, 1, 1), ends_on=dt.date(2030, 12, 31), adopted_on=dt.date(2026, 11, 1),
    )  # fmt: skip
    assert officer.get("/").context["desk"].plan.title == "Second"
    dossier = officer.get("/gemeenten/GM0197/").context["dossier"]
    assert [plan.holds(DAY.date()) for plan in dossier.plans if plan.about.plan_title == "Second"] == [True]
    assert "Does your action plan still hold?" in titles(officer)


def test_a_draft_that_the_municipality_writes_is_to_be_finished(officer: Client, membership: Any) -> None:
    plan = ActionPlanFactory(municipality=membership.municipality, status="draft", adopted_on=None)
    ActionPlanFactory(municipality=membership.municipality, ends_on=dt.date(2029, 12, 31), title="Live")
    assert "Your action plan is still a draft" in titles(officer)
    desk = officer.get("/").context["desk"]
    assert desk.plan.title == "Live"
    type(plan).objects.filter(pk=plan.pk).update(status="adopted", adopted_on=DAY.date())
    assert "Your action plan is still a draft" not in titles(officer)
