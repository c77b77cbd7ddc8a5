"""The pages with the history of one object: who sees what, and putting an earlier text back."""

import csv
import datetime as dt
import re
from collections.abc import Callable, Iterator
from io import BytesIO, StringIO
from typing import Any

import pghistory
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from openpyxl import load_workbook

from accounts.models import User
from measures.models import Measure
from municipalities.models import Municipality
from tests.factories import (
    ActionPlanFactory,
    ContactFactory,
    MeasureFactory,
    MembershipFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    SafetyPolicyFactory,
    SupportOfferFactory,
    TypicalMeasureFactory,
    UserFactory,
)
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def in_english(client: Client) -> Iterator[None]:
    client.cookies["django_language"] = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def municipality() -> Municipality:
    return MunicipalityFactory(name="Zeist")


@pytest.fixture
def olga(municipality: Municipality) -> User:
    return MembershipFactory(municipality=municipality, user__name="Olga").user


@pytest.fixture
def stranger() -> User:
    return MembershipFactory(user__name="Sam").user


@pytest.fixture
def measure(municipality: Municipality) -> Measure:
    return MeasureFactory(
        plan=ActionPlanFactory(municipality=municipality), title="Course", description="First text."
    )


def a_plan(municipality: Municipality) -> Any:
    return ActionPlanFactory(municipality=municipality, title="First title")


def a_policy(municipality: Municipality) -> Any:
    policy = SafetyPolicyFactory(title="First title")
    PolicyParticipationFactory(
        policy=policy, municipality=municipality, status="confirmed",
        decided_by=UserFactory(), decided_at=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    )  # fmt: skip
    return policy


def a_measure(municipality: Municipality) -> Any:
    return MeasureFactory(plan=a_plan(municipality), title="First title")


KINDS = pytest.mark.parametrize(
    ("make", "page", "back"),
    [
        (a_policy, "history:policy", "history:put-back-in-policy"),
        (a_plan, "history:plan", "history:put-back-in-plan"),
        (a_measure, "history:measure", "history:put-back-in-measure"),
    ],
    ids=["policy", "plan", "measure"],
)
Make = Callable[[Municipality], Any]


def change(row: Any, by: User, **values: Any) -> None:
    with pghistory.context(user=by.pk):
        type(row).objects.filter(pk=row.pk).update(**values)


def put_back_url(measure: Measure, text: str, field: str = "description") -> str:
    """The address at which the text that the measure once had is put back."""
    event = Measure.pgh_event_model.objects.filter(  # type: ignore[attr-defined]
        pgh_obj=measure, **{field: text}
    ).earliest("pgh_id")
    return reverse("history:put-back-in-measure", args=[measure.pk, event.pgh_id, field])


def history_url(measure: Measure) -> str:
    return reverse("history:measure", args=[measure.pk])


# Looking


def test_addresses_are_dutch() -> None:
    assert reverse("history:policy", args=[1]) == "/beleidsplannen/1/geschiedenis/"
    assert reverse("history:plan", args=[1]) == "/plannen/1/geschiedenis/"
    assert reverse("history:measure", args=[1]) == "/maatregelen/1/geschiedenis/"
    back = reverse("history:put-back-in-measure", args=[1, 2, "title"])
    assert back == "/maatregelen/1/geschiedenis/2/terugzetten/title/"


@KINDS
def test_who_may_change_it_reads_names_and_can_put_a_text_back(
    client: Client, municipality: Municipality, olga: User, make: Make, page: str, back: str
) -> None:
    row = make(municipality)
    change(row, olga, title="Second title")
    client.force_login(olga)
    html = client.get(reverse(page, args=[row.pk])).content.decode()
    assert "Olga" in html.partition("<main")[2]
    link = re.search(r'href="([^"]+/terugzetten/title/)"', html)
    assert link is not None
    shown = client.get(link[1])
    assert "Second title" in shown.content.decode()
    answer = client.post(link[1], {"revision": shown.context["form"]["revision"].value()})
    assert answer.url == reverse(page, args=[row.pk])  # type: ignore[attr-defined]
    row.refresh_from_db()
    assert row.title == "First title"


