"""A message says what is asked and how long it takes, leads straight to the form, and says why it comes."""

import datetime as dt

import pytest
from django.core.cache import cache
from pytest_django import Settings

from accounts.demonstration import CACHE_KEY
from municipalities.coverage import Coverage
from municipalities.models import Municipality
from reminders import mails
from reminders.models import Reminder, Rule, RuleText
from reminders.subscriptions import read_token
from reminders.topics import topics
from tests.factories import (
    ContactFactory,
    MeasureFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    SafetyPolicyFactory,
    UserFactory,
)
from tests.queries import expect_queries
from tests.reminders.factories import CYCLE, MessageFactory, ReminderFactory, StatementFactory

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 24)


@pytest.fixture(autouse=True)
def base_url(settings: Settings) -> None:
    settings.BASE_URL = "https://beleid.example"
    settings.DEFAULT_FROM_EMAIL = "Beleidsmonitor <monitor@beleid.example>"


@pytest.fixture
def utrecht() -> Municipality:
    return MunicipalityFactory(code="GM0344", name="Utrecht")


def write(*reminders: Reminder, language: str = "en", to_account_manager: bool = False) -> mails.Mail:
    return mails.write(
        topics(reminders, on=TODAY), language=language, to_account_manager=to_account_manager, contact_id=7
    )


def about(municipality: Municipality, step: int = 1) -> Reminder:
    return ReminderFactory(municipality=municipality, step=step, due_on=dt.date(2026, 11, 24))


def sent_so_far(municipality: Municipality, step: int) -> Reminder:
    """The reminder of this step, to be sent after the one before it."""
    before = {"municipality": municipality, "rule": Rule.POLICY_LACKS_THEME, "cycle": CYCLE}
    moment = dt.datetime(2026, 10, 27, 9, tzinfo=dt.UTC)
    Reminder.objects.get_or_create(
        **before, step=step - 1, due_on=TODAY, defaults={"status": "sent", "settled_at": moment}
    )
    return Reminder(**before, step=step, due_on=TODAY)


class TestOneMunicipality:
    def test_names_it_in_the_subject_and_leads_to_its_form(self, utrecht: Municipality) -> None:
        mail = write(about(utrecht))
        assert mail.subject == "Utrecht: is radicalisation in your safety policy?"
        for body in (mail.text, mail.html):
            assert body.count("https://beleid.example/gemeenten/GM0344/dekking/") == 1
            assert "two minutes" in body

    def test_says_why_it_comes_and_how_to_hand_it_over(self, utrecht: Municipality) -> None:
        mail = write(about(utrecht))
        for body in (mail.text, mail.html):
            assert "because you are the contact of Utrecht" in body
            assert "hand it over" in body
            assert "https://beleid.example/herinneringen/gemeenten/GM0344/" in body

    def test_begins_with_what_is_asked(self, utrecht: Municipality) -> None:
        asked, empty, *_rest = write(about(utrecht)).text.splitlines()
        assert asked.startswith("We do not know yet whether radicalisation is part of the safety policy")
        assert asked.endswith("Can you tell us? Answering takes about two minutes.")
        assert empty == ""

    def test_asks_to_confirm_what_a_public_source_says(self, utrecht: Municipality) -> None:
        PolicyParticipationFactory(municipality=utrecht, policy__title="IVP Utrecht 2023–2026")
        mail = write(about(utrecht))
        assert "we found “IVP Utrecht 2023–2026”. Is this the safety policy of Utrecht" in mail.text
        assert "Look and answer" in mail.text

    def test_says_when_the_policy_ended(self, utrecht: Municipality) -> None:
        policy = SafetyPolicyFactory(title="IVP 2021–2025", ends_on=dt.date(2025, 12, 31))
        StatementFactory(municipality=utrecht, policy=policy)
        assert "“IVP 2021–2025” ended on Dec. 31, 2025" in write(about(utrecht)).text

    def test_says_what_was_stated_before(self, utrecht: Municipality) -> None:
        StatementFactory(municipality=utrecht, value=Coverage.ABSENT)
        assert "On June 1, 2026, Utrecht told us" in write(about(utrecht)).text

    def test_says_when_the_decision_was_expected(self, utrecht: Municipality) -> None:
        StatementFactory(municipality=utrecht, value=Coverage.IN_PREPARATION, expected_on=dt.date(2026, 6, 1))
        asked = ReminderFactory(municipality=utrecht, rule=Rule.PREPARATION_OVERDUE)
        assert "by June 1, 2026. Has the council decided?" in write(asked).text

    def test_says_at_the_second_step_that_it_was_asked_before(self, utrecht: Municipality) -> None:
        first = Reminder(
            municipality=utrecht, rule=Rule.POLICY_LACKS_THEME, cycle=CYCLE, step=1, due_on=TODAY
        )
        assert "We also asked" not in write(first).text
        assert "We also asked this on Oct. 27, 2026" in write(sent_so_far(utrecht, 2)).text

    def test_says_at_the_third_step_who_helps(self, utrecht: Municipality) -> None:
        utrecht.account_manager = UserFactory(vng=True, name="Noor Jansen", email="noor@vng.example")
        utrecht.save(update_fields=["account_manager"])
        second, third = sent_so_far(utrecht, 2), sent_so_far(utrecht, 3)
        assert "Noor Jansen" not in write(second).text
        mail = write(third)
        assert "Noor Jansen, your account manager at VNG" in mail.text
        assert mail.reply_to == "noor@vng.example"


