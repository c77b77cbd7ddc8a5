"""The console of the reminders, as VNG and administrators see it and nobody else."""

import csv
import datetime as dt
from io import BytesIO, StringIO
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone
from kombu.exceptions import OperationalError
from openpyxl import load_workbook

from accounts.models import Role
from reminders import ledger
from reminders.models import Message, Reminder, ReminderRun, Rule
from reminders.tasks import run_reminders
from tests.factories import (
    ContactFactory,
    FollowUpFactory,
    MeasureFactory,
    MunicipalityFactory,
    ProvinceFactory,
    SafetyPolicyFactory,
    UserFactory,
)
from tests.queries import expect_queries
from tests.reminders.factories import MessageFactory, ReminderFactory

pytestmark = pytest.mark.django_db
PAGES = [
    "/herinneringen/",
    "/herinneringen/volgende/",
    "/herinneringen/nu-versturen/",
    "/herinneringen/onbereikbaar/",
    "/herinneringen/waarom/",
    "/herinneringen/cijfers/",
]


@pytest.fixture
def vng(client: Client) -> Client:
    client.cookies["django_language"] = "en"
    client.force_login(UserFactory(vng=True, name="Vera"))
    return client


def names(response: Any) -> list[str]:
    return [entry.name for entry in response.context["entries"]]


def sent_to(*emails: str, **municipality: Any) -> Reminder:
    """A reminder that went out to these addresses."""
    reminder = ReminderFactory(municipality=MunicipalityFactory(**municipality), status=Reminder.Status.SENT)
    for position, email in enumerate(emails, start=1):
        MessageFactory(
            contact=ContactFactory(municipality=reminder.municipality, position=position, email=email),
            status=Message.Status.SENT,
            carries=[reminder],
        )
    return reminder


class TestWhoMaySeeIt:
    @pytest.mark.parametrize("page", PAGES)
    def test_a_visitor_goes_to_the_log_in(self, client: Client, page: str) -> None:
        response = client.get(page)
        assert response.status_code == 302
        assert response["Location"].startswith("/account/")

    @pytest.mark.parametrize("page", PAGES)
    @pytest.mark.parametrize(
        ("role", "status"),
        [(Role.OFFICER, 403), (Role.NCTV, 403), (Role.VNG, 200), (Role.ADMINISTRATOR, 200)],
    )
    def test_by_role(self, client: Client, page: str, role: str, status: int) -> None:
        client.force_login(UserFactory(role=role))
        assert client.get(page).status_code == status

    def test_who_may_not_hears_why(self, client: Client) -> None:
        client.cookies["django_language"] = "en"
        client.force_login(UserFactory())
        assert "They name the contacts" in client.get(PAGES[0]).content.decode()

    def test_who_may_not_starts_no_run(self, client: Client) -> None:
        client.force_login(UserFactory(nctv=True))
        assert client.post("/herinneringen/nu-versturen/").status_code == 403
        assert not ReminderRun.objects.exists()


