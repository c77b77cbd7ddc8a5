"""What VNG arranges: rules and texts, pauses, delays, sending one now."""

import datetime as dt
from typing import Any

import pytest
from django.test import Client
from kombu.exceptions import OperationalError

from accounts.models import User
from municipalities.models import Municipality
from reminders.actions import pause, postpone
from reminders.models import Hold, Reminder, ReminderRun, Rule, RuleSetting, RuleText
from reminders.planning import plan
from reminders.runs import carry_out
from reminders.tasks import run_reminders
from tests.factories import (
    ContactFactory,
    MembershipFactory,
    MunicipalityFactory,
    SafetyRegionFactory,
    UserFactory,
)
from tests.mail_server import MailServer
from tests.reminders.factories import ReminderFactory

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 24)
PAGES = [
    "/herinneringen/regels/",
    "/herinneringen/regels/policy_lacks_theme/",
    "/herinneringen/regels/policy_lacks_theme/unknown/",
    "/herinneringen/pauzes/",
    "/herinneringen/gemeenten/GM0184/versturen/",
]
TEXT = "/herinneringen/regels/policy_lacks_theme/unknown/"


@pytest.fixture
def urk() -> Municipality:
    return MunicipalityFactory(code="GM0184", name="Urk")


@pytest.fixture
def vng(client: Client) -> User:
    user = UserFactory(vng=True, name="Vera", email="vera@vng.example")
    client.cookies["django_language"] = "en"
    client.force_login(user)
    return user


def run() -> None:
    carry_out(ReminderRun.objects.create())


@pytest.mark.parametrize("page", PAGES)
def test_is_for_vng_alone(client: Client, urk: Municipality, page: str) -> None:
    for user, status in (
        (MembershipFactory(municipality=urk).user, 403),
        (UserFactory(nctv=True), 403),
        (UserFactory(vng=True), 200),
    ):
        client.force_login(user)
        assert client.get(page).status_code == status


@pytest.mark.usefixtures("vng")
class TestRules:
    def typed(self, **changes: str) -> dict[str, str]:
        return {"is_on": "on", "step_1": "0", "step_2": "28", "step_3": "28", "revision": "", **changes}

    def test_change_their_days(self, client: Client, urk: Municipality) -> None:
        address = "/herinneringen/regels/policy_lacks_theme/"
        assert client.post(address, self.typed(step_2="14")).status_code == 302
        assert RuleSetting.objects.get().waits == [0, 14, 28]
        ReminderFactory(
            municipality=urk,
            status=Reminder.Status.SENT,
            settled_at=dt.datetime(2026, 11, 10, 9, tzinfo=dt.UTC),
        )
        assert plan(on=TODAY).planned == 1
        assert "step 2: 14 days later" in client.get("/herinneringen/regels/").content.decode()

    def test_are_switched_off_and_what_is_planned_ends(self, client: Client, urk: Municipality) -> None:
        reminder = ReminderFactory(municipality=urk)
        typed = self.typed()
        del typed["is_on"]
        assert client.post("/herinneringen/regels/policy_lacks_theme/", typed).status_code == 302
        assert plan(on=TODAY).cancelled == 1
        reminder.refresh_from_db()
        assert reminder.ended_because == Reminder.Ending.RULE_OFF
        setting = RuleSetting.objects.get()
        again = self.typed(revision=str(setting.revision))
        assert client.post("/herinneringen/regels/policy_lacks_theme/", again).status_code == 302
        assert plan(on=TODAY).planned == 1

    def test_tell_when_somebody_else_was_first(self, client: Client) -> None:
        setting = RuleSetting.objects.create(rule=Rule.POLICY_LACKS_THEME, waits=[1, 2, 3])
        stale = self.typed(revision=str(setting.revision - 1), step_1="9")
        assert client.post("/herinneringen/regels/policy_lacks_theme/", stale).status_code == 409
        setting.refresh_from_db()
        assert setting.waits == [1, 2, 3]

    @pytest.mark.parametrize("days", ["-1", "367", "", "x"])
    def test_refuse_days_that_cannot_be(self, client: Client, days: str) -> None:
        response = client.post("/herinneringen/regels/policy_lacks_theme/", self.typed(step_2=days))
        assert response.status_code == 422
        assert not RuleSetting.objects.exists()

    def test_unknown_are_not_there(self, client: Client) -> None:
        assert client.get("/herinneringen/regels/nothing/").status_code == 404
        assert client.get("/herinneringen/regels/policy_lacks_theme/nothing/").status_code == 404