@KINDS
def test_others_read_roles_and_can_put_nothing_back(
    client: Client,
    municipality: Municipality,
    olga: User,
    stranger: User,
    make: Make,
    page: str,
    back: str,
) -> None:
    row = make(municipality)
    change(row, olga, title="Second title")
    event = row.pgh_event_model.objects.filter(pgh_obj=row.pk).earliest("pgh_id")
    address = reverse(back, args=[row.pk, event.pgh_id, "title"])
    for user, status in ((stranger, 404), (UserFactory(nctv=True), 403)):
        client.force_login(user)
        html = client.get(reverse(page, args=[row.pk])).content.decode()
        assert "Safety officer" in html.partition("<main")[2]
        assert "Olga" not in html
        assert "terugzetten" not in html
        assert client.get(address).status_code == status
        assert client.post(address, {"revision": row.revision + 1}).status_code == status
    row.refresh_from_db()
    assert row.title == "Second title"


@KINDS
def test_a_visitor_logs_in_first(
    client: Client, municipality: Municipality, make: Make, page: str, back: str
) -> None:
    address = reverse(page, args=[make(municipality).pk])
    assert client.get(address).url.startswith("/account/inloggen/")  # type: ignore[attr-defined]


@KINDS
def test_what_is_gone_has_no_page(
    client: Client, municipality: Municipality, olga: User, make: Make, page: str, back: str
) -> None:
    row = make(municipality)
    address = reverse(page, args=[row.pk])
    row.delete()
    client.force_login(olga)
    assert client.get(address).status_code == 404


def test_a_deleted_measure_stays_in_the_history_of_its_plan(
    client: Client, measure: Measure, olga: User
) -> None:
    plan = measure.plan
    with pghistory.context(user=olga.pk):
        measure.delete()
    client.force_login(olga)
    html = client.get(reverse("history:plan", args=[plan.pk])).content.decode()
    assert "Measure removed: “Course”" in html


@pytest.mark.parametrize(
    ("make", "link"),
    [
        (a_policy, "History of this policy"),
        (a_plan, "History of this plan"),
        (a_measure, "History of this measure"),
    ],
)
def test_its_own_page_leads_to_the_history(
    client: Client, municipality: Municipality, olga: User, make: Make, link: str
) -> None:
    row = make(municipality)
    client.force_login(olga)
    html = client.get(row.get_absolute_url()).content.decode()
    address = f"{row.get_absolute_url()}geschiedenis/"
    assert f'{address}">{link}</a>' in html
    assert f'href="{row.get_absolute_url()}">{row}</a>' in client.get(address).content.decode()


KEPT_BY_ROLES = pytest.mark.parametrize(
    ("make", "name", "field", "may", "may_not"),
    [
        (TypicalMeasureFactory, "typical-measure", "text_nl", ["vng"], ["nctv", "officer"]),
        (SupportOfferFactory, "offer", "text_nl", ["vng", "nctv"], ["officer"]),
    ],
)


def a_user(role: str) -> User:
    return MembershipFactory().user if role == "officer" else UserFactory(**{role: True})


@KEPT_BY_ROLES
def test_what_a_role_keeps_is_put_back_by_that_role_alone(
    client: Client, make: Any, name: str, field: str, may: list[str], may_not: list[str]
) -> None:
    row = make(**{field: "Eerste tekst."})
    for role in may:
        editor = a_user(role)
        change(row, editor, **{field: f"Tekst van {role}."}, provenance="vng")
        client.force_login(editor)
        html = client.get(reverse(f"history:{name}", args=[row.pk])).content.decode()
        assert editor.name in html.partition("<main")[2]
        link = re.search(rf'href="([^"]+/terugzetten/{field}/)"', html)
        assert link is not None
        client.post(link[1], {"revision": client.get(link[1]).context["form"]["revision"].value()})
        row.refresh_from_db()
        assert (getattr(row, field), row.provenance) == ("Eerste tekst.", role)
    event = row.pgh_event_model.objects.filter(pgh_obj=row.pk).latest("pgh_id")
    address = reverse(f"history:put-back-in-{name}", args=[row.pk, event.pgh_id, field])
    for role in may_not:
        client.force_login(a_user(role))
        html = client.get(reverse(f"history:{name}", args=[row.pk])).content.decode()
        assert "terugzetten" not in html
        assert "VNG" in html.partition("<main")[2]
        assert client.post(address, {"revision": row.revision}).status_code == 403


