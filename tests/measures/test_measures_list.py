"""The list of measures and the board of one municipality, as each user finds them."""

import csv
import datetime as dt
import re
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.test import Client

from accounts.models import User
from measures.models import ActionPlan, Measure, PlanParticipation
from policytracker.provenance import Provenance
from tests.factories import (
    ActionPlanFactory,
    MeasureFactory,
    MembershipFactory,
    MunicipalityFactory,
    UserFactory,
)
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db
DAY = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
LIST, BOARD = "/maatregelen/", "/maatregelen/bord/"
Status = Measure.Status


@pytest.fixture(autouse=True)
def on_a_day() -> Any:
    with time_machine.travel(DAY, tick=False):
        yield


@pytest.fixture
def utrecht() -> Any:
    return MunicipalityFactory(code="GM0344", name="Utrecht")


@pytest.fixture
def plan(utrecht: Any) -> ActionPlan:
    return ActionPlanFactory(municipality=utrecht, title="Plan of Utrecht")


def as_user(client: Client, user: User) -> Client:
    client.cookies["django_language"] = "en"
    client.force_login(user)
    return client


@pytest.fixture
def officer(client: Client, utrecht: Any) -> Client:
    return as_user(client, MembershipFactory(municipality=utrecht).user)


@pytest.fixture
def vng(client: Client) -> Client:
    return as_user(client, UserFactory(vng=True))


@pytest.fixture
def nctv(client: Client) -> Client:
    return as_user(client, UserFactory(nctv=True))


def text(response: Any) -> str:
    return response.content.decode()


def titles(response: Any) -> list[str]:
    """The titles of the measures on a page, in their order."""
    return re.findall(r'<a href="/maatregelen/\d+/"[^>]*>([^<]+)</a>', text(response))


def cells(response: Any, title: str) -> list[str]:
    row = re.search(rf"<tr>(?:(?!</tr>).)*>{title}<.*?</tr>", text(response), re.S)
    assert row
    return [
        " ".join(re.sub(r"<[^>]+>", " ", cell).split())
        for cell in re.findall(r"<t[hd].*?</t[hd]>", row[0], re.S)
    ]


def htmx(client: Client, url: str, target: str) -> Any:
    return client.get(url, headers={"HX-Request": "true", "HX-Target": target})


