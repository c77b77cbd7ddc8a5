"""The list of municipalities as a user finds it: on the page, in parts for htmx, and as an export."""

import csv
import datetime as dt
import re
from io import BytesIO, StringIO
from typing import Any

import pytest
import time_machine
from django.test import Client
from openpyxl import load_workbook

from municipalities.coverage import Coverage
from municipalities.models import Municipality
from policytracker.provenance import Provenance
from tests.factories import (
    CoverageStatementFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    ProvinceFactory,
    SafetyPolicyFactory,
    SafetyRegionFactory,
    UserFactory,
)
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db
DAY = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
ROLES = ["officer", "vng", "nctv", "administrator"]
URL = "/gemeenten/"


@pytest.fixture(autouse=True)
def on_a_day() -> Any:
    with time_machine.travel(DAY, tick=False):
        yield


def log_in(client: Client, role: str, language: str = "en") -> Client:
    client.cookies["django_language"] = language
    client.force_login(UserFactory(**({} if role == "officer" else {role: True})))
    return client


@pytest.fixture
def vng(client: Client) -> Client:
    return log_in(client, "vng")


def text(response: Any) -> str:
    return response.content.decode()


def codes(response: Any) -> list[str]:
    """The municipalities on the page, in their order."""
    return re.findall(r'<tr><th scope="row"><a href="/gemeenten/(GM\d{4})/', text(response))


def cells(response: Any, code: str) -> list[str]:
    """The texts of a municipality's row."""
    row = re.search(rf"<tr>(?:(?!</tr>).)*/{code}/.*?</tr>", text(response), re.S)
    assert row
    return [
        " ".join(re.sub(r"<[^>]+>", " ", cell).split())
        for cell in re.findall(r"<t[hd].*?</t[hd]>", row[0], re.S)
    ]


def htmx(client: Client, url: str, target: str, **headers: str) -> Any:
    return client.get(url, headers={"HX-Request": "true", "HX-Target": target, **headers})


class TestPage:
    def test_a_visitor_gets_the_log_in_page_and_nothing_else(self, client: Client) -> None:
        MunicipalityFactory(name="Utrecht")
        response = client.get(f"{URL}?q=utrecht")
        assert (response.status_code, response.url) == (
            302,
            "/account/inloggen/?next=/gemeenten/%3Fq%3Dutrecht",
        )

    @pytest.mark.parametrize("role", ROLES)
    def test_each_role_sees_all(self, client: Client, role: str) -> None:
        MunicipalityFactory.create_batch(3)
        response = log_in(client, role).get(URL)
        assert len(codes(response)) == 3
        assert "3 municipalities" in text(response)

    def test_nobody_changes_anything_here(self, vng: Client) -> None:
        assert vng.post(URL).status_code == 405

    def test_a_row_says_what_is_known(self, vng: Client) -> None:
        municipality = MunicipalityFactory(
            code="GM0344",
            name="Utrecht & <co>",
            province=ProvinceFactory(code="PV26", name="Utrecht"),
            safety_region=SafetyRegionFactory(code="VR09", name="Midden"),
            population=374_238,
        )
        CoverageStatementFactory(municipality=municipality)
        row = cells(vng.get(URL), "GM0344")
        assert row[:5] == ["Utrecht &amp; &lt;co&gt;", "GM0344", "Utrecht", "Midden", "374,238"]
        assert row[5:] == ["Priority", "policy 2023–2026"]

    def test_numbers_and_words_are_dutch_for_a_dutch_reader(self, client: Client) -> None:
        MunicipalityFactory(code="GM0344", population=374_238)
        row = cells(log_in(client, "vng", "nl").get(URL), "GM0344")
        assert row[4:6] == ["374.238", "Onbekend"]

    def test_a_dissolved_municipality_has_no_empty_words(self, vng: Client) -> None:
        MunicipalityFactory(
            code="GM0340",
            safety_region=None,
            population=None,
            population_year=None,
            valid_until=dt.date(2022, 1, 1),
        )
        row = cells(vng.get(f"{URL}?peildatum=2021-12-31"), "GM0340")
        assert row[3:5] == ["", ""]

    @pytest.mark.parametrize(
        ("statement", "coverage", "basis"),
        [
            ({"value": Coverage.ABSENT}, "Absent", "stated on Nov. 3, 2025"),
            ({"value": Coverage.IN_PREPARATION}, "In preparation", "expected on June 1, 2027"),
            ({"value": Coverage.SEPARATE_PLAN}, "Separate plan", "stated on Nov. 3, 2025"),
            ({"policy__ends_on": dt.date(2025, 12, 31)}, "Lapsed", "policy ended on Dec. 31, 2025"),
            ({"policy__starts_on": None, "policy__ends_on": None}, "Priority", "stated on Nov. 3, 2025"),
        ],
    )
    def test_what_the_coverage_rests_on(self, vng: Client, statement: Any, coverage: str, basis: str) -> None:
        policy = {key[8:]: value for key, value in statement.items() if key.startswith("policy__")}
        if policy:
            statement = {"policy": SafetyPolicyFactory(**policy)}
        CoverageStatementFactory(municipality__code="GM0344", **statement)
        assert cells(vng.get(URL), "GM0344")[5:] == [coverage, basis]

    def test_marks_a_proposal_where_it_would_make_a_difference(self, vng: Client) -> None:
        unknown = PolicyParticipationFactory(municipality__code="GM0001").municipality
        covered = CoverageStatementFactory(municipality__code="GM0002").municipality
        PolicyParticipationFactory(municipality=covered)
        response = vng.get(URL)
        assert cells(response, unknown.code)[6] == "Proposal from a public source"
        assert cells(response, covered.code)[6] == "policy 2023–2026"

    def test_marks_what_is_invented(self, vng: Client) -> None:
        CoverageStatementFactory(municipality__code="GM0001", provenance=Provenance.DEMONSTRATION)
        assert cells(vng.get(URL), "GM0001")[6] == "policy 2023–2026 invented"

    def test_queries_do_not_grow_with_the_register(self, vng: Client) -> None:
        CoverageStatementFactory()
        vng.get(URL)  # the choices of the filters are kept from now on
        filtered = "?q=mun&coverage=priority&sort=-coverage"
        expected = {"": 4, "?per_page=all": 4, filtered: 3}
        for query, number in expected.items():
            with expect_queries(number):
                vng.get(f"{URL}{query}")
        for _number in range(60):
            PolicyParticipationFactory(municipality=CoverageStatementFactory().municipality)
        for query, number in (expected | {"?page=2": 4, f"{filtered}&page=2": 4}).items():
            with expect_queries(number):
                vng.get(f"{URL}{query}")

    def test_areas_are_asked_for_in_one_query(self, vng: Client) -> None:
        MunicipalityFactory()
        with expect_queries(5):
            vng.get(URL)


