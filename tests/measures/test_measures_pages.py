"""One measure: its page, its form, and two people who change it at the same time."""

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from measures.models import ActionPlan, Measure, Partner, PlanParticipation, ProgressUpdate
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
Status = Measure.Status


@pytest.fixture(autouse=True)
def on_a_day() -> Any:
    with time_machine.travel(DAY, tick=False):
        yield


@pytest.fixture
def utrecht() -> Any:
    return MunicipalityFactory(code="GM0344", name="Utrecht")


@pytest.fixture
def plan(utrecht: Any) -> ActionPlan:
    return ActionPlanFactory(municipality=utrecht, title="Plan of Utrecht")


def as_user(client: Client, user: User) -> Client:
    client.cookies["django_language"] = "en"
    client.force_login(user)
    return client


@pytest.fixture
def own(utrecht: Any) -> User:
    return MembershipFactory(municipality=utrecht).user


@pytest.fixture
def officer(client: Client, own: User) -> Client:
    return as_user(client, own)


@pytest.fixture
def nctv(client: Client) -> Client:
    return as_user(client, UserFactory(nctv=True))


def text(response: Any) -> str:
    return response.content.decode()


def filled(measure: Measure | None = None, **changed: Any) -> dict[str, Any]:
    """What the form of a measure sends."""
    values: dict[str, Any] = {
        "title": "Training",
        "category": "expertise",
        "phase": "prevention",
        "embedding": "project",
    }
    if measure:
        values |= {
            "title": measure.title,
            "category": measure.category,
            "phase": measure.phase,
            "due_on": measure.due_on or "",
            "revision": measure.revision,
        }
    return values | changed


class TestDetail:
    def test_all_that_is_known_stands_there(self, officer: Client, plan: ActionPlan, utrecht: Any) -> None:
        contact = ContactFactory(municipality=utrecht, name="Sam", job_title="adviser")
        measure = MeasureFactory(
            plan=plan,
            description="What we do",
            lead_organisation="GGD",
            contact=contact,
            starts_on=dt.date(2026, 1, 5),
            due_on=dt.date(2026, 11, 1),
            budget="12500.50",
            funding_source="Grant",
            indicator="Number trained",
            target="40 a year",
            embedding="structural",
        )
        measure.partners.add(Partner.objects.create(name="Police", kind="police"))
        html = text(officer.get(measure.get_absolute_url()))
        for shown in (
            "What we do",
            "GGD",
            "Sam",
            contact.email,
            "Jan. 5, 2026",
            "due on Nov. 1, 2026",
            "12,500.50",
            "Grant",
            "Number trained",
            "Target: 40 a year",
            "Structural",
            "Police",
            "Plan of Utrecht",
            "Utrecht",
            "Network",
            "Early detection",
            "Stated by the municipality",
            ">late<",
        ):
            assert shown in html, shown

    def test_a_contact_that_left_is_none(self, officer: Client, plan: ActionPlan, utrecht: Any) -> None:
        measure = MeasureFactory(plan=plan, contact=ContactFactory(municipality=utrecht))
        measure.contact.delete()
        html = text(officer.get(measure.get_absolute_url()))
        assert re.search(r"<dt>Responsible contact</dt><dd>none</dd>", html)

    def test_the_contact_is_shown_to_the_municipality_and_vng_only(
        self, nctv: Client, plan: ActionPlan, utrecht: Any
    ) -> None:
        measure = MeasureFactory(plan=plan, contact=ContactFactory(municipality=utrecht, name="Sam Jansen"))
        update = ProgressUpdate.objects.create(
            measure=measure, text="Begun", reported_by=UserFactory(name="Kim de Vries")
        )
        html = text(nctv.get(measure.get_absolute_url()))
        assert "Sam Jansen" not in html
        assert "known to the municipality and VNG" in html
        assert update.text in html
        assert "Kim de Vries" not in html

    def test_a_draft_is_not_there_for_others(self, nctv: Client, plan: ActionPlan) -> None:
        measure = MeasureFactory(plan=plan, status=Status.DRAFT)
        assert nctv.get(measure.get_absolute_url()).status_code == 404

    def test_progress_of_earlier_plans_is_marked(self, officer: Client, plan: ActionPlan, own: User) -> None:
        first = MeasureFactory(plan__title="Plan of 2016", plan__status="superseded")
        second = MeasureFactory(plan__title="Plan of 2020", plan__status="superseded", carried_from=first)
        third = MeasureFactory(plan=plan, carried_from=second)
        unrelated = MeasureFactory()
        for measure, said in ((first, "One"), (second, "Two"), (third, "Three"), (unrelated, "Other")):
            ProgressUpdate.objects.create(measure=measure, text=said, reported_by=own)
        html = text(officer.get(third.get_absolute_url()))
        assert re.findall(r"<p>(One|Two|Three|Other)</p>", html) == ["Three", "Two", "One"]
        assert html.count("in the earlier plan") == 2
        assert "in the earlier plan “Plan of 2016”" in html
        assert "Carried over from an earlier plan" in html

    def test_the_origin_has_a_link_where_it_is_visible(self, officer: Client, plan: ActionPlan) -> None:
        source = MeasureFactory(
            title="Theirs", plan=ActionPlanFactory(municipality=MunicipalityFactory(name="Zeist"))
        )
        measure = MeasureFactory(plan=plan, copied_from=source)
        html = text(officer.get(measure.get_absolute_url()))
        assert "Zeist" in html
        assert f'<a href="{source.get_absolute_url()}">Theirs</a>' in html
        Measure.objects.filter(pk=source.pk).update(status=Status.DRAFT)
        html = text(officer.get(measure.get_absolute_url()))
        assert source.get_absolute_url() not in html
        assert "Theirs" in html

    def test_buttons_are_for_who_may_use_them(self, client: Client, plan: ActionPlan, own: User) -> None:
        measure = MeasureFactory(plan=plan)
        other = MembershipFactory().user
        for user, edits, takes_over in (
            (own, True, False),
            (UserFactory(vng=True), True, False),
            (UserFactory(nctv=True), False, False),
            (other, False, True),
        ):
            html = text(as_user(client, user).get(measure.get_absolute_url()))
            assert ("/wijzigen/" in html) == edits
            assert ("/voortgang/" in html) == edits
            assert ("/overnemen/?measure=" in html) == takes_over

    def test_queries_do_not_grow(self, officer: Client, plan: ActionPlan, own: User) -> None:
        source = MeasureFactory(plan=ActionPlanFactory(municipality=MunicipalityFactory()))
        measure = MeasureFactory(plan=plan, copied_from=source)
        ProgressUpdate.objects.create(measure=measure, text="Begun", reported_by=own)
        with expect_queries(8):
            officer.get(measure.get_absolute_url())
        for number in range(20):
            ProgressUpdate.objects.create(measure=measure, text="Begun", reported_by=UserFactory())
            measure.partners.add(Partner.objects.create(name=str(number), kind="police"))
            PlanParticipation.objects.create(
                plan=plan, municipality=MunicipalityFactory(), status="confirmed"
            )
        with expect_queries(8):
            officer.get(measure.get_absolute_url())


