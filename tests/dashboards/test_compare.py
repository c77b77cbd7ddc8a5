"""A municipality beside similar ones: what is counted, what is shown to whom, what can be taken over."""

import csv
import datetime as dt
import re
from io import BytesIO, StringIO
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.utils import translation
from openpyxl import load_workbook

from dashboards.comparison import Comparison, Tally, bases
from measures.models import Measure, PlanParticipation, TypicalMeasure
from municipalities.coverage import Coverage
from municipalities.filters import RegisterFilter
from municipalities.models import GroupMembership, Municipality, MunicipalityGroup
from policytracker.provenance import Confidence, Provenance
from tests.factories import (
    ActionPlanFactory,
    CoverageStatementFactory,
    MeasureFactory,
    MembershipFactory,
    MunicipalityFactory,
    ProvinceFactory,
    SafetyRegionFactory,
    UserFactory,
)
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db
DAY = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
TODAY = DAY.date()
URL = "/gemeenten/GM0355/vergelijken/"
BUTTON = "Take over as draft"


@pytest.fixture(autouse=True)
def in_english_on_a_day(client: Client) -> Any:
    client.cookies["django_language"] = "en"
    with translation.override("en"), time_machine.travel(DAY, tick=False):
        yield


@pytest.fixture
def zeist() -> Municipality:
    return MunicipalityFactory(code="GM0355", name="Zeist", population=66_000)


@pytest.fixture
def officer(client: Client, zeist: Municipality) -> Client:
    client.force_login(MembershipFactory(municipality=zeist).user)
    return client


@pytest.fixture
def nctv(client: Client, zeist: Municipality) -> Client:
    client.force_login(UserFactory(nctv=True))
    return client


def typical(title: str = "Training", **fields: Any) -> TypicalMeasure:
    """An entry of the library."""
    texts = {"title_nl": title, "title_en": title, "text_nl": "Leer het.", "text_en": "Learn it."}
    source = {
        "provenance": Provenance.PUBLIC_SOURCE,
        "source_url": "https://bron.example",
        "source_seen_on": TODAY,
        "confidence": Confidence.HIGH,
    }
    kind = {"category": "expertise", "phase": "early_detection"}
    return TypicalMeasure.objects.create(**texts | source | kind | fields)


def others(*numbers: int, **fields: Any) -> list[Municipality]:
    """Municipalities with a plan, each with so many measures."""
    found = []
    for number in numbers:
        municipality = MunicipalityFactory(population=60_000)
        MeasureFactory.create_batch(number, plan=ActionPlanFactory(municipality=municipality), **fields)
        found.append(municipality)
    return found


def join(plan: Any, municipality: Municipality, status: str = "confirmed") -> None:
    PlanParticipation.objects.create(plan=plan, municipality=municipality, status=status)


def tally_of(municipality: Municipality, by: str = "size") -> Tally:
    [basis] = [basis for basis in bases(municipality, TODAY) if basis.key == by]
    return Comparison(municipality, basis, TODAY).tally


def numbers(tally: Tally) -> dict[str, tuple[int, float | None]]:
    return {line.label: (line.own, line.median) for line in (*tally.categories, *tally.phases, tally.total)}


def text(response: Any) -> str:
    html = response.content.decode().partition("<main")[2].partition("</main>")[0]
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def titles(response: Any) -> list[str]:
    return [one.title for one in response.context["missing"]]


def rows(response: Any) -> list[dict[str, str]]:
    content = b"".join(response.streaming_content).decode("utf-8-sig")
    return list(csv.DictReader(StringIO(content), delimiter=";"))