class TestTexts:
    typed = {
        "subject_nl": "Vraag aan {municipality}",
        "text_nl": "Hoe staat het ervoor in {municipality}?",
        "subject_en": "{municipality}: is radicalisation in your safety policy?",
        "text_en": "We do not know yet whether radicalisation is part of the safety policy of {municipality}."
        " Can you tell us?",
        "seen": "",
    }

    def test_are_kept_where_they_differ_from_ours(
        self, client: Client, vng: User, urk: Municipality, mail_server: MailServer
    ) -> None:
        ContactFactory(municipality=urk, language="nl")
        assert client.post(TEXT, {**self.typed, "do": "save"}).status_code == 302
        assert list(RuleText.objects.values_list("language", "subject")) == [
            ("nl", "Vraag aan {municipality}")
        ]
        run()
        assert mail_server.accepted[0]["Subject"] == "Vraag aan Urk"

    def test_are_shown_before_they_are_kept(self, client: Client, vng: User) -> None:
        response = client.post(TEXT, {**self.typed, "do": "look"})
        assert "Hoe staat het ervoor in Voorbeeldgemeente?" in response.content.decode()
        assert not RuleText.objects.exists()

    def test_are_sent_to_who_writes_them_as_a_test(
        self, client: Client, vng: User, mail_server: MailServer
    ) -> None:
        response = client.post(TEXT, {**self.typed, "do": "test"})
        assert "on its way to vera@vng.example" in response.content.decode()
        (mail,) = mail_server.accepted
        assert mail["To"] == "vera@vng.example"
        assert mail["Subject"] == "[TEST] Example Town: is radicalisation in your safety policy?"
        assert not RuleText.objects.exists()

    def test_say_why_a_test_was_not_sent(self, client: Client, vng: User, mail_server: MailServer) -> None:
        mail_server.to_recipient["vera@vng.example"] = "550 5.1.1 no such user"
        response = client.post(TEXT, {**self.typed, "do": "test"})
        page = response.content.decode()
        assert "The test message was not sent: 550 5.1.1 no such user" in page
        assert "Hoe staat het ervoor" in page

    def test_refuse_what_cannot_be_filled_in(self, client: Client, vng: User) -> None:
        response = client.post(TEXT, {**self.typed, "text_nl": "Sinds {day}?", "do": "save"})
        assert response.status_code == 422
        assert "We cannot fill in {day} here. Possible are: {municipality}." in response.content.decode()
        assert not RuleText.objects.exists()

    def test_tell_when_somebody_else_was_first(self, client: Client, vng: User) -> None:
        RuleText.objects.create(
            rule=Rule.POLICY_LACKS_THEME, case="unknown", language="nl", subject="A", text="B"
        )
        response = client.post(TEXT, {**self.typed, "do": "save"})
        assert response.status_code == 422
        assert "Somebody else changed this text meanwhile" in response.content.decode()
        assert RuleText.objects.get().subject == "A"

    def test_make_way_for_ours_again(self, client: Client, vng: User) -> None:
        RuleText.objects.create(
            rule=Rule.POLICY_LACKS_THEME, case="unknown", language="nl", subject="A", text="B"
        )
        assert client.post(TEXT, {"do": "reset"}).status_code == 302
        assert not RuleText.objects.exists()


