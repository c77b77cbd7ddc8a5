"""The pages on which plans are written: who may, what is asked, what is told."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from pytest_django import DjangoCaptureOnCommitCallbacks

from accounts.models import User
from measures.models import ActionPlan, PlanParticipation
from municipalities.models import Document, Municipality
from tests.factories import ActionPlanFactory, MeasureFactory, MunicipalityFactory, SafetyRegionFactory
from tests.measures.plans import DAY, FIELDS, ask, draft_of, log_in, next_of, officer_of, text, user_of
from tests.policytracker.documents import odt, pdf, upload
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db
Status, Part = ActionPlan.Status, PlanParticipation.Status
WRITING = ["wijzigen", "vaststellen", "verwijderen", "nieuwe-versie", "bevestigen", "uitnodigen", "deelname"]


@pytest.fixture(autouse=True)
def on_a_day() -> Iterator[None]:
    with time_machine.travel(DAY, tick=False):
        yield


@pytest.fixture(autouse=True)
def media(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def utrecht() -> Municipality:
    return MunicipalityFactory(code="GM0344", name="Utrecht")


@pytest.fixture
def zeist(utrecht: Municipality) -> Municipality:
    return MunicipalityFactory(code="GM0355", name="Zeist", safety_region=utrecht.safety_region)


@pytest.fixture
def user(utrecht: Municipality) -> User:
    return officer_of(utrecht)


@pytest.fixture
def officer(client: Client, user: User) -> Client:
    return log_in(client, user)


def address(plan: ActionPlan, page: str = "") -> str:
    return f"/plannen/{plan.pk}/{page}/" if page else f"/plannen/{plan.pk}/"


class TestRights:
    @pytest.mark.parametrize("page", WRITING)
    @pytest.mark.parametrize("status", Status)
    def test_nctv_reads_and_another_municipality_finds_nothing_to_write(
        self, client: Client, utrecht: Municipality, zeist: Municipality, page: str, status: str
    ) -> None:
        plan = ActionPlanFactory(municipality=utrecht, status=status)
        for user, expected in ((user_of("nctv"), 403), (officer_of(zeist), 404)):
            log_in(client, user)
            assert client.post(address(plan, page), {"gemeente": "GM0344"}).status_code == expected
            if page != "nieuwe-versie":
                assert client.get(address(plan, page)).status_code == expected

    @pytest.mark.parametrize("page", [page for page in WRITING if page != "deelname"])
    def test_a_superseded_plan_is_not_changed_by_anybody(
        self, client: Client, user: User, utrecht: Municipality, page: str
    ) -> None:
        plan = ActionPlanFactory(municipality=utrecht, status="superseded")
        for writer in (user, user_of("vng"), user_of("administrator")):
            assert log_in(client, writer).post(address(plan, page)).status_code == 404

    @pytest.mark.parametrize("page", ["", "document", "verschillen", *WRITING])
    def test_a_draft_is_not_there_for_others(
        self, client: Client, utrecht: Municipality, zeist: Municipality, page: str
    ) -> None:
        plan = draft_of(utrecht)
        ask(plan, zeist, status=Part.DECLINED)
        log_in(client, officer_of(zeist))
        assert client.get(address(plan, page)).status_code == (405 if page == "nieuwe-versie" else 404)
        assert client.post(address(plan, page)).status_code in (404, 405)

    def test_who_was_asked_sees_the_draft_and_changes_nothing_yet(
        self, client: Client, utrecht: Municipality, zeist: Municipality
    ) -> None:
        plan = draft_of(utrecht)
        ask(plan, zeist)
        log_in(client, officer_of(zeist))
        assert client.get(address(plan)).status_code == 200
        assert client.get(address(plan, "wijzigen")).status_code == 404

    @pytest.mark.parametrize(
        ("role", "status"), [("officer", 404), ("vng", 200), ("administrator", 200), ("nctv", 403)]
    )
    def test_who_may_begin_a_plan(
        self, client: Client, utrecht: Municipality, role: str, status: int
    ) -> None:
        log_in(client, user_of(role))
        assert client.get("/plannen/nieuw/?gemeente=GM0344").status_code == status
        response = client.post("/plannen/nieuw/?gemeente=gm0344", FIELDS)
        assert response.status_code == (302 if status == 200 else status)
        assert ActionPlan.objects.count() == (status == 200)

    def test_a_visitor_logs_in_first(self, client: Client, utrecht: Municipality) -> None:
        for path in ("/plannen/", "/plannen/nieuw/", address(ActionPlanFactory(municipality=utrecht))):
            assert client.get(path).status_code == 302


class TestNew:
    URL = "/plannen/nieuw/?gemeente=GM0344"

    def test_a_plan_of_several_municipalities(
        self, officer: Client, user: User, utrecht: Municipality, zeist: Municipality
    ) -> None:
        region = SafetyRegionFactory(code="VR22")
        MunicipalityFactory(code="GM0820", name="Nuenen, Gerwen en Nederwetten", safety_region=region)
        MunicipalityFactory(code="GM0589", name="Hengelo", other_names="Hengel", safety_region=region)
        others = "nuenen, gerwen en nederwetten\nGM0589"
        typed = FIELDS | {"neighbours": [zeist.pk], "others": others, "document": upload(pdf())}
        response = officer.post(self.URL, typed)
        plan = ActionPlan.objects.get()
        assert response.url == plan.get_absolute_url()
        assert (plan.status, plan.version, plan.themes, plan.provenance) == (
            "draft",
            1,
            ["polarisation", "right_wing"],
            "municipality",
        )
        assert plan.document.name == "Plan van aanpak.pdf"
        assert dict(plan.participations.values_list("municipality__code", "status")) == {
            "GM0344": "confirmed",
            "GM0355": "proposed",
            "GM0820": "proposed",
            "GM0589": "proposed",
        }
        assert plan.participations.confirmed().get().decided_by == user
        assert "made as a draft" in text(officer.get(response.url))

    @pytest.mark.parametrize(
        ("change", "field"),
        [
            ({"title": " "}, "title"),
            ({"themes": []}, "themes"),
            ({"themes": ["poetry"]}, "themes"),
            ({"starts_on": "1999-12-31"}, "starts_on"),
            ({"ends_on": "2026-12-31"}, "ends_on"),
            ({"ends_on": "2062-12-31"}, "ends_on"),
            ({"ends_on": ""}, "ends_on"),
            ({"others": "Atlantis"}, "others"),
            ({"others": "Utrecht"}, "others"),
            ({"others": "berg"}, "others"),
            ({"neighbours": ["999999"]}, "neighbours"),
            ({"document": upload(b"MZ program", "plan.pdf")}, "document"),
        ],
    )
    def test_each_error_stands_beside_its_field_and_nothing_is_written(
        self, officer: Client, change: dict[str, Any], field: str
    ) -> None:
        for name in ("Bergen (L.)", "Bergen (NH.)"):
            MunicipalityFactory(name=name)
        response = officer.post(self.URL, FIELDS | change)
        assert response.status_code == 422
        assert list(response.context["form"].errors) == [field]
        assert f'id="id_{field}_error"' in text(response)
        assert not ActionPlan.objects.exists()

    def test_an_error_says_that_the_file_must_be_chosen_again(self, officer: Client) -> None:
        response = officer.post(self.URL, FIELDS | {"title": "", "document": upload(pdf())})
        assert "Choose your file once more" in text(response)
        assert "Samen weerbaar." in text(response)

    def test_the_whole_name_wins_of_a_part_of_others(
        self, officer: Client, utrecht: Municipality, zeist: Municipality
    ) -> None:
        for name in ("Bergen", "Bergen op Zoom"):
            MunicipalityFactory(name=name)
        officer.post(self.URL, FIELDS | {"others": "bergen"})
        assert ActionPlan.objects.get().participations.unanswered().get().municipality.name == "Bergen"

    def test_without_a_municipality_it_asks_which_one_unless_there_is_but_one(
        self, client: Client, utrecht: Municipality, zeist: Municipality
    ) -> None:
        assert (
            log_in(client, officer_of(zeist)).get("/plannen/nieuw/").url == "/plannen/nieuw/?gemeente=GM0355"
        )
        html = text(log_in(client, officer_of(zeist, utrecht)).get("/plannen/nieuw/"))
        assert 'value="GM0344"' in html
        assert "You keep no municipality yet" in text(log_in(client, officer_of()).get("/plannen/nieuw/"))

    def test_the_form_takes_as_many_queries_however_large_the_region(
        self, officer: Client, zeist: Municipality
    ) -> None:
        with expect_queries(4):
            officer.get(self.URL)
        MunicipalityFactory.create_batch(20, safety_region=zeist.safety_region)
        with expect_queries(4):
            officer.get(self.URL)


class TestChange:
    def test_what_was_typed_is_saved(self, officer: Client, utrecht: Municipality) -> None:
        plan = ActionPlanFactory(municipality=utrecht)
        page = officer.get(address(plan, "wijzigen"))
        assert page.context["form"]["title"].value() == plan.title
        response = officer.post(address(plan, "wijzigen"), FIELDS | {"revision": plan.revision})
        assert response.status_code == 302
        plan.refresh_from_db()
        assert (plan.title, plan.themes, plan.ends_on) == (
            FIELDS["title"],
            FIELDS["themes"],
            dt.date(2030, 12, 31),
        )
        assert (plan.status, plan.adopted_on) == ("adopted", dt.date(2023, 12, 14))

    def test_another_document_takes_the_place_and_the_old_one_goes(
        self,
        officer: Client,
        utrecht: Municipality,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        plan = draft_of(utrecht)

        def post(**extra: Any) -> ActionPlan:
            plan.refresh_from_db()
            values = FIELDS | {"revision": plan.revision} | extra
            with django_capture_on_commit_callbacks(execute=True):
                response = officer.post(address(plan, "wijzigen"), values)
            assert response.status_code == 302
            return ActionPlan.objects.select_related("document").get(pk=plan.pk)

        first = post(document=upload(pdf())).document
        assert post().document == first
        second = post(document=upload(odt(), "Plan.odt")).document
        assert (second.name, second.kind) == ("Plan.odt", "odt")
        storage = second.file.storage
        assert (storage.exists(first.file.name), storage.exists(second.file.name)) == (False, True)
        assert post(**{"document-clear": "on"}).document is None
        assert not Document.objects.exists()
        assert not storage.exists(second.file.name)

    def test_the_document_of_a_draft_goes_with_it(self, officer: Client, utrecht: Municipality) -> None:
        plan = draft_of(utrecht)
        values = FIELDS | {"revision": plan.revision, "document": upload(pdf())}
        officer.post(address(plan, "wijzigen"), values)
        assert Document.objects.count() == 1
        assert officer.post(address(plan, "verwijderen")).status_code == 302
        assert not Document.objects.exists()

    def test_two_who_change_the_same_are_told(
        self, officer: Client, user: User, utrecht: Municipality
    ) -> None:
        plan = ActionPlanFactory(municipality=utrecht, title="Begin")
        seen = plan.revision
        colleague = log_in(Client(), user_of("vng"))
        typed = FIELDS | {"revision": seen}
        assert colleague.post(address(plan, "wijzigen"), typed | {"title": "Theirs"}).status_code == 302
        response = officer.post(address(plan, "wijzigen"), typed | {"title": "Mine"})
        assert response.status_code == 409
        (told,) = response.context["form"].disagreements
        assert (told.name, told.theirs, told.mine) == ("title", "Theirs", "Mine")
        plan.refresh_from_db()
        assert plan.title == "Theirs"
        again = typed | {"title": "Mine", "revision": plan.revision, "choose-title": "mine"}
        assert officer.post(address(plan, "wijzigen"), again).status_code == 302
        plan.refresh_from_db()
        assert plan.title == "Mine"


class TestAdopt:
    def test_it_asks_the_day_and_supersedes_the_version_before(
        self, officer: Client, utrecht: Municipality
    ) -> None:
        first = ActionPlanFactory(municipality=utrecht)
        second = MeasureFactory(plan=next_of(first)).plan
        html = text(officer.get(address(second, "vaststellen")))
        assert "version 1 can no longer be changed" in html
        assert "no measures yet" not in html
        answer = {"adopted_on": "2026-11-23", "revision": second.revision}
        assert officer.post(address(second, "vaststellen"), answer).url == address(second)
        first.refresh_from_db()
        second.refresh_from_db()
        assert (first.status, second.status) == ("superseded", "adopted")
        assert second.adopted_on == dt.date(2026, 11, 23)

    def test_it_warns_of_ending_the_version_before_early(
        self, officer: Client, utrecht: Municipality
    ) -> None:
        first = ActionPlanFactory(municipality=utrecht, ends_on=dt.date(2027, 12, 31))
        draft = next_of(first, starts_on=dt.date(2028, 1, 1), ends_on=dt.date(2031, 12, 31))
        warning = "you end version 1 before its time"
        assert warning in text(officer.get(address(draft, "vaststellen")))
        type(first).objects.filter(pk=first.pk).update(ends_on=dt.date(2026, 11, 23))
        assert warning not in text(officer.get(address(draft, "vaststellen")))

    def test_it_tells_what_goes_along_and_what_is_not_finished(
        self, officer: Client, utrecht: Municipality
    ) -> None:
        first = ActionPlanFactory(municipality=utrecht)
        second = MeasureFactory(plan=next_of(first), status="draft").plan
        html = text(officer.get(address(second, "vaststellen")))
        assert "1 measure in this plan is still a draft." in html
        assert "That goes along." not in html
        MeasureFactory.create_batch(2, plan=first)
        html = text(officer.get(address(second, "vaststellen")))
        assert "2 measures were added or came further since you made this draft. That goes along." in html

    def test_it_warns_and_lets_a_plan_without_measures_be_adopted(
        self, officer: Client, utrecht: Municipality, zeist: Municipality
    ) -> None:
        plan = draft_of(utrecht)
        ask(plan, zeist)
        html = text(officer.get(address(plan, "vaststellen")))
        assert "This plan has no measures yet" in html
        assert "Not answered yet: Zeist" in html
        answer = {"adopted_on": "2026-11-24", "revision": plan.revision}
        assert officer.post(address(plan, "vaststellen"), answer).status_code == 302

    @pytest.mark.parametrize("day", ["", "2026-11-25", "1999-12-31", "2023-12-13"])
    def test_the_day_is_in_the_past_and_after_the_version_before(
        self, officer: Client, utrecht: Municipality, day: str
    ) -> None:
        draft = next_of(ActionPlanFactory(municipality=utrecht))
        answer = {"adopted_on": day, "revision": draft.revision}
        response = officer.post(address(draft, "vaststellen"), answer)
        assert response.status_code == 422
        assert list(response.context["form"].errors) == ["adopted_on"]

    def test_a_plan_that_changed_meanwhile_is_looked_at_again(
        self, officer: Client, utrecht: Municipality
    ) -> None:
        plan = draft_of(utrecht)
        seen = plan.revision
        plan.title = "Changed"
        plan.save(update_fields=["title"])
        response = officer.post(address(plan, "vaststellen"), {"adopted_on": "2026-11-24", "revision": seen})
        assert response.status_code == 409
        plan.refresh_from_db()
        assert plan.status == "draft"

    @pytest.mark.parametrize("page", ["vaststellen", "verwijderen"])
    @pytest.mark.parametrize("method", ["get", "post"])
    def test_what_the_state_forbids_is_said(
        self, officer: Client, utrecht: Municipality, page: str, method: str
    ) -> None:
        plan = ActionPlanFactory(municipality=utrecht)
        response = getattr(officer, method)(address(plan, page))
        assert response.status_code == 409
        assert "This cannot be done" in text(response)
        assert ActionPlan.objects.get().status == "adopted"


class TestDelete:
    def test_it_asks_first(self, officer: Client, utrecht: Municipality) -> None:
        plan = MeasureFactory(plan=draft_of(utrecht)).plan
        assert "Its 1 measure goes too." in text(officer.get(address(plan, "verwijderen")))
        assert ActionPlan.objects.exists()
        assert officer.post(address(plan, "verwijderen")).url == "/plannen/"
        assert not ActionPlan.objects.exists()
        assert officer.get(address(plan)).status_code == 404


class TestNewVersion:
    def test_a_second_press_leads_to_the_draft_that_is_there(
        self, officer: Client, utrecht: Municipality
    ) -> None:
        plan = ActionPlanFactory(municipality=utrecht)
        assert officer.get(address(plan, "nieuwe-versie")).status_code == 405
        first = officer.post(address(plan, "nieuwe-versie"))
        second = officer.post(address(plan, "nieuwe-versie"))
        assert first.url == second.url == address(plan.next_version)
        html = text(officer.get(second.url))
        assert "Version 2 was made as a draft" in html
        assert "being made already" in html

    def test_of_a_draft_there_is_none(self, officer: Client, utrecht: Municipality) -> None:
        assert officer.post(address(draft_of(utrecht), "nieuwe-versie")).status_code == 409


class TestConfirm:
    def test_one_press_for_one_municipality(
        self, officer: Client, user: User, utrecht: Municipality, zeist: Municipality
    ) -> None:
        plan = ActionPlanFactory(municipality=utrecht)
        ask(plan, zeist, status=Part.CONFIRMED)
        html = text(officer.get(address(plan, "bevestigen")))
        assert 'name="gemeente" value="GM0344"' in html
        assert "GM0355" not in html
        answer = {"gemeente": ["GM0344", "GM0355"]}
        assert officer.post(address(plan, "bevestigen"), answer).url == address(plan)
        own, other = plan.participations.order_by("municipality__name")
        assert (own.confirmed_by, own.confirmed_at) == (user, DAY)
        assert other.confirmed_at is None
        assert f"Last confirmed on Nov. 24, 2026 by {user.name}" in text(officer.get(address(plan)))

    def test_others_see_the_day_and_not_the_person(
        self, client: Client, user: User, utrecht: Municipality
    ) -> None:
        plan = ActionPlanFactory(municipality=utrecht)
        plan.participations.update(confirmed_by=user, confirmed_at=DAY)
        html = text(log_in(client, user_of("nctv")).get(address(plan)))
        assert "Last confirmed on Nov. 24, 2026" in html
        assert user.name not in html

    def test_with_several_each_is_ticked(
        self, client: Client, utrecht: Municipality, zeist: Municipality
    ) -> None:
        plan = ActionPlanFactory(municipality=utrecht)
        ask(plan, zeist, status=Part.CONFIRMED)
        log_in(client, officer_of(utrecht, zeist))
        assert text(client.get(address(plan, "bevestigen"))).count(" checked") == 2
        assert client.post(address(plan, "bevestigen")).status_code == 422
        assert client.post(address(plan, "bevestigen"), {"gemeente": "GM0355"}).status_code == 302
        assert plan.participations.filter(confirmed_at=DAY).get().municipality == zeist

    @pytest.mark.parametrize("method", ["get", "post"])
    def test_a_draft_is_not_confirmed(self, officer: Client, utrecht: Municipality, method: str) -> None:
        assert getattr(officer, method)(address(draft_of(utrecht), "bevestigen")).status_code == 409


class TestParticipation:
    def test_a_municipality_answers_on_the_plan(
        self, client: Client, utrecht: Municipality, zeist: Municipality
    ) -> None:
        plan = draft_of(utrecht)
        ask(plan, zeist)
        log_in(client, officer_of(zeist))
        assert "Does Zeist take part in this plan?" in text(client.get(address(plan)))
        yes = {"gemeente": "GM0355", "antwoord": "ja"}
        assert client.post(address(plan, "deelname"), yes).url == address(plan)
        html = text(client.get(address(plan)))
        assert "Zeist takes part in the plan." in html
        assert "Does Zeist take part in this plan?" not in html
        assert client.get(address(plan, "wijzigen")).status_code == 200

    def test_who_declines_a_draft_sees_it_no_more(
        self, client: Client, utrecht: Municipality, zeist: Municipality
    ) -> None:
        plan = draft_of(utrecht)
        ask(plan, zeist)
        log_in(client, officer_of(zeist))
        no = {"gemeente": "GM0355", "antwoord": "nee"}
        assert client.post(address(plan, "deelname"), no).url == "/plannen/"
        assert client.get(address(plan)).status_code == 404

    def test_nobody_answers_for_another(
        self, officer: Client, utrecht: Municipality, zeist: Municipality
    ) -> None:
        plan = draft_of(utrecht)
        ask(plan, zeist)
        assert (
            officer.post(address(plan, "deelname"), {"gemeente": "GM0355", "antwoord": "ja"}).status_code
            == 404
        )
        assert not plan.participations.confirmed().filter(municipality=zeist).exists()

    def test_ending_asks_first_and_one_stays(
        self, officer: Client, utrecht: Municipality, zeist: Municipality
    ) -> None:
        plan = ActionPlanFactory(municipality=utrecht)
        other = ask(plan, zeist)
        page = address(plan, "deelname")
        assert "End the participation" in text(officer.get(f"{page}?gemeente=GM0344"))
        no = {"gemeente": "GM0344", "antwoord": "nee"}
        response = officer.post(page, no)
        assert response.status_code == 409
        assert "Nobody else takes part" in text(response)
        other.status = Part.CONFIRMED
        other.save(update_fields=["status"])
        assert officer.post(page, {"gemeente": "GM0344", "antwoord": "misschien"}).status_code == 422
        assert officer.post(page, no).url == address(plan)
        assert plan.participations.confirmed().get() == other

    def test_partners_are_asked_later(
        self, officer: Client, utrecht: Municipality, zeist: Municipality
    ) -> None:
        plan = ActionPlanFactory(municipality=utrecht)
        assert officer.post(address(plan, "uitnodigen"), {}).status_code == 422
        assert officer.post(address(plan, "uitnodigen"), {"neighbours": [zeist.pk]}).url == address(plan)
        assert plan.participations.unanswered().get().municipality == zeist
        assert f'name="neighbours" value="{zeist.pk}"' not in text(officer.get(address(plan, "uitnodigen")))
        assert "Was asked, has not answered yet" in text(officer.get(address(plan)))