class TestAddress:
    def test_a_visitor_gets_the_log_in_page(self, client: Client, zeist: Municipality) -> None:
        response = client.get(URL)
        assert (response.status_code, response.url) == (302, f"/account/inloggen/?next={URL}")

    @pytest.mark.parametrize("role", ["vng", "nctv", "administrator"])
    def test_each_role_may_look(self, client: Client, zeist: Municipality, role: str) -> None:
        client.force_login(UserFactory(**{role: True}))
        assert client.get(URL).status_code == 200

    def test_an_officer_may_look_at_any(self, client: Client, zeist: Municipality) -> None:
        client.force_login(MembershipFactory().user)
        assert client.get(URL).status_code == 200
        assert client.get(URL.replace("GM", "gm")).status_code == 200

    def test_one_that_is_unknown_or_gone_is_not_found(self, nctv: Client) -> None:
        assert nctv.get("/gemeenten/GM9999/vergelijken/").status_code == 404
        Municipality.objects.update(valid_until=TODAY)
        assert nctv.get(URL).status_code == 404

    def test_nobody_changes_anything_here(self, officer: Client) -> None:
        assert officer.post(URL).status_code == 405

    def test_its_page_leads_here_while_it_exists(self, nctv: Client) -> None:
        assert f'href="{URL}"' in nctv.get("/gemeenten/GM0355/").content.decode()
        Municipality.objects.update(valid_until=TODAY)
        assert f'href="{URL}"' not in nctv.get("/gemeenten/GM0355/").content.decode()


class TestGroup:
    @pytest.fixture
    def g40(self, zeist: Municipality) -> MunicipalityGroup:
        group = MunicipalityGroup.objects.create(code="g40", name="G40")
        GroupMembership.objects.create(group=group, municipality=zeist)
        GroupMembership.objects.create(group=group, municipality=MunicipalityFactory(population=200_000))
        gone = MunicipalityFactory(population=200_000)
        GroupMembership.objects.create(group=group, municipality=gone, until=TODAY)
        return group

    def test_each_is_the_one_that_its_link_leads_to(self, zeist: Municipality, g40: Any) -> None:
        MunicipalityFactory(population=50_000, safety_region=SafetyRegionFactory(code="VR01"))
        MunicipalityFactory(population=100_000, province=ProvinceFactory(code="PV20"))
        MunicipalityFactory(population=None, population_year=None)
        MunicipalityFactory(valid_until=TODAY)
        found = bases(zeist, TODAY)
        sizes = {}
        for basis in found:
            register = RegisterFilter({key: [value] for key, value in basis.filters.items()})
            assert register.is_valid()
            members = set(Comparison(zeist, basis, TODAY).members)
            assert members == set(register.apply(Municipality.objects.in_register(on=TODAY)))
            sizes[basis.key] = len(members)
        assert sizes == {"size": 2, "region": 5, "province": 5, "group-g40": 2}

    def test_the_size_is_the_first_choice(self, nctv: Client) -> None:
        MunicipalityFactory.create_batch(2, population=60_000)
        response = nctv.get(URL)
        assert (
            "Compared with 2 other municipalities of the same size (50,000 to 100,000 inhabitants)."
            in text(response)
        )
        assert 'href="/gemeenten/?size=50_100"' in response.content.decode()

    @pytest.mark.parametrize(
        ("by", "told"),
        [
            ("size", "0 other municipalities of the same size (50,000 to 100,000 inhabitants)"),
            ("region", "2 other municipalities in the same safety region (Safety region VR09)"),
            ("province", "2 other municipalities in the same province (Province PV26)"),
            ("group-g40", "1 other municipality in the same group (G40)"),
        ],
    )
    def test_another_is_asked_for(self, nctv: Client, g40: Any, by: str, told: str) -> None:
        response = nctv.get(f"{URL}?by={by}")
        assert f"Compared with {told}." in text(response)
        assert f'<option value="{by}" selected>' in response.content.decode()

    def test_where_the_size_is_not_known_it_is_the_region(self, nctv: Client) -> None:
        Municipality.objects.update(population=None, population_year=None)
        response = nctv.get(URL)
        assert "in the same safety region" in text(response)
        assert 'value="size"' not in response.content.decode()
        assert "The number of inhabitants of Zeist is not known" in text(response)

    def test_where_neither_is_known_it_is_the_province(self, nctv: Client) -> None:
        Municipality.objects.update(population=None, population_year=None, safety_region=None)
        assert "in the same province (Province PV26)" in text(nctv.get(URL))

    def test_a_group_to_which_it_does_not_belong_is_no_choice(self, nctv: Client, g40: Any) -> None:
        GroupMembership.objects.filter(municipality__code="GM0355").update(until=TODAY)
        response = nctv.get(f"{URL}?by=group-g40")
        assert response.status_code == 422
        assert "The comparison cannot be shown" in text(response)


