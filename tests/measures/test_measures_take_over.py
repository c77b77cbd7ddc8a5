"""Taking over a measure of another municipality or of the library: as a draft that says where it is from."""

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from measures.models import ActionPlan, Measure, Partner, PlanParticipation, ProgressUpdate, TypicalMeasure
from municipalities.models import Municipality
from policytracker.provenance import Provenance
from tests.factories import (
    ActionPlanFactory,
    ContactFactory,
    MeasureFactory,
    MembershipFactory,
    MunicipalityFactory,
    UserFactory,
)
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db
DAY = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
URL = "/maatregelen/overnemen/"
Status = Measure.Status


@pytest.fixture(autouse=True)
def on_a_day() -> Any:
    with time_machine.travel(DAY, tick=False):
        yield


@pytest.fixture
def zeist() -> Municipality:
    return MunicipalityFactory(code="GM0355", name="Zeist")


@pytest.fixture
def own(zeist: Municipality) -> User:
    return MembershipFactory(municipality=zeist).user


def as_user(client: Client, user: User) -> Client:
    client.cookies["django_language"] = "en"
    client.force_login(user)
    return client


@pytest.fixture
def officer(client: Client, own: User) -> Client:
    return as_user(client, own)


@pytest.fixture
def source() -> Measure:
    """A measure of Utrecht with everything that there is to know."""
    utrecht = MunicipalityFactory(code="GM0344", name="Utrecht")
    measure = MeasureFactory(
        plan=ActionPlanFactory(municipality=utrecht),
        title="Training",
        description="Of youth workers",
        category="expertise",
        phase="prevention",
        embedding="structural",
        indicator="Number trained",
        target="40",
        lead_organisation="GGD",
        contact=ContactFactory(municipality=utrecht),
        budget=1000,
        funding_source="Grant",
    )
    measure.partners.add(Partner.objects.create(name="Police", kind="police"))
    ProgressUpdate.objects.create(measure=measure, text="Begun", reported_by=UserFactory())
    return measure


@pytest.fixture
def typical() -> TypicalMeasure:
    return TypicalMeasure.objects.create(
        title_nl="Sleutelpersonen",
        title_en="Key persons",
        text_nl="Een netwerk",
        text_en="A network",
        category="network",
        phase="early_detection",
        provenance=Provenance.VNG,
    )


def text(response: Any) -> str:
    return response.content.decode()


def asked(response: Any) -> list[str]:
    """The names of the fields that a person fills in."""
    main = text(response).partition("<main")[2]
    names = re.findall(r'<(?:input|select|textarea)[^>]* name="(\w+)"', main)
    return list(dict.fromkeys(name for name in names if name != "csrfmiddlewaretoken" and name != "submit"))