class TestLedger:
    def test_shows_what_was_asked_of_whom(self, vng: Client) -> None:
        sent_to("one@urk.example", "two@urk.example", name="Urk")
        page = vng.get("/herinneringen/").content.decode()
        for text in (
            "Urk",
            "the safety policy lacks the theme",
            "one@urk.example",
            "two@urk.example",
            "sent",
        ):
            assert text in page

    def test_is_empty_at_first(self, vng: Client) -> None:
        assert "Nothing has been planned yet" in vng.get("/herinneringen/").content.decode()

    @pytest.mark.parametrize(
        ("query", "expected"),
        [
            ("", ["Dronten", "Urk"]),
            ("?q=ur", ["Urk"]),
            ("?status=planned", ["Urk"]),
            ("?status=planned&status=sent", ["Dronten", "Urk"]),
            ("?rule=policy_lacks_theme", ["Dronten", "Urk"]),
            ("?province=PV24", ["Dronten"]),
            ("?answered=yes", ["Dronten"]),
            ("?answered=no", []),
            ("?answered=yes&answered=no", ["Dronten"]),
            ("?step=1", ["Dronten", "Urk"]),
            ("?step=2", []),
            ("?van=2026-03-18&tot=2026-03-18", ["Dronten", "Urk"]),
            ("?van=2026-03-19", []),
            ("?tot=2026-03-17", []),
            ("?sort=answered", ["Dronten", "Urk"]),
            ("?q=nowhere", []),
            ("?sort=-name", ["Urk", "Dronten"]),
            ("?sort=settled", ["Dronten", "Urk"]),
        ],
    )
    def test_filters_and_sorts(self, vng: Client, query: str, expected: list[str]) -> None:
        ReminderFactory(municipality__name="Urk")
        sent = sent_to("one@dronten.example", name="Dronten", province=ProvinceFactory(code="PV24"))
        Reminder.objects.filter(pk=sent.pk).update(answered_at=timezone.now())
        assert names(vng.get(f"/herinneringen/{query}")) == expected

    def test_says_of_a_filter_what_is_wrong_with_it(self, vng: Client) -> None:
        response = vng.get("/herinneringen/?status=lost")
        assert response.status_code == 422
        assert "lost" in response.content.decode()

    def test_refuses_a_period_that_ends_before_it_begins(self, vng: Client) -> None:
        response = vng.get("/herinneringen/?van=2026-11-02&tot=2026-11-01")
        assert response.status_code == 422
        assert "The last day lies before the first one." in response.content.decode()
        assert 'value="2026-11-02"' in response.content.decode()

    def test_says_what_it_is_about_when_it_was_answered_and_why_it_ended(self, vng: Client) -> None:
        measure = MeasureFactory(title="Train the guards")
        policy = SafetyPolicyFactory(title="IVP Urk")
        finding = FollowUpFactory()
        for rule, about in (
            (Rule.MEASURE_DUE, measure.pk),
            (Rule.POLICY_ENDS, policy.pk),
            (Rule.FINDING_UNANSWERED, finding.pk),
        ):
            ReminderFactory(rule=rule, about=about)
        sent = sent_to("one@urk.example", name="Urk", code="GM0184")
        answered_at = dt.datetime(2026, 11, 26, 23, 30, tzinfo=dt.UTC)
        Reminder.objects.filter(pk=sent.pk).update(answered_at=answered_at)
        ReminderFactory(status="cancelled", ended_because="rule_off", settled_at=timezone.now())
        page = vng.get("/herinneringen/").content.decode()
        for text in (
            "Train the guards",
            "IVP Urk",
            finding.finding.get_theme_display(),
            "Nov. 27, 2026",
            "VNG switched the rule off",
            "/herinneringen/waarom/?gemeente=GM0184&amp;dag=2026-11-24",
        ):
            assert text in page

    def test_looks_up_what_it_is_about_all_at_once(self, vng: Client) -> None:
        def fill(number: int) -> None:
            for measure in MeasureFactory.create_batch(number):
                ReminderFactory(rule=Rule.MEASURE_DUE, about=measure.pk)
            for policy in SafetyPolicyFactory.create_batch(number):
                ReminderFactory(rule=Rule.POLICY_ENDS, about=policy.pk)

        vng.get("/herinneringen/")  # fills the choices of the filter, which are kept
        fill(2)
        with expect_queries(12):
            vng.get("/herinneringen/")
        fill(18)
        with expect_queries(12):
            vng.get("/herinneringen/")

    def test_leads_to_the_other_pages(self, vng: Client) -> None:
        page = vng.get("/herinneringen/").content.decode()
        assert '<a href="/herinneringen/" aria-current="page">' in page
        for address in ("volgende", "waarom", "cijfers", "pauzes", "regels"):
            assert f'<a href="/herinneringen/{address}/">' in page

    def test_shows_active_filters_in_words(self, vng: Client) -> None:
        response = vng.get("/herinneringen/?status=undeliverable")
        assert [str(chip.value) for chip in response.context["chips"]] == ["nobody could be reached"]

    def test_pages_by_fifty(self, vng: Client) -> None:
        ReminderFactory.create_batch(51)
        assert len(vng.get("/herinneringen/").context["entries"]) == 50
        assert len(vng.get("/herinneringen/?page=2").context["entries"]) == 1

    def test_answers_htmx_with_the_part_it_asks_for(self, vng: Client) -> None:
        response = vng.get("/herinneringen/", headers={"HX-Request": "true", "HX-Target": "results"})
        assert b"<html" not in response.content

    def test_names_the_municipalities_out_of_reach(self, vng: Client) -> None:
        ContactFactory(municipality__name="Urk")
        MunicipalityFactory(name="Dronten")
        MunicipalityFactory(name="Ended", valid_until=dt.date(2026, 1, 1))
        context = vng.get("/herinneringen/").context
        assert [one["name"] for one in context["unreachable"]] == ["Dronten"]
        assert context["unreachable_count"] == 1

    def test_shows_the_runs_that_did_something(self, vng: Client) -> None:
        ReminderRun.objects.create(ended_at=timezone.now(), sent=12, asked_by=UserFactory(name="Noor"))
        ReminderRun.objects.create(ended_at=timezone.now())
        response = vng.get("/herinneringen/")
        assert [run.sent for run in response.context["runs"]] == [12]
        assert "Noor" in response.content.decode()

    def test_tells_of_a_run_that_has_not_ended(self, vng: Client) -> None:
        ReminderRun.objects.create()
        assert "It has not ended." in vng.get("/herinneringen/").content.decode()

    def test_takes_as_many_queries_for_10_as_for_200(self, vng: Client) -> None:
        def fill(number: int) -> None:
            for _ in range(number):
                sent_to(f"{Reminder.objects.count()}@a.example")
            MunicipalityFactory.create_batch(number)

        vng.get("/herinneringen/")  # fills the choices of the filter, which are kept
        ReminderRun.objects.create(sent=1)
        fill(10)
        with expect_queries(10):
            vng.get("/herinneringen/")
        fill(190)
        with expect_queries(10):
            vng.get("/herinneringen/")