class TestCoverage:
    def test_is_counted_with_its_own_marked(self, nctv: Client, zeist: Municipality) -> None:
        CoverageStatementFactory(municipality=zeist, value=Coverage.PRIORITY)
        CoverageStatementFactory(municipality=MunicipalityFactory(), value=Coverage.ABSENT)
        CoverageStatementFactory(municipality=MunicipalityFactory(population=10), value=Coverage.ABSENT)
        response = nctv.get(URL)
        shown = {one.coverage: one.number for one in response.context["comparison"].numbers}
        assert {key: number for key, number in shown.items() if number} == {"priority": 1, "absent": 1}
        html = response.content.decode()
        assert 'href="/gemeenten/?size=50_100&amp;coverage=absent"' in html
        assert re.findall(r'pt-stat--own"><a class="pt-stat__link" href="([^"]+)"', html) == [
            "/gemeenten/?size=50_100&amp;coverage=priority"
        ]
        assert text(response).count("Zeist is among these") == 1


class TestMedians:
    def test_of_an_odd_number_it_is_the_middle_one(self, zeist: Municipality) -> None:
        others(1, 2, 4, 7, 9)
        MeasureFactory.create_batch(3, plan=ActionPlanFactory(municipality=zeist))
        assert numbers(tally_of(zeist))["All measures"] == (3, 4)

    def test_of_an_even_number_it_is_halfway(self, zeist: Municipality) -> None:
        others(1, 2, 3, 6, 7, 9)
        assert numbers(tally_of(zeist))["All measures"] == (0, 4.5)

    def test_a_plan_without_such_a_measure_counts_as_none(self, zeist: Municipality) -> None:
        others(0, 0, 0)
        others(2, 3, category="evaluation", phase="aftercare")
        others(4, category="network", phase="aftercare")
        found = numbers(tally_of(zeist))
        # 0 0 0 0 2 3 evaluations, 0 0 0 0 0 4 of network, 0 0 0 2 3 4 of aftercare
        assert found["Evaluation"] == (0, 0)
        assert found["Network"] == (0, 0)
        assert found["Aftercare"] == (0, 1)
        assert found["All measures"] == (0, 1)

    def test_who_has_no_plan_does_not_count(self, zeist: Municipality) -> None:
        others(2, 2, 4, 5, 6)
        MunicipalityFactory.create_batch(5, population=60_000)
        found = tally_of(zeist)
        assert (found.with_plan, found.total.median) == (5, 4)

    def test_its_own_measures_do_not_count(self, zeist: Municipality) -> None:
        others(2, 2, 2, 8, 8)
        MeasureFactory.create_batch(9, plan=ActionPlanFactory(municipality=zeist))
        found = tally_of(zeist)
        assert (found.with_plan, found.total.own, found.total.median) == (5, 9, 2)

    def test_drafts_stopped_measures_and_other_plans_do_not_count(self, zeist: Municipality) -> None:
        others(1, 1, 1, 1, 1)
        plan = ActionPlanFactory(municipality=zeist)
        MeasureFactory(plan=plan, status="draft")
        MeasureFactory(plan=plan, status="stopped", stopped_because="No.")
        for status in ("planned", "in_progress", "done"):
            MeasureFactory(plan=plan, status=status)
        for fields in (
            {"status": "draft", "adopted_on": None},
            {"status": "superseded"},
            {"ends_on": dt.date(2026, 11, 23)},
            {"starts_on": dt.date(2026, 11, 25)},
        ):
            MeasureFactory(plan=ActionPlanFactory(municipality=zeist, **fields))
        proposed = ActionPlanFactory()
        join(proposed, zeist, "proposed")
        MeasureFactory(plan=proposed)
        assert tally_of(zeist).total.own == 3

    def test_a_joint_plan_counts_for_each_that_takes_part(self, zeist: Municipality) -> None:
        plan = ActionPlanFactory(municipality=zeist)
        for municipality in MunicipalityFactory.create_batch(5, population=60_000):
            join(plan, municipality)
        MeasureFactory.create_batch(2, plan=plan, embedding="structural")
        MeasureFactory(plan=ActionPlanFactory(municipality=zeist))
        found = tally_of(zeist)
        assert (found.with_plan, found.total.own, found.total.median) == (5, 3, 2)
        assert found.structural == (2, 3)
        assert found.structural_of_others == (10, 10)

    def test_bars_are_drawn_to_the_largest_number_of_their_table(self, zeist: Municipality) -> None:
        others(2, 2, 2, 2, 2, category="network")
        MeasureFactory.create_batch(4, plan=ActionPlanFactory(municipality=zeist), category="evaluation")
        lines = {line.label: (line.length, line.mark) for line in tally_of(zeist).categories}
        assert lines["Evaluation"] == (100, 0)
        assert lines["Network"] == (0, 50)


