"""A prepared query answers what the queryset would, however often and in whatever shape it is asked."""

import datetime as dt
from typing import Any

import pytest
from django.db import NotSupportedError, close_old_connections, connection, transaction
from django.db.models import QuerySet

from measures.models import ActionPlan
from municipalities.models import Municipality
from policytracker.prepared import Prepared
from tests.factories import CoverageStatementFactory, MunicipalityFactory
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


def test_a_day_stands_for_its_end_too() -> None:
    CoverageStatementFactory(
        municipality__code="GM0009", value="absent", stated_at=dt.datetime(2025, 6, 30, 22, 30, tzinfo=dt.UTC)
    )
    ask = Prepared(
        lambda code, on: Municipality.objects.with_coverage(on=on).filter(code=code).values_list("coverage"),
        lambda row: row[0],
    )
    days = (dt.date(2025, 6, 30), dt.date(2025, 7, 1))  # it was half past midnight on 1 July
    assert [ask("GM0009", day) for day in days] == [["unknown"], ["absent"]]


@pytest.mark.django_db(transaction=True)
def test_a_new_connection_learns_the_statement_anew() -> None:
    ask = codes()
    assert ask("GM0003", 0) == ["GM0003"]
    connection.close()
    assert ask("GM0003", 0) == ["GM0003"]


@pytest.mark.django_db(transaction=True)
def test_after_a_column_got_another_type_the_connection_is_replaced() -> None:
    def change_to(kind: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"ALTER TABLE {ActionPlan._meta.db_table} ALTER COLUMN title TYPE {kind}")

    ask = Prepared(lambda: ActionPlan.objects.values_list("title"), lambda row: row[0])
    length = ActionPlan._meta.get_field("title").max_length
    assert ask() == []
    change_to("text")
    try:
        with pytest.raises(NotSupportedError):
            ask()
        close_old_connections()  # as at the end of a request
        assert ask() == []
    finally:
        change_to(f"varchar({length})")


def test_a_statement_outlives_a_transaction_that_fails() -> None:
    ask = codes()
    with transaction.atomic():
        ask("GM0003", 0)
        transaction.set_rollback(True)
    assert ask("GM0003", 0) == ["GM0003"]


def test_a_percent_sign_stays_one() -> None:
    MunicipalityFactory(code="GM0009", name="100% Baarn")
    ask = Prepared(
        lambda code: Municipality.objects.filter(code=code, name__contains="0%").values_list("name"),
        lambda row: row[0],
    )
    assert [ask("GM0009"), ask("GM0001")] == [["100% Baarn"], []]


def test_a_text_is_never_part_of_the_statement() -> None:
    assert codes()("GM0001' OR TRUE --", 0) == ["GM0002", "GM0003"]


def test_what_can_hold_nothing_asks_nothing() -> None:
    nothing = Prepared(lambda pk: Municipality.objects.none().filter(pk=pk).values_list("pk"), tuple)
    with expect_queries(0):
        assert nothing(1) == []
