"""The pages on which plans are read: the list with its filters and export, one plan, and two versions."""

import csv
import datetime as dt
import re
from collections.abc import Iterator
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.test import Client
from openpyxl import load_workbook

from measures.actions.plans import adopt_plan, make_next_version, put_document
from measures.models import ActionPlan, Partner
from municipalities.models import Municipality
from policytracker.documents import DocumentField
from tests.factories import ActionPlanFactory, ContactFactory, MeasureFactory, MunicipalityFactory
from tests.measures.plans import DAY, ROLES, ask, draft_of, log_in, next_of, officer_of, text, user_of
from tests.policytracker.documents import pdf, upload
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db
URL = "/plannen/"


@pytest.fixture(autouse=True)
def on_a_day() -> Iterator[None]:
    with time_machine.travel(DAY, tick=False):
        yield


@pytest.fixture
def vng(client: Client) -> Client:
    return log_in(client, user_of("vng"))


@pytest.fixture
def utrecht() -> Municipality:
    return MunicipalityFactory(code="GM0344", name="Utrecht")


def titles(response: Any) -> list[str]:
    """The plans on the page, in their order."""
    return re.findall(r'<th scope="row"><a href="/plannen/\d+/">([^<]+)</a>', text(response))


def words(response: Any) -> str:
    """What a person reads on the page."""
    return " ".join(re.sub(r"<[^>]+>", " ", text(response)).split())


