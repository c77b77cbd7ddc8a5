"""What the preview shows is what the next run sends."""

import datetime as dt

import pytest

from reminders.models import Message, Reminder, ReminderRun
from reminders.preview import letters, preview
from reminders.runs import carry_out
from tests.factories import ContactFactory, MunicipalityFactory
from tests.mail_server import MailServer
from tests.reminders.factories import MessageFactory, ReminderFactory, StatementFactory

pytestmark = pytest.mark.django_db
TODAY = dt.date(2026, 11, 24)


def test_shows_exactly_what_the_next_run_sends(mail_server: MailServer) -> None:
    shared = ContactFactory(municipality__name="Aalten", email="team@regio.example")
    ContactFactory(municipality__name="Zeist", email="team@regio.example")
    ContactFactory(municipality__name="Urk", language="en")
    twice = ReminderFactory(
        status=Reminder.Status.SENT, settled_at=dt.datetime(2026, 10, 1, 9, 0, tzinfo=dt.UTC)
    )
    for position in (1, 2):
        ContactFactory(municipality=twice.municipality, position=position)
    gone = ReminderFactory(status=Reminder.Status.QUEUED)
    MessageFactory(contact__municipality=gone.municipality, carries=[gone])
    StatementFactory(municipality=gone.municipality)
    made = ReminderFactory(status=Reminder.Status.QUEUED, municipality__name="Made")
    MessageFactory(contact__municipality=made.municipality, carries=[made])
    MunicipalityFactory(name="Without contact")

    outlook = preview(on=TODAY)
    foretold = {letter.recipient.address: letter.mail for letter in letters(outlook.drafts, on=TODAY)}
    assert [each.municipality.name for each in outlook.unreachable] == ["Without contact"]

    carry_out(ReminderRun.objects.create())
    sent = {str(message["To"]): message for message in mail_server.accepted}
    assert sent.keys() == foretold.keys()
    assert len(sent) == 5
    assert shared.email in sent
    for recipient, message in sent.items():
        assert message["Subject"] == foretold[recipient].subject
        for kind, expected in (("plain", foretold[recipient].text), ("html", foretold[recipient].html)):
            body = message.get_body((kind,)).get_content()
            assert body.replace("\r\n", "\n") == expected


def test_comes_by_the_name_of_the_municipality() -> None:
    for name in ("Urk", "Aalten", "Made"):
        ContactFactory(municipality__name=name)
    on_page = letters(preview(on=TODAY).drafts, on=TODAY)
    assert [letter.topics[0].name for letter in on_page] == ["Aalten", "Made", "Urk"]


def test_knows_the_days_to_come() -> None:
    reminder = ReminderFactory(
        status=Reminder.Status.SENT, settled_at=dt.datetime(2026, 11, 20, 9, 0, tzinfo=dt.UTC)
    )
    ContactFactory(municipality=reminder.municipality)
    assert preview(on=dt.date(2026, 12, 17)).drafts == []
    (draft,) = preview(on=dt.date(2026, 12, 18)).drafts
    assert draft.reminders[0].step == 2


def test_leaves_out_a_message_that_is_tried_again_after_the_day() -> None:
    reminder = ReminderFactory(status=Reminder.Status.QUEUED)
    MessageFactory(
        contact__municipality=reminder.municipality,
        carries=[reminder],
        not_before=dt.datetime(2026, 11, 25, 9, 0, tzinfo=dt.UTC),
    )
    assert preview(on=TODAY).drafts == []
    assert len(preview(on=dt.date(2026, 11, 25)).drafts) == 1


def test_writes_nothing() -> None:
    ContactFactory()
    assert len(preview(on=TODAY).drafts) == 1
    assert not Reminder.objects.exists()
    assert not Message.objects.exists()
