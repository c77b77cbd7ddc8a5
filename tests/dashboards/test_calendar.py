"""The calendar of a user's own deadlines: right days, valid iCalendar, and nothing of others."""

import datetime as dt
import re
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.test import Client
from icalendar import Calendar, Event

from accounts.actions import make_calendar_address, revoke_calendar_address
from accounts.demonstration import CACHE_KEY
from accounts.models import CalendarAddress, Role, User
from evaluations.models import FollowUp
from measures.models import ActionPlan, Measure, PlanParticipation
from municipalities.coverage import Coverage
from municipalities.models import (
    CoverageStatement,
    Merger,
    MergerPart,
    Municipality,
    PolicyParticipation,
    SafetyPolicy,
)
from tests.factories import (
    ActionPlanFactory,
    CoverageStatementFactory,
    FollowUpFactory,
    MeasureFactory,
    MembershipFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    SafetyPolicyFactory,
    UserFactory,
)
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 24)
DAY = dt.timedelta(days=1)
AWKWARD = "Weerbaar; samen, \\ sterk 🧑‍🤝‍🧑\r\nBEGIN:VALARM\x0b" + "é" * 90


@pytest.fixture(autouse=True)
def on_a_day(settings: Any) -> Any:
    settings.BASE_URL = "https://monitor.example"
    with time_machine.travel(dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC), tick=False):
        yield


@pytest.fixture
def aalten() -> Municipality:
    return MunicipalityFactory(name="Aalten", code="GM0197")


@pytest.fixture
def officer(aalten: Municipality) -> User:
    return MembershipFactory(municipality=aalten).user


def fetch(client: Client, user: User, query: str = "?taal=en", **headers: str) -> Any:
    """What a calendar program gets at a new address of the user."""
    return client.get(f"/agenda/{make_calendar_address(by=user)}.ics{query}", headers=headers)


def events(client: Client, user: User, query: str = "?taal=en") -> list[Event]:
    """The events of the user's calendar, which must be one that a strict reader takes."""
    return list(Calendar.from_ical(fetch(client, user, query).content).walk("VEVENT"))


def seen(client: Client, user: User) -> list[tuple[dt.date, str]]:
    return [(event["DTSTART"].dt, str(event["SUMMARY"])) for event in events(client, user)]


def confirm(municipality: Municipality, **policy: Any) -> PolicyParticipation:
    user = UserFactory()
    return PolicyParticipationFactory(
        municipality=municipality,
        policy=SafetyPolicyFactory(**policy),
        status=PolicyParticipation.Status.CONFIRMED,
        decided_by=user,
        decided_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    )


def merge(successor: Municipality) -> None:
    merger = Merger.objects.create(key="m", effective_on=dt.date(2027, 1, 1), status=Merger.Status.PLANNED)
    MergerPart.objects.create(
        merger=merger,
        predecessor=MunicipalityFactory(),
        successor=successor,
        kind=MergerPart.Kind.ABSORBED,
    )