class TestList:
    @pytest.mark.parametrize("role", ROLES)
    def test_everybody_sees_the_adopted_and_only_some_the_drafts(
        self, client: Client, utrecht: Municipality, role: str
    ) -> None:
        ActionPlanFactory(municipality=utrecht, title="Adopted")
        draft_of(utrecht, title="Draft")
        seen = {"Adopted", "Draft"} if role in ("vng", "administrator") else {"Adopted"}
        assert set(titles(log_in(client, user_of(role)).get(URL))) == seen
        assert set(titles(log_in(client, officer_of(utrecht)).get(URL))) == {"Adopted", "Draft"}

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("q=weerbaar", ["Weerbaar Zeist"]),
            ("gemeente=gm0344", ["Aanpak Utrecht"]),
            ("gemeente=zei", ["Weerbaar Zeist"]),
            ("state=expired", ["Oud"]),
            ("state=expired&state=superseded", ["Oud"]),
            ("theme=left_wing", ["Weerbaar Zeist"]),
            ("year=2016", ["Oud"]),
            ("year=2016&year=2027&sort=title", ["Aanpak Utrecht", "Oud", "Weerbaar Zeist"]),
            ("q=aanpak&theme=left_wing", []),
        ],
    )
    def test_filters(self, vng: Client, utrecht: Municipality, query: str, found: list[str]) -> None:
        zeist = MunicipalityFactory(code="GM0355", name="Zeist")
        ActionPlanFactory(municipality=utrecht, title="Aanpak Utrecht")
        ActionPlanFactory(municipality=zeist, title="Weerbaar Zeist", themes=["left_wing"])
        ActionPlanFactory(title="Oud", starts_on=dt.date(2015, 1, 1), ends_on=dt.date(2018, 12, 31))
        assert titles(vng.get(f"{URL}?{query}")) == found

    def test_an_officer_goes_to_the_own_municipalities(self, client: Client, utrecht: Municipality) -> None:
        ActionPlanFactory(municipality=utrecht, title="Own")
        ActionPlanFactory(title="Foreign")
        log_in(client, officer_of(utrecht))
        assert titles(client.get(f"{URL}?mijn=ja")) == ["Own"]
        assert len(titles(client.get(URL))) == 2
        assert f'href="{URL}?mijn=ja"' in text(client.get(URL))
        assert "mijn=ja" not in text(log_in(client, user_of("nctv")).get(URL))

    def test_each_filter_has_a_chip_that_takes_it_away(self, vng: Client) -> None:
        context = vng.get(f"{URL}?state=draft&theme=jihadism&q=x").context
        assert [(str(chip.label), chip.value) for chip in context["chips"]] == [
            ("Title", "x"),
            ("Status", "Draft"),
            ("Theme", "Jihadism"),
        ]

    @pytest.mark.parametrize(
        ("sort", "first"),
        [("title", "A"), ("-title", "C"), ("ends", "B"), ("measures", "A"), ("-measures", "C")],
    )
    def test_it_is_sorted(self, vng: Client, sort: str, first: str) -> None:
        MeasureFactory(plan=ActionPlanFactory(title="C"))
        ActionPlanFactory(title="A")
        ActionPlanFactory(title="B", ends_on=dt.date(2026, 12, 31))
        assert titles(vng.get(f"{URL}?sort={sort}"))[0] == first

    def test_a_row_tells_what_the_plan_is(self, vng: Client, utrecht: Municipality) -> None:
        plan = ActionPlanFactory(municipality=utrecht, title="<b>Plan</b>", ends_on=dt.date(2025, 12, 31))
        MeasureFactory(plan=plan)
        MeasureFactory(plan=plan, status="draft")
        for number in range(4):
            ask(plan, MunicipalityFactory(name=f"Z{number}"), status="confirmed")
        html = text(vng.get(URL))
        assert "&lt;b&gt;Plan&lt;/b&gt;" in html
        assert "Utrecht, Z0, Z1 and 2 others" in words(vng.get(URL)).replace("Utrecht , ", "Utrecht, ")
        assert 'data-label="Measures">1</td>' in html
        assert "Expired" in html

    def test_nothing_found_and_nothing_there(self, vng: Client) -> None:
        assert "There are no action plans yet" in text(vng.get(URL))
        assert "No plan has all of this" in text(vng.get(f"{URL}?q=x"))

    def test_a_choice_that_is_not_offered_is_refused(self, vng: Client) -> None:
        assert vng.get(f"{URL}?state=lost").status_code == 422

    def test_htmx_gets_the_results_alone(self, vng: Client) -> None:
        headers = {"HX-Request": "true", "HX-Target": "results"}
        html = text(vng.get(f"{URL}?q=x", headers=headers))
        assert html.lstrip().startswith('<div class="pt-stack pt-fades" id="results">')

    def test_exports_say_what_the_page_shows(self, vng: Client, utrecht: Municipality) -> None:
        plan = ActionPlanFactory(municipality=utrecht, title="=1+1", ends_on=dt.date(2025, 12, 31))
        ActionPlanFactory(title="Other")
        response = vng.get(f"{URL}?gemeente=utrecht&export=csv")
        lines = b"".join(response.streaming_content).decode("utf-8-sig")
        (row,) = csv.DictReader(StringIO(lines), delimiter=";")
        assert row["Number"] == str(plan.pk)
        assert (row["Action plan"], row["Municipalities"], row["Status"]) == ("'=1+1", "Utrecht", "expired")
        assert row["Reference day"] == "2026-11-24"
        response = vng.get(f"{URL}?gemeente=utrecht&export=xlsx")
        book = load_workbook(BytesIO(b"".join(response.streaming_content)))
        assert book.worksheets[0].max_row == 2
        assert book.worksheets[1]["B3"].value == "Municipality or code: utrecht"

    def test_queries_do_not_grow(self, client: Client, utrecht: Municipality) -> None:
        log_in(client, officer_of(utrecht))
        MeasureFactory(plan=ActionPlanFactory(municipality=utrecht))
        for query in ("", "?mijn=ja&q=plan&gemeente=utr&state=adopted&year=2026"):
            with expect_queries(4):
                client.get(f"{URL}{query}")
        for _number in range(60):
            plan = ActionPlanFactory(municipality=utrecht)
            MeasureFactory(plan=plan)
            ask(plan, MunicipalityFactory(), status="confirmed")
        for query in ("", "?mijn=ja&q=plan&gemeente=utr&state=adopted&year=2026"):
            with expect_queries(4):
                client.get(f"{URL}{query}")