class TestList:
    def test_a_visitor_must_log_in(self, client: Client) -> None:
        for url in (LIST, BOARD):
            assert client.get(url).status_code == 302

    def test_a_row_says_what_is_known(self, nctv: Client, plan: ActionPlan) -> None:
        MeasureFactory(plan=plan, title="Training", due_on=dt.date(2026, 11, 1), embedding="structural")
        assert cells(nctv.get(LIST), "Training") == [
            "Training Structural",
            "Utrecht",
            "Network",
            "Early detection",
            "In progress late",
            "Nov. 1, 2026",
        ]

    def test_a_row_says_that_its_plan_is_a_draft(self, officer: Client, utrecht: Any) -> None:
        draft = ActionPlanFactory(municipality=utrecht, status="draft", adopted_on=None)
        MeasureFactory(plan=draft, title="Training", embedding="structural")
        row = cells(officer.get(LIST), "Training")
        assert row[0] == "Training Structural · in a plan that is still a draft"

    def test_of_a_shared_plan_a_few_municipalities_are_named(self, nctv: Client, plan: ActionPlan) -> None:
        for name in "BCDE":
            municipality = MunicipalityFactory(name=f"A{name}")
            PlanParticipation.objects.create(plan=plan, municipality=municipality, status="confirmed")
        MeasureFactory(plan=plan, title="Training")
        assert cells(nctv.get(LIST), "Training")[1] == "AB, AC, AD and 2 others"

    def test_what_is_invented_is_marked(self, nctv: Client, plan: ActionPlan) -> None:
        MeasureFactory(plan=plan, provenance=Provenance.DEMONSTRATION)
        assert "pt-mark--invented" in text(nctv.get(LIST))

    def test_a_draft_is_for_who_may_change_it(self, client: Client, plan: ActionPlan, utrecht: Any) -> None:
        MeasureFactory(plan=plan, title="Fitted", status=Status.DRAFT)
        own = MembershipFactory(municipality=utrecht).user
        for user, seen in (
            (own, ["Fitted"]),
            (UserFactory(vng=True), ["Fitted"]),
            (UserFactory(administrator=True), ["Fitted"]),
            (UserFactory(nctv=True), []),
            (MembershipFactory().user, []),
        ):
            assert titles(as_user(client, user).get(LIST)) == seen, user.role

    def test_the_measures_of_plans_that_ended_are_shown_on_request(self, nctv: Client, utrecht: Any) -> None:
        states = {
            "adopted": ActionPlanFactory(municipality=utrecht),
            "expired": ActionPlanFactory(municipality=utrecht, ends_on=dt.date(2026, 11, 23)),
            "superseded": ActionPlanFactory(municipality=utrecht, status="superseded"),
        }
        for state, plan in states.items():
            MeasureFactory(plan=plan, title=state)
        assert titles(nctv.get(LIST)) == ["adopted"]
        for state in states:
            assert titles(nctv.get(f"{LIST}?plan={state}")) == [state]
        assert len(titles(nctv.get(f"{LIST}?plan=adopted&plan=expired&plan=superseded"))) == 3

    @pytest.mark.parametrize(
        ("query", "found"),
        [
            ("q=train", ["Training"]),
            ("gemeente=GM0344", ["Training"]),
            ("category=evaluation", ["Study"]),
            ("phase=prevention", ["Study"]),
            ("status=late", ["Training"]),
            ("status=late&status=done", ["Training", "Study"]),
            ("status=in_progress", ["Training"]),
            ("embedding=structural", ["Study"]),
            ("due_before=2026-11-02", ["Training"]),
            ("due_before=2026-11-01", []),
            ("category=network&phase=prevention", []),
        ],
    )
    def test_filters(self, nctv: Client, plan: ActionPlan, query: str, found: list[str]) -> None:
        MeasureFactory(plan=plan, title="Training", due_on=dt.date(2026, 11, 1))
        MeasureFactory(
            plan=ActionPlanFactory(municipality=MunicipalityFactory()),
            title="Study",
            category="evaluation",
            phase="prevention",
            status=Status.DONE,
            embedding="structural",
        )
        response = nctv.get(f"{LIST}?{query}")
        assert titles(response) == found
        assert response.context["chips"]

    def test_a_filter_that_cannot_be_is_told(self, nctv: Client) -> None:
        response = nctv.get(f"{LIST}?gemeente=GM9999&due_before=soon&status=zzz")
        assert response.status_code == 422
        assert "We cannot read this day." in text(response)
        assert "The list cannot be shown" in text(response)

    def test_an_officers_own_municipalities_come_first(self, officer: Client, utrecht: Any) -> None:
        MunicipalityFactory(code="GM0001", name="Aalburg", valid_until=dt.date(2019, 1, 1))
        MunicipalityFactory(code="GM0002", name="Aalsmeer")
        html = text(officer.get(LIST))
        names = re.findall(r'<option value="(GM\d+)"', html)
        assert names == ["GM0344", "GM0002", "GM0001"]
        assert '<optgroup label="Your municipalities">' in html

    @pytest.mark.parametrize(
        ("sort", "order"),
        [
            ("", "BACD"),
            ("-status", "DCBA"),
            ("title", "ABCD"),
            ("-title", "DCBA"),
            ("due", "CDBA"),
            ("phase", "ABCD"),
            ("-municipality", "BACD"),
        ],
    )
    def test_orders(self, officer: Client, plan: ActionPlan, sort: str, order: str) -> None:
        for title, phase, status, month in (
            ("A", "prevention", Status.PLANNED, 12),
            ("B", "early_detection", Status.IN_PROGRESS, 11),
            ("C", "individual_approach", Status.DRAFT, 1),
            ("D", "aftercare", Status.DONE, 2),
        ):
            MeasureFactory(plan=plan, title=title, phase=phase, status=status, due_on=dt.date(2027, month, 1))
        found = titles(officer.get(f"{LIST}?sort={sort}"))
        if sort == "-municipality":
            assert sorted(found) == sorted(order)
        elif sort == "-status":
            assert found[0] == "D"
        else:
            assert "".join(found) == {"due": "CDBA"}.get(sort, order)

    def test_fifty_a_page_and_all_on_request(self, nctv: Client, plan: ActionPlan) -> None:
        MeasureFactory.create_batch(51, plan=plan)
        assert [len(titles(nctv.get(f"{LIST}?page={page}"))) for page in (1, 2)] == [50, 1]
        assert len(titles(nctv.get(f"{LIST}?per_page=all"))) == 51

    def test_of_one_municipality_there_are_three_views(self, nctv: Client, plan: ActionPlan) -> None:
        assert "weergave=fase" not in text(nctv.get(LIST))
        MeasureFactory(plan=plan, title="Late", phase="aftercare")
        MeasureFactory(plan=plan, title="Early", phase="prevention")
        html = text(nctv.get(f"{LIST}?gemeente=GM0344"))
        assert f'href="{BOARD}?gemeente=GM0344"' in html
        response = nctv.get(f"{LIST}?gemeente=GM0344&weergave=fase&sort=title")
        assert titles(response) == ["Early", "Late"]
        assert re.findall(r"<h2 class=\"measure-phase\">(\w+)", text(response)) == ["Prevention", "Aftercare"]
        assert '<input type="hidden" name="weergave" value="fase" form="filter">' in text(response)

    def test_empty_states(self, nctv: Client) -> None:
        assert "There are no measures yet" in text(nctv.get(LIST))
        assert "No measure has all of this" in text(nctv.get(f"{LIST}?q=x"))

    def test_htmx_gets_its_part(self, nctv: Client, plan: ActionPlan) -> None:
        response = htmx(nctv, f"{LIST}?q=", "results")
        assert text(response).strip().startswith('<div class="pt-stack pt-fades" id="results">')
        assert response["HX-Push-Url"] == LIST

    def test_only_what_the_user_may_change_can_be_chosen(self, officer: Client, plan: ActionPlan) -> None:
        own = MeasureFactory(plan=plan)
        other = MeasureFactory(plan=ActionPlanFactory(municipality=MunicipalityFactory()))
        html = text(officer.get(LIST))
        assert f'name="measures" value="{own.pk}"' in html
        assert f'name="measures" value="{other.pk}"' not in html
        assert 'id="bulk"' in html

    def test_who_reads_is_offered_nothing_to_change(self, nctv: Client, plan: ActionPlan) -> None:
        MeasureFactory(plan=plan)
        for url in (LIST, f"{BOARD}?gemeente=GM0344"):
            html = text(nctv.get(url))
            assert 'id="bulk"' not in html
            assert "/maatregelen/nieuw/" not in html
            assert "/status/" not in html

    @pytest.mark.parametrize("role", ["officer", "nctv", "vng"])
    def test_queries_do_not_grow(self, client: Client, plan: ActionPlan, utrecht: Any, role: str) -> None:
        user = (
            MembershipFactory(municipality=utrecht).user if role == "officer" else UserFactory(**{role: True})
        )
        as_user(client, user)
        MeasureFactory(plan=plan, due_on=dt.date(2026, 1, 1))
        urls = {
            LIST: 5,
            f"{LIST}?gemeente=GM0344&status=late": 5,
            f"{LIST}?gemeente=GM0344&weergave=fase": 5,
            f"{BOARD}?gemeente=GM0344": 5 if role == "nctv" else 6,
        }
        for url, number in urls.items():
            with expect_queries(number):
                client.get(url)
        for _number in range(30):
            other = ActionPlanFactory(municipality=MunicipalityFactory())
            MeasureFactory.create_batch(2, plan=other, due_on=dt.date(2026, 1, 1))
            MeasureFactory(plan=plan, due_on=dt.date(2026, 1, 1))
        for url, number in urls.items():
            with expect_queries(number):
                client.get(url)


