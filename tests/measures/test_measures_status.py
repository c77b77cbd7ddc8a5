"""How far measures are: every step, progress that is reported, and several at once."""

import datetime as dt
import itertools
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from measures.actions.measures import change_status
from measures.measure_status import DELETED, TRANSITIONS, IllegalTransition, is_allowed, steps
from measures.models import ActionPlan, Measure, ProgressUpdate
from tests.factories import (
    ActionPlanFactory,
    MeasureFactory,
    MembershipFactory,
    MunicipalityFactory,
    UserFactory,
)
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db
DAY = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
Status = Measure.Status

ALLOWED = {
    ("draft", "planned"),
    ("draft", "deleted"),
    ("planned", "in_progress"),
    ("planned", "done"),
    ("planned", "stopped"),
    ("in_progress", "planned"),
    ("in_progress", "done"),
    ("in_progress", "stopped"),
    ("done", "in_progress"),
    ("stopped", "planned"),
    ("stopped", "in_progress"),
}
PAIRS = list(itertools.product([status.value for status in Status], [*Status.values, DELETED]))


@pytest.fixture(autouse=True)
def on_a_day() -> Any:
    with time_machine.travel(DAY, tick=False):
        yield


@pytest.fixture
def own() -> User:
    return MembershipFactory(municipality__code="GM0344", municipality__name="Utrecht").user


@pytest.fixture
def plan(own: User) -> ActionPlan:
    return ActionPlanFactory(municipality=own.memberships.get().municipality)


@pytest.fixture
def officer(client: Client, own: User) -> Client:
    client.cookies["django_language"] = "en"
    client.force_login(own)
    return client


def text(response: Any) -> str:
    return response.content.decode()


def made(plan: ActionPlan, status: str, **fields: Any) -> Measure:
    reason = "Too few." if status == Status.STOPPED else ""
    return MeasureFactory(plan=plan, status=status, stopped_because=reason, **fields)


class TestSteps:
    def test_every_status_has_a_place_in_the_table(self) -> None:
        assert set(TRANSITIONS) == set(Status)

    @pytest.mark.parametrize(("before", "after"), PAIRS)
    def test_every_pair(self, officer: Client, plan: ActionPlan, before: str, after: str) -> None:
        measure = made(plan, before)
        if after == DELETED:
            response = officer.post(f"/maatregelen/{measure.pk}/verwijderen/")
        else:
            response = officer.post(
                f"/maatregelen/{measure.pk}/status/", {"status": after, "reason": "Because."}
            )
        expected = (before, after) in ALLOWED
        assert response.status_code == (302 if expected else 409)
        if not expected:
            assert "From there it cannot become" in text(response)
        found = Measure.objects.filter(pk=measure.pk).first()
        assert (found.status if found else DELETED) == (after if expected else before)

    @pytest.mark.parametrize(("before", "after"), PAIRS)
    def test_nctv_takes_no_step(self, before: str, after: str) -> None:
        assert not is_allowed(Measure(status=before), after, by=UserFactory.build(nctv=True))
        assert not steps(before, by=UserFactory.build(nctv=True))

    def test_who_stops_a_measure_says_why(self, officer: Client, plan: ActionPlan, own: User) -> None:
        measure = made(plan, Status.PLANNED)
        url = f"/maatregelen/{measure.pk}/status/"
        for reason in ("", "   "):
            response = officer.post(url, {"status": "stopped", "reason": reason})
            assert response.status_code == 422
            assert "This field is required." in text(response)
        officer.post(url, {"status": "stopped", "reason": "Too few took part."})
        measure.refresh_from_db()
        assert (measure.status, measure.stopped_because) == ("stopped", "Too few took part.")
        update = ProgressUpdate.objects.get()
        assert (update.text, update.reported_by) == ("Too few took part.", own)

    def test_the_reason_goes_when_it_is_taken_up_again(self, officer: Client, plan: ActionPlan) -> None:
        measure = made(plan, Status.STOPPED)
        officer.post(f"/maatregelen/{measure.pk}/status/", {"status": "in_progress"})
        measure.refresh_from_db()
        assert (measure.status, measure.stopped_because) == ("in_progress", "")
        assert not ProgressUpdate.objects.exists()

    def test_an_unknown_status_is_refused(self, officer: Client, plan: ActionPlan) -> None:
        measure = made(plan, Status.PLANNED)
        for data in ({}, {"status": "zzz"}):
            assert officer.post(f"/maatregelen/{measure.pk}/status/", data).status_code == 422

    @pytest.mark.parametrize(
        ("back", "goes_to"),
        [
            ("/maatregelen/bord/?gemeente=GM0344", "/maatregelen/bord/?gemeente=GM0344"),
            ("https://elsewhere.example/", None),
            ("//elsewhere.example/", None),
            ("javascript:alert(1)", None),
            ("", None),
        ],
    )
    def test_it_leads_back_to_where_it_was_asked(
        self, officer: Client, plan: ActionPlan, back: str, goes_to: str | None
    ) -> None:
        measure = made(plan, Status.PLANNED)
        response = officer.post(f"/maatregelen/{measure.pk}/status/", {"status": "in_progress", "next": back})
        assert response.url == (goes_to or measure.get_absolute_url())

    def test_a_refusal_of_htmx_becomes_a_page(self, officer: Client, plan: ActionPlan) -> None:
        measure = made(plan, Status.PLANNED)
        headers = {"HX-Request": "true", "HX-Target": "board"}
        url = f"/maatregelen/{measure.pk}/status/"
        response = officer.post(url, {"status": "stopped"}, headers=headers)
        assert response["HX-Retarget"] == "body"

    def test_only_a_draft_is_deleted_and_asks_first(self, officer: Client, plan: ActionPlan) -> None:
        draft = made(plan, Status.DRAFT)
        assert "Delete the draft" in text(officer.get(f"/maatregelen/{draft.pk}/verwijderen/"))
        assert Measure.objects.filter(pk=draft.pk).exists()
        planned = made(plan, Status.PLANNED)
        assert officer.get(f"/maatregelen/{planned.pk}/verwijderen/").status_code == 409

    def test_it_is_a_post(self, officer: Client, plan: ActionPlan) -> None:
        measure = made(plan, Status.PLANNED)
        assert officer.get(f"/maatregelen/{measure.pk}/status/").status_code == 405
        assert officer.get("/maatregelen/status/").status_code == 405