class TestSmallGroups:
    def test_of_four_nothing_is_shown(self, nctv: Client, zeist: Municipality) -> None:
        others(5, 5, 5, 5, embedding="structural")
        MeasureFactory(plan=ActionPlanFactory(municipality=zeist))
        MunicipalityFactory.create_batch(3)
        response = nctv.get(URL)
        assert {line.median for line in response.context["tally"].categories} == {None}
        assert (
            "Of the 7 others 4 have an action plan that holds today. With fewer than 5 we show no median"
            in text(response)
        )
        assert "Median" not in text(response)
        assert "pt-bar__mark" not in response.content.decode()
        assert "Of the others’ measures" not in text(response)

    def test_of_five_it_is(self, nctv: Client, zeist: Municipality) -> None:
        others(5, 5, 5, 5, 5, embedding="structural")
        MeasureFactory(plan=ActionPlanFactory(municipality=zeist))
        shown = text(nctv.get(URL))
        assert "Of the 5 others 5 have an action plan that holds today. The median is the middle one" in shown
        assert "Network 1 5 " in shown
        assert "All measures 1 5 " in shown
        assert "Of the measures of Zeist 0% are structural rather than a project (0 of 1)." in shown
        assert "Of the others’ measures together it is 100% (25 of 25)." in shown

    def test_its_own_plan_makes_no_group_larger(self, nctv: Client, zeist: Municipality) -> None:
        others(5, 5, 5, 5)
        ActionPlanFactory(municipality=zeist)
        assert "Median" not in text(nctv.get(URL))


