"""The officer's desk in a real browser: what must be done in two minutes, and what must never be lost."""

import datetime as dt
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from icalendar import Calendar
from odfdo import Document as Odt
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from accounts.models import User
from measures.models import Measure
from municipalities.coverage import Coverage
from municipalities.models import CoverageStatement, Municipality, PolicyParticipation, SafetyPolicy
from policytracker.dates import today
from reminders.models import ReminderRun
from reminders.runs import carry_out
from tests.browser.conftest import axe_violations, log_in, scrolls_sideways
from tests.factories import (
    PASSWORD,
    ActionPlanFactory,
    ContactFactory,
    CoverageStatementFactory,
    MeasureFactory,
    MembershipFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    SafetyPolicyFactory,
    UserFactory,
)
from tests.mail_server import MailServer, running_mail_server
from tests.policytracker.documents import pdf

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
BSN = "123456782"  # passes the eleven-test


@pytest.fixture(autouse=True)
def documents_elsewhere(settings: Any, tmp_path: Path) -> None:
    settings.MEDIA_ROOT = str(tmp_path)


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    with running_mail_server() as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.REMINDERS_OFFICE_HOURS = False
        yield server


@pytest.fixture
def utrecht() -> Municipality:
    return MunicipalityFactory(code="GM0344", name="Utrecht", sort_name="Utrecht", population=374_238)


@pytest.fixture
def officer(utrecht: Municipality) -> User:
    return MembershipFactory(municipality=utrecht, user__name="Robin Voorbeeld").user


def own_policy(municipality: Municipality, **policy: Any) -> SafetyPolicy:
    return PolicyParticipationFactory(
        municipality=municipality,
        policy=SafetyPolicyFactory(**policy),
        status=PolicyParticipation.Status.CONFIRMED,
        decided_by=UserFactory(),
        decided_at=dt.datetime(2026, 1, 5, tzinfo=dt.UTC),
    ).policy


def colleague_of(officer: User) -> User:
    municipality = officer.memberships.get().municipality
    return MembershipFactory(municipality=municipality, user__name="Sam Collega").user


