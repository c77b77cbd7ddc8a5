"""Each filter of the register, alone and together, and what is said of a filter that cannot be."""

import datetime as dt
from typing import Any

import pytest
import time_machine
from django.http import QueryDict
from django.utils import translation

from municipalities.coverage import Coverage
from municipalities.filters import ReferenceDayForm, RegisterFilter
from municipalities.models import GroupMembership, Municipality, MunicipalityGroup
from tests.factories import (
    CoverageStatementFactory,
    MunicipalityFactory,
    ProvinceFactory,
    SafetyPolicyFactory,
    SafetyRegionFactory,
    UserFactory,
)
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english_on_a_day() -> Any:
    with (
        translation.override("en"),
        time_machine.travel(dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC), tick=False),
    ):
        yield


def found(query: str) -> list[str]:
    form = RegisterFilter(QueryDict(query))
    assert form.is_valid(), form.errors
    municipalities = Municipality.objects.in_register(on=form.day)
    if form.looks_at_coverage:
        municipalities = municipalities.with_coverage(on=form.day)
    rows = form.apply(municipalities)
    return list(rows.order_by("code").values_list("code", flat=True))


def errors(query: str) -> dict[str, list[str]]:
    return dict(RegisterFilter(QueryDict(query)).errors)


def test_an_empty_filter_finds_all() -> None:
    MunicipalityFactory.create_batch(3)
    assert len(found("q=&province=&peildatum=")) == 3


def test_search() -> None:
    MunicipalityFactory(code="GM0344", name="Utrecht")
    MunicipalityFactory(code="GM0363", name="Amsterdam")
    assert found("q=utr") == ["GM0344"]


def test_province_and_region_by_code() -> None:
    utrecht, groningen = ProvinceFactory(code="PV26"), ProvinceFactory(code="PV20")
    MunicipalityFactory(code="GM0001", province=utrecht, safety_region=SafetyRegionFactory(code="VR09"))
    MunicipalityFactory(code="GM0002", province=groningen, safety_region=SafetyRegionFactory(code="VR01"))
    MunicipalityFactory(code="GM0003", province=groningen, safety_region=None)
    assert found("province=PV26") == ["GM0001"]
    assert found("province=PV26&province=PV20") == ["GM0001", "GM0002", "GM0003"]
    assert found("region=VR01") == ["GM0002"]
    assert found("province=PV26&region=VR01") == []


@pytest.mark.parametrize(
    ("size", "codes"),
    [
        ("under_20", ["GM0000", "GM0001"]),
        ("20_50", ["GM0002", "GM0003"]),
        ("50_100", ["GM0004", "GM0005"]),
        ("from_100", ["GM0006", "GM0007"]),
    ],
)
def test_size_at_its_limits(size: str, codes: list[str]) -> None:
    populations = (0, 19_999, 20_000, 49_999, 50_000, 99_999, 100_000, 931_298)
    for number, population in enumerate(populations):
        MunicipalityFactory(code=f"GM000{number}", population=population)
    MunicipalityFactory(code="GM0008", population=None, population_year=None)
    assert found(f"size={size}") == codes


def test_two_sizes_widen() -> None:
    for number, population in enumerate((10_000, 30_000, 60_000)):
        MunicipalityFactory(code=f"GM000{number}", population=population)
    assert found("size=under_20&size=50_100") == ["GM0000", "GM0002"]


def test_group_on_the_day() -> None:
    group = MunicipalityGroup.objects.create(code="g40", name="G40")
    since, until = dt.date(2018, 1, 1), dt.date(2025, 1, 1)
    for code, period in {"GM0001": {}, "GM0002": {"since": since}, "GM0003": {"until": until}}.items():
        GroupMembership.objects.create(group=group, municipality=MunicipalityFactory(code=code), **period)
    MunicipalityFactory(code="GM0004")
    assert found("group=g40") == ["GM0001", "GM0002"]
    assert found("group=g40&peildatum=2017-12-31") == ["GM0001", "GM0003"]
    assert found("group=g40&peildatum=2018-01-01") == ["GM0001", "GM0002", "GM0003"]
    assert found("group=g40&peildatum=2025-01-01") == ["GM0001", "GM0002"]


