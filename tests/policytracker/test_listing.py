"""What every list shares: addresses that keep what they should, orders, pages, and filters in words."""

from typing import Any

import pytest
from django import forms
from django.db.models import F
from django.test import RequestFactory
from django.utils import translation

from municipalities.models import Municipality
from policytracker.listing import Address, Order, Pages, Sorting, chips
from policytracker.templatetags.listing import filter_box, filter_choices, filter_counts, page_links
from tests.factories import MunicipalityFactory


@pytest.fixture(autouse=True)
def in_english() -> Any:
    with translation.override("en"):
        yield


def request(query: str = "") -> Any:
    return RequestFactory().get(f"/list/{query}")


def address(query: str = "") -> Address:
    return Address(request(query))


class TestAddress:
    def test_leaves_out_what_is_empty_and_the_page(self) -> None:
        assert str(address("?q=&province=PV26&province=PV27&page=3&export=csv&size=+")) == (
            "/list/?province=PV26&province=PV27"
        )

    def test_without_parts_it_is_the_path(self) -> None:
        assert str(address("?q=")) == "/list/"

    def test_having_replaces_every_value(self) -> None:
        assert address("?sort=a&sort=b&q=x").having("sort", "-c") == "/list/?q=x&sort=-c"

    def test_without_one_value_keeps_the_others(self) -> None:
        assert address("?p=1&p=2&q=x").without("p", "1") == "/list/?p=2&q=x"

    def test_without_a_part_drops_all_its_values(self) -> None:
        assert address("?p=1&p=2&q=x").without("p") == "/list/?q=x"

    def test_without_all_keeps_the_rest(self) -> None:
        assert address("?p=1&q=x&sort=name").without_all(["p", "q"]) == "/list/?sort=name"

    def test_writes_what_was_typed_safely(self) -> None:
        assert address("?q=a%26b%3D%22").having("sort", "name") == "/list/?q=a%26b%3D%22&sort=name"


SORTING = Sorting(
    {
        "name": Order(F("sort_name"), ("pk",)),
        "population": Order(F("population"), ("sort_name",), starts_descending=True),
    },
    "name",
)


class TestSorting:
    @pytest.mark.parametrize("asked", ["", "?sort=", "?sort=nothing", "?sort=-", "?sort=--name", "?sort=%00"])
    def test_an_order_that_is_not_offered_is_the_usual_one(self, asked: str) -> None:
        assert SORTING.asked(request(asked)) == SORTING

    def test_a_minus_turns_it_round(self) -> None:
        sorting = SORTING.asked(request("?sort=-population"))
        assert (sorting.key, sorting.descending) == ("population", True)

    def test_headers_turn_the_current_order_round_and_start_the_others(self) -> None:
        headers = SORTING.headers(address("?q=x"))
        assert headers["name"] == ("/list/?q=x&sort=-name", "ascending")
        assert headers["population"] == ("/list/?q=x&sort=-population", "")

    @pytest.mark.django_db
    @pytest.mark.parametrize("descending", [False, True])
    def test_rows_without_a_value_come_last(self, descending: bool) -> None:
        MunicipalityFactory(code="GM0001", population=None, population_year=None)
        MunicipalityFactory(code="GM0002", population=10)
        MunicipalityFactory(code="GM0003", population=20)
        expressions = SORTING.orders["population"].expressions(descending=descending)
        codes = list(Municipality.objects.order_by(*expressions).values_list("code", flat=True))
        assert codes == [*(["GM0003", "GM0002"] if descending else ["GM0002", "GM0003"]), "GM0001"]