class TestFilters:
    @pytest.fixture(autouse=True)
    def municipalities(self) -> None:
        utrecht, zeeland = (
            ProvinceFactory(code="PV26", name="Utrecht"),
            ProvinceFactory(code="PV29", name="Zeeland"),
        )
        MunicipalityFactory(code="GM0001", name="Baarn", province=utrecht, population=25_000)
        MunicipalityFactory(code="GM0002", name="Veere", province=zeeland, population=22_000)
        MunicipalityFactory(code="GM0003", name="Soest", province=utrecht, population=46_000)

    def test_together_they_narrow(self, vng: Client) -> None:
        response = vng.get(f"{URL}?province=PV26&size=20_50&q=so")
        assert codes(response) == ["GM0003"]
        assert "1 municipality" in text(response)

    def test_each_has_a_chip_that_takes_it_away(self, vng: Client) -> None:
        response = vng.get(f"{URL}?province=PV26&province=PV29&q=e&sort=-population&page=2")
        assert [(str(chip.label), chip.value, chip.url) for chip in response.context["chips"]] == [
            ("Name or code", "e", f"{URL}?province=PV26&province=PV29&sort=-population"),
            ("Province", "Utrecht", f"{URL}?province=PV29&q=e&sort=-population"),
            ("Province", "Zeeland", f"{URL}?province=PV26&q=e&sort=-population"),
        ]
        assert response.context["clear_url"] == f"{URL}?sort=-population"

    def test_what_was_chosen_stays_chosen(self, vng: Client) -> None:
        html = text(vng.get(f"{URL}?province=PV29&q=%3Cb%3E&peildatum=2026-01-01"))
        assert 'name="province" value="PV29" checked' in html
        assert 'name="province" value="PV26">' in html
        assert 'value="&lt;b&gt;"' in html
        assert 'value="2026-01-01"' in html

    def test_nothing_found_says_what_to_do(self, vng: Client) -> None:
        response = vng.get(f"{URL}?q=rotterdam")
        assert "No municipality has all of this" in text(response)
        assert codes(response) == []

    def test_an_empty_register_says_so(self, vng: Client) -> None:
        Municipality.objects.all().delete()
        assert "There are no municipalities yet" in text(vng.get(URL))

    def test_a_filter_that_cannot_be_is_told_and_nothing_is_lost(self, vng: Client) -> None:
        response = vng.get(f"{URL}?q=so&province=PV26&peildatum=31+feb&size=zzz")
        html = text(response)
        assert response.status_code == 422
        assert "We cannot read this day." in html
        assert "zzz is not one of the available choices." in html
        assert 'value="so"' in html
        assert 'value="31 feb"' in html
        assert 'name="province" value="PV26" checked' in html
        assert "The list cannot be shown" in html
        assert codes(response) == []

    def test_errors_are_dutch_for_a_dutch_reader(self, client: Client) -> None:
        html = text(log_in(client, "vng", "nl").get(f"{URL}?peildatum=gisteren"))
        assert "Wij kunnen deze dag niet lezen." in html