class TestDeadlines:
    def test_a_confirmed_policy_ends(self, client: Client, officer: User, aalten: Municipality) -> None:
        confirm(aalten, title="IVP", ends_on=dt.date(2026, 12, 31))
        PolicyParticipationFactory(municipality=aalten, policy__title="Only proposed")
        confirm(MunicipalityFactory(), title="Of another")
        assert seen(client, officer) == [(dt.date(2026, 12, 31), "Safety policy ends: IVP")]

    def test_a_policy_that_ended_stays_while_the_statement_rests_on_it(
        self, client: Client, officer: User, aalten: Municipality
    ) -> None:
        ended = TODAY - 30 * DAY
        policy = confirm(aalten, title="Old", ends_on=ended).policy
        assert seen(client, officer) == []
        statement = CoverageStatementFactory(municipality=aalten, policy=policy)
        assert seen(client, officer) == [(ended, "Safety policy ends: Old")]
        CoverageStatementFactory._meta.model.objects.filter(pk=statement.pk).update(
            superseded_at=dt.datetime(2026, 11, 23, tzinfo=dt.UTC)
        )
        assert seen(client, officer) == []

    @pytest.mark.parametrize(
        ("statement", "expected"),
        [
            (
                {"value": Coverage.IN_PREPARATION, "expected_on": dt.date(2027, 6, 1)},
                [(dt.date(2027, 6, 1), "Decision of the council expected")],
            ),
            (
                {"value": Coverage.IN_PREPARATION, "expected_on": dt.date(2028, 6, 1)},
                [
                    (dt.date(2027, 11, 1), "Confirm the coverage"),
                    (dt.date(2028, 6, 1), "Decision of the council expected"),
                ],
            ),
            ({"value": Coverage.REASONED_NO}, [(dt.date(2027, 11, 1), "Renew the reasoned no")]),
            ({"value": Coverage.SEPARATE_PLAN}, [(dt.date(2027, 11, 1), "Confirm the coverage")]),
            ({"value": Coverage.ABSENT}, []),
        ],
    )
    def test_a_statement_is_asked_again_after_a_year(
        self,
        client: Client,
        officer: User,
        aalten: Municipality,
        statement: dict[str, Any],
        expected: list[tuple[dt.date, str]],
    ) -> None:
        # 23:30 on 31 October in UTC is 1 November in the Netherlands.
        stated_at = dt.datetime(2026, 10, 31, 23, 30, tzinfo=dt.UTC)
        CoverageStatementFactory(municipality=aalten, stated_at=stated_at, **statement)
        CoverageStatementFactory(stated_at=stated_at, **statement)
        assert seen(client, officer) == expected

    @pytest.mark.parametrize(("ends_on", "is_asked"), [("2027-10-31", False), ("2027-11-01", True)])
    def test_a_statement_is_not_asked_again_after_its_policy(
        self, client: Client, officer: User, aalten: Municipality, ends_on: str, is_asked: bool
    ) -> None:
        policy = SafetyPolicyFactory(ends_on=dt.date.fromisoformat(ends_on))
        stated_at = dt.datetime(2026, 11, 1, 12, tzinfo=dt.UTC)
        CoverageStatementFactory(municipality=aalten, policy=policy, stated_at=stated_at)
        assert ("Confirm the coverage" in dict(map(reversed, seen(client, officer)))) is is_asked

    def test_a_statement_that_has_lapsed_is_not_asked_again(
        self, client: Client, officer: User, aalten: Municipality
    ) -> None:
        policy = SafetyPolicyFactory(ends_on=TODAY - 10 * DAY)
        stated_at = dt.datetime(2025, 10, 1, 12, tzinfo=dt.UTC)
        CoverageStatementFactory(municipality=aalten, policy=policy, stated_at=stated_at)
        assert seen(client, officer) == []
        policy.ends_on = TODAY
        policy.save(update_fields=["ends_on"])
        assert seen(client, officer) == [(dt.date(2026, 10, 1), "Confirm the coverage")]

    def test_adopted_plans_end_and_their_unfinished_measures_are_due(
        self, client: Client, officer: User, aalten: Municipality
    ) -> None:
        plan = ActionPlanFactory(municipality=aalten, title="Plan", ends_on=dt.date(2027, 12, 31))
        draft = ActionPlanFactory(
            municipality=aalten, title="Draft", status=ActionPlan.Status.DRAFT, adopted_on=None
        )
        for status in (Measure.Status.PLANNED, Measure.Status.IN_PROGRESS, Measure.Status.DONE):
            MeasureFactory(plan=plan, title=status.value, status=status, due_on=dt.date(2027, 2, 1))
        MeasureFactory(plan=plan, title="without a day", due_on=None)
        MeasureFactory(plan=draft, title="not adopted", due_on=dt.date(2027, 2, 1))
        MeasureFactory(plan=ActionPlanFactory(municipality=MunicipalityFactory()), title="elsewhere")
        assert seen(client, officer) == [
            (dt.date(2027, 2, 1), "Measure due: in_progress"),
            (dt.date(2027, 2, 1), "Measure due: planned"),
            (dt.date(2027, 12, 31), "Action plan ends: Plan"),
        ]

    def test_findings_are_due_until_they_are_done(
        self, client: Client, officer: User, aalten: Municipality
    ) -> None:
        FollowUpFactory(municipality=aalten, due_on=dt.date(2027, 3, 1), finding__text_en="Train the staff.")
        FollowUpFactory(
            municipality=aalten,
            status=FollowUp.Status.DONE,
            response=FollowUp.Response.ACCEPTED,
            explanation="Yes.",
            evidence="There.",
        )
        FollowUpFactory(due_on=dt.date(2027, 3, 1))
        (event,) = events(client, officer)
        assert event["DTSTART"].dt == dt.date(2027, 3, 1)
        assert str(event["SUMMARY"]) == "Finding due: training and expertise"
        assert str(event["DESCRIPTION"]) == "Train the staff."

    @time_machine.travel(dt.datetime(2025, 11, 24, 9, 0, tzinfo=dt.UTC), tick=False)
    def test_the_council_is_elected_unless_the_municipality_merges(
        self, client: Client, officer: User, aalten: Municipality
    ) -> None:
        assert seen(client, officer) == [(dt.date(2026, 3, 18), "Election of the council")]
        merge(aalten)
        assert seen(client, officer) == []

    @pytest.mark.parametrize(
        ("due_on", "is_shown"),
        [
            (TODAY - 91 * DAY, False),
            (TODAY - 90 * DAY, True),
            (TODAY + 1461 * DAY, True),
            (TODAY + 1462 * DAY, False),
        ],
    )
    def test_what_is_long_past_or_far_ahead_is_left_out(
        self, client: Client, officer: User, aalten: Municipality, due_on: dt.date, is_shown: bool
    ) -> None:
        FollowUpFactory(municipality=aalten, due_on=due_on)
        ActionPlanFactory(municipality=aalten, starts_on=dt.date(2020, 1, 1), ends_on=due_on)
        MeasureFactory(plan=ActionPlan.objects.get(), due_on=due_on)
        assert len(seen(client, officer)) == (3 if is_shown else 0)