def test_is_written_in_dutch_for_who_reads_dutch(utrecht: Municipality) -> None:
    policy = SafetyPolicyFactory(title="IVP", ends_on=dt.date(2025, 12, 31))
    StatementFactory(municipality=utrecht, policy=policy)
    mail = write(about(utrecht), language="nl")
    assert mail.subject == "Utrecht: staat radicalisering in uw veiligheidsbeleid?"
    assert "“IVP” liep af op 31 december 2025." in mail.text
    assert '<html lang="nl">' in mail.html
    for body in (mail.text, mail.html):
        assert "https://beleid.example/gemeenten/GM0344/dekking/" in body
        assert "U krijgt dit bericht omdat" in body


class TestSeveralMunicipalities:
    def test_lists_each_with_its_link_the_most_urgent_first(self, utrecht: Municipality) -> None:
        zeist = MunicipalityFactory(code="GM0355", name="Zeist")
        mail = write(about(utrecht), about(zeist, step=2))
        assert mail.subject == "Your 2 municipalities: 2 questions about their policy on radicalisation"
        assert mail.text.index("GM0355/dekking/") < mail.text.index("GM0344/dekking/")
        assert "because you are the contact of Zeist and Utrecht" in mail.text
        assert "Answer now" not in mail.text

    def test_takes_as_many_queries_whatever_their_number(self, utrecht: Municipality) -> None:
        few = [about(utrecht)]
        many = [about(MunicipalityFactory()) for _ in range(20)]
        for reminders in (few, many):
            with expect_queries(4):  # municipalities, contacts, the rules' settings, VNG's texts
                write(*reminders)


class TestSeveralQuestions:
    def test_about_one_municipality_each_have_their_link(self, utrecht: Municipality) -> None:
        measure = MeasureFactory(title="Training for youth workers", due_on=TODAY)
        late = ReminderFactory(
            municipality=utrecht, rule=Rule.MEASURE_DUE, cycle=f"{measure.pk}@2026-11-24", about=measure.pk
        )
        mail = write(late, about(utrecht))
        assert mail.subject == "Utrecht: 2 questions about your policy on radicalisation"
        first, second = mail.text.index("/dekking/"), mail.text.index(f"/maatregelen/{measure.pk}/voortgang/")
        assert first < second  # the theme before a measure
        assert "“Training for youth workers” of Utrecht is due on Nov. 24, 2026" in mail.text

    def test_are_counted_truly_even_where_the_list_is_cut(self, utrecht: Municipality) -> None:
        measures = MeasureFactory.create_batch(14, due_on=TODAY)
        reminders = [
            ReminderFactory(municipality=utrecht, rule=Rule.MEASURE_DUE, cycle=f"{one.pk}@x", about=one.pk)
            for one in measures
        ]
        mail = write(*reminders)
        assert mail.subject == "Utrecht: 14 questions about your policy on radicalisation"
        assert mail.text.count("/voortgang/") == 10
        for body in (mail.text, mail.html):
            assert "And 4 more" in body
            assert "/herinneringen/gemeenten/GM0344/" in body