class TestMeasureOfAnother:
    def test_what_is_done_goes_along_and_who_does_it_stays(
        self, officer: Client, source: Measure, zeist: Municipality
    ) -> None:
        plan = ActionPlanFactory(municipality=zeist)
        response = officer.post(f"{URL}?measure={source.pk}", {"due_on": "2027-06-01"})
        taken = Measure.objects.get(copied_from=source)
        assert response.url == taken.get_absolute_url()
        assert taken.plan == plan
        assert taken.status == Status.DRAFT
        assert taken.provenance == Provenance.MUNICIPALITY
        for name in ("title", "description", "category", "phase", "embedding", "indicator", "target"):
            assert getattr(taken, name) == getattr(source, name), name
        assert (taken.contact, taken.budget, taken.funding_source, taken.lead_organisation) == (
            None,
            None,
            "",
            "",
        )
        assert taken.due_on == dt.date(2027, 6, 1)
        assert not taken.partners.exists()
        assert not taken.progress_updates.exists()
        html = text(officer.get(response.url))
        assert "Taken over as a draft in" in html
        assert f'href="{source.get_absolute_url()}"' in html
        assert "Utrecht" in html
        assert "This is a draft" in html

    def test_then_it_is_put_in_the_plan(self, officer: Client, source: Measure, zeist: Municipality) -> None:
        ActionPlanFactory(municipality=zeist)
        officer.post(f"{URL}?measure={source.pk}", {})
        taken = Measure.objects.get(copied_from=source)
        html = text(officer.get(taken.get_absolute_url()))
        assert "Put in the plan" in html
        officer.post(f"/maatregelen/{taken.pk}/status/", {"status": "planned"})
        taken.refresh_from_db()
        assert taken.status == Status.PLANNED

    def test_without_a_plan_one_is_begun(
        self, officer: Client, source: Measure, zeist: Municipality, own: User
    ) -> None:
        ActionPlanFactory(municipality=zeist, ends_on=dt.date(2026, 11, 23))
        assert "has no action plan that runs" in text(officer.get(f"{URL}?measure={source.pk}"))
        response = officer.post(f"{URL}?measure={source.pk}", {})
        plan = Measure.objects.get(copied_from=source).plan
        assert (plan.title, plan.status) == ("Action plan Zeist 2026–2029", "draft")
        assert (plan.starts_on, plan.ends_on) == (dt.date(2026, 1, 1), dt.date(2029, 12, 31))
        part = plan.participations.get()
        assert (part.municipality, part.status, part.decided_by) == (zeist, "confirmed", own)
        assert "There was no plan yet, so we began one" in text(officer.get(response.url))

    def test_of_several_plans_one_is_chosen(
        self, officer: Client, source: Measure, zeist: Municipality
    ) -> None:
        first, second = ActionPlanFactory.create_batch(2, municipality=zeist)
        foreign = ActionPlanFactory(municipality=MunicipalityFactory())
        assert asked(officer.get(f"{URL}?measure={source.pk}"))[0] == "plan"
        assert officer.post(f"{URL}?measure={source.pk}", {"plan": foreign.pk}).status_code == 422
        officer.post(f"{URL}?measure={source.pk}", {"plan": second.pk})
        assert Measure.objects.get(copied_from=source).plan == second
        assert first.measures.count() == 0

    def test_what_is_wrong_is_told(self, officer: Client, source: Measure, zeist: Municipality) -> None:
        ActionPlanFactory(municipality=zeist)
        response = officer.post(f"{URL}?measure={source.pk}", {"due_on": "2026-11-23"})
        assert response.status_code == 422
        assert "Give a day from today on." in text(response)
        assert not Measure.objects.filter(copied_from=source).exists()

    @pytest.mark.parametrize("why", ["own", "draft plan", "superseded", "draft", "unknown"])
    def test_what_cannot_be_taken_over_is_not_there(
        self, officer: Client, source: Measure, zeist: Municipality, why: str
    ) -> None:
        if why == "own":
            PlanParticipation.objects.create(plan=source.plan, municipality=zeist, status="confirmed")
        elif why == "draft":
            Measure.objects.filter(pk=source.pk).update(status=Status.DRAFT)
        elif why in ("draft plan", "superseded"):
            status = why.split(maxsplit=1)[0]
            ActionPlan.objects.filter(pk=source.plan_id).update(status=status)
        key = 0 if why == "unknown" else source.pk
        assert officer.get(f"{URL}?measure={key}").status_code == 404
        assert officer.post(f"{URL}?measure={key}").status_code == 404
        assert officer.post(f"{URL}?measure={key}&gemeente=GM0355").status_code == 404

    @pytest.mark.parametrize("query", ["", "?measure=x", "?typical=", "?typical=0", "?measure=-1"])
    def test_an_address_that_names_nothing(self, officer: Client, query: str) -> None:
        assert officer.get(f"{URL}{query}").status_code == 404