class TestReferenceDay:
    def test_shows_the_register_as_it_was(self, vng: Client) -> None:
        MunicipalityFactory(code="GM0001", valid_until=dt.date(2022, 3, 24))
        MunicipalityFactory(code="GM0002", valid_from=dt.date(2022, 3, 24))
        assert codes(vng.get(f"{URL}?peildatum=2022-03-23")) == ["GM0001"]
        assert codes(vng.get(f"{URL}?peildatum=2022-03-24")) == ["GM0002"]

    def test_shows_the_coverage_as_it_was(self, vng: Client) -> None:
        CoverageStatementFactory(municipality__code="GM0001")
        assert cells(vng.get(f"{URL}?peildatum=2025-11-02"), "GM0001")[5] == "Unknown"
        assert cells(vng.get(f"{URL}?peildatum=2025-11-03"), "GM0001")[5] == "Priority"
        assert cells(vng.get(f"{URL}?peildatum=2027-01-01"), "GM0001")[5] == "Lapsed"

    def test_is_named_and_goes_along_to_the_municipality(self, vng: Client) -> None:
        MunicipalityFactory(code="GM0001")
        html = text(vng.get(f"{URL}?peildatum=2025-11-03"))
        assert "1 municipality, as on Nov. 3, 2025" in html
        assert 'href="/gemeenten/GM0001/?peildatum=2025-11-03"' in html

    def test_today_is_not_named(self, vng: Client) -> None:
        MunicipalityFactory(code="GM0001")
        html = text(vng.get(f"{URL}?peildatum=2026-11-24"))
        assert "as on" not in html
        assert 'href="/gemeenten/GM0001/"' in html


class TestSorting:
    @pytest.fixture(autouse=True)
    def municipalities(self) -> None:
        utrecht, drenthe = (
            ProvinceFactory(code="PV26", name="Utrecht"),
            ProvinceFactory(code="PV22", name="Drenthe"),
        )
        for code, name, province, population, value in (
            ("GM0001", "Coevorden", drenthe, 30_000, Coverage.ABSENT),
            ("GM0002", "Baarn", utrecht, 25_000, Coverage.PRIORITY),
            ("GM0003", "Assen", drenthe, None, None),
        ):
            municipality = MunicipalityFactory(
                code=code,
                name=name,
                province=province,
                population=population,
                population_year=2024 if population else None,
            )
            if value:
                CoverageStatementFactory(municipality=municipality, value=value)

    @pytest.mark.parametrize(
        ("sort", "order"),
        [
            ("", ["GM0003", "GM0002", "GM0001"]),
            ("name", ["GM0003", "GM0002", "GM0001"]),
            ("-name", ["GM0001", "GM0002", "GM0003"]),
            ("province", ["GM0003", "GM0001", "GM0002"]),
            ("-province", ["GM0002", "GM0003", "GM0001"]),
            ("population", ["GM0002", "GM0001", "GM0003"]),
            ("-population", ["GM0001", "GM0002", "GM0003"]),
            ("coverage", ["GM0002", "GM0001", "GM0003"]),
            ("-coverage", ["GM0003", "GM0001", "GM0002"]),
            ("nonsense", ["GM0003", "GM0002", "GM0001"]),
        ],
    )
    def test_orders(self, vng: Client, sort: str, order: list[str]) -> None:
        assert codes(vng.get(f"{URL}?sort={sort}")) == order

    def test_names_sort_without_their_article(self, vng: Client) -> None:
        MunicipalityFactory(code="GM0004", name="'s-Hertogenbosch", sort_name="Hertogenbosch, 's-")
        assert codes(vng.get(URL))[-1] == "GM0004"

    def test_the_column_that_sorts_is_told(self, vng: Client) -> None:
        html = text(vng.get(f"{URL}?sort=-population"))
        assert re.findall(r'aria-sort="(\w+)"', html) == ["descending"]
        assert f'href="{URL}?sort=population"' in html
        assert f'href="{URL}?sort=name"' in html

    def test_a_filter_keeps_the_order(self, vng: Client) -> None:
        html = text(vng.get(f"{URL}?sort=-population&per_page=all"))
        assert '<input type="hidden" name="sort" value="-population" form="filter">' in html
        assert '<input type="hidden" name="per_page" value="all" form="filter">' in html


