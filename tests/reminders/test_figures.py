"""Which reminder works: an answer counts for the last step before it, and only within thirty days."""

import csv
import datetime as dt
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.test import Client
from openpyxl import load_workbook

from municipalities.models import Municipality
from reminders.figures import Figure, a_year_before, figures, total
from reminders.models import Reminder, Rule
from tests.factories import MunicipalityFactory, UserFactory
from tests.queries import expect_queries
from tests.reminders.factories import ReminderFactory

pytestmark = pytest.mark.django_db

DAYS = dt.timedelta(days=1)
NOW = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
FIRST, LAST = dt.date(2025, 11, 25), dt.date(2026, 11, 24)


def sent(days_ago: int, answered_after: int | None = None, **values: Any) -> Reminder:
    """A reminder sent so many days ago, and answered so many days after that."""
    moment = NOW - days_ago * DAYS
    answered_at = None if answered_after is None else moment + answered_after * DAYS
    made: Reminder = ReminderFactory(
        **{"status": "sent", "settled_at": moment, "answered_at": answered_at, **values}
    )
    return made


def of_step(step: int, rule: str = Rule.POLICY_LACKS_THEME) -> Figure:
    (one,) = [one for one in figures(FIRST, LAST) if (one.rule, one.step) == (rule, step)]
    return one


class TestOneStep:
    @pytest.mark.parametrize(
        ("days_ago", "answered_after", "answered", "decided"),
        [
            (60, 10, 1, 1),
            (60, 30, 1, 1),
            (60, 31, 0, 1),
            (60, None, 0, 1),
            (30, None, 0, 1),
            (29, None, 0, 0),
            (10, 5, 1, 0),
        ],
    )
    def test_counts_what_was_answered_within_thirty_days(
        self, days_ago: int, answered_after: int | None, answered: int, decided: int
    ) -> None:
        sent(days_ago, answered_after)
        assert of_step(1) == Figure(
            Rule.POLICY_LACKS_THEME, 1, 1, answered, decided, answered if decided else 0
        )
        assert of_step(1).open == 1 - decided

    def test_leaves_out_what_was_not_sent(self) -> None:
        ReminderFactory()
        ReminderFactory(status="queued")
        ReminderFactory(status="cancelled")
        assert figures(FIRST, LAST) == []

    def test_keeps_to_the_days_of_the_period_in_the_netherlands(self) -> None:
        sent(0, settled_at=dt.datetime(2025, 11, 24, 23, 30, tzinfo=dt.UTC))
        sent(0, settled_at=dt.datetime(2025, 11, 24, 22, 30, tzinfo=dt.UTC))
        sent(0, settled_at=dt.datetime(2026, 11, 24, 22, 30, tzinfo=dt.UTC))
        assert of_step(1).sent == 2
        assert figures(dt.date(2026, 1, 1), dt.date(2026, 1, 31)) == []


class TestSeveralSteps:
    @pytest.fixture
    def urk(self) -> Municipality:
        made: Municipality = MunicipalityFactory()
        return made

    def test_count_an_answer_for_the_last_one_before_it(self, urk: Municipality) -> None:
        sent(60, 29, municipality=urk, step=1)
        sent(32, 1, municipality=urk, step=2)
        assert (of_step(1).answered, of_step(1).decided) == (0, 1)
        assert (of_step(2).answered, of_step(2).decided) == (1, 1)

    def test_count_an_answer_for_the_step_before_one_that_came_after_it(self, urk: Municipality) -> None:
        sent(60, 5, municipality=urk, step=1)
        sent(32, None, municipality=urk, step=2)
        assert of_step(1).answered == 1
        assert of_step(2).answered == 0

    def test_keep_two_measures_apart(self, urk: Municipality) -> None:
        sent(60, 29, municipality=urk, rule=Rule.MEASURE_DUE, about=1, cycle="1@2026-11-01", step=1)
        sent(40, 9, municipality=urk, rule=Rule.MEASURE_DUE, about=2, cycle="2@2026-11-01", step=1)
        assert of_step(1, Rule.MEASURE_DUE).answered == 2

    def test_keep_two_municipalities_and_two_rules_apart(self, urk: Municipality) -> None:
        sent(60, 29, municipality=urk)
        sent(40, 9)
        sent(40, 9, municipality=urk, rule=Rule.COUNCIL_ELECTED)
        assert of_step(1).answered == 2

    def test_count_an_answer_once_over_two_cycles(self, urk: Municipality) -> None:
        sent(60, 29, municipality=urk, cycle="2022-03-16", step=1)
        sent(40, 9, municipality=urk, cycle="2026-03-18", step=1)
        assert (of_step(1).sent, of_step(1).answered) == (2, 1)

    def test_come_the_most_urgent_rule_first(self) -> None:
        sent(60, rule=Rule.ELECTION_COMING)
        sent(60, step=2)
        sent(60, step=1)
        rows = [(one.rule, one.step) for one in figures(FIRST, LAST)]
        assert rows == [
            (Rule.POLICY_LACKS_THEME, 1),
            (Rule.POLICY_LACKS_THEME, 2),
            (Rule.ELECTION_COMING, 1),
        ]

    def test_are_added_up(self) -> None:
        found = [Figure("a", 1, 10, 4, 8, 3), Figure("a", 2, 5, 1, 5, 1)]
        assert total(found) == Figure("", 0, 15, 5, 13, 4)