class TestExport:
    def rows(self, vng: Client, kind: str, query: str = "") -> list[list[Any]]:
        response = vng.get(f"/herinneringen/?export={kind}{query}")
        content = b"".join(response)
        assert f"reminders-2026-11-24.{kind}" in response["Content-Disposition"]
        if kind == "xlsx":
            return [list(row) for row in load_workbook(BytesIO(content)).worksheets[0].values]
        return list(csv.reader(StringIO(content.decode("utf-8-sig")), delimiter=";"))

    @pytest.mark.parametrize("kind", ["csv", "xlsx"])
    def test_holds_what_the_list_shows(self, vng: Client, kind: str) -> None:
        sent_to("one@urk.example", "two@urk.example", name="Urk", code="GM0184")
        ReminderFactory(municipality__name="Dronten")
        header, *rows = self.rows(vng, kind, "&status=sent")
        assert header[:2] == ["Code", "Municipality"]
        assert [row[:2] for row in rows] == [["GM0184", "Urk"]]
        assert rows[0][-1] == "one@urk.example, two@urk.example"
        assert len(rows[0]) == len(header)

    def test_says_what_it_is_about_when_it_was_answered_and_why_it_ended(self, vng: Client) -> None:
        measure = MeasureFactory(title="Train the guards")
        ReminderFactory(rule=Rule.MEASURE_DUE, about=measure.pk, status="sent", answered_at=timezone.now())
        ReminderFactory(status="cancelled", ended_because="rule_off", municipality__name="A")
        header, ended, about = self.rows(vng, "csv", "&sort=name")
        assert (
            dict(zip(header, about, strict=True)).items()
            >= {
                "About": "Train the guards",
                "Answered on": "2026-11-24",
                "Ended because": "",
            }.items()
        )
        assert dict(zip(header, ended, strict=True))["Ended because"] == "VNG switched the rule off"

    def test_looks_up_what_rows_are_about_in_few_queries(
        self, vng: Client, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(ledger, "EXPORTED_AT_ONCE", 2)
        for measure in MeasureFactory.create_batch(5):
            ReminderFactory(rule=Rule.MEASURE_DUE, about=measure.pk)
        titles = [row[4] for row in self.rows(vng, "csv")[1:]]
        assert len(set(titles)) == 5
        assert "" not in titles

    def test_does_not_run_a_name_as_a_formula(self, vng: Client) -> None:
        ReminderFactory(municipality__name="=1+1")
        assert self.rows(vng, "csv")[1][1] == "'=1+1"


class TestPreview:
    def test_shows_each_message_as_it_will_be_read(self, vng: Client) -> None:
        ContactFactory(
            municipality__name="Urk", municipality__code="GM0184", language="en", email="a@urk.example"
        )
        page = vng.get("/herinneringen/volgende/").content.decode()
        assert "To a@urk.example" in page
        assert "Urk: is radicalisation in your safety policy?" in page
        assert "/gemeenten/GM0184/dekking/" in page
        assert not Reminder.objects.exists()

    def test_says_when_nothing_is_due(self, vng: Client) -> None:
        assert "Nothing is due on this day" in vng.get("/herinneringen/volgende/").content.decode()

    def test_shows_another_day(self, vng: Client) -> None:
        ContactFactory(municipality__valid_from=dt.date(2026, 12, 1))
        assert vng.get("/herinneringen/volgende/").context["messages_count"] == 0
        assert vng.get("/herinneringen/volgende/?peildatum=2026-12-01").context["messages_count"] == 1

    def test_says_that_nothing_goes_out_in_the_weekend(self, vng: Client) -> None:
        ContactFactory()
        page = vng.get("/herinneringen/volgende/?peildatum=2026-12-26").content.decode()
        assert "no working day: it goes out on Dec. 28, 2026" in page

    @pytest.mark.parametrize(
        ("day", "message"),
        [
            ("2026-11-23", "Choose today or a later day"),
            ("2028-01-01", "Choose a day at most a year from now"),
            ("tomorrow", "We cannot read this day"),
        ],
    )
    def test_says_what_is_wrong_with_a_day(self, vng: Client, day: str, message: str) -> None:
        response = vng.get(f"/herinneringen/volgende/?peildatum={day}")
        assert response.status_code == 422
        assert message in response.content.decode()
        assert day in response.content.decode()

    def test_counts_what_waits_and_what_reaches_nobody(self, vng: Client) -> None:
        contact = ContactFactory()
        MessageFactory(contact=contact, status=Message.Status.SENT)
        MunicipalityFactory()
        context = vng.get("/herinneringen/volgende/").context
        assert (
            context["messages_count"],
            context["waiting"],
            context["unreachable_count"],
        ) == (
            0,
            {"held": 0, "day": 0, "written_to": 1},
            1,
        )

    def test_takes_as_many_queries_for_10_as_for_200(self, vng: Client) -> None:
        ContactFactory.create_batch(10)
        with expect_queries(30):
            vng.get("/herinneringen/volgende/")
        ContactFactory.create_batch(190)
        with expect_queries(30):
            vng.get("/herinneringen/volgende/")


class TestOutOfReach:
    def test_says_why(self, vng: Client) -> None:
        ContactFactory(
            municipality__name="Urk",
            name="Jip",
            unreachable_since=timezone.now(),
            unreachable_reason="550 5.1.1 no such user",
        )
        MunicipalityFactory(name="Dronten")
        ContactFactory(municipality__name="Zeist")
        page = vng.get("/herinneringen/onbereikbaar/").content.decode()
        assert "Jip" in page
        assert "550 5.1.1 no such user" in page
        assert "no contact known" in page
        assert "Zeist" not in page

    def test_takes_as_many_queries_for_10_as_for_200(self, vng: Client) -> None:
        MunicipalityFactory.create_batch(10)
        with expect_queries(4):
            vng.get("/herinneringen/onbereikbaar/")
        MunicipalityFactory.create_batch(190)
        with expect_queries(4):
            vng.get("/herinneringen/onbereikbaar/")


class TestRunNow:
    def test_asks_first(self, vng: Client) -> None:
        ContactFactory.create_batch(2)
        page = vng.get("/herinneringen/nu-versturen/").content.decode()
        assert "Send 2 messages now?" in page
        assert not ReminderRun.objects.exists()

    def test_tells_that_it_is_outside_office_hours(self, vng: Client, clock: Any) -> None:
        ContactFactory()
        assert "outside office hours" not in vng.get("/herinneringen/nu-versturen/").content.decode()
        clock.move_to(dt.datetime(2026, 11, 24, 20, 0, tzinfo=dt.UTC))
        assert "outside office hours" in vng.get("/herinneringen/nu-versturen/").content.decode()

    @pytest.mark.django_db(transaction=True)
    def test_lets_a_worker_do_it(self, vng: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        woken: list[int] = []
        monkeypatch.setattr(run_reminders, "delay", woken.append)
        response = vng.post("/herinneringen/nu-versturen/", follow=True)
        run = ReminderRun.objects.get()
        assert woken == [run.pk]
        assert (run.asked_by.name, run.outside_hours) == ("Vera", True)
        assert "The run has been started" in response.content.decode()

    @pytest.mark.django_db(transaction=True)
    def test_tells_when_the_queue_is_away(self, vng: Client, monkeypatch: pytest.MonkeyPatch) -> None:
        def away(run_id: int) -> None:
            raise OperationalError("connection refused")

        monkeypatch.setattr(run_reminders, "delay", away)
        response = vng.post("/herinneringen/nu-versturen/", follow=True)
        assert "could not be started" in response.content.decode()


class TestAdmin:
    @pytest.mark.parametrize("model", ["reminder", "message", "reminderrun"])
    def test_shows_the_ledger_and_changes_nothing(self, client: Client, model: str) -> None:
        sent_to("one@a.example")
        run = ReminderRun.objects.create()
        client.force_login(UserFactory(administrator=True))
        pk = {"reminder": Reminder, "message": Message}.get(model, ReminderRun).objects.get().pk
        assert client.get(f"/beheer/reminders/{model}/").status_code == 200
        assert client.get(f"/beheer/reminders/{model}/{pk}/change/").status_code == 200
        assert client.get(f"/beheer/reminders/{model}/add/").status_code == 403
        assert client.post(f"/beheer/reminders/{model}/{pk}/delete/", {"post": "yes"}).status_code == 403
        assert ReminderRun.objects.get() == run
