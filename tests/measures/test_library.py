"""The library of typical measures: who sees and keeps it, what is counted, and how two people change it."""

import csv
import datetime as dt
import re
from collections.abc import Callable
from io import BytesIO, StringIO
from typing import Any

import pytest
import time_machine
from django.test import Client
from openpyxl import load_workbook

from accounts.models import Role
from measures.models import ActionPlan, Category, Measure, Phase, PlanParticipation, TypicalMeasure
from municipalities.loading import synchronise_sourced
from policytracker.provenance import Provenance
from tests.factories import (
    ActionPlanFactory,
    MeasureFactory,
    MunicipalityFactory,
    TypicalMeasureFactory,
    UserFactory,
)
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db
DAY = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
URL = "/maatregelen/bibliotheek/"
ENTRY = {
    "title_nl": "Netwerk van sleutelpersonen",
    "title_en": "Network of key people",
    "category": "network",
    "phase": "early_detection",
    "text_nl": "Bouw een netwerk op.",
    "text_en": "Build a network.",
}


@pytest.fixture(autouse=True)
def on_a_day() -> Any:
    with time_machine.travel(DAY, tick=False):
        yield


@pytest.fixture
def log_in(client: Client) -> Callable[..., Client]:
    def logged_in(role: str, language: str = "en", **fields: Any) -> Client:
        client.cookies["django_language"] = language
        client.force_login(UserFactory(role=role, **fields))
        return client

    return logged_in


@pytest.fixture
def vng(log_in: Callable[..., Client]) -> Client:
    return log_in(Role.VNG)


def text(response: Any) -> str:
    return response.content.decode()


def titles(response: Any) -> list[str]:
    """The entries on the page, in their order."""
    return [entry.title for entry in response.context["entries"]]


class TestWho:
    @pytest.mark.parametrize("role", Role.values)
    def test_everybody_with_a_log_in_reads_it(self, log_in: Callable[..., Client], role: str) -> None:
        entry = TypicalMeasureFactory(title_en="Network")
        client = log_in(role)
        assert titles(client.get(URL)) == ["Network"]
        assert client.get(f"{URL}{entry.pk}/").status_code == 200

    def test_a_visitor_logs_in_first(self, client: Client) -> None:
        assert client.get(URL).url == f"/account/inloggen/?next={URL}"

    @pytest.mark.parametrize(
        ("role", "status"),
        [(Role.OFFICER, 403), (Role.NCTV, 403), (Role.VNG, 200), (Role.ADMINISTRATOR, 200)],
    )
    def test_vng_keeps_it(self, log_in: Callable[..., Client], role: str, status: int) -> None:
        entry = TypicalMeasureFactory()
        client = log_in(role)
        for path in ("toevoegen/", f"{entry.pk}/wijzigen/"):
            assert client.get(f"{URL}{path}").status_code == status
            assert client.post(f"{URL}{path}", {"revision": 1}).status_code == (403 if status == 403 else 422)
        assert ("toevoegen/" in text(client.get(URL))) is (status == 200)
        assert ("wijzigen/" in text(client.get(f"{URL}{entry.pk}/"))) is (status == 200)
        assert TypicalMeasure.objects.count() == 1

    @pytest.mark.parametrize(
        ("role", "is_offered"),
        [(Role.OFFICER, True), (Role.NCTV, False), (Role.VNG, True), (Role.ADMINISTRATOR, True)],
    )
    def test_an_entry_is_taken_over_by_who_has_plans(
        self, log_in: Callable[..., Client], role: str, is_offered: bool
    ) -> None:
        entry = TypicalMeasureFactory()
        html = text(log_in(role).get(f"{URL}{entry.pk}/"))
        assert (f'href="/maatregelen/overnemen/?typical={entry.pk}"' in html) is is_offered

    def test_the_list_and_an_entry_are_read_only(self, vng: Client) -> None:
        entry = TypicalMeasureFactory()
        assert vng.post(URL).status_code == vng.post(f"{URL}{entry.pk}/").status_code == 405

    def test_an_entry_that_is_not_there(self, vng: Client) -> None:
        assert vng.get(f"{URL}999999/").status_code == vng.get(f"{URL}999999/wijzigen/").status_code == 404


