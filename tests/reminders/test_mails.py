"""A message says what is asked and how long it takes, leads straight to the form, and says why it comes."""

import datetime as dt

import pytest
from django.core.cache import cache
from pytest_django import Settings

from accounts.demonstration import CACHE_KEY
from municipalities.coverage import Coverage
from municipalities.models import Municipality
from reminders import mails
from reminders.models import Reminder
from tests.factories import (
    ContactFactory,
    CoverageStatementFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    SafetyPolicyFactory,
    UserFactory,
)
from tests.queries import expect_queries
from tests.reminders.factories import MessageFactory, ReminderFactory

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
    about = mails.topics(reminders, on=TODAY)
    return mails.write(
        [topic for topics in about.values() for topic in topics],
        language=language,
        to_account_manager=to_account_manager,
    )


def about(municipality: Municipality, step: int = 1) -> Reminder:
    return ReminderFactory(municipality=municipality, step=step, due_on=dt.date(2026, 11, 24))


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
            assert "Forward this message" in body

    def test_begins_with_what_is_asked(self, utrecht: Municipality) -> None:
        asked, how_long, empty, *_rest = write(about(utrecht)).text.splitlines()
        assert asked.startswith("We do not know yet whether radicalisation is part of the safety policy")
        assert (how_long, empty) == ("Answering takes about two minutes.", "")

    def test_asks_to_confirm_what_a_public_source_says(self, utrecht: Municipality) -> None:
        PolicyParticipationFactory(municipality=utrecht, policy__title="IVP Utrecht 2023–2026")
        mail = write(about(utrecht))
        assert "we found “IVP Utrecht 2023–2026”. Is this the safety policy of Utrecht" in mail.text
        assert "Look and answer" in mail.text

    def test_says_when_the_policy_ended(self, utrecht: Municipality) -> None:
        policy = SafetyPolicyFactory(title="IVP 2021–2025", ends_on=dt.date(2025, 12, 31))
        CoverageStatementFactory(municipality=utrecht, policy=policy)
        assert "“IVP 2021–2025” ended on Dec. 31, 2025" in write(about(utrecht)).text

    def test_says_what_was_stated_before(self, utrecht: Municipality) -> None:
        CoverageStatementFactory(municipality=utrecht, value=Coverage.ABSENT)
        assert "On Nov. 3, 2025, Utrecht told us" in write(about(utrecht)).text

    def test_says_when_the_decision_was_expected(self, utrecht: Municipality) -> None:
        CoverageStatementFactory(
            municipality=utrecht, value=Coverage.IN_PREPARATION, expected_on=dt.date(2026, 6, 1)
        )
        assert "by June 1, 2026. Has the council decided?" in write(about(utrecht)).text

    def test_says_at_the_second_step_that_it_was_asked_before(self, utrecht: Municipality) -> None:
        assert "We also asked" not in write(about(utrecht)).text
        assert "We also asked this on Oct. 27, 2026" in write(about(utrecht, step=2)).text

    def test_says_at_the_third_step_who_helps(self, utrecht: Municipality) -> None:
        utrecht.account_manager = UserFactory(vng=True, name="Noor Jansen", email="noor@vng.example")
        utrecht.save(update_fields=["account_manager"])
        assert "Noor Jansen" not in write(about(utrecht, step=2)).text
        third = write(about(utrecht, step=3))
        assert "Noor Jansen, your account manager at VNG" in third.text
        assert third.reply_to == "noor@vng.example"


def test_is_written_in_dutch_for_who_reads_dutch(utrecht: Municipality) -> None:
    policy = SafetyPolicyFactory(title="IVP", ends_on=dt.date(2025, 12, 31))
    CoverageStatementFactory(municipality=utrecht, policy=policy)
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
        assert mail.subject == "Your 2 municipalities: is radicalisation in the safety policy?"
        assert mail.text.index("GM0355/dekking/") < mail.text.index("GM0344/dekking/")
        assert "because you are the contact of Zeist and Utrecht" in mail.text
        assert "Answer now" not in mail.text

    def test_takes_two_queries_whatever_their_number(self, utrecht: Municipality) -> None:
        few = [about(utrecht)]
        many = [about(MunicipalityFactory()) for _ in range(20)]
        for reminders in (few, many):
            with expect_queries(2):
                write(*reminders)


def test_tells_the_account_manager_whom_to_call(utrecht: Municipality) -> None:
    ContactFactory(municipality=utrecht, name="Jip", email="jip@utrecht.example")
    mail = write(about(utrecht, step=3), to_account_manager=True)
    assert mail.subject == "Please call Utrecht: no answer about radicalisation in the safety policy"
    for body in (mail.text, mail.html):
        assert "Jip (jip@utrecht.example)" in body
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