def test_the_link_in_a_message_confirms_in_two_clicks(
    page: Page, officer: User, utrecht: Municipality, mail_server: MailServer, live_server: Any, settings: Any
) -> None:
    settings.BASE_URL = live_server.url
    ContactFactory(municipality=utrecht, email=officer.email)
    statement = CoverageStatementFactory(
        municipality=utrecht, value=Coverage.ABSENT, stated_at=dt.datetime(2025, 1, 6, tzinfo=dt.UTC)
    )
    run = ReminderRun.objects.create()
    carry_out(run)
    (message,) = mail_server.accepted
    body = message.get_body(("html",))
    assert body is not None
    link = re.search(r'href="([^"]+/gemeenten/GM0344/[^"]*)"', body.get_content())
    assert link
    page.goto(link[1])  # a visitor is asked to log in, and then goes where the link leads
    page.get_by_label("E-mailadres").fill(officer.email)
    page.get_by_label("Wachtwoord", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Inloggen").click()
    page.get_by_role("button", name=re.compile("Niets veranderd.*Het thema in het veiligheidsbeleid")).click()
    expect(page.get_by_role("status").first).to_contain_text("Bevestigd")
    statement.refresh_from_db()
    assert statement.confirmed_by == officer


def test_a_new_policy_is_shared_by_three_municipalities(
    new_page: Callable[..., Page], page: Page, officer: User, utrecht: Municipality
) -> None:
    zeist = MembershipFactory(municipality=MunicipalityFactory(code="GM0355", name="Zeist")).user
    bunnik = MembershipFactory(municipality=MunicipalityFactory(code="GM0312", name="Bunnik")).user
    log_in(page, officer)
    page.goto("/gemeenten/GM0344/")
    page.get_by_role("link", name="Veiligheidsbeleid toevoegen").click()
    page.get_by_label("Titel", exact=True).fill("Samen veilig 2027–2030")
    page.get_by_label("Soort").select_option("regional")
    page.get_by_label("Eerste dag van de looptijd").fill("2027-01-01")
    page.get_by_label("Laatste dag van de looptijd").fill("2030-12-31")
    page.get_by_label("Zeist").check()
    page.get_by_label("Bunnik").check()
    page.get_by_label("Document", exact=False).first.set_input_files(
        files=[{"name": "Samen veilig.pdf", "mimeType": "application/pdf", "buffer": pdf("Samen veilig")}]
    )
    assert not axe_violations(page)
    page.get_by_role("button", name="Beleid opslaan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Samen veilig 2027–2030")
    policy = SafetyPolicy.objects.get()

    for user, answer in ((zeist, "Ja, dit is van ons"), (bunnik, "Niet van ons")):
        other = new_page(viewport={"width": 320, "height": 700})
        log_in(other, user)
        expect(other.locator("main")).to_contain_text("Samen veilig 2027–2030")
        assert not axe_violations(other)
        assert not scrolls_sideways(other)
        other.get_by_role("button", name=answer).click()
        expect(other.get_by_role("status").first).to_contain_text("Genoteerd")
    answers = dict(policy.participations.values_list("municipality__name", "status"))
    assert answers == {"Utrecht": "confirmed", "Zeist": "confirmed", "Bunnik": "declined"}
    page.reload()
    expect(page.locator("main")).to_contain_text("Zeist")


def test_two_who_change_the_same_policy_see_both_versions(
    new_page: Callable[..., Page], page: Page, officer: User, utrecht: Municipality
) -> None:
    policy = own_policy(utrecht, title="Veilig")
    log_in(page, officer)
    address = f"/beleidsplannen/{policy.pk}/wijzigen/"
    page.goto(address)
    page.get_by_label("Titel", exact=True).fill("Veilig, zegt Robin")
    other = new_page()
    log_in(other, colleague_of(officer))
    other.goto(address)
    other.get_by_label("Titel", exact=True).fill("Veilig, zegt Sam")
    other.get_by_role("button", name="Beleid opslaan").click()
    expect(other.get_by_role("heading", level=1)).to_have_text("Veilig, zegt Sam")

    page.get_by_role("button", name="Beleid opslaan").click()
    panel = page.get_by_role("region", name="Sam Collega bewaarde een andere versie")
    expect(panel).to_contain_text("Veilig, zegt Sam")
    expect(panel).to_contain_text("Veilig, zegt Robin")
    assert not axe_violations(page)
    panel.get_by_label("Wat er nu staat:").check()
    page.get_by_role("button", name="Beleid opslaan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Veilig, zegt Sam")


def test_what_was_typed_survives_an_expired_session_a_failing_network_and_a_second_tab(
    page: Page, officer: User, utrecht: Municipality
) -> None:
    policy = own_policy(utrecht, title="Veilig")
    log_in(page, officer)
    address = f"/beleidsplannen/{policy.pk}/wijzigen/"
    page.goto(address)
    page.get_by_label("Titel", exact=True).fill("Getypt voor de storing")
    page.context.set_offline(True)
    page.get_by_role("button", name="Beleid opslaan").click()
    page.wait_for_timeout(300)
    page.context.set_offline(False)
    page.goto(address)
    expect(page.get_by_label("Titel", exact=True)).to_have_value("Getypt voor de storing")
    expect(page.get_by_text("We hebben teruggezet wat u op")).to_be_visible()
    assert not axe_violations(page)

    page.get_by_label("Titel", exact=True).fill("Getypt in een verlopen sessie")
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Beleid opslaan").click()
    page.get_by_label("E-mailadres").fill(officer.email)
    page.get_by_label("Wachtwoord", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Inloggen").click()
    expect(page.get_by_label("Titel", exact=True)).to_have_value("Getypt in een verlopen sessie")

    second = page.context.new_page()
    second.goto(address)
    expect(second.get_by_label("Titel", exact=True)).to_have_value("Getypt in een verlopen sessie")
    second.get_by_label("Titel", exact=True).fill("Uit de tweede tab")
    second.get_by_role("button", name="Beleid opslaan").click()
    expect(second.get_by_role("heading", level=1)).to_have_text("Uit de tweede tab")
    page.get_by_role("button", name="Beleid opslaan").click()
    expect(page.get_by_label("Titel", exact=True)).to_have_value("Getypt in een verlopen sessie")
    expect(page.get_by_role("region", name="een andere versie")).to_contain_text("Uit de tweede tab")
    page.get_by_role("button", name="Beleid opslaan").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Getypt in een verlopen sessie")
    page.goto(address)
    expect(page.get_by_text("We hebben teruggezet wat u op")).to_be_hidden()


def test_a_citizen_service_number_is_refused_and_another_trace_asked_about(
    page: Page, officer: User, utrecht: Municipality
) -> None:
    plan = ActionPlanFactory(municipality=utrecht)
    measure = MeasureFactory(plan=plan, title="Training")
    log_in(page, officer)
    page.goto(f"/maatregelen/{measure.pk}/voortgang/")
    box = page.locator("main textarea").first
    box.fill(f"Gesprek gevoerd over {BSN}.")
    page.locator("main form button[type=submit]").first.click()
    expect(page.locator("main")).to_contain_text("burgerservicenummer")
    expect(page.locator("main")).not_to_contain_text(BSN, use_inner_text=True)
    assert not axe_violations(page)
    box.fill("Besproken met h.jansen@school.example.")
    page.locator("main form button[type=submit]").first.click()
    page.get_by_label("Ik heb het bekeken").check()
    page.locator("main form button[type=submit]").first.click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Training")
    assert measure.progress_updates.count() == 1


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("plan.pdf", b"MZ" + bytes(300), "programma"),
        ("plan.pdf", b"%PDF-1.7\nkapot", "beschadigd"),
        ("plan.txt", b"Gewone tekst", "geen PDF, ODT of DOCX"),
    ],
)
def test_what_is_no_document_is_refused_in_plain_words(
    page: Page, officer: User, utrecht: Municipality, name: str, content: bytes, said: str
) -> None:
    policy = own_policy(utrecht, title="Veilig")
    log_in(page, officer)
    page.goto(f"/beleidsplannen/{policy.pk}/wijzigen/")
    page.get_by_label("Titel", exact=True).fill("Blijft staan")
    page.locator("input[type=file]").set_input_files(
        files=[{"name": name, "mimeType": "application/pdf", "buffer": content}]
    )
    page.get_by_role("button", name="Beleid opslaan").click()
    expect(page.locator("main")).to_contain_text(said)
    expect(page.get_by_label("Titel", exact=True)).to_have_value("Blijft staan")