class TestList:
    @pytest.fixture(autouse=True)
    def entries(self) -> None:
        for title, category, phase in (
            ("Éducation", Category.EXPERTISE, Phase.PREVENTION),
            ("Analysis", Category.LOCAL_ANALYSIS, Phase.PREVENTION),
            ("network", Category.NETWORK, Phase.AFTERCARE),
        ):
            TypicalMeasureFactory(title_en=title, title_nl=f"NL {title}", category=category, phase=phase)

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["Analysis", "Éducation", "network"]),
            ("?q=education", ["Éducation"]),
            ("?q=nl+NETWORK", ["network"]),
            ("?q=municipalities+do", ["Analysis", "Éducation", "network"]),
            ("?category=network&category=expertise", ["Éducation", "network"]),
            ("?category=network&phase=prevention", []),
            ("?phase=aftercare", ["network"]),
            ("?sort=-title", ["network", "Éducation", "Analysis"]),
            ("?sort=category", ["Analysis", "network", "Éducation"]),
            ("?sort=-phase", ["network", "Analysis", "Éducation"]),
        ],
    )
    def test_is_searched_filtered_and_sorted(self, vng: Client, query: str, found: list[str]) -> None:
        assert titles(vng.get(f"{URL}{query}")) == found

    def test_speaks_the_readers_language(self, log_in: Callable[..., Client]) -> None:
        assert titles(log_in(Role.VNG, "nl").get(URL)) == ["NL Analysis", "NL Éducation", "NL network"]

    def test_says_what_to_do_where_nothing_is_found_or_asked_wrongly(self, vng: Client) -> None:
        assert "No measure has all of this" in text(vng.get(f"{URL}?q=zzz"))
        refused = vng.get(f"{URL}?category=zzz")
        assert refused.status_code == 422
        assert "zzz is not one of the available choices." in text(refused)

    def test_an_empty_library_says_so(self, vng: Client) -> None:
        TypicalMeasure.objects.all().delete()
        assert "The library is empty" in text(vng.get(URL))

    def test_a_filter_swaps_the_results_alone(self, vng: Client) -> None:
        response = vng.get(f"{URL}?q=network", headers={"HX-Request": "true", "HX-Target": "results"})
        assert "<form" not in text(response)
        assert titles(response) == ["network"]

    def test_csv_holds_what_is_shown_in_its_order(self, vng: Client) -> None:
        response = vng.get(f"{URL}?phase=prevention&sort=-title&export=csv")
        content = b"".join(response.streaming_content).decode("utf-8-sig")
        rows = list(csv.DictReader(StringIO(content), delimiter=";"))
        assert [row["Measure"] for row in rows] == ["Éducation", "Analysis"]
        assert rows[0]["Category"] == "expertise and information"
        assert rows[0]["Municipalities that took it over"] == "0"
        assert rows[0]["Address of the source"] == "https://gemeente.example/plan"

    def test_xlsx_tells_by_which_filters_it_was_made(self, vng: Client) -> None:
        response = vng.get(f"{URL}?phase=aftercare&export=xlsx")
        workbook = load_workbook(BytesIO(b"".join(response.streaming_content)))
        table, about = workbook.worksheets
        assert [row[0] for row in table.iter_rows(values_only=True)] == ["Measure", "network"]
        assert ("Filters", "Phase: aftercare") in list(about.iter_rows(values_only=True))

    def test_queries_do_not_grow_with_the_library(self, vng: Client) -> None:
        for _number in range(2):
            for query in ("", "?q=nl&category=network&sort=-municipalities"):
                with expect_queries(4):
                    vng.get(f"{URL}{query}")
            plan = ActionPlanFactory(municipality=MunicipalityFactory())
            MeasureFactory.create_batch(60, taken_from=TypicalMeasureFactory(), plan=plan)
            TypicalMeasureFactory.create_batch(60)