class TestMissing:
    def test_of_the_library_what_most_have_comes_first(self, officer: Client, zeist: Municipality) -> None:
        rare, common, known = typical("Rare"), typical("Common"), typical("Known")
        others(1, taken_from=rare)
        others(1, 1, taken_from=common)
        others(1, 1, 1, taken_from=known)
        MeasureFactory(plan=ActionPlanFactory(municipality=zeist), taken_from=known)
        response = officer.get(URL)
        found = [(one.title, one.number) for one in response.context["missing"]]
        assert found == [("Common", 2), ("Rare", 1)]
        assert "Common Expertise and information · early detection Learn it." in text(response)
        assert "2 of 6" in text(response)

    def test_what_it_has_but_stopped_is_missing(self, officer: Client, zeist: Municipality) -> None:
        others(1, taken_from=typical())
        own = MeasureFactory(plan=ActionPlanFactory(municipality=zeist), taken_from=typical("Other"))
        Measure.objects.filter(pk=own.pk).update(
            taken_from=TypicalMeasure.objects.get(title_nl="Training"), status="stopped", stopped_because="No"
        )
        assert titles(officer.get(URL)) == ["Training"]

    def test_what_does_not_count_elsewhere_does_not_count_here(
        self, officer: Client, zeist: Municipality
    ) -> None:
        entry = typical()
        others(1, taken_from=entry, status="draft")
        others(1, taken_from=entry, status="stopped", stopped_because="No.")
        larger = MunicipalityFactory(population=100_000)
        MeasureFactory(plan=ActionPlanFactory(municipality=larger), taken_from=entry)
        expired = ActionPlanFactory(municipality=MunicipalityFactory(), ends_on=dt.date(2026, 1, 1))
        MeasureFactory(plan=expired, taken_from=entry)
        proposed = ActionPlanFactory()
        join(proposed, MunicipalityFactory(), "proposed")
        MeasureFactory(plan=proposed, taken_from=entry)
        assert titles(officer.get(URL)) == []

    def test_each_municipality_counts_once_and_each_of_a_joint_plan(
        self, officer: Client, zeist: Municipality
    ) -> None:
        entry = typical()
        plan = ActionPlanFactory(municipality=MunicipalityFactory(name="Soest", population=66_000))
        for name in ("Baarn", "Bunnik"):
            join(plan, MunicipalityFactory(name=name, population=60_000))
        MeasureFactory.create_batch(2, plan=plan, taken_from=entry)
        [one] = officer.get(URL).context["missing"]
        assert one.number == 3
        assert [example.whose for example in one.examples] == ["Soest and 2 others"] * 2

    def test_examples_are_of_those_nearest_in_population(self, officer: Client, zeist: Municipality) -> None:
        entry = typical()
        for population in (99_000, 66_100, 50_000, 65_000):
            municipality = MunicipalityFactory(name=f"M{population}", population=population)
            MeasureFactory(
                plan=ActionPlanFactory(municipality=municipality), taken_from=entry, title=f"Of {population}"
            )
        response = officer.get(URL)
        [one] = response.context["missing"]
        assert [example.title for example in one.examples] == ["Of 66100", "Of 65000", "Of 50000"]
        assert "For instance M66100, M65000, M50000" in text(response)
        assert f'href="/maatregelen/{one.examples[0].pk}/">M66100</a>' in response.content.decode()

    def test_what_is_in_no_library_counts_where_it_has_nothing(
        self, officer: Client, zeist: Municipality
    ) -> None:
        plan = ActionPlanFactory(municipality=zeist)
        MeasureFactory(plan=plan, category="network", phase="prevention")
        others(1, title="Same", category="network", phase="prevention")
        others(1, title="Other category", category="evaluation", phase="prevention")
        others(1, title="Other phase", category="network", phase="aftercare")
        others(1, taken_from=typical("From the library"))
        response = officer.get(URL)
        assert titles(response) == ["From the library", "Other category", "Other phase"]
        assert text(response).count("not in the library") == 2

    def test_a_measure_of_the_library_is_of_the_library_whatever_it_is_called(
        self, officer: Client, zeist: Municipality
    ) -> None:
        others(1, taken_from=typical(), title="Renamed", category="evaluation", phase="aftercare")
        [one] = officer.get(URL).context["missing"]
        assert (one.title, one.category, one.phase) == ("Training", "expertise", "early_detection")
        assert one.examples[0].title == "Renamed"

    def test_without_a_plan_all_is_missing_and_it_can_begin(
        self, officer: Client, zeist: Municipality
    ) -> None:
        others(1, taken_from=typical())
        others(1, title="Own work")
        response = officer.get(URL)
        assert titles(response) == ["Training", "Own work"]
        assert "Zeist has no action plan that holds today" in text(response)
        assert "Choose a first measure" in text(response)
        assert 'href="#missing"' in response.content.decode()

    def test_nothing_is_missing(self, officer: Client, zeist: Municipality) -> None:
        entry = typical()
        others(1, taken_from=entry)
        MeasureFactory(plan=ActionPlanFactory(municipality=zeist), taken_from=entry)
        assert "Nothing. What the others have from the library, Zeist has too" in text(officer.get(URL))

    def test_nobody_has_a_plan(self, officer: Client, zeist: Municipality) -> None:
        assert "None of the others has an action plan that holds today." in text(officer.get(URL))

    def test_what_is_invented_is_marked(self, officer: Client, zeist: Municipality) -> None:
        others(1, taken_from=typical(), provenance=Provenance.DEMONSTRATION)
        assert "Measure" in text(officer.get(URL))
        assert "pt-mark--invented" in officer.get(URL).content.decode()

    def test_a_text_is_shown_as_it_was_typed(self, officer: Client, zeist: Municipality) -> None:
        others(1, title="<script>", description="<b>")
        html = officer.get(URL).content.decode()
        assert "&lt;script&gt;" in html
        assert "&lt;b&gt;" in html

    def test_a_dutch_reader_reads_the_library_in_dutch(self, client: Client, officer: Client) -> None:
        others(1, taken_from=typical(title_nl="Cursus", title_en="Course"))
        assert titles(officer.get(URL)) == ["Course"]
        client.cookies["django_language"] = "nl"
        assert titles(officer.get(URL)) == ["Cursus"]