class TestPaging:
    @pytest.fixture(autouse=True)
    def municipalities(self) -> None:
        for number in range(101):
            MunicipalityFactory(code=f"GM{number:04}", name=f"Municipality {number:04}")

    def test_fifty_rows_a_page(self, vng: Client) -> None:
        assert [len(codes(vng.get(f"{URL}?page={number}"))) for number in (1, 2, 3)] == [50, 50, 1]
        assert codes(vng.get(f"{URL}?page=3")) == ["GM0100"]

    def test_all_on_request(self, vng: Client) -> None:
        response = vng.get(f"{URL}?per_page=all")
        assert len(codes(response)) == 101
        assert f'href="{URL}">Show page by page</a>' in text(response)
        assert f'href="{URL}?per_page=all">Show all 101</a>' in text(vng.get(URL))

    @pytest.mark.parametrize("page", ["0", "99", "x", "-1", "1.5"])
    def test_a_page_that_is_not_there_is_no_error(self, vng: Client, page: str) -> None:
        assert vng.get(f"{URL}?page={page}").status_code == 200


class TestHtmx:
    @pytest.fixture(autouse=True)
    def municipality(self) -> None:
        MunicipalityFactory(code="GM0001", name="Baarn")

    def test_a_filter_swaps_the_results_alone(self, vng: Client) -> None:
        response = htmx(vng, f"{URL}?q=&coverage=unknown&peildatum=", "results")
        html = text(response)
        assert html.strip().startswith('<div class="pt-stack pt-fades" id="results">')
        assert "<form" not in html
        assert codes(response) == ["GM0001"]
        assert response["HX-Push-Url"] == f"{URL}?coverage=unknown"

    def test_the_numbers_on_the_buttons_follow(self, vng: Client) -> None:
        html = text(htmx(vng, f"{URL}?coverage=unknown&coverage=absent", "results"))
        assert 'id="chosen-coverage" hx-swap-oob="true">2<' in html
        assert 'id="chosen-size" hx-swap-oob="true" hidden>0<' in html

    def test_a_chip_swaps_filters_and_results(self, vng: Client) -> None:
        html = text(htmx(vng, URL, "register", **{"HX-Boosted": "true"}))
        assert html.strip().startswith('<div class="pt-stack" id="register">')
        assert '<form class="pt-filter"' in html
        assert "<html" not in html

    def test_an_error_goes_beside_its_field(self, vng: Client) -> None:
        response = htmx(vng, f"{URL}?peildatum=gisteren", "results")
        assert (response.status_code, response["HX-Retarget"]) == (422, "#register")
        assert "We cannot read this day." in text(response)

    def test_anything_else_gets_the_page(self, vng: Client) -> None:
        assert "<html" in text(htmx(vng, URL, "something"))
        restored = htmx(vng, URL, "results", **{"HX-History-Restore-Request": "true"})
        assert "<html" in text(restored)
        assert "HX-Push-Url" not in restored

    def test_no_cache_mixes_page_and_part(self, vng: Client) -> None:
        response = vng.get(URL)
        assert {"HX-Request", "HX-Target"} <= {part.strip() for part in response["Vary"].split(",")}
        assert "no-cache" in response["Cache-Control"]

    def test_exports_are_fetched_by_the_browser_itself(self, vng: Client) -> None:
        html = text(vng.get(URL))
        assert re.search(
            r'<p class="pt-result__exports[^"]*" hx-boost="false"><a href="/gemeenten/\?export=csv">', html
        )