class TestProgress:
    def test_a_report_is_withdrawn_after_a_question(
        self, officer: Client, plan: ActionPlan, own: User
    ) -> None:
        measure = MeasureFactory(plan=plan, status="in_progress")
        other = ProgressUpdate.objects.create(measure=MeasureFactory(plan=plan), text="B.", reported_by=own)
        report = ProgressUpdate.objects.create(measure=measure, text="About somebody.", reported_by=own)
        address = f"/maatregelen/{measure.pk}/voortgang/{report.pk}/intrekken/"
        assert address in officer.get(f"/maatregelen/{measure.pk}/").content.decode()
        assert "About somebody." in officer.get(address).content.decode()
        assert officer.get(address.replace(f"/{report.pk}/", f"/{other.pk}/")).status_code == 404
        assert officer.post(address).status_code == 302
        assert list(ProgressUpdate.objects.all()) == [other]
        measure.refresh_from_db()
        assert measure.status == "in_progress"

    def test_a_report_stands_with_the_measure(self, officer: Client, plan: ActionPlan, own: User) -> None:
        measure = made(plan, Status.IN_PROGRESS)
        response = officer.post(f"/maatregelen/{measure.pk}/voortgang/", {"text": "Two groups trained."})
        assert response.url == measure.get_absolute_url()
        update = measure.progress_updates.get()
        assert (update.text, update.reported_by, update.reported_at) == ("Two groups trained.", own, DAY)
        measure.refresh_from_db()
        assert measure.status == Status.IN_PROGRESS
        assert "Your report stands with the measure." in text(officer.get(response.url))

    def test_with_a_status_it_is_one_step(self, officer: Client, plan: ActionPlan) -> None:
        measure = made(plan, Status.IN_PROGRESS)
        officer.post(f"/maatregelen/{measure.pk}/voortgang/", {"text": "Too few.", "status": "stopped"})
        measure.refresh_from_db()
        assert (measure.status, measure.stopped_because) == ("stopped", "Too few.")
        assert measure.progress_updates.count() == 1

    def test_an_illegal_step_writes_nothing(self, officer: Client, plan: ActionPlan) -> None:
        measure = made(plan, Status.DONE)
        response = officer.post(
            f"/maatregelen/{measure.pk}/voortgang/", {"text": "Again.", "status": "stopped"}
        )
        assert response.status_code == 409
        assert not ProgressUpdate.objects.exists()

    def test_only_what_may_follow_is_offered(self, officer: Client, plan: ActionPlan) -> None:
        html = text(officer.get(f"/maatregelen/{made(plan, Status.DONE).pk}/voortgang/"))
        assert '<option value="in_progress">' in html
        assert '<option value="stopped">' not in html

    def test_without_words_it_comes_back(self, officer: Client, plan: ActionPlan) -> None:
        measure = made(plan, Status.IN_PROGRESS)
        response = officer.post(f"/maatregelen/{measure.pk}/voortgang/", {"text": "", "status": "done"})
        assert response.status_code == 422
        assert '<option value="done" selected>' in text(response)