class TestOwnText:
    def test_stands_in_the_place_of_ours_in_its_language(self, utrecht: Municipality) -> None:
        RuleText.objects.create(
            rule=Rule.POLICY_LACKS_THEME,
            case="unknown",
            language="nl",
            subject="Vraag aan {municipality}",
            text="Wat doet {municipality} eraan? {wat is dit}",
        )
        asked = about(utrecht)
        dutch = write(asked, language="nl")
        assert dutch.subject == "Vraag aan Utrecht"
        assert "Wat doet Utrecht eraan? {wat is dit}" in dutch.text
        assert write(asked).subject.startswith("Utrecht: is radicalisation")


class TestNotice:
    @pytest.fixture
    def notice(self, utrecht: Municipality) -> Reminder:
        return ReminderFactory(municipality=utrecht, rule=Rule.ELECTION_COMING, cycle="2030-03-20")

    def test_asks_nothing_and_leads_to_the_letter(self, notice: Reminder) -> None:
        mail = write(notice)
        assert "elects its council on March 20, 2030" in mail.text
        assert "https://beleid.example/gemeenten/GM0344/raadsbrief/" in mail.text
        assert "two minutes" not in mail.text

    def test_can_be_unsubscribed_from_and_a_question_cannot(
        self, notice: Reminder, utrecht: Municipality
    ) -> None:
        headers = mails.envelope(MessageFactory(), write(notice)).extra_headers
        link = headers["List-Unsubscribe"].strip("<>")
        assert link.startswith("https://beleid.example/herinneringen/afmelden/")
        assert read_token(link.rstrip("/").rpartition("/")[2]) == (7, Rule.ELECTION_COMING)
        asked = about(utrecht)
        for mail in (write(asked), write(notice, asked)):
            assert "List-Unsubscribe" not in mails.envelope(MessageFactory(), mail).extra_headers


def test_tells_the_account_manager_whom_to_call(utrecht: Municipality) -> None:
    ContactFactory(municipality=utrecht, name="Jip", email="jip@utrecht.example")
    mail = write(about(utrecht, step=3), to_account_manager=True)
    assert mail.subject == "Please call Utrecht: no answer to our questions"
    for body in (mail.text, mail.html):
        assert "Jip (jip@utrecht.example)" in body
        assert "the safety policy lacks the theme" in body
        assert "https://beleid.example/gemeenten/GM0344/" in body
        assert "account manager at VNG for Utrecht" in body
    assert mail.reply_to is None


def test_escapes_names_in_html_and_not_in_text() -> None:
    municipality = MunicipalityFactory(name="A & <b>")
    mail = write(about(municipality))
    assert "A & <b>" in mail.text
    assert "A & <b>" in mail.subject
    assert "A &amp; &lt;b&gt;" in mail.html
    assert "A & <b>" not in mail.html


def test_says_that_it_is_a_demonstration(utrecht: Municipality) -> None:
    cache.set(CACHE_KEY, True)
    mail = write(about(utrecht))
    assert mail.subject.startswith("[DEMONSTRATION] Utrecht")
    assert mail.text.startswith("[DEMONSTRATION")
    assert "made with invented data" in mail.html


class TestEnvelope:
    def test_tells_programs_what_it_is_and_tracks_nobody(self, utrecht: Municipality) -> None:
        reminder = about(utrecht)
        message = MessageFactory(contact__email="Jip@utrecht.example", carries=[reminder])
        sent = mails.envelope(message, write(reminder)).message()
        assert sent["To"] == "jip@utrecht.example"
        assert sent["From"] == "Beleidsmonitor <monitor@beleid.example>"
        assert sent["Reply-To"] == "monitor@beleid.example"
        assert sent["Message-ID"] == f"<reminder-{message.key}@beleid.example>"
        assert sent["Auto-Submitted"] == "auto-generated"
        assert sent["List-Id"] == "<reminders.beleid.example>"
        assert [part.get_content_type() for part in sent.walk()] == [
            "multipart/alternative",
            "text/plain",
            "text/html",
        ]
        html = sent.get_payload()[1].get_payload(decode=True).decode()
        assert "<img" not in html
        assert "?" not in html.split('href="')[1].split('"')[0]