class TestTakeOver:
    @pytest.fixture(autouse=True)
    def measures(self, zeist: Municipality) -> None:
        entry = typical()
        others(1, taken_from=entry)
        others(1, title="Own work")

    def links(self, client: Client) -> list[str]:
        html = client.get(URL).content.decode()
        return re.findall(r'href="(/maatregelen/overnemen/[^"]*)"', html)

    def test_each_has_its_button(self, officer: Client) -> None:
        entry = TypicalMeasure.objects.get()
        taken, own_work = Measure.objects.order_by("pk")
        assert sorted(self.links(officer)) == [
            f"/maatregelen/overnemen/?measure={taken.pk}&amp;gemeente=GM0355",
            f"/maatregelen/overnemen/?measure={own_work.pk}&amp;gemeente=GM0355",
            f"/maatregelen/overnemen/?typical={entry.pk}&amp;gemeente=GM0355",
        ]

    @pytest.mark.parametrize("role", ["vng", "administrator"])
    def test_vng_may_for_every_municipality(self, client: Client, role: str) -> None:
        client.force_login(UserFactory(**{role: True}))
        assert len(self.links(client)) == 3

    def test_nctv_and_officers_of_others_may_not(self, client: Client, nctv: Client) -> None:
        assert self.links(nctv) == []
        assert BUTTON not in text(nctv.get(URL))
        client.force_login(MembershipFactory().user)
        assert self.links(client) == []

    def test_only_an_own_officer_is_spoken_to(self, client: Client, officer: Client) -> None:
        assert "What they do and you do not" in text(officer.get(URL))
        client.force_login(UserFactory(vng=True))
        assert "What they do and Zeist does not" in text(client.get(URL))

    def test_what_was_taken_over_already_has_none(
        self, client: Client, officer: Client, zeist: Municipality
    ) -> None:
        entry = TypicalMeasure.objects.get()
        own_work = Measure.objects.get(taken_from=None)
        MeasureFactory(plan=ActionPlanFactory(municipality=zeist), taken_from=entry, status="draft")
        new = ActionPlanFactory(municipality=zeist, status="draft", adopted_on=None)
        MeasureFactory(plan=new, copied_from=own_work)
        assert self.links(officer) == []
        assert text(officer.get(URL)).count("already a draft of yours") == 2
        client.force_login(UserFactory(nctv=True))
        assert "already a draft" not in text(client.get(URL))

    def test_a_draft_of_somebody_else_changes_nothing(self, officer: Client) -> None:
        elsewhere = ActionPlanFactory(municipality=MunicipalityFactory())
        MeasureFactory(plan=elsewhere, taken_from=TypicalMeasure.objects.get(), status="draft")
        assert len(self.links(officer)) == 3