class TestWhose:
    def test_an_account_manager_sees_the_municipalities_that_are_theirs(
        self, client: Client, aalten: Municipality
    ) -> None:
        manager = UserFactory(vng=True)
        aalten.account_manager = manager
        aalten.save(update_fields=["account_manager"])
        MunicipalityFactory(account_manager=UserFactory(vng=True))
        for municipality in Municipality.objects.all():
            FollowUpFactory(municipality=municipality)
        assert len(events(client, manager)) == 1
        assert events(client, UserFactory(vng=True)) == []

    def test_the_name_of_the_municipality_stands_there_only_where_it_tells(
        self, client: Client, officer: User, aalten: Municipality
    ) -> None:
        FollowUpFactory(municipality=aalten)
        calendar = Calendar.from_ical(fetch(client, officer).content)
        assert calendar["X-WR-CALNAME"] == "Deadlines for radicalisation policy – Aalten"
        assert [name for _day, name in seen(client, officer)] == ["Finding due: training and expertise"]
        MembershipFactory(user=officer)
        calendar = Calendar.from_ical(fetch(client, officer).content)
        assert calendar["X-WR-CALNAME"] == "Deadlines for radicalisation policy"
        assert [name for _day, name in seen(client, officer)] == [
            "Aalten – Finding due: training and expertise"
        ]

    def test_a_plan_that_is_shared_is_due_in_each_municipality(
        self, client: Client, officer: User, aalten: Municipality
    ) -> None:
        plan = ActionPlanFactory(municipality=aalten)
        MeasureFactory(plan=plan)
        for municipality in (MembershipFactory(user=officer).municipality, MunicipalityFactory()):
            PlanParticipation.objects.create(
                plan=plan, municipality=municipality, status=PlanParticipation.Status.CONFIRMED
            )
        uids = [str(event["UID"]) for event in events(client, officer)]
        assert len(uids) == len(set(uids)) == 4

    def test_a_municipality_that_ended_or_that_somebody_left_is_gone(
        self, client: Client, officer: User, aalten: Municipality
    ) -> None:
        FollowUpFactory(municipality=aalten)
        aalten.valid_until = TODAY
        aalten.save(update_fields=["valid_until"])
        assert seen(client, officer) == []
        other = MembershipFactory(user=officer)
        FollowUpFactory(municipality=other.municipality)
        assert len(seen(client, officer)) == 1
        other.delete()
        assert seen(client, officer) == []