class TestPauses:
    def test_are_made_and_ended(self, client: Client, vng: User, urk: Municipality) -> None:
        typed = {
            "rule": "",
            "municipality": "GM0184",
            "safety_region": "",
            "until": "",
            "reason": "A merger.",
        }
        assert client.post("/herinneringen/pauzes/", typed).status_code == 302
        hold = Hold.objects.get()
        assert (hold.kind, hold.municipality, hold.rule, hold.until) == (Hold.Kind.PAUSE, urk, "", None)
        assert "A merger." in client.get("/herinneringen/pauzes/").content.decode()
        for _twice in range(2):
            client.post(f"/herinneringen/pauzes/{hold.pk}/beeindigen/")
        hold.refresh_from_db()
        assert (hold.status, hold.decided_by) == (Hold.Status.LIFTED, vng)

    def test_are_of_one_place(self, client: Client, vng: User, urk: Municipality) -> None:
        region = SafetyRegionFactory()
        typed = {"municipality": "GM0184", "safety_region": str(region.pk), "reason": "Both."}
        response = client.post("/herinneringen/pauzes/", typed)
        assert response.status_code == 422
        assert "not both" in response.content.decode()

    @pytest.mark.parametrize("scope", ["all", "rule", "municipality", "region", "rule in region"])
    def test_keep_back_what_they_name_and_nothing_else(
        self, vng: User, urk: Municipality, mail_server: MailServer, scope: str
    ) -> None:
        region = SafetyRegionFactory(code="VR99", name="Another region")
        Municipality.objects.filter(pk=urk.pk).update(safety_region=region)
        ContactFactory(municipality=urk, email="urk@urk.example")
        ContactFactory(email="other@other.example")
        named: dict[str, Any] = {
            "all": {},
            "rule": {"rule": Rule.POLICY_LACKS_THEME},
            "municipality": {"municipality": urk},
            "region": {"safety_region": region},
            "rule in region": {"safety_region": region, "rule": Rule.POLICY_LACKS_THEME},
        }[scope]
        hold = pause(by=vng, reason="As VNG wants.", **named)
        run()
        free = [] if scope in ("all", "rule") else ["other@other.example"]
        assert mail_server.recipients == free
        hold.status = Hold.Status.LIFTED
        hold.save()
        run()
        assert sorted(mail_server.recipients) == ["other@other.example", "urk@urk.example"]


class TestDelays:
    @pytest.fixture
    def asked(self, urk: Municipality) -> Hold:
        officer = MembershipFactory(municipality=urk, user__name="Kim").user
        return postpone(
            by=officer,
            municipality=urk,
            rule=Rule.POLICY_LACKS_THEME,
            reason="The council decides next year.",
            until=TODAY + dt.timedelta(days=120),
        )

    @pytest.mark.parametrize(("decision", "status"), [("grant", "holds"), ("refuse", "refused")])
    def test_are_decided_on_once(
        self, client: Client, vng: User, asked: Hold, decision: str, status: str
    ) -> None:
        page = client.get("/herinneringen/pauzes/").content.decode()
        assert "The council decides next year." in page
        for answer in (decision, "grant"):
            client.post(f"/herinneringen/pauzes/{asked.pk}/beslissen/", {"decision": answer})
        asked.refresh_from_db()
        assert (asked.status, asked.decided_by) == (status, vng)

    def test_keep_back_only_once_they_are_granted(
        self, client: Client, vng: User, asked: Hold, urk: Municipality, mail_server: MailServer
    ) -> None:
        ContactFactory(municipality=urk)
        client.post(f"/herinneringen/pauzes/{asked.pk}/beslissen/", {"decision": "grant"})
        run()
        assert mail_server.accepted == []

    def test_that_wait_keep_nothing_back(
        self, asked: Hold, urk: Municipality, mail_server: MailServer
    ) -> None:
        ContactFactory(municipality=urk)
        run()
        assert len(mail_server.accepted) == 1


class TestSendingOne:
    def test_shows_the_message_and_wakes_a_worker(
        self, client: Client, vng: User, urk: Municipality, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ContactFactory(municipality=urk, email="urk@urk.example")
        page = client.get("/herinneringen/gemeenten/GM0184/versturen/").content.decode()
        assert "Send 1 message about Urk now?" in page
        assert "urk@urk.example" in page
        assert not Reminder.objects.exists()
        woken: list[int] = []
        monkeypatch.setattr(run_reminders, "delay", woken.append)
        with_commit = client.post("/herinneringen/gemeenten/GM0184/versturen/")
        assert with_commit.status_code == 302
        made = ReminderRun.objects.get()
        assert (made.municipality, made.asked_by, made.outside_hours) == (urk, vng, True)

    def test_says_why_nothing_can_be_sent(self, client: Client, vng: User, urk: Municipality) -> None:
        address = "/herinneringen/gemeenten/GM0184/versturen/"
        assert "Nobody there can be reached by mail." in client.get(address).content.decode()
        pause(by=vng, reason="A merger.", municipality=urk)
        assert "kept back by a pause" in client.get(address).content.decode()

    @pytest.mark.django_db(transaction=True)
    def test_says_that_the_queue_is_away(
        self, client: Client, vng: User, urk: Municipality, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def away(run_id: int) -> None:
            raise OperationalError("connection refused")

        monkeypatch.setattr(run_reminders, "delay", away)
        response = client.post("/herinneringen/gemeenten/GM0184/versturen/", follow=True)
        assert "the queue cannot be reached" in response.content.decode()