class TestFilters:
    @pytest.fixture(autouse=True)
    def measures(self, zeist: Municipality) -> None:
        others(1, taken_from=typical("A", category="network", phase="aftercare"))
        others(1, taken_from=typical("B", category="evaluation", phase="aftercare"))
        others(1, title="C", category="evaluation", phase="prevention")

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("", ["A", "B", "C"]),
            ("category=evaluation", ["B", "C"]),
            ("category=evaluation&category=network", ["A", "B", "C"]),
            ("phase=aftercare", ["A", "B"]),
            ("category=evaluation&phase=aftercare", ["B"]),
            ("category=&phase=&page=&per_page=", ["A", "B", "C"]),
        ],
    )
    def test_together_they_narrow(self, officer: Client, query: str, found: list[str]) -> None:
        assert titles(officer.get(f"{URL}?{query}")) == found

    def test_each_has_a_chip_that_takes_it_away(self, officer: Client) -> None:
        response = officer.get(f"{URL}?by=region&category=evaluation&phase=aftercare&page=2")
        assert [(str(chip.label), chip.value, chip.url) for chip in response.context["chips"]] == [
            ("Category", "evaluation", f"{URL}?by=region&phase=aftercare"),
            ("Phase", "aftercare", f"{URL}?by=region&category=evaluation"),
        ]
        assert response.context["clear_url"] == f"{URL}?by=region"

    def test_each_form_keeps_what_the_other_asked(self, officer: Client) -> None:
        html = officer.get(f"{URL}?by=region&category=evaluation").content.decode()
        assert '<input type="hidden" name="by" value="region">' in html
        assert '<input type="hidden" name="category" value="evaluation">' in html

    def test_nothing_found_says_what_to_do(self, officer: Client) -> None:
        response = officer.get(f"{URL}?category=local_analysis")
        assert "No measure has all of this" in text(response)
        assert [chip.value for chip in response.context["chips"]] == ["local analysis"]

    def htmx(self, client: Client, query: str, target: str) -> Any:
        return client.get(f"{URL}?{query}", headers={"HX-Request": "true", "HX-Target": target})

    def test_a_filter_swaps_what_was_found_alone(self, officer: Client) -> None:
        response = self.htmx(officer, "category=network&phase=", "found")
        html = response.content.decode().strip()
        assert html.startswith('<div class="pt-stack pt-fades" id="found">')
        assert "<form" not in html
        assert 'id="chosen-category" hx-swap-oob="true">1<' in html
        assert response["HX-Push-Url"] == f"{URL}?category=network"

    def test_a_chip_swaps_the_filters_too(self, officer: Client) -> None:
        html = self.htmx(officer, "", "missing").content.decode().strip()
        assert html.startswith('<section class="pt-stack" id="missing"')
        assert '<form class="pt-filter"' in html

    def test_an_error_goes_beside_its_filter(self, officer: Client) -> None:
        response = self.htmx(officer, "category=zzz", "found")
        assert (response.status_code, response["HX-Retarget"]) == (422, "#missing")
        assert "zzz is not one of the available choices" in response.content.decode()

    @pytest.mark.parametrize(
        "query",
        [
            "category=zzz",
            "phase=' OR 1=1 --",
            "by=zzz",
            "by=group-g40",
            "by=%00",
            "category=network&category=%F0%9F%92%A3",
        ],
    )
    def test_what_cannot_be_asked_is_told(self, officer: Client, query: str) -> None:
        response = officer.get(f"{URL}?{query}")
        assert response.status_code == 422
        assert "The comparison cannot be shown" in text(response)
        assert "is not one of the available choices" in text(response)

    @pytest.mark.parametrize(
        "query",
        ["page=0", "page=99", "page=x", "page=-1", "per_page=zzz", "export=pdf", "peildatum=2020-01-01"],
    )
    def test_what_is_not_there_is_no_error(self, officer: Client, query: str) -> None:
        response = officer.get(f"{URL}?{query}")
        assert response.status_code == 200
        assert titles(response) == ["A", "B", "C"]


