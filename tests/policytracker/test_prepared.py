"""A prepared query answers what the queryset would, however often and in whatever shape it is asked."""

from typing import Any

import pytest
from django.db.models import QuerySet

from municipalities.models import Municipality
from policytracker.prepared import Prepared
from tests.factories import MunicipalityFactory
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db


def build(code: str, population: int, *, order: str = "code") -> QuerySet[Municipality, Any]:
    return (
        Municipality.objects.filter(code__gte=code, population__gt=population)
        .exclude(population=population)
        .order_by(order)
        .values_list("code")
    )


def codes() -> Prepared[str]:
    return Prepared(build, lambda row: row[0])


@pytest.fixture(autouse=True)
def three() -> None:
    for number in (1, 2, 3):
        MunicipalityFactory(code=f"GM000{number}", population=number * 10)


def test_parameters_differ_from_call_to_call() -> None:
    ask = codes()
    assert [ask("GM0001", 0), ask("GM0002", 0), ask("GM0002", 25), ask("GM0001", 30)] == [
        ["GM0001", "GM0002", "GM0003"],
        ["GM0002", "GM0003"],
        ["GM0003"],
        [],
    ]


def test_each_shape_has_its_own_statement() -> None:
    ask = codes()
    assert ask("GM0001", 0, order="-code") == ["GM0003", "GM0002", "GM0001"]
    assert ask("GM0001", 0, order="code") == ["GM0001", "GM0002", "GM0003"]


def test_one_query_a_call_and_put_together_once() -> None:
    ask = codes()
    ask("GM0001", 0)
    ask.build = None  # type: ignore[assignment]
    with expect_queries(1):
        assert ask("GM0003", 0) == ["GM0003"]


def test_a_text_is_never_part_of_the_statement() -> None:
    assert codes()("GM0001' OR TRUE --", 0) == ["GM0002", "GM0003"]


def test_what_can_hold_nothing_asks_nothing() -> None:
    nothing = Prepared(lambda pk: Municipality.objects.none().filter(pk=pk).values_list("pk"), tuple)
    with expect_queries(0):
        assert nothing(1) == []