class TestSeveral:
    def choose(self, client: Client, *measures: Measure, **data: Any) -> Any:
        keys = [measure.pk for measure in measures]
        return client.post("/maatregelen/status/", {"measures": keys, "status": "done"} | data)

    def test_it_shows_what_changes_and_what_cannot_and_asks(self, officer: Client, plan: ActionPlan) -> None:
        running, over = (
            made(plan, Status.IN_PROGRESS, title="Running"),
            made(plan, Status.STOPPED, title="Over"),
        )
        response = self.choose(officer, running, over)
        assert response.status_code == 200
        assert [measure.title for measure in response.context["allowed"]] == ["Running"]
        assert [measure.title for measure in response.context["refused"]] == ["Over"]
        assert f'name="measures" value="{running.pk}"' in text(response)
        assert f'name="measures" value="{over.pk}"' not in text(response)
        running.refresh_from_db()
        assert running.status == Status.IN_PROGRESS

    def test_yes_changes_all_of_them_in_one_update(
        self, officer: Client, plan: ActionPlan, own: User
    ) -> None:
        measures = [made(plan, Status.PLANNED), made(plan, Status.IN_PROGRESS)]
        response = self.choose(officer, *measures, sure="yes", reason="Ready.", next="/maatregelen/?q=x")
        assert response.url == "/maatregelen/?q=x"
        assert set(Measure.objects.values_list("status", flat=True)) == {"done"}
        updates = ProgressUpdate.objects.order_by("measure")
        assert [(one.measure, one.text, one.reported_by) for one in updates] == [
            (measure, "Ready.", own) for measure in measures
        ]

    def test_queries_do_not_grow(self, own: User, plan: ActionPlan) -> None:
        for number in (2, 20):
            measures = [made(plan, Status.PLANNED) for _number in range(number)]
            with expect_queries(3):
                change_status(by=own, measures=measures, status="done", reason="Ready.")

    def test_none_is_changed_where_one_cannot(self, officer: Client, plan: ActionPlan) -> None:
        running, over = made(plan, Status.IN_PROGRESS), made(plan, Status.STOPPED)
        response = self.choose(officer, running, over, sure="yes", reason="Ready.")
        assert response.status_code == 409
        running.refresh_from_db()
        assert running.status == Status.IN_PROGRESS
        assert not ProgressUpdate.objects.exists()

    def test_the_action_itself_is_all_or_nothing(self, plan: ActionPlan, own: User) -> None:
        running, over = made(plan, Status.IN_PROGRESS), made(plan, Status.STOPPED)
        with pytest.raises(IllegalTransition):
            change_status(by=own, measures=[running, over], status="done", reason="Ready.")
        running.refresh_from_db()
        assert running.status == Status.IN_PROGRESS
        assert not ProgressUpdate.objects.exists()

    def test_stopping_needs_a_reason(self, officer: Client, plan: ActionPlan) -> None:
        measure = made(plan, Status.PLANNED)
        assert self.choose(officer, measure, status="stopped").status_code == 200
        response = self.choose(officer, measure, status="stopped", sure="yes", reason=" ")
        assert response.status_code == 422
        assert (
            self.choose(officer, measure, status="stopped", sure="yes", reason="No money.").status_code == 302
        )
        measure.refresh_from_db()
        assert measure.stopped_because == "No money."

    def test_one_outside_makes_that_there_are_none(self, officer: Client, plan: ActionPlan) -> None:
        mine = made(plan, Status.PLANNED)
        theirs = made(ActionPlanFactory(municipality=MunicipalityFactory()), Status.PLANNED)
        for sure in ({}, {"sure": "yes"}):
            assert self.choose(officer, mine, theirs, **sure).status_code == 404
        mine.refresh_from_db()
        assert mine.status == Status.PLANNED

    @pytest.mark.parametrize("key", ["x", "0", "-1", "9" * 30, "1.5", ""])
    def test_a_key_that_is_none(self, officer: Client, key: str) -> None:
        assert officer.post("/maatregelen/status/", {"measures": key, "status": "done"}).status_code == 404

    def test_nothing_chosen_says_what_to_do(self, officer: Client, plan: ActionPlan) -> None:
        response = officer.post("/maatregelen/status/", {"status": "done"})
        assert response.status_code == 422
        assert "You chose no measure" in text(response)
        response = self.choose(officer, made(plan, Status.PLANNED), status="zzz")
        assert response.status_code == 422
        assert "You chose no status" in text(response)