class TestForm:
    def test_four_answers_make_a_measure(self, officer: Client, plan: ActionPlan) -> None:
        response = officer.post(f"/maatregelen/nieuw/?plan={plan.pk}", filled())
        measure = Measure.objects.get()
        assert response.url == measure.get_absolute_url()
        assert (measure.title, measure.status, measure.plan) == ("Training", Status.PLANNED, plan)
        assert measure.provenance == Provenance.MUNICIPALITY

    def test_what_vng_enters_says_so(self, client: Client, plan: ActionPlan) -> None:
        as_user(client, UserFactory(vng=True)).post(f"/maatregelen/nieuw/?plan={plan.pk}", filled())
        assert Measure.objects.get().provenance == Provenance.VNG

    def test_all_fields(self, officer: Client, plan: ActionPlan, utrecht: Any) -> None:
        police = Partner.objects.create(name="Police", kind="police")
        contact = ContactFactory(municipality=utrecht)
        everything = {
            "due_on": "2027-05-01",
            "description": "What",
            "embedding": "structural",
            "starts_on": "2027-01-01",
            "lead_organisation": "GGD",
            "contact": contact.pk,
            "partners": [police.pk],
            "other_partner": "Buurthuis",
            "budget": "1000",
            "funding_source": "Grant",
            "indicator": "Number",
            "target": "40",
        }
        officer.post(f"/maatregelen/nieuw/?plan={plan.pk}", filled(**everything))
        measure = Measure.objects.get()
        assert measure.due_on == dt.date(2027, 5, 1)
        assert measure.contact == contact
        assert measure.budget == 1000
        assert {(partner.name, partner.kind) for partner in measure.partners.all()} == {
            ("Police", "police"),
            ("Buurthuis", "other"),
        }

    def test_a_known_partner_is_not_made_twice(self, officer: Client, plan: ActionPlan) -> None:
        police = Partner.objects.create(name="Politie", kind="police")
        officer.post(f"/maatregelen/nieuw/?plan={plan.pk}", filled(other_partner="politie"))
        assert list(Measure.objects.get().partners.all()) == [police]
        assert Partner.objects.count() == 1

    def test_other_partners_are_offered_where_they_were_used(self, officer: Client, plan: ActionPlan) -> None:
        ours, theirs = (Partner.objects.create(name=name, kind="other") for name in ("Ours", "Theirs"))
        MeasureFactory(plan=plan).partners.add(ours)
        MeasureFactory(plan=ActionPlanFactory(municipality=MunicipalityFactory())).partners.add(theirs)
        html = text(officer.get(f"/maatregelen/nieuw/?plan={plan.pk}"))
        assert f'name="partners" value="{ours.pk}"' in html
        assert f'name="partners" value="{theirs.pk}"' not in html

    def test_what_is_wrong_stands_beside_its_field(self, officer: Client, plan: ActionPlan) -> None:
        wrong = filled(starts_on="2027-02-01", due_on="2027-01-01", budget="-1", title="")
        response = officer.post(f"/maatregelen/nieuw/?plan={plan.pk}", wrong)
        assert response.status_code == 422
        assert set(response.context["form"].errors) == {"title", "due_on", "budget"}
        assert not Measure.objects.exists()

    def test_only_contacts_of_the_plans_municipalities_that_the_user_sees(
        self, officer: Client, plan: ActionPlan, utrecht: Any
    ) -> None:
        neighbour = MunicipalityFactory(name="Zeist")
        PlanParticipation.objects.create(plan=plan, municipality=neighbour, status="confirmed")
        ours, theirs = ContactFactory(municipality=utrecht), ContactFactory(municipality=neighbour)
        stranger = ContactFactory()
        html = text(officer.get(f"/maatregelen/nieuw/?plan={plan.pk}"))
        assert ours.name in html
        assert theirs.name not in html
        for contact in (theirs, stranger):
            response = officer.post(f"/maatregelen/nieuw/?plan={plan.pk}", filled(contact=contact.pk))
            assert response.status_code == 422

    def test_a_contact_of_the_neighbour_stays_unnamed(self, officer: Client, plan: ActionPlan) -> None:
        neighbour = MunicipalityFactory(name="Zeist")
        PlanParticipation.objects.create(plan=plan, municipality=neighbour, status="confirmed")
        theirs = ContactFactory(municipality=neighbour)
        measure = MeasureFactory(plan=plan, contact=theirs)
        html = text(officer.get(f"/maatregelen/{measure.pk}/wijzigen/"))
        assert f'<option value="{theirs.pk}" selected>a contact of Zeist</option>' in html
        assert theirs.name not in html
        officer.post(f"/maatregelen/{measure.pk}/wijzigen/", filled(measure, title="New", contact=theirs.pk))
        measure.refresh_from_db()
        assert (measure.title, measure.contact) == ("New", theirs)

    def test_a_change_leaves_the_status(self, officer: Client, plan: ActionPlan) -> None:
        measure = MeasureFactory(plan=plan, status=Status.STOPPED, stopped_because="Too few.")
        response = officer.post(f"/maatregelen/{measure.pk}/wijzigen/", filled(measure, title="New"))
        assert response.status_code == 302
        measure.refresh_from_db()
        assert (measure.title, measure.status) == ("New", Status.STOPPED)

    def test_two_who_change_the_same_are_told(self, officer: Client, plan: ActionPlan) -> None:
        measure = MeasureFactory(plan=plan, title="Before")
        opened = filled(measure, title="Mine")
        Measure.objects.filter(pk=measure.pk).update(title="Theirs")
        response = officer.post(f"/maatregelen/{measure.pk}/wijzigen/", opened)
        assert response.status_code == 409
        html = text(response)
        assert "Theirs" in html
        assert 'value="Mine"' in html
        measure.refresh_from_db()
        assert measure.title == "Theirs"

    def test_a_change_of_partners_alone_is_a_change(self, officer: Client, plan: ActionPlan) -> None:
        measure = MeasureFactory(plan=plan)
        police, school = (
            Partner.objects.create(name=name, kind=kind)
            for name, kind in (("Police", "police"), ("School", "school"))
        )
        url = f"/maatregelen/{measure.pk}/wijzigen/"
        opened = filled(measure)
        assert officer.post(url, opened | {"partners": [police.pk]}).status_code == 302
        assert officer.post(url, opened | {"partners": [school.pk]}).status_code == 409
        assert list(measure.partners.all()) == [police]

    def test_without_a_plan_the_form_asks_for_one(
        self, officer: Client, plan: ActionPlan, utrecht: Any
    ) -> None:
        assert officer.get("/maatregelen/nieuw/").url == f"/maatregelen/nieuw/?plan={plan.pk}"
        second = ActionPlanFactory(municipality=utrecht)
        html = text(officer.get("/maatregelen/nieuw/"))
        assert f"?plan={plan.pk}" in html
        assert f"?plan={second.pk}" in html
        ActionPlan.objects.all().delete()
        assert "There is no plan that runs" in text(officer.get("/maatregelen/nieuw/"))

    def test_vng_chooses_a_municipality_first(self, client: Client, plan: ActionPlan) -> None:
        MunicipalityFactory()
        html = text(as_user(client, UserFactory(vng=True)).get("/maatregelen/nieuw/"))
        assert '<option value="GM0344">Utrecht</option>' in html

    def test_queries_do_not_grow(self, officer: Client, plan: ActionPlan, utrecht: Any) -> None:
        measure = MeasureFactory(plan=plan, contact=ContactFactory(municipality=utrecht))
        measure.partners.add(Partner.objects.create(name="Police", kind="police"))
        url = f"/maatregelen/{measure.pk}/wijzigen/"
        with expect_queries(9):
            officer.get(url)
        for number in range(20):
            partner = Partner.objects.create(name=str(number), kind="other")
            measure.partners.add(partner)
            ContactFactory(municipality=utrecht, position=number + 2)
        with expect_queries(9):
            officer.get(url)