@pytest.mark.django_db
class TestPages:
    def pages(self, query: str = "") -> Pages:
        municipalities = Municipality.objects.order_by("code")
        return Pages(municipalities, municipalities, request(query))

    def test_fifty_on_a_page(self) -> None:
        MunicipalityFactory.create_batch(51)
        page = self.pages("?page=2").asked
        assert (page.number, len(page), page.paginator.count) == (2, 1, 51)

    @pytest.mark.parametrize(
        ("asked", "number"), [("0", 2), ("9", 2), ("x", 1), ("", 1), ("%00", 1), ("1e3", 1)]
    )
    def test_a_page_that_is_not_there_is_the_nearest(self, asked: str, number: int) -> None:
        MunicipalityFactory.create_batch(51)
        assert self.pages(f"?page={asked}").asked.number == number

    @pytest.mark.parametrize(("query", "shown"), [("", 50), ("?page=1", 50), ("?page=2", 1), ("?page=9", 1)])
    def test_counted_by_the_query_that_fetches_them(self, query: str, shown: int) -> None:
        MunicipalityFactory.create_batch(51)
        rows = Municipality.objects.order_by("code").values_list("code", "name")
        page = Pages(rows, None, request(query)).asked
        assert (len(page), page.paginator.count, page.paginator.num_pages) == (shown, 51, 2)
        assert {len(row) for row in page} == {2}

    def test_none_at_all(self) -> None:
        page = Pages(Municipality.objects.order_by("code").values_list("code"), None, request("")).asked
        assert (len(page), page.paginator.count, page.number) == (0, 0, 1)

    def test_all_on_request(self) -> None:
        MunicipalityFactory.create_batch(51)
        pages = self.pages("?per_page=all")
        assert (len(pages.asked), pages.shows_all) == (51, True)

    def test_links_keep_the_rest_of_the_address(self) -> None:
        MunicipalityFactory.create_batch(120)
        html = page_links(self.pages("?page=2&q=x").asked, address("?page=2&q=x"))
        assert 'rel="prev" href="/list/?q=x&amp;page=1"' in html
        assert 'rel="next" href="/list/?q=x&amp;page=3"' in html
        assert html.count('aria-current="page"') == 1

    def test_no_links_for_one_page(self) -> None:
        assert page_links(self.pages().asked, address()) == ""


class Filter(forms.Form):
    q = forms.CharField(label="Name", required=False)
    day = forms.DateField(label="Day", required=False)
    kind = forms.MultipleChoiceField(
        label="Kind", required=False, choices=[("a", "Apple"), ("More", [("b", "Pear & <co>")])]
    )


def filled(query: str) -> Filter:
    form = Filter(request(query).GET)
    form.is_valid()
    return form


class TestFilters:
    def test_one_chip_for_each_value_in_words(self) -> None:
        query = "?q=ut&day=2026-11-03&kind=a&kind=b"
        assert [(str(label), value, url) for label, value, url in chips(filled(query), address(query))] == [
            ("Name", "ut", "/list/?day=2026-11-03&kind=a&kind=b"),
            ("Day", "Nov. 3, 2026", "/list/?q=ut&kind=a&kind=b"),
            ("Kind", "Apple", "/list/?q=ut&day=2026-11-03&kind=b"),
            ("Kind", "Pear & <co>", "/list/?q=ut&day=2026-11-03&kind=a"),
        ]

    def test_no_chip_without_a_filter(self) -> None:
        assert chips(filled("?q=&kind="), address()) == []

    def test_choices_are_checked_and_counted(self) -> None:
        html = filter_choices(filled("?kind=b")["kind"])
        assert html.count("checked") == 1
        assert 'value="b" checked' in html
        assert "Pear &amp; &lt;co&gt;" in html
        assert 'id="chosen-kind">1<' in html

    def test_nothing_chosen_hides_the_count(self) -> None:
        assert 'id="chosen-kind" hidden>0<' in filter_choices(filled("")["kind"])

    def test_a_wrong_choice_is_told_and_the_panel_open(self) -> None:
        html = filter_choices(filled("?kind=zzz")["kind"])
        assert '<details class="pt-pick" name="filter" open>' in html
        assert "zzz is not one of the available choices" in html

    def test_counts_for_htmx_are_put_where_the_buttons_are(self) -> None:
        html = filter_counts(filled("?kind=a&kind=b"))
        assert html.startswith('<span class="pt-pick__count" id="chosen-kind" hx-swap-oob="true">2<')

    def test_a_box_keeps_what_was_typed_with_its_error(self) -> None:
        html = filter_box(filled('?day=31"<')["day"])
        assert 'value="31&quot;&lt;"' in html
        assert 'aria-invalid="true" aria-describedby="id_day_error"' in html
        assert '<p class="utrecht-form-field-error-message" id="id_day_error">Enter a valid date.</p>' in html
        assert '<label class="utrecht-form-label" for="id_day">Day</label>' in html