class TestCoverage:
    @pytest.fixture(autouse=True)
    def statements(self) -> None:
        ended = SafetyPolicyFactory(ends_on=dt.date(2025, 12, 31))
        CoverageStatementFactory(municipality__code="GM0001", value=Coverage.PRIORITY)
        CoverageStatementFactory(municipality__code="GM0002", value=Coverage.ABSENT)
        CoverageStatementFactory(municipality__code="GM0003", value=Coverage.INCLUDED, policy=ended)
        MunicipalityFactory(code="GM0004")

    def test_by_value_stated_or_derived(self) -> None:
        assert found("coverage=priority") == ["GM0001"]
        assert found("coverage=lapsed") == ["GM0003"]
        assert found("coverage=unknown") == ["GM0004"]
        assert found("coverage=absent&coverage=lapsed") == ["GM0002", "GM0003"]

    def test_on_another_day(self) -> None:
        assert found("coverage=included&peildatum=2025-12-31") == ["GM0003"]
        assert found("coverage=unknown&peildatum=2025-11-02") == ["GM0001", "GM0002", "GM0003", "GM0004"]

    @pytest.mark.parametrize(
        ("query", "looks"),
        [("", False), ("q=a&size=20_50", False), ("coverage=absent", True), ("review=confirmed", True)],
    )
    def test_is_looked_at_only_where_a_filter_asks_for_it(self, query: str, looks: bool) -> None:
        form = RegisterFilter(QueryDict(query))
        assert form.is_valid()
        assert form.looks_at_coverage is looks

    def test_review_of_the_statement_in_force(self) -> None:
        CoverageStatementFactory(
            municipality__code="GM0005",
            value=Coverage.ABSENT,
            review="confirmed",
            reviewed_by=UserFactory(vng=True),
            reviewed_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
        )
        assert found("review=confirmed") == ["GM0005"]
        assert found("review=unreviewed") == ["GM0001", "GM0002", "GM0003"]
        assert found("review=unreviewed&coverage=absent") == ["GM0002"]


def test_everything_together() -> None:
    province = ProvinceFactory(code="PV26")
    for code, population in {"GM0001": 10_000, "GM0002": 60_000}.items():
        municipality = MunicipalityFactory(
            code=code, name=f"Baarn {code}", province=province, population=population
        )
        CoverageStatementFactory(municipality=municipality, value=Coverage.ABSENT)
    MunicipalityFactory(code="GM0003", name="Baarn", province=province)
    assert found("q=baarn&province=PV26&size=50_100&coverage=absent&review=unreviewed") == ["GM0002"]


@pytest.mark.parametrize("field", ["province", "region", "size", "group", "coverage", "review"])
def test_a_choice_that_is_not_there_is_told(field: str) -> None:
    message = "Select a valid choice. zzz is not one of the available choices."
    assert errors(f"{field}=zzz") == {field: [message]}


def test_what_cannot_be_a_name_is_told() -> None:
    assert errors("q=a%00b") == {"q": ["Null characters are not allowed."]}
    assert list(errors(f"q={'a' * 101}")) == ["q"]


class TestReferenceDay:
    def day(self, text: str) -> dt.date:
        form = ReferenceDayForm({"peildatum": text})
        assert form.is_valid(), form.errors
        return form.day

    def error(self, text: str) -> str:
        return ReferenceDayForm({"peildatum": text}).errors["peildatum"][0]

    @pytest.mark.parametrize("text", ["2022-03-24", "24-03-2022", " 2022-03-24 "])
    def test_is_read_in_both_ways_of_writing(self, text: str) -> None:
        assert self.day(text) == dt.date(2022, 3, 24)

    def test_is_today_unless_asked(self) -> None:
        assert self.day("") == dt.date(2026, 11, 24)

    @pytest.mark.parametrize(
        "text", ["gisteren", "2026-02-30", "31/12/2026", "0", "20261124", "2026-11-24T10:00", "\x00"]
    )
    def test_what_cannot_be_read_is_told(self, text: str) -> None:
        assert self.error(text) == "We cannot read this day. Write it as 2026-12-31 or 31-12-2026."

    def test_the_register_begins_in_2015(self) -> None:
        assert self.day("2015-01-01") == dt.date(2015, 1, 1)
        assert self.error("2014-12-31") == (
            "The register begins on 1 January 2015. Choose that day or a later one."
        )

    def test_it_looks_five_years_ahead(self) -> None:
        assert self.day("2031-11-24") == dt.date(2031, 11, 24)
        assert self.error("2031-12-01") == "Choose a day at most five years from now."
        assert self.error("9999-12-31") == "Choose a day at most five years from now."


def test_the_choices_are_asked_of_the_database_once() -> None:
    ProvinceFactory(code="PV26", name="Utrecht")
    RegisterFilter(QueryDict("province=PV26")).is_valid()
    with expect_queries(0):
        assert RegisterFilter(QueryDict("province=PV26")).is_valid()
