"""Safety policies: who may write them, what is asked, who shares them, and what happens to their document."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoCaptureOnCommitCallbacks

from municipalities.models import Document, Municipality, PolicyParticipation, SafetyPolicy
from policytracker.provenance import Provenance
from tests.factories import (
    CoverageStatementFactory,
    MembershipFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    SafetyPolicyFactory,
    SafetyRegionFactory,
    UserFactory,
)
from tests.policytracker.documents import pdf
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db
DAY = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
Status = PolicyParticipation.Status
POLICY = {
    "title": "Integraal veiligheidsplan 2027–2030",
    "kind": "ivp",
    "starts_on": "2027-01-01",
    "ends_on": "2030-12-31",
    "adopted_on": "2026-11-05",
    "cvdr_id": "cvdr675718",
}


@pytest.fixture(autouse=True)
def in_english_on_a_day(client: Client, settings: Any, tmp_path: Any) -> Any:
    settings.MEDIA_ROOT = str(tmp_path)
    client.cookies["django_language"] = "en"
    with time_machine.travel(DAY, tick=False):
        yield


@pytest.fixture
def utrecht() -> Municipality:
    return MunicipalityFactory(code="GM0344", name="Utrecht")


@pytest.fixture
def officer(client: Client, utrecht: Municipality) -> Client:
    client.force_login(MembershipFactory(municipality=utrecht).user)
    return client


def own(municipality: Municipality, **policy: Any) -> SafetyPolicy:
    """A policy that the municipality calls its own."""
    return PolicyParticipationFactory(
        municipality=municipality,
        policy=SafetyPolicyFactory(**policy),
        status=Status.CONFIRMED,
        decided_by=UserFactory(),
        decided_at=DAY,
    ).policy


def statuses(policy: SafetyPolicy) -> dict[str, str]:
    return dict(policy.participations.values_list("municipality__name", "status"))


class TestWriting:
    def test_a_new_policy_is_the_municipality_s_own(self, officer: Client, utrecht: Municipality) -> None:
        response = officer.post("/beleidsplannen/nieuw/?gemeente=GM0344", POLICY)
        policy = SafetyPolicy.objects.get()
        assert response.url == policy.get_absolute_url()
        assert (policy.cvdr_id, policy.provenance) == ("CVDR675718", Provenance.MUNICIPALITY)
        assert statuses(policy) == {"Utrecht": "confirmed"}

    def test_those_who_share_it_are_asked(self, officer: Client, utrecht: Municipality) -> None:
        zeist, bunnik = MunicipalityFactory(name="Zeist"), MunicipalityFactory(name="Bunnik")
        MunicipalityFactory(name="Elsewhere", safety_region=SafetyRegionFactory(code="VR10"))
        form = officer.get("/beleidsplannen/nieuw/?gemeente=GM0344").context["form"]
        assert set(form.fields["shared_with"].queryset) == {zeist, bunnik}
        officer.post("/beleidsplannen/nieuw/", {**POLICY, "shared_with": [zeist.pk, bunnik.pk]})
        policy = SafetyPolicy.objects.get()
        assert statuses(policy) == {"Utrecht": "confirmed", "Zeist": "proposed", "Bunnik": "proposed"}

    def test_an_answer_that_was_given_stays(self, officer: Client, utrecht: Municipality) -> None:
        policy = own(utrecht)
        zeist = MunicipalityFactory(name="Zeist")
        PolicyParticipationFactory(
            policy=policy, municipality=zeist, status="declined", decided_by=UserFactory(), decided_at=DAY
        )
        form = officer.get(f"/beleidsplannen/{policy.pk}/wijzigen/").context["form"]
        assert "shared_with" not in form.fields
        assert statuses(policy)["Zeist"] == "declined"

    @pytest.mark.parametrize(
        ("changed", "field"),
        [
            ({"title": ""}, "title"),
            ({"ends_on": ""}, "ends_on"),
            ({"ends_on": "2026-12-31"}, "ends_on"),
            ({"ends_on": "2040-12-31"}, "ends_on"),
            ({"starts_on": "2031-01-01"}, "starts_on"),
            ({"adopted_on": "2026-11-25"}, "adopted_on"),
            ({"cvdr_id": "675718"}, "cvdr_id"),
            ({"title": "Zaak van 123456782"}, "title"),
        ],
    )
    def test_what_is_wrong_is_said_and_what_was_typed_stays(
        self, officer: Client, changed: dict[str, str], field: str
    ) -> None:
        response = officer.post("/beleidsplannen/nieuw/", POLICY | changed)
        assert response.status_code == 422
        form = response.context["form"]
        assert list(form.errors) == [field]
        assert 'value="2030-12-31"' in response.content.decode() or "ends_on" in changed
        assert not SafetyPolicy.objects.exists()

    def test_a_second_policy_of_the_kind_for_the_same_days_is_refused(
        self, officer: Client, utrecht: Municipality
    ) -> None:
        own(utrecht, starts_on=dt.date(2026, 1, 1), ends_on=dt.date(2027, 6, 30))
        response = officer.post("/beleidsplannen/nieuw/", POLICY)
        assert "overlaps" in str(response.context["form"].errors["starts_on"])
        assert officer.post("/beleidsplannen/nieuw/", {**POLICY, "kind": "regional"}).status_code == 302

    def test_correcting_what_a_source_proposes_makes_it_the_municipality_s_own(
        self, officer: Client, utrecht: Municipality
    ) -> None:
        proposed = PolicyParticipationFactory(municipality=utrecht).policy
        PolicyParticipationFactory(policy=proposed, municipality__name="Zeist")
        answer = POLICY | {"revision": proposed.revision, "starts_on": "2023-01-01", "ends_on": "2026-12-31"}
        assert officer.post(f"/beleidsplannen/{proposed.pk}/wijzigen/", answer).status_code == 302
        proposed.refresh_from_db()
        assert (proposed.title, proposed.provenance) == (POLICY["title"], Provenance.MUNICIPALITY)
        assert proposed.source_url
        assert statuses(proposed) == {"Utrecht": "confirmed", "Zeist": "proposed"}

    def test_a_successor_begins_where_the_policy_ends(self, officer: Client, utrecht: Municipality) -> None:
        policy = own(utrecht)
        address = f"/beleidsplannen/nieuw/?gemeente=GM0344&opvolger-van={policy.pk}"
        assert officer.get(address).context["form"].initial["starts_on"] == dt.date(2027, 1, 1)
        officer.post(address, POLICY)
        policy.refresh_from_db()
        assert policy.successor
        assert policy.successor.title == POLICY["title"]

    def test_a_successor_is_asked_for_until_there_is_one(
        self, officer: Client, utrecht: Municipality
    ) -> None:
        policy = own(utrecht)
        type(policy).objects.filter(pk=policy.pk).update(successor=SafetyPolicyFactory())  # of who shares it
        address = f"/beleidsplannen/nieuw/?gemeente=GM0344&amp;opvolger-van={policy.pk}"
        assert address in officer.get(f"/beleidsplannen/{policy.pk}/").content.decode()
        officer.post("/beleidsplannen/nieuw/?gemeente=GM0344", POLICY)
        assert address not in officer.get(f"/beleidsplannen/{policy.pk}/").content.decode()

    def test_a_policy_that_has_not_begun_asks_for_no_statement(
        self, officer: Client, utrecht: Municipality
    ) -> None:
        html = officer.post("/beleidsplannen/nieuw/?gemeente=GM0344", POLICY, follow=True).content.decode()
        assert "This policy has not begun" in html
        assert "/dekking/?beleid=" not in html
        assert "/dekking/?beleid=" in officer.get(f"/beleidsplannen/{own(utrecht).pk}/").content.decode()

    def test_who_keeps_several_writes_for_the_one_that_is_named(
        self, officer: Client, utrecht: Municipality
    ) -> None:
        zeist = MunicipalityFactory(code="GM0355", name="Zeist")
        MembershipFactory(user=utrecht.memberships.get().user, municipality=zeist)
        officer.post("/beleidsplannen/nieuw/?gemeente=gm0355", POLICY)
        assert statuses(SafetyPolicy.objects.get()) == {"Zeist": "confirmed"}


class TestTwoEditors:
    def edit(self, client: Client, policy: SafetyPolicy, revision: int, **changed: Any) -> Any:
        values = {
            "title": "Plan",
            "kind": "ivp",
            "starts_on": "2023-01-01",
            "ends_on": "2026-12-31",
            "revision": revision,
        }
        return client.post(f"/beleidsplannen/{policy.pk}/wijzigen/", values | changed)

    @pytest.fixture
    def policy(self, utrecht: Municipality) -> SafetyPolicy:
        return own(utrecht, title="Plan")

    def test_the_second_sees_both_versions_and_chooses(self, officer: Client, policy: SafetyPolicy) -> None:
        seen = officer.get(f"/beleidsplannen/{policy.pk}/wijzigen/").context["form"]["revision"].value()
        assert self.edit(officer, policy, seen, title="Theirs").status_code == 302
        response = self.edit(officer, policy, seen, title="Mine", adopted_on="2022-12-01")
        assert response.status_code == 409
        policy.refresh_from_db()
        assert policy.title == "Theirs"
        (one,) = response.context["form"].disagreements
        assert (one.name, one.theirs, one.mine) == ("title", "Theirs", "Mine")
        assert 'value="Mine"' in response.content.decode()
        now = response.context["form"]["revision"].value()
        self.edit(officer, policy, now, title="Mine", adopted_on="2022-12-01", **{"choose-title": "theirs"})
        policy.refresh_from_db()
        assert (policy.title, policy.adopted_on) == ("Theirs", dt.date(2022, 12, 1))

    def test_what_only_the_other_changed_is_taken_over(self, officer: Client, policy: SafetyPolicy) -> None:
        seen = policy.revision
        self.edit(officer, policy, seen, title="Theirs")
        response = self.edit(officer, policy, seen, adopted_on="2022-12-01")
        assert (response.status_code, response.context["form"].disagreements) == (409, [])
        assert response.context["form"]["title"].value() == "Theirs"

    def test_a_form_that_nobody_overtook_is_saved(self, officer: Client, policy: SafetyPolicy) -> None:
        self.edit(officer, policy, policy.revision, title="First")
        policy.refresh_from_db()
        assert self.edit(officer, policy, policy.revision, title="Second").status_code == 302

    def test_the_database_counts_each_change(self, policy: SafetyPolicy) -> None:
        SafetyPolicy.objects.filter(pk=policy.pk).update(title="By whatever path")
        SafetyPolicy.objects.filter(pk=policy.pk).update(title="By whatever path")
        policy.refresh_from_db()
        assert policy.revision == 2


class TestAnswering:
    def answer(self, client: Client, policy: SafetyPolicy, answer: str, code: str = "GM0344") -> Any:
        address = reverse("policies:participation", args=[policy.pk])
        return client.post(address, {"answer": answer, "gemeente": code})

    def test_yes_leads_to_the_statement_with_what_is_known(
        self, officer: Client, utrecht: Municipality
    ) -> None:
        policy = PolicyParticipationFactory(
            municipality=utrecht, policy__theme_seen="yes", policy__theme_as="priority"
        ).policy
        response = self.answer(officer, policy, "yes")
        assert response.url == f"/gemeenten/GM0344/dekking/?beleid={policy.pk}"
        assert statuses(policy) == {"Utrecht": "confirmed"}
        initial = officer.get(response.url).context["form"].initial
        assert (initial["value"], initial["policy"]) == ("priority", policy.pk)

    def test_not_ours_declines_and_can_be_taken_back(self, officer: Client, utrecht: Municipality) -> None:
        policy = PolicyParticipationFactory(municipality=utrecht, policy__title="<b>Plan").policy
        self.answer(officer, policy, "no")
        assert statuses(policy) == {"Utrecht": "declined"}
        link = f'<a href="{policy.get_absolute_url()}">&lt;b&gt;Plan</a>'
        assert link in officer.get("/").content.decode()
        assert "It is ours after all" in officer.get(policy.get_absolute_url()).content.decode()
        self.answer(officer, policy, "yes")
        assert statuses(policy) == {"Utrecht": "confirmed"}

    def test_what_a_statement_rests_on_cannot_be_declined(
        self, officer: Client, utrecht: Municipality
    ) -> None:
        policy = own(utrecht)
        CoverageStatementFactory(municipality=utrecht, policy=policy)
        assert self.answer(officer, policy, "no").url == "/gemeenten/GM0344/dekking/"
        assert statuses(policy) == {"Utrecht": "confirmed"}

    @pytest.mark.parametrize("answer", ["", "perhaps"])
    def test_what_is_neither_yes_nor_no_changes_nothing(
        self, officer: Client, utrecht: Municipality, answer: str
    ) -> None:
        policy = PolicyParticipationFactory(municipality=utrecht).policy
        assert self.answer(officer, policy, answer).url == policy.get_absolute_url()
        assert statuses(policy) == {"Utrecht": "proposed"}

    def test_nobody_answers_for_another_municipality(self, officer: Client) -> None:
        zeist = MunicipalityFactory(code="GM0355")
        policy = PolicyParticipationFactory(municipality=zeist).policy
        assert self.answer(officer, policy, "yes", "GM0355").status_code == 404
        assert self.answer(officer, policy, "yes").status_code == 404


class TestDocument:
    def change(self, client: Client, policy: SafetyPolicy, **values: Any) -> Any:
        policy.refresh_from_db()
        values = {
            "title": "Plan",
            "kind": "ivp",
            "starts_on": "2023-01-01",
            "ends_on": "2026-12-31",
            "adopted_on": "2022-12-15",
            "revision": policy.revision,
            **values,
        }
        return client.post(f"/beleidsplannen/{policy.pk}/wijzigen/", values)

    def upload(
        self, client: Client, policy: SafetyPolicy, content: bytes, name: str = "plan.pdf", **values: Any
    ) -> Any:
        file = SimpleUploadedFile(name, content, "application/pdf")
        return self.change(client, policy, upload=file, **values)

    @pytest.fixture
    def policy(self, utrecht: Municipality) -> SafetyPolicy:
        return own(utrecht, title="Plan")

    def test_is_kept_and_sent_as_a_download(self, officer: Client, policy: SafetyPolicy, client: Any) -> None:
        content = pdf("Radicalisering is een prioriteit")
        assert self.upload(officer, policy, content, "IVP Utrecht.pdf").status_code == 302
        response = officer.get(f"/beleidsplannen/{policy.pk}/document/")
        assert b"".join(response.streaming_content) == content
        assert response["Content-Disposition"] == 'attachment; filename="IVP Utrecht.pdf"'
        assert response["X-Content-Type-Options"] == "nosniff"
        policy.refresh_from_db()
        assert policy.document
        assert "IVP" not in policy.document.file.name

    @pytest.mark.parametrize("is_replaced", [True, False])
    def test_the_first_goes_when_it_is_replaced_or_removed(
        self,
        officer: Client,
        policy: SafetyPolicy,
        is_replaced: bool,
        django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
    ) -> None:
        self.upload(officer, policy, pdf("one"))
        first = Document.objects.get()
        with django_capture_on_commit_callbacks(execute=True):
            self.change(officer, policy, title="Another title")
        assert first.file.storage.exists(first.file.name)
        with django_capture_on_commit_callbacks() as callbacks:
            if is_replaced:
                self.upload(officer, policy, pdf("two"))
            else:
                self.change(officer, policy, without_document="on")
        policy.refresh_from_db()
        assert list(Document.objects.all()) == ([policy.document] if is_replaced else [])
        assert first.file.storage.exists(first.file.name)  # what was not committed can still be undone
        for callback in callbacks:
            callback()
        assert not first.file.storage.exists(first.file.name)
        assert officer.get(f"/beleidsplannen/{policy.pk}/geschiedenis/").status_code == 200

    def test_one_to_which_another_policy_refers_stays(self, officer: Client, policy: SafetyPolicy) -> None:
        self.upload(officer, policy, pdf())
        document = Document.objects.get()
        SafetyPolicyFactory(document=document)
        self.change(officer, policy, without_document="on")
        policy.refresh_from_db()
        assert policy.document is None
        assert document.file.storage.exists(document.file.name)
        assert Document.objects.get() == document

    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"MZ" + b"\0" * 200, "program"),
            (b"%PDF-1.7\nbroken", "damaged"),
            (pdf("BSN 123456782 van een inwoner"), "citizen service number"),
        ],
    )
    def test_what_is_no_document_is_refused(
        self, officer: Client, policy: SafetyPolicy, content: bytes, said: str
    ) -> None:
        response = self.upload(officer, policy, content)
        assert response.status_code == 422
        assert said in str(response.context["form"].errors["upload"])
        policy.refresh_from_db()
        assert policy.document is None

    def test_is_for_who_is_logged_in(self, officer: Client, policy: SafetyPolicy) -> None:
        self.upload(officer, policy, pdf())
        assert Client().get(f"/beleidsplannen/{policy.pk}/document/").status_code == 302
        nctv = Client()
        nctv.force_login(UserFactory(nctv=True))
        response = nctv.get(f"/beleidsplannen/{policy.pk}/document/")
        assert response.getvalue().startswith(b"%PDF")

    def test_of_a_concept_is_for_who_may_change_it(self, officer: Client, policy: SafetyPolicy) -> None:
        self.upload(officer, policy, pdf(), adopted_on="")
        page, document = policy.get_absolute_url(), f"/beleidsplannen/{policy.pk}/document/"
        vng, nctv, other = Client(), Client(), Client()
        vng.force_login(UserFactory(vng=True))
        nctv.force_login(UserFactory(nctv=True))
        other.force_login(MembershipFactory().user)
        for client, sees in ((officer, True), (vng, True), (nctv, False), (other, False)):
            response = client.get(document)
            response.getvalue()
            assert response.status_code == (200 if sees else 404)
            assert (document in client.get(page).content.decode()) is sees
        assert "not public yet" in nctv.get(page, headers={"Accept-Language": "en"}).content.decode()

    def test_where_there_is_none_is_not_found(self, officer: Client, policy: SafetyPolicy) -> None:
        assert officer.get(f"/beleidsplannen/{policy.pk}/document/").status_code == 404


class TestList:
    def titles(self, client: Client, query: str = "") -> list[str]:
        return [entry.title for entry in client.get(f"/beleidsplannen/{query}").context["entries"]]

    @pytest.fixture
    def three(self, utrecht: Municipality) -> None:
        own(utrecht, title="Now", kind="ivp")
        own(utrecht, title="Then", starts_on=dt.date(2018, 1, 1), ends_on=dt.date(2021, 12, 31))
        PolicyParticipationFactory(
            policy=SafetyPolicyFactory(
                title="Later",
                kind="regional",
                starts_on=dt.date(2027, 1, 1),
                ends_on=dt.date(2030, 12, 31),
            ),
            municipality__name="Zeist",
        )

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["Later", "Now", "Then"]),
            ("?sort=title", ["Later", "Now", "Then"]),
            ("?sort=ends", ["Then", "Now", "Later"]),
            ("?state=current", ["Now"]),
            ("?state=ended&state=coming", ["Later", "Then"]),
            ("?kind=regional", ["Later"]),
            ("?answer=proposed", ["Later"]),
            ("?own=yes", ["Now", "Then"]),
            ("?q=zeist", ["Later"]),
            ("?q=the", ["Then"]),
        ],
    )
    def test_filters_and_sorts(self, officer: Client, three: None, query: str, found: list[str]) -> None:
        assert self.titles(officer, query) == found

    def test_mine_and_waiting_are_of_one_municipality(self, officer: Client, utrecht: Municipality) -> None:
        answered = own(utrecht, title="A neighbour has not answered")
        PolicyParticipationFactory(policy=answered)
        PolicyParticipationFactory(municipality=utrecht, policy__title="Asked of us")
        assert self.titles(officer, "?own=yes&answer=proposed") == ["Asked of us"]

    def test_exports_what_is_shown(self, officer: Client, three: None) -> None:
        response = officer.get("/beleidsplannen/?kind=regional&export=csv")
        lines = b"".join(response.streaming_content).decode("utf-8-sig").splitlines()
        assert len(lines) == 2
        assert lines[1].startswith("Later;regional policy plan;2027-01-01")

    def test_a_filter_that_makes_no_sense_is_told(self, officer: Client) -> None:
        assert officer.get("/beleidsplannen/?kind=poem").status_code == 422

    def test_takes_as_many_queries_with_many(self, officer: Client, three: None, utrecht: Any) -> None:
        with expect_queries(4):
            officer.get("/beleidsplannen/")
        for number in range(60):
            own(MunicipalityFactory(), title=f"Policy {number}")
        with expect_queries(4):
            officer.get("/beleidsplannen/")


def test_the_page_takes_as_many_queries_with_many_participants(
    officer: Client, utrecht: Municipality
) -> None:
    policy = own(utrecht)
    with expect_queries(8):
        officer.get(policy.get_absolute_url())
    PolicyParticipationFactory.create_batch(20, policy=policy)
    CoverageStatementFactory.create_batch(5, policy=policy)
    with expect_queries(8):
        officer.get(policy.get_absolute_url())