class TestDetail:
    def test_measures_stand_in_their_phase_late_ones_are_marked_and_drafts_are_for_editors(
        self, client: Client, utrecht: Municipality
    ) -> None:
        plan = ActionPlanFactory(municipality=utrecht)
        MeasureFactory(plan=plan, title="Late", phase="prevention", due_on=dt.date(2026, 11, 23))
        MeasureFactory(plan=plan, title="Fitted", status="draft")
        response = log_in(client, officer_of(utrecht)).get(plan.get_absolute_url())
        assert [phase.name for phase in response.context["phases"]] == ["Prevention", "Early detection"]
        assert "Nov. 23, 2026 late" in words(response)
        assert "Draft, does not count yet" in words(response)
        assert "Fitted" not in text(log_in(client, user_of("nctv")).get(plan.get_absolute_url()))

    @pytest.mark.parametrize(
        ("status", "shown"),
        [
            ("draft", {"vaststellen", "wijzigen", "verwijderen", "uitnodigen"}),
            ("adopted", {"wijzigen", "nieuwe-versie", "bevestigen", "uitnodigen"}),
            ("superseded", set()),
        ],
    )
    def test_the_buttons_fit_the_state(
        self, client: Client, utrecht: Municipality, status: str, shown: set[str]
    ) -> None:
        plan = ActionPlanFactory(municipality=utrecht, status=status)
        assert self.addresses(self.as_officer(client, utrecht, plan), plan) == {*shown, "geschiedenis"}
        if status != "draft":
            reader = log_in(client, user_of("nctv")).get(plan.get_absolute_url())
            assert self.addresses(reader, plan) == {"geschiedenis"}

    def addresses(self, response: Any, plan: ActionPlan) -> set[str]:
        """The pages of the plan to which its page leads."""
        return set(re.findall(rf"/plannen/{plan.pk}/([a-z-]+)/", text(response)))

    def as_officer(self, client: Client, municipality: Municipality, plan: ActionPlan) -> Any:
        return log_in(client, officer_of(municipality)).get(plan.get_absolute_url())

    def test_a_late_measure_of_a_superseded_plan_is_not_late_there(
        self, client: Client, utrecht: Municipality
    ) -> None:
        plan = ActionPlanFactory(municipality=utrecht, status="superseded")
        MeasureFactory(plan=plan, due_on=dt.date(2026, 11, 23))
        assert self.as_officer(client, utrecht, plan).context["late"] == set()

    def test_versions_lead_to_each_other(self, client: Client, utrecht: Municipality) -> None:
        first = ActionPlanFactory(municipality=utrecht, status="superseded")
        second = next_of(first, status="adopted", adopted_on=dt.date(2026, 1, 1))
        third = next_of(second)
        html = text(self.as_officer(client, utrecht, second))
        assert f'href="/plannen/{first.pk}/"' in html
        assert f'href="/plannen/{third.pk}/verschillen/"' in html
        assert "Version 3 is being made" in html
        assert "nieuwe-versie" not in html
        assert f"/plannen/{third.pk}/" not in text(
            log_in(client, user_of("nctv")).get(f"/plannen/{second.pk}/")
        )
        assert "has taken the place of this one" in text(client.get(f"/plannen/{first.pk}/"))

    def test_the_document_is_a_download_for_who_sees_the_plan(
        self, client: Client, utrecht: Municipality, settings: Any, tmp_path: Path
    ) -> None:
        settings.MEDIA_ROOT = str(tmp_path)
        plan, officer = draft_of(utrecht), officer_of(utrecht)
        assert log_in(client, officer).get(f"/plannen/{plan.pk}/document/").status_code == 404
        put_document(by=officer, plan=plan, document=DocumentField().clean(upload(pdf("Wat wij doen"))))
        response = client.get(f"/plannen/{plan.pk}/document/")
        assert response["Content-Disposition"] == 'attachment; filename="Plan van aanpak.pdf"'
        assert b"".join(response.streaming_content).startswith(b"%PDF")
        assert "Plan van aanpak.pdf" in text(client.get(plan.get_absolute_url()))
        assert log_in(client, user_of("nctv")).get(f"/plannen/{plan.pk}/document/").status_code == 404

    def test_queries_do_not_grow(self, client: Client, utrecht: Municipality) -> None:
        first = ActionPlanFactory(municipality=utrecht)
        plan = next_of(first, status="adopted", adopted_on=dt.date(2026, 1, 1))
        first.status = "superseded"
        first.save(update_fields=["status"])
        MeasureFactory(plan=plan)
        log_in(client, officer_of(utrecht))
        with expect_queries(9):
            client.get(plan.get_absolute_url())
        partner = Partner.objects.create(name="Politie", kind="police")
        for _number in range(20):
            MeasureFactory(plan=plan).partners.add(partner)
            ask(plan, MunicipalityFactory())
        next_of(plan)
        with expect_queries(9):
            client.get(plan.get_absolute_url())