WRITING = ["wijzigen/", "voortgang/", "status/", "verwijderen/"]


class TestRights:
    """Who may write: officers of a municipality that calls the plan its own, VNG and administrators."""

    @pytest.mark.parametrize(
        ("who", "own_answers", "refused"),
        [
            ("own", True, 0),
            ("vng", True, 0),
            ("administrator", True, 0),
            ("other", False, 404),
            ("nctv", False, 403),
        ],
    )
    def test_each_role_at_each_address(
        self, client: Client, plan: ActionPlan, own: User, who: str, own_answers: bool, refused: int
    ) -> None:
        user = {"own": own, "other": None}.get(who) or (
            MembershipFactory().user if who == "other" else UserFactory(**{who: True})
        )
        measure = MeasureFactory(plan=plan, status=Status.DRAFT)
        as_user(client, user)
        posts = {
            f"/maatregelen/{measure.pk}/wijzigen/": filled(measure),
            f"/maatregelen/nieuw/?plan={plan.pk}": filled(),
            f"/maatregelen/{measure.pk}/voortgang/": {"text": "Begun"},
            f"/maatregelen/{measure.pk}/status/": {"status": "planned"},
            "/maatregelen/status/": {"measures": [measure.pk], "status": "in_progress", "sure": "yes"},
        }
        for url, data in posts.items():
            expected = 302 if own_answers else refused
            if url == f"/maatregelen/{measure.pk}/wijzigen/" and own_answers:
                data["revision"] = Measure.objects.get(pk=measure.pk).revision
            assert client.post(url, data).status_code == expected, url
        Measure.objects.filter(pk=measure.pk).update(status=Status.DRAFT)
        gone = client.post(f"/maatregelen/{measure.pk}/verwijderen/")
        assert gone.status_code == (302 if own_answers else refused)
        for url in (f"/maatregelen/nieuw/?plan={plan.pk}", "/maatregelen/overnemen/?measure=0"):
            if who == "nctv":
                assert client.get(url).status_code == 403

    def test_a_municipality_that_has_not_confirmed_the_plan_does_not_write(
        self, client: Client, plan: ActionPlan
    ) -> None:
        part = PlanParticipation.objects.create(plan=plan, municipality=MunicipalityFactory())
        measure = MeasureFactory(plan=plan)
        user = MembershipFactory(municipality=part.municipality).user
        for last in WRITING:
            method = client.post if last == "status/" else client.get
            as_user(client, user)
            assert method(f"/maatregelen/{measure.pk}/{last}").status_code == 404

    def test_what_is_superseded_stays(self, officer: Client, plan: ActionPlan) -> None:
        measure = MeasureFactory(plan=plan)
        ActionPlan.objects.filter(pk=plan.pk).update(status="superseded")
        assert officer.get(measure.get_absolute_url()).status_code == 200
        assert officer.get(f"/maatregelen/{measure.pk}/wijzigen/").status_code == 404

    @pytest.mark.parametrize("plan", ["x", "0", "9" * 30, "-1", ""], indirect=False)
    def test_a_plan_that_is_not_there(self, officer: Client, plan: str) -> None:
        assert officer.get(f"/maatregelen/nieuw/?plan={plan}").status_code == 404