class TestExport:
    @pytest.fixture(autouse=True)
    def municipalities(self) -> None:
        utrecht = ProvinceFactory(code="PV26", name="Utrecht")
        region = SafetyRegionFactory(code="VR09", name="Utrecht")
        for number in range(60):
            MunicipalityFactory(
                code=f"GM{number:04}", name=f"M {number:04}", province=ProvinceFactory(code="PV22")
            )
        for code, name in (("GM0344", "Utrecht"), ("GM0307", "=cmd()")):
            municipality = MunicipalityFactory(code=code, name=name, province=utrecht, safety_region=region)
            CoverageStatementFactory(municipality=municipality, value=Coverage.PRIORITY)

    def rows(self, response: Any) -> list[dict[str, str]]:
        content = b"".join(response.streaming_content).decode("utf-8-sig")
        return list(csv.DictReader(StringIO(content), delimiter=";"))

    def test_csv_holds_what_is_shown_in_its_order(self, vng: Client) -> None:
        query = "province=PV26&sort=-name"
        rows = self.rows(vng.get(f"{URL}?{query}&export=csv"))
        assert [row["Code"] for row in rows] == codes(vng.get(f"{URL}?{query}")) == ["GM0344", "GM0307"]

    def test_csv_holds_all_pages(self, vng: Client) -> None:
        assert len(self.rows(vng.get(f"{URL}?page=2&export=csv"))) == 62

    def test_a_row_tells_what_it_is(self, vng: Client) -> None:
        [row] = self.rows(vng.get(f"{URL}?q=utrecht&peildatum=2026-11-01&export=csv"))
        assert row == {
            "Code": "GM0344",
            "Municipality": "Utrecht",
            "Province": "Utrecht",
            "Safety region": "Utrecht",
            "Police unit": "Police unit RE03",
            "Inhabitants": "60000",
            "Inhabitants on 1 January of": "2024",
            "Size": "50,000 to 100,000 inhabitants",
            "Coverage": "Priority",
            "Safety policy": row["Safety policy"],
            "First day of the policy": "2023-01-01",
            "Last day of the policy": "2026-12-31",
            "Expected on": "",
            "Stated on": "2025-11-03",
            "Review": "not reviewed yet",
            "Source of the coverage": "stated by the municipality",
            "Waits in a public source": "no",
            "Reference day": "2026-11-01",
        }
        assert row["Safety policy"].startswith("Integraal veiligheidsplan")

    def test_a_proposal_is_no_coverage(self, vng: Client) -> None:
        PolicyParticipationFactory(municipality__code="GM0400", municipality__name="Baarn")
        [row] = self.rows(vng.get(f"{URL}?q=baarn&export=csv"))
        assert (row["Coverage"], row["Source of the coverage"], row["Waits in a public source"]) == (
            "Unknown", "", "yes",
        )  # fmt: skip

    def test_a_formula_is_text(self, vng: Client) -> None:
        [row] = self.rows(vng.get(f"{URL}?q=cmd&export=csv"))
        assert row["Municipality"] == "'=cmd()"

    def test_the_file_is_named_after_its_day(self, vng: Client) -> None:
        response = vng.get(f"{URL}?peildatum=2025-01-01&export=csv")
        assert response["Content-Disposition"] == 'attachment; filename="municipalities-2025-01-01.csv"'

    def test_xlsx_holds_the_same_and_says_what_it_is(self, vng: Client) -> None:
        response = vng.get(f"{URL}?province=PV26&peildatum=2026-11-01&export=xlsx")
        workbook = load_workbook(BytesIO(b"".join(response.streaming_content)))
        response.close()
        table, about = workbook.worksheets
        rows = list(table.values)
        assert [row[:2] for row in rows] == [
            ("Code", "Municipality"), ("GM0307", "'=cmd()"), ("GM0344", "Utrecht"),
        ]  # fmt: skip
        assert rows[1][5] == 60_000
        facts = dict(about.values)
        assert facts["Reference day"] == "Nov. 1, 2026"
        assert facts["Filters"] == "Province: Utrecht; Reference day: Nov. 1, 2026"
        assert "CBS" in facts["Source of the municipalities"]

    def test_dutch_for_a_dutch_reader(self, client: Client) -> None:
        [row] = self.rows(log_in(client, "nctv", "nl").get(f"{URL}?q=utrecht&export=csv"))
        assert row["Stand van zaken"] == "Prioriteit"
        assert row["Bron van de stand van zaken"] == "opgegeven door de gemeente"

    def test_no_query_for_each_row(self, vng: Client) -> None:
        vng.get(URL)
        with expect_queries(3):
            self.rows(vng.get(f"{URL}?export=csv"))

    def test_a_kind_that_is_not_offered_shows_the_page(self, vng: Client) -> None:
        assert vng.get(f"{URL}?export=pdf")["Content-Type"].startswith("text/html")