@KEPT_BY_ROLES
def test_the_page_of_what_a_role_keeps_leads_to_its_history(
    client: Client, make: Any, name: str, field: str, may: list[str], may_not: list[str]
) -> None:
    row = make()
    client.force_login(a_user("officer"))
    assert reverse(f"history:{name}", args=[row.pk]) in client.get(row.get_absolute_url()).content.decode()


def test_the_history_of_a_contact_is_for_the_municipality_itself(
    client: Client, municipality: Municipality, olga: User, stranger: User
) -> None:
    contact = ContactFactory(municipality=municipality, job_title="Adviser")
    change(contact, olga, job_title="Strategist")
    address = reverse("history:contact", args=[contact.pk])
    client.force_login(olga)
    assert address in client.get(contact.get_absolute_url()).content.decode()
    html = client.get(address).content.decode()
    assert "Adviser" in html
    link = re.search(r'href="([^"]+/terugzetten/job_title/)"', html)
    assert link is not None
    client.post(link[1], {"revision": client.get(link[1]).context["form"]["revision"].value()})
    contact.refresh_from_db()
    assert contact.job_title == "Adviser"
    for user in (stranger, UserFactory(nctv=True)):
        client.force_login(user)
        assert client.get(address).status_code == 404


def test_a_policy_of_a_public_source_is_taken_over_by_who_puts_a_text_back(
    client: Client, municipality: Municipality, olga: User
) -> None:
    policy = a_policy(municipality)
    change(policy, olga, title="Second title")
    event = policy.pgh_event_model.objects.filter(pgh_obj=policy).earliest("pgh_id")
    client.force_login(olga)
    client.post(
        reverse("history:put-back-in-policy", args=[policy.pk, event.pgh_id, "title"]), {"revision": 2}
    )
    policy.refresh_from_db()
    assert (policy.title, policy.provenance) == ("First title", "municipality")


def test_a_plan_tells_the_history_of_its_earlier_versions(
    client: Client, municipality: Municipality, olga: User
) -> None:
    first = a_plan(municipality)
    change(first, olga, title="Second title")
    client.force_login(olga)
    change(first, olga, status="superseded")
    second = ActionPlanFactory(municipality=municipality, version=2, previous_version=first)
    html = client.get(reverse("history:plan", args=[second.pk])).content.decode()
    assert "version 1" in html
    assert "Second title" in html
    assert "terugzetten" not in html
    assert (
        "Action plan changed"
        not in client.get(reverse("history:plan", args=[a_plan(municipality).pk])).content.decode()
    )


def test_a_draft_has_no_history_for_others(client: Client, measure: Measure, stranger: User) -> None:
    Measure.objects.filter(pk=measure.pk).update(status="draft")
    client.force_login(stranger)
    assert client.get(history_url(measure)).status_code == 404


def test_hostile_text_is_shown_and_never_run(client: Client, measure: Measure, olga: User) -> None:
    hostile = "<script>alert('x')</script>"
    change(measure, olga, title=hostile, description=hostile)
    change(measure, olga, title="Safe", description="Safe")
    client.force_login(olga)
    for address in (history_url(measure), put_back_url(measure, hostile)):
        html = client.get(address).content.decode()
        assert "<script>alert" not in html
        assert "&lt;script&gt;alert" in html