class TestDifferences:
    @pytest.fixture
    def versions(self, utrecht: Municipality) -> list[ActionPlan]:
        """Three versions, of which the last is a draft."""
        officer = officer_of(utrecht)
        first = ActionPlanFactory(municipality=utrecht)
        MeasureFactory(plan=first, title="Along")
        MeasureFactory(plan=first, title="Finished", status="done")
        second, _is_new = make_next_version(by=officer, plan=first)
        adopt_plan(by=officer, plan=second, adopted_on=DAY.date())
        third, _is_new = make_next_version(by=officer, plan=second)
        MeasureFactory(plan=third, title="Brand new")
        return [first, second, third]

    def test_it_is_held_beside_the_version_before_or_an_earlier_one(
        self, vng: Client, versions: list[ActionPlan]
    ) -> None:
        first, _second, third = versions
        page = f"/plannen/{third.pk}/verschillen/"
        html = words(vng.get(page))
        assert "1 new measure Brand new" in html
        assert "not taken along" not in html
        assert "1 measure went along unchanged." in html
        html = words(vng.get(f"{page}?met={first.pk}"))
        assert "1 measure not taken along Finished" in html

    @pytest.mark.parametrize("asked", ["self", "later", "foreign", "none", "words"])
    def test_there_is_nothing_beside_what_is_no_earlier_version(
        self, vng: Client, versions: list[ActionPlan], asked: str
    ) -> None:
        first, second, third = versions
        foreign = ActionPlanFactory()
        addresses = {
            "self": f"/plannen/{second.pk}/verschillen/?met={second.pk}",
            "later": f"/plannen/{second.pk}/verschillen/?met={third.pk}",
            "foreign": f"/plannen/{second.pk}/verschillen/?met={foreign.pk}",
            "none": f"/plannen/{first.pk}/verschillen/",
            "words": f"/plannen/{second.pk}/verschillen/?met=alle",
        }
        assert vng.get(addresses[asked]).status_code == 404

    def test_a_contact_of_another_municipality_is_not_named(
        self, client: Client, versions: list[ActionPlan], utrecht: Municipality
    ) -> None:
        zeist, third = MunicipalityFactory(name="Zeist"), versions[2]
        ask(third, zeist, status="confirmed", decided_by=user_of("vng"), decided_at=DAY)
        third.measures.update(contact=ContactFactory(municipality=utrecht, name="Carla"))
        page = f"/plannen/{third.pk}/verschillen/"
        assert "Carla" in words(log_in(client, officer_of(utrecht)).get(page))
        html = words(log_in(client, officer_of(zeist)).get(page))
        assert "Brand new" in html
        assert "Carla" not in html

    def test_versions_that_say_the_same(self, vng: Client, utrecht: Municipality) -> None:
        first = ActionPlanFactory(municipality=utrecht)
        assert "Nothing changed" in text(vng.get(f"/plannen/{next_of(first).pk}/verschillen/"))

    def test_queries_do_not_grow(self, vng: Client, versions: list[ActionPlan]) -> None:
        page = f"/plannen/{versions[2].pk}/verschillen/"
        with expect_queries(10):
            vng.get(page)
        partner = Partner.objects.create(name="Politie", kind="police")
        for _number in range(20):
            MeasureFactory(plan=versions[2]).partners.add(partner)
            ask(versions[2], MunicipalityFactory())
        with expect_queries(10):
            vng.get(page)