class TestFormat:
    @pytest.fixture
    def full(self, officer: User, aalten: Municipality) -> User:
        """An officer with one of each, in words that are hard to write."""
        plan = ActionPlanFactory(municipality=aalten, title=AWKWARD)
        MeasureFactory(plan=plan, title=AWKWARD)
        MeasureFactory(plan=plan, title=AWKWARD)
        FollowUpFactory(municipality=aalten, finding__text_nl=AWKWARD * 4, finding__text_en=AWKWARD * 4)
        policy = SafetyPolicyFactory(title=AWKWARD, ends_on=dt.date(2028, 12, 31))
        confirm_policy = {"decided_by": officer, "decided_at": dt.datetime(2026, 1, 1, tzinfo=dt.UTC)}
        PolicyParticipationFactory(
            municipality=aalten,
            policy=policy,
            status=PolicyParticipation.Status.CONFIRMED,
            **confirm_policy,
        )
        CoverageStatementFactory(municipality=aalten, policy=policy)
        return officer

    def test_lines_are_folded_and_end_as_they_must(self, client: Client, full: User) -> None:
        body = fetch(client, full).content
        assert body.startswith(b"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:")
        assert body.endswith(b"END:VCALENDAR\r\n")
        lines = body.split(b"\r\n")
        assert max(map(len, lines)) <= 75
        assert any(line.startswith(b" ") for line in lines)
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", b"".join(lines))
        for line in lines:
            line.decode()  # no character is cut in two

    def test_texts_are_escaped_and_read_back(self, client: Client, full: User) -> None:
        body = fetch(client, full).content
        unfolded = body.replace(b"\r\n ", b"").decode()
        assert r"SUMMARY:Measure due: Weerbaar\; samen\, \\ sterk 🧑‍🤝‍🧑\nBEGIN:VALARM" in unfolded
        titles = [str(event["SUMMARY"]) for event in Calendar.from_ical(body).walk("VEVENT")]
        read_back = AWKWARD.replace("\r", "").replace("\x0b", "")
        assert titles.count(f"Measure due: {read_back}") == 2
        assert f"Safety policy ends: {read_back}" in titles

    def test_each_event_is_a_whole_day_that_leaves_its_reader_free(self, client: Client, full: User) -> None:
        found = events(client, full)
        assert len(found) == 6
        for event in found:
            assert not event.errors
            assert type(event["DTSTART"].dt) is dt.date
            assert event["DTSTART"].params["VALUE"] == "DATE"
            assert "DTEND" not in event
            assert (event["STATUS"], event["TRANSP"]) == ("CONFIRMED", "TRANSPARENT")
            assert str(event["URL"]).startswith("https://monitor.example/")
            assert len(event["CATEGORIES"].cats) == 1
            assert len(str(event["DESCRIPTION"])) <= 300

    def test_each_event_says_when_it_last_changed(self, client: Client, full: User) -> None:
        made = dt.datetime(2026, 3, 1, 8, 0, tzinfo=dt.UTC)
        said = dt.datetime(2026, 11, 1, 8, 0, tzinfo=dt.UTC)
        CoverageStatement.objects.update(confirmed_at=said, confirmed_by=full)
        for model in (SafetyPolicy, ActionPlan, FollowUp, Measure):
            model.pgh_event_model.objects.update(pgh_created_at=made)
        late = Measure.objects.earliest("pk")
        late.due_on += DAY
        late.save(update_fields=["due_on"])
        moved = late.events.latest("pgh_id").pgh_created_at.replace(microsecond=0)
        stamps = sorted(
            (str(event["CATEGORIES"].cats[0]), event["DTSTAMP"].dt) for event in events(client, full)
        )
        assert stamps == [
            ("Action plan", made),
            ("Coverage", said),
            ("Finding", made),
            ("Measure", made),
            ("Measure", moved),
            ("Safety policy", made),
        ]
        assert all(event["LAST-MODIFIED"].dt == event["DTSTAMP"].dt for event in events(client, full))

    def test_the_links_lead_to_the_page(self, client: Client, full: User) -> None:
        client.force_login(full)
        for event in events(client, full):
            assert client.get(str(event["URL"]).removeprefix("https://monitor.example")).status_code == 200

    def test_uids_are_unique_and_outlive_a_change(self, client: Client, full: User) -> None:
        uids = [str(event["UID"]) for event in events(client, full)]
        measure = Measure.objects.first()
        assert len(set(uids)) == 6
        assert f"measure-{measure.pk}-GM0197@monitor.example" in uids
        Measure.objects.update(title="Another", due_on=dt.date(2027, 1, 5))
        assert {str(event["UID"]) for event in events(client, full)} == set(uids)

    def test_a_deadline_is_told_two_weeks_and_two_days_before_in_the_morning(
        self, client: Client, officer: User, aalten: Municipality
    ) -> None:
        for days in (14, 13, 2, 1, -1):
            FollowUpFactory(municipality=aalten, due_on=TODAY + days * DAY)
        rings = {
            event["DTSTART"].dt: sorted(
                dt.datetime.combine(event["DTSTART"].dt, dt.time.min) + alarm["TRIGGER"].dt
                for alarm in event.walk("VALARM")
            )
            for event in events(client, officer)
        }
        nine = dt.time(9)
        assert rings[TODAY + 14 * DAY] == [
            dt.datetime.combine(day, nine) for day in (TODAY, TODAY + 12 * DAY)
        ]
        assert rings[TODAY + 13 * DAY] == [dt.datetime.combine(TODAY + 11 * DAY, nine)]
        assert rings[TODAY + 2 * DAY] == [dt.datetime.combine(TODAY, nine)]
        assert rings[TODAY + 1 * DAY] == rings[TODAY - DAY] == []
        (alarm, *_others) = [alarm for event in events(client, officer) for alarm in event.walk("VALARM")]
        assert alarm["ACTION"] == "DISPLAY"
        assert alarm["DESCRIPTION"] == "Finding due: training and expertise"

    def test_the_calendar_says_what_it_is_and_how_often_to_look(self, client: Client, full: User) -> None:
        body = fetch(client, full).content.decode()
        calendar = Calendar.from_ical(body)
        assert calendar["NAME"] == calendar["X-WR-CALNAME"]
        assert "X-WR-CALNAME:Deadlines for radicalisation policy – Aalten" in body
        assert "\r\nREFRESH-INTERVAL;VALUE=DURATION:PT12H\r\n" in body
        assert "\r\nX-PUBLISHED-TTL:PT12H\r\n" in body
        assert "\r\nX-WR-TIMEZONE:Europe/Amsterdam\r\n" in body
        assert "\r\nPRODID:-//policytracker//calendar//EN\r\n" in body

    def test_an_empty_calendar_holds_the_time_zone_that_makes_it_valid(
        self, client: Client, officer: User
    ) -> None:
        calendar = Calendar.from_ical(fetch(client, officer).content)
        assert [part.name for part in calendar.subcomponents] == ["VTIMEZONE"]
        zone = calendar.subcomponents[0].to_tz()
        for month, hours in ((1, 1), (7, 2)):
            noon = dt.datetime(2027, month, 1, 12, tzinfo=zone)
            assert noon.utcoffset() == dt.timedelta(hours=hours)

    def test_it_is_in_dutch_unless_the_address_says_otherwise(self, client: Client, full: User) -> None:
        client.cookies["django_language"] = "en"
        for query, language in (("", "nl"), ("?taal=en", "en"), ("?taal=xx", "nl")):
            response = fetch(client, full, query, **{"Accept-Language": "en"})
            assert response["Content-Language"] == language
            assert f"calendar//{language.upper()}" in response.content.decode()

    def test_invented_data_are_called_so(self, client: Client, officer: User) -> None:
        cache.set(CACHE_KEY, True, None)
        calendar = Calendar.from_ical(fetch(client, officer).content)
        assert calendar["X-WR-CALNAME"].startswith("[DEMONSTRATION]")