class TestCount:
    """How many municipalities took an entry over."""

    @pytest.fixture
    def entry(self) -> TypicalMeasure:
        return TypicalMeasureFactory(title_en="Counted")

    def count(self, entry: TypicalMeasure) -> int:
        return TypicalMeasure.objects.with_municipalities().get(pk=entry.pk).municipality_count

    def test_each_municipality_once_however_often(self, entry: TypicalMeasure, vng: Client) -> None:
        for _number in range(2):
            plan = ActionPlanFactory(municipality=MunicipalityFactory())
            MeasureFactory.create_batch(2, plan=plan, taken_from=entry)
        MeasureFactory(plan=ActionPlanFactory(municipality=MunicipalityFactory()))
        TypicalMeasureFactory()
        assert self.count(entry) == 2
        assert vng.get(f"{URL}?sort=-municipalities").context["entries"][0][1:6:4] == ("Counted", 2)
        assert "2 municipalities" in text(vng.get(f"{URL}{entry.pk}/"))

    def test_all_that_share_a_plan(self, entry: TypicalMeasure) -> None:
        plan = ActionPlanFactory(municipality=MunicipalityFactory())
        status = PlanParticipation.Status
        for one in (status.CONFIRMED, status.PROPOSED, status.DECLINED):
            PlanParticipation.objects.create(plan=plan, municipality=MunicipalityFactory(), status=one)
        MeasureFactory(plan=plan, taken_from=entry)
        assert self.count(entry) == 2

    def test_no_draft(self, entry: TypicalMeasure) -> None:
        draft = ActionPlanFactory(
            municipality=MunicipalityFactory(), status=ActionPlan.Status.DRAFT, adopted_on=None
        )
        MeasureFactory(plan=draft, taken_from=entry)
        adopted = ActionPlanFactory(municipality=MunicipalityFactory())
        measure = MeasureFactory(plan=adopted, taken_from=entry, status=Measure.Status.DRAFT)
        assert self.count(entry) == 0
        Measure.objects.filter(pk=measure.pk).update(status=Measure.Status.PLANNED)
        assert self.count(entry) == 1


class TestKeeping:
    def test_an_entry_of_vng_says_so(self, vng: Client) -> None:
        response = vng.post(f"{URL}toevoegen/", ENTRY)
        entry = TypicalMeasure.objects.get()
        assert response.url == f"{URL}{entry.pk}/"
        assert {name: getattr(entry, name) for name in ENTRY} == ENTRY
        assert entry.provenance == Provenance.VNG
        assert "Entered by VNG" in text(vng.get(response.url))

    def test_what_is_missing_stands_beside_its_field_and_nothing_is_lost(self, vng: Client) -> None:
        response = vng.post(f"{URL}toevoegen/", ENTRY | {"text_en": ""})
        assert response.status_code == 422
        assert list(response.context["form"].errors) == ["text_en"]
        assert "Bouw een netwerk op." in text(response)
        assert not TypicalMeasure.objects.exists()

    def test_a_changed_entry_is_taken_over_and_keeps_its_source(self, vng: Client) -> None:
        entry = TypicalMeasureFactory(source_key="network", **ENTRY)
        changed = ENTRY | {"text_en": "Build it.", "revision": entry.revision}
        assert vng.post(f"{URL}{entry.pk}/wijzigen/", changed).status_code == 302
        entry.refresh_from_db()
        assert (entry.text_en, entry.provenance) == ("Build it.", Provenance.VNG)
        html = text(vng.get(f"{URL}{entry.pk}/"))
        assert re.search(r'Entered by VNG, after\s*<a href="https://gemeente.example/plan"', html)
        report = synchronise_sourced(TypicalMeasure, {"network": {"text_en": "As it was."}})
        assert [kept.name for kept in report.kept] == ["network"]
        entry.refresh_from_db()
        assert entry.text_en == "Build it."

    def test_saving_without_a_change_changes_nothing(self, vng: Client) -> None:
        entry = TypicalMeasureFactory(**ENTRY)
        assert vng.post(f"{URL}{entry.pk}/wijzigen/", ENTRY | {"revision": 1}).status_code == 302
        entry.refresh_from_db()
        assert (entry.provenance, entry.revision) == (Provenance.PUBLIC_SOURCE, 1)

    def test_two_people_are_told_of_each_other(self, log_in: Callable[..., Client]) -> None:
        entry = TypicalMeasureFactory(**ENTRY)
        address = f"{URL}{entry.pk}/wijzigen/"
        opened = ENTRY | {"revision": entry.revision}
        log_in(Role.VNG, name="Noor").post(address, opened | {"text_en": "Noor's text."})
        client = log_in(Role.VNG, name="Ali")
        response = client.post(address, opened | {"text_en": "Ali's text.", "phase": "prevention"})
        assert response.status_code == 409
        for said in ("Noor", "Noor&#x27;s text.", "Ali&#x27;s text."):
            assert said in text(response)
        entry.refresh_from_db()
        assert (entry.text_en, entry.phase) == ("Noor's text.", "early_detection")
        form = response.context["form"]
        chosen = {name: form[name].value() for name in ("revision", *ENTRY)} | {"choose-text_en": "theirs"}
        assert client.post(address, chosen).status_code == 302
        entry.refresh_from_db()
        assert (entry.text_en, entry.phase) == ("Noor's text.", "prevention")