class TestPages:
    def test_fifty_a_page(self, officer: Client, zeist: Municipality) -> None:
        others(101)
        assert [len(titles(officer.get(f"{URL}?page={number}"))) for number in (1, 2, 3)] == [50, 50, 1]
        assert "101 measures" in text(officer.get(URL))


class TestExport:
    @pytest.fixture(autouse=True)
    def measures(self, zeist: Municipality) -> None:
        for number, name in enumerate(("Soest", "Baarn")):
            municipality = MunicipalityFactory(name=name, population=66_000 + number)
            plan = ActionPlanFactory(municipality=municipality)
            entry = TypicalMeasure.objects.first() or typical()
            MeasureFactory(plan=plan, taken_from=entry, title=f"Of {name}")
        MeasureFactory(plan=plan, title="=cmd()", category="evaluation", phase="aftercare")

    def test_csv_holds_the_list(self, nctv: Client) -> None:
        assert rows(nctv.get(f"{URL}?export=csv")) == [
            {
                "Measure": "Training",
                "Category": "expertise and information",
                "Phase": "early detection",
                "From the library": "yes",
                "Municipalities that have it": "2",
                "Municipalities with a plan": "2",
                "Examples": "Soest: Of Soest; Baarn: Of Baarn",
                "Compared with": "Same size: 50,000 to 100,000 inhabitants",
                "Reference day": "2026-11-24",
            },
            {
                "Measure": "'=cmd()",
                "Category": "evaluation",
                "Phase": "aftercare",
                "From the library": "no",
                "Municipalities that have it": "1",
                "Municipalities with a plan": "2",
                "Examples": "Baarn: =cmd()",
                "Compared with": "Same size: 50,000 to 100,000 inhabitants",
                "Reference day": "2026-11-24",
            },
        ]

    def test_it_holds_what_is_filtered_and_all_pages(self, nctv: Client) -> None:
        assert [row["Measure"] for row in rows(nctv.get(f"{URL}?phase=aftercare&export=csv"))] == ["'=cmd()"]
        others(60)
        assert len(rows(nctv.get(f"{URL}?page=2&export=csv"))) == 62

    def test_xlsx_says_what_it_is(self, nctv: Client) -> None:
        response = nctv.get(f"{URL}?phase=aftercare&export=xlsx")
        workbook = load_workbook(BytesIO(b"".join(response.streaming_content)))
        response.close()
        table, about = workbook.worksheets
        assert [row[0] for row in table.values] == ["Measure", "'=cmd()"]
        facts = dict(about.values)
        assert facts["What this is"] == "Measures that similar municipalities have and Zeist does not"
        assert facts["Compared with"] == "Same size: 50,000 to 100,000 inhabitants"
        assert facts["Filters"] == "Phase: aftercare"

    def test_is_named_after_the_municipality_and_the_day(self, nctv: Client) -> None:
        response = nctv.get(f"{URL}?export=csv")
        assert response["Content-Disposition"] == 'attachment; filename="comparison-GM0355-2026-11-24.csv"'


class TestQueries:
    def test_their_number_does_not_grow(self, officer: Client, zeist: Municipality) -> None:
        MeasureFactory(plan=ActionPlanFactory(municipality=zeist), category="network", phase="prevention")
        plans = [ActionPlanFactory(municipality=MunicipalityFactory(population=60_000)) for _n in range(6)]
        for number in (1, 30):
            entries = [typical(f"Entry {number}-{each}") for each in range(number)]
            Measure.objects.bulk_create(
                MeasureFactory.build(plan=plan, taken_from=entry, category=category)
                for plan in plans
                for entry in entries
                for category in ("network", "evaluation")
            )
            Measure.objects.bulk_create(
                MeasureFactory.build(plan=plan, category="evaluation") for plan in plans * number
            )
            with expect_queries(10):
                officer.get(URL)
        with expect_queries(11):
            officer.get(f"{URL}?page=2")
        with expect_queries(8):
            rows(officer.get(f"{URL}?export=csv"))