class TestExport:
    def test_holds_what_was_found_and_says_what_is_late(self, nctv: Client, plan: ActionPlan) -> None:
        MeasureFactory(plan=plan, title="=Training", due_on=dt.date(2026, 11, 1), budget="1250.50")
        MeasureFactory(plan=plan, title="Study", status=Status.DONE)
        response = nctv.get(f"{LIST}?status=late&export=csv")
        lines = b"".join(response.streaming_content).decode("utf-8-sig")
        header, row = csv.reader(StringIO(lines), delimiter=";")
        found = dict(zip(header, row, strict=True))
        assert found["Measure"] == "'=Training"
        assert (found["Municipalities"], found["Late"], found["Status"]) == ("Utrecht", "yes", "in progress")
        assert found["Budget in euros"] in ("1250.5", "1250,5")

    def test_as_a_workbook(self, nctv: Client, plan: ActionPlan) -> None:
        MeasureFactory(plan=plan)
        response = nctv.get(f"{LIST}?export=xlsx")
        assert "spreadsheetml" in response["Content-Type"]
        response.close()


class TestBoard:
    def test_columns_by_status(self, officer: Client, plan: ActionPlan) -> None:
        for status in Status:
            reason = "Too few." if status == Status.STOPPED else ""
            MeasureFactory(plan=plan, title=status.value, status=status, stopped_because=reason)
        columns = officer.get(f"{BOARD}?gemeente=GM0344").context["columns"]
        assert [(column.status, [card.entry.title for card in column.cards]) for column in columns] == [
            (status.value, [status.value]) for status in Status
        ]

    def test_readers_have_no_column_of_drafts(self, nctv: Client, plan: ActionPlan) -> None:
        MeasureFactory(plan=plan, status=Status.DRAFT)
        MeasureFactory(plan=plan)
        columns = nctv.get(f"{BOARD}?gemeente=gm0344").context["columns"]
        assert [column.status for column in columns] == ["planned", "in_progress", "done", "stopped"]

    def test_a_card_shows_that_it_is_late_and_what_may_follow(
        self, officer: Client, plan: ActionPlan
    ) -> None:
        MeasureFactory(plan=plan, due_on=dt.date(2026, 11, 1), lead_organisation="GGD")
        html = text(officer.get(f"{BOARD}?gemeente=GM0344"))
        assert "late, was due on Nov. 1, 2026" in html
        assert "GGD" in html
        assert re.findall(r'name="status" value="(\w+)"', html) == ["done", "stopped", "planned"]

    def test_of_several_plans_those_that_run_are_shown(self, officer: Client, plan: ActionPlan) -> None:
        draft = ActionPlanFactory(
            municipality=plan.municipalities.get(), status="draft", adopted_on=None, title="Next"
        )
        MeasureFactory(plan=plan, title="Now")
        MeasureFactory(plan=draft, title="Then")
        assert titles(officer.get(f"{BOARD}?gemeente=GM0344")) == ["Now"]
        assert titles(officer.get(f"{BOARD}?gemeente=GM0344&plan={draft.pk}")) == ["Then"]

    def test_an_officer_of_one_municipality_sees_its_board(self, officer: Client, plan: ActionPlan) -> None:
        MeasureFactory(plan=plan, title="Now")
        assert titles(officer.get(BOARD)) == ["Now"]

    def test_others_choose_a_municipality(self, nctv: Client, plan: ActionPlan) -> None:
        html = text(nctv.get(BOARD))
        assert '<option value="GM0344">Utrecht</option>' in html
        assert nctv.get(f"{BOARD}?gemeente=GM9999").status_code == 404

    def test_a_municipality_without_a_plan_has_an_empty_board(self, nctv: Client, utrecht: Any) -> None:
        assert "There are no measures on the board" in text(nctv.get(f"{BOARD}?gemeente=GM0344"))

    def test_htmx_gets_the_board_alone(self, officer: Client, plan: ActionPlan) -> None:
        measure = MeasureFactory(plan=plan)
        response = htmx(officer, f"{BOARD}?gemeente=GM0344&verplaatst={measure.pk}", "board")
        assert text(response).strip().startswith('<div class="pt-stack" id="board">')
        assert response["HX-Push-Url"] == f"{BOARD}?gemeente=GM0344"
        assert re.search(r"autofocus>", text(response))