def test_a_carried_measure_shows_the_earlier_plan(client: Client, measure: Measure, olga: User) -> None:
    change(measure, olga, description="Second text.")
    carried = MeasureFactory(plan__title="Next plan", carried_from=measure)
    client.force_login(UserFactory(vng=True))
    html = client.get(history_url(carried)).content.decode()
    assert f"in the earlier plan “{measure.plan.title}”, version 1" in html
    assert "Olga" in html
    assert "terugzetten" not in html


def test_an_empty_history_says_so(client: Client, measure: Measure, olga: User) -> None:
    Measure.pgh_event_model.objects.all().delete()  # type: ignore[attr-defined]
    client.force_login(olga)
    assert "Nothing has been written down yet" in client.get(history_url(measure)).content.decode()


@pytest.mark.parametrize("number", [3, 300])
def test_the_number_of_queries_does_not_grow(
    client: Client, measure: Measure, olga: User, number: int
) -> None:
    contacts = ContactFactory.create_batch(2)
    for turn in range(number):
        change(measure, olga, title=f"Title {turn}", contact=contacts[turn % 2])
    client.force_login(olga)
    client.get("/account/taal/")
    with expect_queries(8):
        html = client.get(history_url(measure)).content.decode()
    assert html.count("Measure changed") == min(number, 50)
    assert f"{number + 1} changes" in html


def test_pages_hold_fifty_changes(client: Client, measure: Measure, olga: User) -> None:
    for turn in range(60):
        change(measure, olga, title=f"Title {turn}")
    client.force_login(olga)
    html = client.get(history_url(measure), {"page": 2}).content.decode()
    assert html.count("Measure changed") == 10
    assert 'aria-current="page"' in html


# Taking it along