def test_a_share_of_fewer_than_five_is_not_shown() -> None:
    assert Figure("a", 1, 4, 2, 4, 2).share is None
    assert Figure("a", 1, 9, 2, 4, 2).share is None
    assert Figure("a", 1, 6, 3, 6, 2).share == 33


@pytest.mark.parametrize(
    ("day", "first"),
    [
        (dt.date(2026, 11, 24), dt.date(2025, 11, 25)),
        (dt.date(2028, 2, 29), dt.date(2027, 3, 1)),
        (dt.date(2026, 12, 31), dt.date(2026, 1, 1)),
    ],
)
def test_a_year_begins_the_day_after_the_same_day_of_the_year_before(day: dt.date, first: dt.date) -> None:
    assert a_year_before(day) == first


class TestPage:
    @pytest.fixture
    def vng(self, client: Client) -> Client:
        client.cookies["django_language"] = "en"
        client.force_login(UserFactory(vng=True))
        return client

    def test_shows_the_last_twelve_months(self, vng: Client) -> None:
        for _number in range(6):
            sent(60, 10)
        sent(400)
        page = vng.get("/herinneringen/cijfers/").content.decode()
        assert "6 reminders sent" in page
        assert "100%" in page
        assert 'value="2025-11-25"' in page
        assert 'value="2026-11-24"' in page

    def test_shows_another_period(self, vng: Client) -> None:
        sent(400)
        assert "1 reminder sent" in vng.get("/herinneringen/cijfers/?van=2025-01-01").content.decode()

    def test_shows_a_small_share_as_a_number(self, vng: Client) -> None:
        sent(60, 10)
        page = vng.get("/herinneringen/cijfers/").content.decode()
        assert "1 of 1" in page
        assert "<meter" not in page

    def test_says_where_it_is_not_known_yet(self, vng: Client) -> None:
        sent(5)
        assert "not known yet" in vng.get("/herinneringen/cijfers/").content.decode()

    def test_says_when_nothing_was_sent(self, vng: Client) -> None:
        assert "No reminder was sent in this period" in vng.get("/herinneringen/cijfers/").content.decode()

    @pytest.mark.parametrize(
        ("query", "message"),
        [
            ("van=2026-11-02&tot=2026-11-01", "The last day lies before the first one."),
            ("van=soon&tot=2026-11-01", "Enter a valid date."),
        ],
    )
    def test_loses_nothing_on_an_error(self, vng: Client, query: str, message: str) -> None:
        response = vng.get(f"/herinneringen/cijfers/?{query}")
        page = response.content.decode()
        assert response.status_code == 422
        assert message in page
        for part in query.split("&"):
            assert f'value="{part.split("=")[1]}"' in page

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_exports_what_is_shown(self, vng: Client, kind: str) -> None:
        for _number in range(5):
            sent(60, 10)
        sent(5, step=2)
        response = vng.get(f"/herinneringen/cijfers/?export={kind}&van=2026-01-01&tot=2026-11-24")
        content = b"".join(response)
        assert f"figures-of-reminders-2026-01-01-2026-11-24.{kind}" in response["Content-Disposition"]
        if kind == "xlsx":
            rows = [list(row) for row in load_workbook(BytesIO(content)).worksheets[0].values]
        else:
            rows = list(csv.reader(StringIO(content.decode("utf-8-sig")), delimiter=";"))
        header, *lines = rows
        assert [len(line) for line in lines] == [len(header)] * 2
        assert [str(cell) for cell in lines[0][1:3] + lines[0][5:]] == ["1", "5", "5", "5", "5", "100", "0"]
        assert [cell or None for cell in lines[1][8:9]] == [None]

    def test_takes_three_queries(self, vng: Client) -> None:
        sent(60, 10)
        with expect_queries(3):
            vng.get("/herinneringen/cijfers/")
        for number in range(30):
            sent(60, 10, step=number % 3 + 1)
        with expect_queries(3):
            vng.get("/herinneringen/cijfers/")