class TestWho:
    def test_an_officer_of_several_chooses_for_which(
        self, officer: Client, source: Measure, own: User, zeist: Municipality
    ) -> None:
        second = MembershipFactory(user=own, municipality__name="Baarn").municipality
        response = officer.get(f"{URL}?measure={source.pk}")
        assert asked(response) == ["measure", "gemeente"]
        assert '<option value="GM0355">Zeist</option>' in text(response)
        officer.post(f"{URL}?measure={source.pk}&gemeente={second.code}", {})
        assert list(Measure.objects.get(copied_from=source).plan.municipalities.all()) == [second]

    def test_nobody_takes_over_for_a_municipality_of_another(self, officer: Client, source: Measure) -> None:
        stranger = MunicipalityFactory()
        url = f"{URL}?measure={source.pk}&gemeente={stranger.code}"
        assert officer.get(url).status_code == 404
        assert officer.post(url, {}).status_code == 404

    def test_vng_chooses_and_says_so(self, client: Client, source: Measure, zeist: Municipality) -> None:
        as_user(client, UserFactory(vng=True))
        MunicipalityFactory()
        assert asked(client.get(f"{URL}?measure={source.pk}")) == ["measure", "gemeente"]
        client.post(f"{URL}?measure={source.pk}&gemeente=GM0355", {})
        taken = Measure.objects.get(copied_from=source)
        assert (taken.provenance, taken.plan.provenance) == (Provenance.VNG, Provenance.VNG)

    def test_nctv_reads(self, client: Client, source: Measure) -> None:
        as_user(client, UserFactory(nctv=True))
        for method in (client.get, client.post):
            assert method(f"{URL}?measure={source.pk}").status_code == 403

    def test_what_an_invented_user_takes_over_is_invented(
        self, officer: Client, source: Measure, own: User
    ) -> None:
        User.objects.filter(pk=own.pk).update(is_demonstration=True)
        officer.post(f"{URL}?measure={source.pk}", {})
        assert Measure.objects.get(copied_from=source).provenance == Provenance.DEMONSTRATION


class TestLibrary:
    def test_three_answers_at_most(
        self, officer: Client, typical: TypicalMeasure, zeist: Municipality
    ) -> None:
        url = f"{URL}?typical={typical.pk}"
        assert asked(officer.get(url)) == ["due_on", "lead_organisation"]
        ActionPlanFactory.create_batch(2, municipality=zeist)
        contact = ContactFactory(municipality=zeist)
        assert asked(officer.get(url)) == ["plan", "due_on", "contact"]
        plan = ActionPlan.objects.first()
        response = officer.post(url, {"plan": plan.pk, "due_on": "2027-06-01", "contact": contact.pk})
        taken = Measure.objects.get()
        assert response.url == taken.get_absolute_url()
        assert (taken.taken_from, taken.copied_from) == (typical, None)
        assert (taken.title, taken.description) == ("Key persons", "A network")
        assert (taken.category, taken.phase, taken.contact) == ("network", "early_detection", contact)
        assert "From the library" in text(officer.get(response.url))

    def test_without_contacts_it_asks_who_leads(self, officer: Client, typical: TypicalMeasure) -> None:
        officer.post(f"{URL}?typical={typical.pk}", {"lead_organisation": "GGD"})
        assert Measure.objects.get().lead_organisation == "GGD"

    def test_a_contact_of_another_municipality_is_refused(
        self, officer: Client, typical: TypicalMeasure, zeist: Municipality
    ) -> None:
        ContactFactory(municipality=zeist)
        response = officer.post(f"{URL}?typical={typical.pk}", {"contact": ContactFactory().pk})
        assert response.status_code == 422

    def test_queries_do_not_grow(
        self, officer: Client, typical: TypicalMeasure, source: Measure, zeist: Municipality
    ) -> None:
        ActionPlanFactory.create_batch(2, municipality=zeist)
        ContactFactory(municipality=zeist)
        expected = {f"{URL}?typical={typical.pk}": 8, f"{URL}?measure={source.pk}": 9}
        for url, number in expected.items():
            with expect_queries(number):
                officer.get(url)
        for number in range(20):
            ActionPlanFactory(municipality=zeist)
            ContactFactory(municipality=zeist, position=number + 2)
            PlanParticipation.objects.create(
                plan=source.plan, municipality=MunicipalityFactory(), status="confirmed"
            )
        for url, number in expected.items():
            with expect_queries(number):
                officer.get(url)
