"""The history of an object in words: every kind of field, every kind of event, and who may read what."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pghistory
import pytest
from django.utils import timezone, translation

from accounts.models import Role, User
from measures.history import MEASURE, PLAN, earlier_measures, naming
from measures.models import (
    ActionPlan,
    Category,
    Measure,
    Partner,
    Phase,
    PlanParticipation,
    ProgressUpdate,
    TypicalMeasure,
)
from municipalities.models import CoverageStatement, Municipality
from municipalities.object_history import POLICY
from policytracker.object_history import Entry, FieldChange, ObjectHistory, Source, in_words
from policytracker.provenance import Provenance
from tests.factories import (
    ActionPlanFactory,
    ContactFactory,
    CoverageStatementFactory,
    MeasureFactory,
    MunicipalityFactory,
    PolicyParticipationFactory,
    SafetyPolicyFactory,
    UserFactory,
)
from tests.queries import expect_queries

pytestmark = pytest.mark.django_db
VNG = User(role=Role.VNG)


@pytest.fixture(autouse=True)
def in_english() -> Iterator[None]:
    with translation.override("en"):
        yield


@pytest.fixture
def olga() -> User:
    return UserFactory(name="Olga")


def of_measure(measure: Measure, *, in_full: bool = True, reader: User = VNG) -> ObjectHistory:
    owners, texts = earlier_measures(measure), ("title", "description")
    return ObjectHistory(MEASURE, owners, in_full, naming(reader), measure, texts)


def of_plan(plan: ActionPlan, *, in_full: bool = True) -> ObjectHistory:
    return ObjectHistory(PLAN, {plan.pk: ""}, in_full, naming(VNG))


def entries(history: ObjectHistory) -> list[Entry]:
    return history.entries(history.events())


def told(history: ObjectHistory) -> list[str]:
    """What happened, the newest first: everything in a test has one moment, so own events come first."""
    return [line.what for entry in entries(history) for line in entry.lines]


def changes(history: ObjectHistory) -> dict[str, tuple[str | None, str]]:
    """The fields of the newest change."""
    return {change.label: (change.before, change.after) for change in entries(history)[0].lines[0].changes}


def change(row: Any, **values: Any) -> None:
    """Change a row as a bulk update does, past every `save()`."""
    type(row)._base_manager.filter(pk=row.pk).update(**values)


# Words


def test_each_kind_of_field_in_words() -> None:
    measure = MeasureFactory(starts_on=dt.date(2024, 2, 1), plan__title="Plan")
    typical = TypicalMeasure.objects.create(
        title_nl="Cursus", title_en="Course", text_nl="x", text_en="x", category="network",
        phase="prevention", provenance=Provenance.VNG,
    )  # fmt: skip
    change(
        measure,
        budget=Decimal("12345.50"),
        category=Category.EXPERTISE,
        due_on=dt.date(2026, 11, 3),
        starts_on=None,
        taken_from=typical,
        contact=ContactFactory(name="Carla", email="carla@gemeente.example"),
        copied_from=MeasureFactory(title="Theirs", plan__title="Their plan"),
        lead_organisation="Police",
    )
    assert changes(of_measure(measure)) == {
        "Budget in euros": ("empty", "12,345.50"),
        "Category": ("network", "expertise and information"),
        "Due on": ("Dec. 31, 2027", "Nov. 3, 2026"),
        "Lead organisation": ("empty", "Police"),
        "Responsible contact": ("empty", "Carla"),
        "Starts on": ("Feb. 1, 2024", "empty"),
        "Taken from the library": ("empty", "Course"),
        "Taken over from another municipality": ("empty", "Theirs (Their plan)"),
    }


def test_numbers_and_days_are_written_as_the_reader_writes_them() -> None:
    measure = MeasureFactory()
    change(measure, budget=Decimal("12345.5"), due_on=dt.date(2026, 11, 3))
    with translation.override("nl"):
        words = {change.after for change in entries(of_measure(measure))[0].lines[0].changes}
    assert words == {"12.345,50", "3 november 2026"}


def test_several_choices_are_joined() -> None:
    plan = ActionPlanFactory(themes=["jihadism"])
    change(plan, themes=["polarisation", "left_wing"])
    assert changes(of_plan(plan)) == {"Themes": ("jihadism", "polarisation, left-wing extremism")}
    change(plan, themes=[])
    assert changes(of_plan(plan))["Themes"][1] == "empty"


@pytest.mark.parametrize(
    ("model", "field", "value", "words"),
    [
        (User, "is_active", True, "yes"),
        (User, "is_active", False, "no"),
        (User, "joined_at", "2026-07-01T22:30:00+00:00", "July 2, 2026, 12:30 a.m."),
        (Municipality, "population", 1234567, "1,234,567"),
        (Municipality, "population", 0, "0"),
        (Municipality, "longitude", 4.5, "4.5"),
        (Measure, "category", "no longer offered", "no longer offered"),
    ],
)
def test_fields_that_other_objects_have(model: Any, field: str, value: Any, words: str) -> None:
    assert in_words(model, field, value, {}) == words


def test_what_is_referred_to_and_gone_is_told_so() -> None:
    measure = MeasureFactory(contact=ContactFactory())
    contact = measure.contact
    assert contact is not None
    contact.delete()
    assert changes(of_measure(measure))["Responsible contact"] == (
        "something that is no longer there", "empty",
    )  # fmt: skip


def test_a_long_text_is_told_apart_and_a_short_one_is_not() -> None:
    measure = MeasureFactory(title="A", description="We train ten <b>teachers</b>.")
    change(measure, title="B", description="We train twenty <b>teachers</b>.")
    title, description = entries(of_measure(measure))[0].lines[0].changes
    assert (title.difference, title.before, title.after) == ("", "A", "B")
    assert "ten</span>" not in description.difference
    assert "&lt;b&gt;teachers&lt;/b&gt;" in description.difference
    assert "<del>" in description.difference


def test_bookkeeping_is_left_out_and_alone_no_change(olga: User) -> None:
    policy = SafetyPolicyFactory(public=True)
    change(policy, source_key="something-new")
    assert told(ObjectHistory(POLICY, {policy.pk: ""}, True)) == ["Safety policy added"]
    change(policy, source_note="Seen on page 3.", source_key="another")
    assert list(changes(ObjectHistory(POLICY, {policy.pk: ""}, True))) == ["What was seen there"]


def test_who_and_when_of_the_row_are_left_out_but_not_a_confirmation(olga: User) -> None:
    statement = CoverageStatementFactory(stated_by=olga)
    change(statement, confirmed_by=olga, confirmed_at=timezone.now())
    change(statement, review="confirmed", reviewed_by=olga, reviewed_at=timezone.now())
    history = ObjectHistory(
        [Source(CoverageStatement, made="stated", changed="changed")], {statement.pk: ""}, True
    )
    assert told(history) == ["changed", "Confirmed that nothing changed", "stated"]
    assert list(changes(history)) == ["Review"]


# Who and when


def test_a_user_is_named_and_what_no_user_did_was_the_system(olga: User) -> None:
    measure = MeasureFactory()
    with pghistory.context(user=olga.pk):
        change(measure, title="By Olga")
    assert {entry.who for entry in entries(of_measure(measure))} == {"Olga", "the system"}
    assert {entry.who for entry in entries(of_measure(measure, in_full=False))} == {
        "Safety officer", "the system",
    }  # fmt: skip


def test_an_invented_user_is_marked() -> None:
    invented = UserFactory(is_demonstration=True)
    measure = MeasureFactory()
    with pghistory.context(user=invented.pk):
        change(measure, title="Invented")
    assert [entry.is_invented for entry in entries(of_measure(measure))] == [True, False]


def test_one_write_of_a_person_is_one_entry(olga: User) -> None:
    measure = MeasureFactory()
    with pghistory.context(user=olga.pk):
        change(measure, title="New")
        measure.partners.add(Partner.objects.create(name="Police", kind="police"))
    mine = [entry for entry in entries(of_measure(measure)) if entry.who == "Olga"]
    assert [line.what for entry in mine for line in entry.lines] == [
        "Measure changed",
        "Partner added: Police",
    ]


# What hangs on an object


def test_partners_of_a_measure_come_and_go() -> None:
    measure = MeasureFactory()
    police, school = (Partner.objects.create(name=name, kind="other") for name in ("Police", "School"))
    measure.partners.set([police, school])
    measure.partners.set([school])
    assert told(of_measure(measure))[1:] == [
        "Partner removed: Police", "Partner added: School", "Partner added: Police",
    ]  # fmt: skip


def test_progress_of_a_measure_is_told_with_its_text(olga: User) -> None:
    measure = MeasureFactory()
    ProgressUpdate.objects.create(measure=measure, text="Half of it is done.", reported_by=olga)
    line = entries(of_measure(measure))[-1].lines[-1]
    assert line.what == "Progress reported"
    assert [(change.before, change.after) for change in line.changes] == [(None, "Half of it is done.")]


def test_a_plan_tells_of_its_measures_and_of_one_that_was_deleted() -> None:
    plan = ActionPlanFactory()
    measure = MeasureFactory(plan=plan, title="Course")
    change(measure, title="Training")
    change(measure, description="No news for the plan.")
    measure.delete()
    MeasureFactory(title="Of another plan")
    assert told(of_plan(plan))[1:] == [
        "Measure removed: “Training”", "Measure “Training” got another title", "Measure added: “Course”",
    ]  # fmt: skip


def test_a_plan_tells_who_takes_part_and_who_confirmed(olga: User) -> None:
    plan = ActionPlanFactory()
    part = PlanParticipation.objects.create(plan=plan, municipality=MunicipalityFactory(name="Zeist"))
    change(part, status="confirmed", decided_by=olga, decided_at=timezone.now())
    change(part, confirmed_by=olga, confirmed_at=timezone.now())
    part.delete()
    assert told(of_plan(plan))[1:] == [
        "Municipality removed: Zeist",
        "Zeist confirmed that nothing changed",
        "Participation of Zeist changed",
        "Municipality added: Zeist",
    ]


def test_a_policy_tells_who_takes_part() -> None:
    part = PolicyParticipationFactory(municipality__name="Zeist")
    assert told(ObjectHistory(POLICY, {part.policy_id: ""}, True)) == [
        "Safety policy added", "Municipality added: Zeist",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("factory", "sources", "lines"),
    [
        (ActionPlanFactory, PLAN, ["Action plan removed", "Action plan made"]),
        (MeasureFactory, MEASURE, ["Measure removed", "Measure made"]),
        (SafetyPolicyFactory, POLICY, ["Safety policy removed", "Safety policy added"]),
    ],
)
def test_the_history_of_what_is_gone_can_still_be_told(
    factory: Any, sources: tuple[Source, ...], lines: list[str]
) -> None:
    row = factory()
    key = row.pk
    row.delete()
    assert told(ObjectHistory(sources, {key: ""}, True)) == lines


def test_a_measure_that_was_taken_over_begins_with_where_it_came_from() -> None:
    theirs = MeasureFactory(title="Course", plan=ActionPlanFactory(
        title="Plan 2024", municipality=MunicipalityFactory(name="Zeist")
    ))  # fmt: skip
    measure = MeasureFactory(copied_from=theirs)
    assert changes(of_measure(measure)) == {
        "Taken over from another municipality": (None, "Course (Plan 2024, Zeist)")
    }


def test_a_carried_measure_tells_what_happened_to_it_in_earlier_plans() -> None:
    oldest = MeasureFactory(plan__title="Plan 2018", phase=Phase.PREVENTION)
    change(oldest, phase=Phase.AFTERCARE)
    older = MeasureFactory(plan__title="Plan 2022", carried_from=oldest)
    measure = MeasureFactory(plan__title="Plan 2026", carried_from=older)
    MeasureFactory(plan__title="Plan 2030", carried_from=measure)
    lines = [line for entry in entries(of_measure(measure)) for line in entry.lines]
    assert [(line.what, line.mark) for line in lines] == [
        ("Measure made", ""),
        ("Measure made", "in the earlier plan “Plan 2022”, version 1"),
        ("Measure changed", "in the earlier plan “Plan 2018”, version 1"),
        ("Measure made", "in the earlier plan “Plan 2018”, version 1"),
    ]


# Who may read what


def test_a_draft_is_told_only_to_who_may_change_it() -> None:
    plan = ActionPlanFactory(status="draft", adopted_on=None, description="Secret thoughts")
    change(plan, description="Other thoughts")
    change(plan, status="adopted", adopted_on=dt.date(2024, 1, 1))
    change(plan, title="Public")
    MeasureFactory(plan=plan, status="draft", title="Draft measure")
    assert len(entries(of_plan(plan))[0].lines) == 5
    history = of_plan(plan, in_full=False)
    assert told(history) == ["Action plan changed", "Action plan made"]
    assert list(changes(history)) == ["Title"]


def test_who_declined_is_told_only_to_who_may_change_the_plan(olga: User) -> None:
    plan = ActionPlanFactory()
    part = PlanParticipation.objects.create(plan=plan, municipality=MunicipalityFactory(name="Zeist"))
    change(part, status="declined", decided_by=olga, decided_at=timezone.now())
    assert "Participation of Zeist changed" in told(of_plan(plan))
    assert told(of_plan(plan, in_full=False)) == ["Action plan made", "Municipality added: Zeist"]


def test_a_contact_is_told_only_to_who_may_change_the_measure() -> None:
    measure = MeasureFactory()
    change(measure, contact=ContactFactory())
    assert told(of_measure(measure, in_full=False)) == ["Measure made"]


def test_of_a_contact_of_another_municipality_only_that_is_told(olga: User) -> None:
    own, other = MunicipalityFactory(name="Zeist"), MunicipalityFactory(name="Bunnik")
    olga.memberships.create(municipality=own)
    measure = MeasureFactory(contact=ContactFactory(municipality=own, name="Carla"))
    change(measure, contact=ContactFactory(municipality=other, name="Bob"))
    assert changes(of_measure(measure))["Responsible contact"] == ("Carla", "Bob")
    told_olga = changes(of_measure(measure, reader=olga))
    assert told_olga["Responsible contact"] == ("Carla", "a contact of Bunnik")


def test_who_declined_is_told_only_to_who_may_change_the_policy(olga: User) -> None:
    part = PolicyParticipationFactory(municipality__name="Zeist")
    change(part, status="declined", decided_by=olga, decided_at=timezone.now())
    owners = {part.policy_id: ""}
    assert "Participation of Zeist changed" in told(ObjectHistory(POLICY, owners, True))
    assert told(ObjectHistory(POLICY, owners, False)) == ["Safety policy added", "Municipality added: Zeist"]


# Putting back


def test_only_a_text_that_no_longer_stands_there_may_be_put_back() -> None:
    measure = MeasureFactory(description="First", indicator="x")
    for values in ({"description": "Second"}, {"description": "First"}, {"description": ""}):
        change(measure, **values, indicator=f"for {values}")
    change(measure, description="Third", phase="disruption")
    measure.refresh_from_db()
    all_changes: list[FieldChange] = [
        one for entry in entries(of_measure(measure)) for line in entry.lines for one in line.changes
    ]
    offered = [(one.before, one.earlier is not None) for one in all_changes if one.name == "description"]
    assert offered == [("empty", False), ("First", True), ("Second", True), ("First", True)]
    assert not any(one.earlier for one in all_changes if one.name in ("indicator", "phase"))
    number = next(one.earlier for one in all_changes if one.before == "Second")
    assert Measure.pgh_event_model.objects.get(pgh_id=number).description == "Second"  # type: ignore[attr-defined]


def test_a_text_of_an_earlier_plan_cannot_be_put_back_in_this_one() -> None:
    earlier = MeasureFactory(description="First")
    change(earlier, description="Second")
    measure = MeasureFactory(carried_from=earlier)
    assert not any(
        one.earlier for entry in entries(of_measure(measure)) for line in entry.lines for one in line.changes
    )


# How much it costs


@pytest.mark.parametrize("number", [3, 300])
def test_the_number_of_queries_does_not_grow(number: int, olga: User) -> None:
    measure = MeasureFactory()
    contacts = ContactFactory.create_batch(2)
    with pghistory.context(user=olga.pk):
        for turn in range(number):
            change(measure, title=f"Title {turn}", contact=contacts[turn % 2])
    history = of_measure(measure)
    with expect_queries(3):
        assert len(history.entries(history.events())[0].lines) == number
