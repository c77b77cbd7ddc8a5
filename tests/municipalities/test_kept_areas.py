"""The names of areas that are kept: complete, in order, never too old for a municipality."""

import pytest

from municipalities import kept_areas
from municipalities.kept_areas import GROUP, PROVINCE, REGION, choices, name_of
from municipalities.models import MunicipalityGroup
from tests.factories import ProvinceFactory, SafetyRegionFactory
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db


def test_all_in_one_query_by_name() -> None:
    ProvinceFactory(code="PV30", name="Noord-Brabant")
    drenthe = ProvinceFactory(code="PV22", name="Drenthe")
    region = SafetyRegionFactory(code="VR03", name="Drenthe")
    MunicipalityGroup.objects.create(code="g4", name="G4")
    with expect_queries(1):
        assert choices(PROVINCE) == [("PV22", "Drenthe"), ("PV30", "Noord-Brabant")]
        assert choices(REGION) == [("VR03", "Drenthe")]
        assert choices(GROUP) == [("g4", "G4")]
        assert (name_of(PROVINCE, drenthe.pk), name_of(REGION, region.pk)) == ("Drenthe", "Drenthe")


def test_none_has_no_name() -> None:
    with expect_queries(0):
        assert name_of(REGION, None) == ""


def test_one_that_is_younger_is_found() -> None:
    ProvinceFactory()
    choices(PROVINCE)
    assert name_of(PROVINCE, ProvinceFactory(code="PV22", name="Drenthe").pk) == "Drenthe"


def test_a_new_name_is_a_minute_late_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    province = ProvinceFactory(code="PV21", name="Friesland")
    assert name_of(PROVINCE, province.pk) == "Friesland"
    type(province).objects.update(name="Fryslân")
    assert name_of(PROVINCE, province.pk) == "Friesland"
    monkeypatch.setattr(kept_areas, "_period", lambda: 1)
    assert name_of(PROVINCE, province.pk) == "Fryslân"