def test_a_document_that_is_too_large_is_refused(
    page: Page, officer: User, utrecht: Municipality, settings: Any
) -> None:
    settings.DOCUMENT_MAX_SIZE = 2000
    policy = own_policy(utrecht, title="Veilig")
    log_in(page, officer)
    page.goto(f"/beleidsplannen/{policy.pk}/wijzigen/")
    page.locator("input[type=file]").set_input_files(
        files=[{"name": "plan.pdf", "mimeType": "application/pdf", "buffer": pdf() + bytes(3000)}]
    )
    page.get_by_role("button", name="Beleid opslaan").click()
    expect(page.locator("main")).to_contain_text("groter dan")


def test_the_letter_holds_the_figures_of_its_day(page: Page, officer: User, utrecht: Municipality) -> None:
    policy = own_policy(utrecht, title="Veilig Utrecht", ends_on=today() + dt.timedelta(days=200))
    CoverageStatementFactory(municipality=utrecht, policy=policy, page="17")
    plan = ActionPlanFactory(municipality=utrecht, title="Plan Utrecht")
    MeasureFactory.create_batch(3, plan=plan)
    late = MeasureFactory(plan=plan, title="Late training", due_on=dt.date(2025, 3, 1))
    log_in(page, officer)
    page.get_by_role("link", name="Brief aan de raad").first.click()
    page.get_by_role("button", name="Brief van vandaag maken").click()
    letter = page.url
    Measure.objects.filter(pk=late.pk).update(title="Andere titel", status=Measure.Status.DONE)
    texts = {}
    for kind in ("odt", "pdf"):
        with page.expect_download() as download:
            page.get_by_role("link", name=kind.upper()).first.click()
        content = Path(download.value.path()).read_bytes()
        if kind == "pdf":
            reader = PdfReader(io.BytesIO(content))
            assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
            texts[kind] = " ".join(part.extract_text() for part in reader.pages)
        else:
            texts[kind] = Odt(io.BytesIO(content)).get_formatted_text()
    for text in texts.values():
        words = " ".join(text.split())
        for expected in ("Veilig Utrecht", "17", "Plan Utrecht", "Late training"):
            assert expected in words
        assert "Andere titel" not in words
    page.goto(letter)
    expect(page.locator("main")).to_contain_text("Late training")
    assert not axe_violations(page)


def test_the_calendar_is_read_by_another_program(
    page: Page, officer: User, utrecht: Municipality, live_server: Any, settings: Any
) -> None:
    settings.BASE_URL = live_server.url
    plan = ActionPlanFactory(municipality=utrecht)
    MeasureFactory(plan=plan, title="Training, deel 2", due_on=today() + dt.timedelta(days=30))
    log_in(page, officer)
    page.goto("/account/agenda/")
    page.get_by_role("button", name="Adres maken").click()
    address = page.locator("input[readonly]").first.input_value()
    assert not axe_violations(page)
    feed = page.context.request.get(address)
    events = Calendar.from_ical(feed.body()).walk("VEVENT")
    found = {str(event["SUMMARY"]): event["DTSTART"].dt for event in events}
    (title,) = [summary for summary in found if "Training, deel 2" in summary]
    assert found[title] == today() + dt.timedelta(days=30)


def test_nothing_is_stated_by_a_form_that_somebody_overtook(
    new_page: Callable[..., Page], page: Page, officer: User, utrecht: Municipality
) -> None:
    log_in(page, officer)
    page.goto("/gemeenten/GM0344/dekking/")
    page.get_by_label("Nee: het thema staat niet in ons beleid").check()
    CoverageStatementFactory(
        municipality=utrecht, value=Coverage.REASONED_NO, stated_by=colleague_of(officer)
    )
    page.get_by_role("button", name="Stand van zaken vastleggen").click()
    expect(page.locator("main")).to_contain_text("Wat Sam Collega doorgaf")
    assert CoverageStatement.objects.in_force().get().value == Coverage.REASONED_NO
    page.get_by_role("button", name="Stand van zaken vastleggen").click()
    page.wait_for_url("**/gemeenten/GM0344/")
    assert CoverageStatement.objects.in_force().get().value == Coverage.ABSENT