def test_the_export_holds_the_whole_history(client: Client, measure: Measure, olga: User) -> None:
    for turn in range(60):
        change(measure, olga, title=f"=Title {turn}", description=f"Text {turn}")
    client.force_login(olga)
    answer = client.get(history_url(measure), {"export": "csv"})
    text = b"".join(answer.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    header, newest, *rows = csv.reader(StringIO(text), delimiter=";")
    assert header == ["Moment", "Who", "What", "Belonged to", "Part", "Before", "After"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", newest[0])
    assert newest[1:] == ["Olga", "Measure changed", "", "Title", "'=Title 58", "'=Title 59"]
    assert len(rows) == 2 * 60
    workbook = load_workbook(
        BytesIO(b"".join(client.get(history_url(measure), {"export": "xlsx"}).streaming_content))  # type: ignore[attr-defined]
    )
    assert workbook.worksheets[0].max_row == 2 + 2 * 60
    assert workbook.worksheets[1]["B1"].value == "History of “=Title 59”"


def test_the_export_of_others_names_nobody(
    client: Client, measure: Measure, olga: User, stranger: User
) -> None:
    change(measure, olga, title="New")
    client.force_login(stranger)
    answer = client.get(history_url(measure), {"export": "csv"})
    text = b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]
    assert "Safety officer" in text
    assert "Olga" not in text


# Putting a text back


def test_both_texts_are_shown_before_anything_is_written(
    client: Client, measure: Measure, olga: User
) -> None:
    change(measure, olga, description="Second text.")
    client.force_login(olga)
    html = client.get(put_back_url(measure, "First text.")).content.decode()
    assert "First text." in html
    assert "Second text." in html
    measure.refresh_from_db()
    assert measure.description == "Second text."


def test_putting_back_is_a_change_that_can_be_undone(client: Client, measure: Measure, olga: User) -> None:
    change(measure, olga, description="Second text.")
    client.force_login(olga)
    client.post(put_back_url(measure, "First text."), {"revision": 2})
    client.post(put_back_url(measure, "Second text."), {"revision": 3})
    measure.refresh_from_db()
    assert (measure.description, measure.revision) == ("Second text.", 4)
    event = Measure.pgh_event_model.objects.filter(pgh_obj=measure).latest("pgh_id")  # type: ignore[attr-defined]
    assert event.pgh_context.metadata["user"] == olga.pk


def test_when_somebody_else_was_first_nothing_is_written_and_the_newest_is_shown(
    client: Client, measure: Measure, olga: User
) -> None:
    change(measure, olga, description="Second text.")
    address = put_back_url(measure, "First text.")
    change(measure, UserFactory(name="Vera", vng=True), description="Third text.")
    client.force_login(olga)
    answer = client.post(address, {"revision": 2})
    html = answer.content.decode()
    assert answer.status_code == 409
    assert "Vera changed this" in html
    assert "Third text." in html
    measure.refresh_from_db()
    assert measure.description == "Third text."
    client.post(address, {"revision": answer.context["form"]["revision"].value()})
    measure.refresh_from_db()
    assert measure.description == "First text."


def test_a_text_that_stands_there_already_is_not_asked_for(
    client: Client, measure: Measure, olga: User
) -> None:
    client.force_login(olga)
    html = client.get(put_back_url(measure, "First text.")).content.decode()
    assert "This text stands there already" in html
    assert 'name="revision"' not in html


def test_the_rules_of_the_measure_hold_for_an_earlier_text_too(
    client: Client, measure: Measure, olga: User
) -> None:
    change(measure, olga, status="stopped", stopped_because="No money.")
    client.force_login(olga)
    answer = client.post(put_back_url(measure, "", "stopped_because"), {"revision": 2})
    assert answer.status_code == 422
    assert "Say why the measure was stopped." in answer.content.decode()
    measure.refresh_from_db()
    assert measure.stopped_because == "No money."


def test_the_rules_of_the_field_hold_too(client: Client, measure: Measure, olga: User) -> None:
    change(measure, olga, title="")
    change(measure, olga, title="Course")
    client.force_login(olga)
    assert client.post(put_back_url(measure, "", "title"), {"revision": 3}).status_code == 422


def test_a_citizen_service_number_is_not_put_back(client: Client, measure: Measure, olga: User) -> None:
    hostile = "About BSN 111222333."
    change(measure, olga, description=hostile)
    change(measure, olga, description="About nobody.")
    client.force_login(olga)
    answer = client.post(put_back_url(measure, hostile), {"revision": 3})
    assert answer.status_code == 422
    assert "a citizen service number" in answer.content.decode()


def test_only_texts_of_the_object_itself_can_be_put_back(
    client: Client, measure: Measure, olga: User
) -> None:
    change(measure, olga, description="Second text.", phase="disruption")
    address = put_back_url(measure, "First text.")
    other = MeasureFactory(plan=measure.plan, description="Theirs.")
    of_other = put_back_url(other, "Theirs.")
    client.force_login(olga)
    for wrong in (
        address.replace("/description/", "/phase/"),
        address.replace("/description/", "/revision/"),
        of_other.replace(f"/{other.pk}/", f"/{measure.pk}/", 1),
    ):
        assert client.get(wrong).status_code == 404
        assert client.post(wrong, {"revision": 2}).status_code == 404


def test_a_superseded_plan_stays_as_it_was(client: Client, municipality: Municipality, olga: User) -> None:
    plan = a_plan(municipality)
    change(plan, olga, title="Second title", status="superseded")
    event = plan.pgh_event_model.objects.filter(pgh_obj=plan).earliest("pgh_id")
    client.force_login(olga)
    address = reverse("history:put-back-in-plan", args=[plan.pk, event.pgh_id, "title"])
    assert client.post(address, {"revision": 2}).status_code == 404


def test_a_form_without_a_revision_writes_nothing(client: Client, measure: Measure, olga: User) -> None:
    change(measure, olga, description="Second text.")
    client.force_login(olga)
    assert client.post(put_back_url(measure, "First text.")).status_code == 422


def test_asking_takes_four_queries(client: Client, measure: Measure, olga: User) -> None:
    change(measure, olga, description="Second text.")
    address = put_back_url(measure, "First text.")
    client.force_login(olga)
    with expect_queries(4):
        client.get(address)