class TestAddress:
    @pytest.fixture
    def address(self, officer: User) -> str:
        return f"/agenda/{make_calendar_address(by=officer)}.ics"

    def test_it_is_a_calendar_that_nobody_else_keeps_and_makes_no_session(
        self, client: Client, address: str
    ) -> None:
        response = client.get(address)
        assert response["Content-Type"] == "text/calendar; charset=utf-8"
        assert set(response["Cache-Control"].split(", ")) == {"private", "no-cache"}
        assert response["X-Robots-Tag"] == "noindex"
        assert response["Referrer-Policy"] == "same-origin"
        assert not response.cookies
        assert not Session.objects.exists()

    def test_the_same_data_are_not_sent_twice(
        self, client: Client, address: str, aalten: Municipality
    ) -> None:
        follow_up = FollowUpFactory(municipality=aalten)
        FollowUpFactory.create_batch(5, municipality=aalten)
        first = client.get(address)
        with time_machine.travel(dt.datetime(2026, 11, 25, 13, 7, tzinfo=dt.UTC), tick=False):
            again = client.get(address, headers={"If-None-Match": first["ETag"]})
            assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
            assert client.get(address).content == first.content
        follow_up.due_on += DAY
        follow_up.save(update_fields=["due_on"])
        changed = client.get(address, headers={"If-None-Match": first["ETag"]})
        assert (changed.status_code, changed["ETag"] != first["ETag"]) == (200, True)

    def test_head_is_answered_and_nothing_is_written_there(self, client: Client, address: str) -> None:
        head = client.head(address)
        assert (head.status_code, head.content) == (200, b"")
        assert head["ETag"] == client.get(address)["ETag"]
        assert {client.post(address).status_code, client.put(address).status_code} == {405}

    def test_the_day_of_the_last_fetch_is_kept(self, client: Client, address: str) -> None:
        client.get(address)
        assert CalendarAddress.objects.get().last_fetched_on == TODAY

    def test_whatever_is_wrong_the_answer_is_the_same(
        self, client: Client, address: str, officer: User
    ) -> None:
        gone = UserFactory()
        revoked = f"/agenda/{make_calendar_address(by=gone)}.ics"
        revoke_calendar_address(by=gone)
        left = f"/agenda/{make_calendar_address(by=UserFactory(is_active=False))}.ics"
        reader = f"/agenda/{make_calendar_address(by=UserFactory(role=Role.NCTV))}.ics"
        old = address
        make_calendar_address(by=officer)
        malformed = ["/agenda/x.ics", "/agenda/%00%ff%20é.ics", f"/agenda/{'a' * 900}.ics"]
        answers = set()
        for path in (revoked, left, reader, old, *malformed):
            with expect_queries(1):
                response = client.get(path)
            headers = tuple(sorted(response.headers.items()))
            answers.add((response.status_code, response.content, headers))
        assert len(answers) == 1
        assert answers.pop()[0] == 404

    def test_takes_as_many_queries_whatever_there_is(
        self, client: Client, address: str, officer: User, aalten: Municipality
    ) -> None:
        client.get(address)
        FollowUpFactory(municipality=aalten)
        with expect_queries(6):
            client.get(address)
        for municipality in [aalten, *(MembershipFactory(user=officer).municipality for _n in range(4))]:
            MeasureFactory.create_batch(40, plan=ActionPlanFactory(municipality=municipality))
            FollowUpFactory.create_batch(3, municipality=municipality)
            CoverageStatementFactory(municipality=municipality)
            confirm(municipality)
        with expect_queries(6):
            response = client.get(address)
        assert response.content.count(b"BEGIN:VEVENT") > 200
