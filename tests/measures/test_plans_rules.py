"""The rules of action plans: states, versions, who takes part, what counts, and two people at once."""

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.utils import timezone, translation

from accounts.models import User
from measures.actions.plans import (
    adopt_plan,
    confirm_unchanged,
    decide_participation,
    delete_draft,
    draft_plan,
    invite_partners,
    make_next_version,
)
from measures.models import ActionPlan, Measure, Partner, PlanParticipation, ProgressUpdate
from measures.models.plan import holds_on
from measures.plan_status import DELETED, TRANSITIONS, Refusal, is_allowed
from measures.plan_versions import Comparison, added_since, compare, following_period, moved_on_since
from municipalities.models import Municipality
from tests.factories import (
    ActionPlanFactory,
    ContactFactory,
    MeasureFactory,
    MunicipalityFactory,
    UserFactory,
)
from tests.measures.plans import DAY, ask, draft_of, next_of, officer_of, user_of

pytestmark = pytest.mark.django_db
TODAY = DAY.date()
Status, Part = ActionPlan.Status, PlanParticipation.Status


@pytest.fixture(autouse=True)
def on_a_day() -> Iterator[None]:
    with time_machine.travel(DAY, tick=False), translation.override("en"):
        yield


@pytest.fixture
def utrecht() -> Municipality:
    return MunicipalityFactory(code="GM0344", name="Utrecht")


@pytest.fixture
def zeist() -> Municipality:
    return MunicipalityFactory(code="GM0355", name="Zeist")


@pytest.fixture
def officer(utrecht: Municipality) -> User:
    return officer_of(utrecht)


def parts(plan: ActionPlan) -> dict[str, str]:
    """The status of each municipality in the plan, by its name."""
    return dict(plan.participations.values_list("municipality__name", "status"))


class TestStates:
    @pytest.mark.parametrize("role", ["officer", "vng", "administrator"])
    @pytest.mark.parametrize("status", Status)
    @pytest.mark.parametrize("to", [*Status, DELETED])
    def test_only_what_the_dict_names_is_allowed(self, role: str, status: str, to: str) -> None:
        plan = ActionPlan(status=status)
        assert is_allowed(plan, to, by=user_of(role)) is ((status, to) in TRANSITIONS)
        assert not is_allowed(plan, to, by=user_of("nctv"))

    def test_a_draft_is_adopted_on_a_day(self, officer: User, utrecht: Municipality) -> None:
        adopted = adopt_plan(by=officer, plan=draft_of(utrecht), adopted_on=TODAY)
        adopted.refresh_from_db()
        assert (adopted.status, adopted.adopted_on) == (Status.ADOPTED, TODAY)

    def test_adopting_a_version_supersedes_the_one_before_it(
        self, officer: User, utrecht: Municipality
    ) -> None:
        first = ActionPlanFactory(municipality=utrecht)
        second = next_of(first)
        adopt_plan(by=officer, plan=second, adopted_on=TODAY)
        first.refresh_from_db()
        assert first.status == Status.SUPERSEDED

    def test_what_happened_meanwhile_in_the_version_before_goes_along(
        self, officer: User, utrecht: Municipality
    ) -> None:
        plan = ActionPlanFactory(municipality=utrecht)
        done, stopped, kept, dropped, _same = (
            MeasureFactory(plan=plan, title=title, status="in_progress")
            for title in ("done", "stopped", "kept", "dropped", "same")
        )
        draft, _is_new = make_next_version(by=officer, plan=plan)
        draft.measures.get(carried_from=dropped).delete()
        Measure.objects.filter(carried_from=kept).update(status="planned")
        for measure, values in (
            (done, {"status": "done"}),
            (stopped, {"status": "stopped", "stopped_because": "No money."}),
            (kept, {"status": "done"}),
        ):
            Measure.objects.filter(pk=measure.pk).update(**values)
        MeasureFactory(plan=plan, title="over", status="done")
        MeasureFactory(plan=plan, title="added", status="planned")
        assert added_since(plan, draft).count() + moved_on_since(plan, draft).count() == 3
        adopt_plan(by=officer, plan=draft, adopted_on=TODAY)
        assert set(draft.measures.values_list("title", "status", "stopped_because")) == {
            ("done", "done", ""),
            ("stopped", "stopped", "No money."),
            ("kept", "planned", ""),
            ("same", "in_progress", ""),
            ("added", "planned", ""),
        }

    @pytest.mark.parametrize("write", [adopt_plan, delete_draft])
    def test_what_is_no_draft_is_neither_adopted_nor_deleted(
        self, officer: User, utrecht: Municipality, write: Callable[..., Any]
    ) -> None:
        plan = ActionPlanFactory(municipality=utrecht)
        extra = {"adopted_on": TODAY} if write is adopt_plan else {}
        with pytest.raises(Refusal, match="adopted"):
            write(by=officer, plan=plan, **extra)
        assert ActionPlan.objects.get().adopted_on == dt.date(2023, 12, 14)

    def test_a_deleted_draft_takes_its_copies_along_and_leaves_the_earlier_version(
        self, officer: User, utrecht: Municipality
    ) -> None:
        plan = MeasureFactory(plan=ActionPlanFactory(municipality=utrecht)).plan
        draft, _is_new = make_next_version(by=officer, plan=plan)
        delete_draft(by=officer, plan=draft)
        assert list(ActionPlan.objects.all()) == [plan]
        assert Measure.objects.count() == 1
        again, is_new = make_next_version(by=officer, plan=plan)
        assert (is_new, again.measures.count()) == (True, 1)

    @pytest.mark.parametrize(
        ("states", "found"),
        [
            (["draft"], {"draft"}),
            (["adopted"], {"runs"}),
            (["expired"], {"ended"}),
            (["superseded"], {"old"}),
            (["adopted", "draft"], {"runs", "draft"}),
        ],
    )
    def test_plans_are_found_by_the_state_that_follows_from_the_day(
        self, states: list[str], found: set[str]
    ) -> None:
        ActionPlanFactory(title="runs")
        ActionPlanFactory(title="ended", ends_on=dt.date(2026, 11, 23))
        ActionPlanFactory(title="old", status="superseded")
        ActionPlanFactory(title="draft", status="draft", adopted_on=None)
        plans = ActionPlan.objects.in_state(*states, on=TODAY)
        assert {plan.title for plan in plans} == found
        assert {plan.state(on=TODAY) for plan in plans} == set(states)


class TestWhatCounts:
    def test_nothing_counts_twice_while_a_version_is_made_and_when_it_is_adopted(
        self, officer: User, utrecht: Municipality
    ) -> None:
        first = MeasureFactory(plan=ActionPlanFactory(municipality=utrecht)).plan
        second, _is_new = make_next_version(by=officer, plan=first)
        assert list(ActionPlan.objects.current(on=TODAY)) == [first]
        adopt_plan(by=officer, plan=second, adopted_on=TODAY)
        # Its period begins in 2028, but it took the place of the other: there is no day without a plan.
        assert list(ActionPlan.objects.current(on=TODAY)) == [second]
        assert list(ActionPlan.objects.current(on=dt.date(2028, 1, 1))) == [second]

    @pytest.mark.parametrize("status", ["draft", "adopted", "superseded"])
    @pytest.mark.parametrize("version", [1, 2])
    @pytest.mark.parametrize(("begins", "ends"), [(-9, 9), (-9, -1), (1, 9), (-9, 0), (0, 9)])
    @pytest.mark.parametrize("adopted", [-1, 0, 1])
    def test_what_is_read_of_a_plan_agrees_with_the_query(
        self, status: str, version: int, begins: int, ends: int, adopted: int
    ) -> None:
        plan = ActionPlanFactory(
            status=status, version=version,
            previous_version=ActionPlanFactory(status="superseded") if version > 1 else None,
            starts_on=TODAY + dt.timedelta(days=begins), ends_on=TODAY + dt.timedelta(days=ends),
            adopted_on=TODAY + dt.timedelta(days=adopted),
        )  # fmt: skip
        names = ("status", "version", "starts_on", "ends_on", "adopted_on")
        found = ActionPlan.objects.current(on=TODAY).filter(pk=plan.pk).exists()
        assert holds_on(TODAY, **{name: getattr(plan, name) for name in names}) is found

    def test_a_first_version_counts_from_its_first_day(self) -> None:
        ActionPlanFactory(starts_on=dt.date(2027, 1, 1))
        assert not ActionPlan.objects.current(on=TODAY).exists()


class TestNextVersion:
    def test_it_begins_as_a_copy_for_the_following_years(self, officer: User, utrecht: Municipality) -> None:
        plan = ActionPlanFactory(municipality=utrecht, description="Samen.")
        draft, is_new = make_next_version(by=officer, plan=plan)
        assert is_new
        assert (draft.status, draft.version, draft.previous_version, draft.adopted_on) == (
            Status.DRAFT,
            2,
            plan,
            None,
        )
        assert (draft.title, draft.description, draft.themes) == (plan.title, "Samen.", plan.themes)
        assert (draft.starts_on, draft.ends_on) == (dt.date(2028, 1, 1), dt.date(2031, 12, 31))
        assert draft.document is None

    @pytest.mark.parametrize(
        ("starts_on", "ends_on", "expected"),
        [
            ("2025-01-01", "2027-12-31", ("2028-01-01", "2030-12-31")),
            ("2024-07-01", "2026-06-30", ("2026-07-01", "2028-06-30")),
            ("2024-03-01", "2028-02-29", ("2028-03-01", "2032-02-28")),
            ("2026-03-01", "2026-10-31", ("2026-11-01", "2027-10-31")),
        ],
    )
    def test_the_period_is_as_long(self, starts_on: str, ends_on: str, expected: tuple[str, str]) -> None:
        found = following_period(dt.date.fromisoformat(starts_on), dt.date.fromisoformat(ends_on))
        assert tuple(day.isoformat() for day in found) == expected

    def test_what_is_over_is_not_carried_along_and_the_rest_is_as_it_was(
        self, officer: User, utrecht: Municipality
    ) -> None:
        plan = ActionPlanFactory(municipality=utrecht)
        contact = ContactFactory(municipality=utrecht)
        kept = MeasureFactory(
            plan=plan, title="Kept", contact=contact, budget=2500, indicator="Scholen", status="in_progress"
        )
        kept.partners.set([Partner.objects.create(name="Politie", kind="police")])
        ProgressUpdate.objects.create(measure=kept, text="Begonnen", reported_by=officer)
        MeasureFactory(plan=plan, title="Done", status="done")
        MeasureFactory(plan=plan, title="Stopped", status="stopped", stopped_because="Geen geld")
        MeasureFactory(plan=plan, title="Being fitted", status="draft")
        draft, _is_new = make_next_version(by=officer, plan=plan)
        copies = {measure.title: measure for measure in draft.measures.all()}
        assert set(copies) == {"Kept", "Being fitted"}
        copy = copies["Kept"]
        assert (copy.carried_from, copy.contact, copy.budget, copy.indicator, copy.status) == (
            kept,
            contact,
            2500,
            "Scholen",
            "in_progress",
        )
        assert [partner.name for partner in copy.partners.all()] == ["Politie"]
        assert not copy.progress_updates.exists()
        assert kept.progress_updates.count() == 1

    def test_the_makers_municipality_is_in_and_the_others_are_asked_again(
        self, officer: User, utrecht: Municipality, zeist: Municipality
    ) -> None:
        plan = ActionPlanFactory(municipality=utrecht)
        ask(plan, zeist, status=Part.CONFIRMED)
        ask(plan, MunicipalityFactory(name="Baarn"))
        ask(plan, MunicipalityFactory(name="Soest"), status=Part.DECLINED)
        draft, _is_new = make_next_version(by=officer, plan=plan)
        assert parts(draft) == {"Utrecht": "confirmed", "Zeist": "proposed", "Baarn": "proposed"}

    def test_vng_speaks_for_those_who_were_in(self, utrecht: Municipality, zeist: Municipality) -> None:
        plan = ActionPlanFactory(municipality=utrecht)
        ask(plan, zeist)
        draft, _is_new = make_next_version(by=user_of("vng"), plan=plan)
        assert parts(draft) == {"Utrecht": "confirmed", "Zeist": "proposed"}

    def test_there_is_one_at_a_time(self, officer: User, utrecht: Municipality) -> None:
        plan = ActionPlanFactory(municipality=utrecht)
        draft, _is_new = make_next_version(by=officer, plan=plan)
        assert make_next_version(by=officer, plan=plan) == (draft, False)

    def test_a_draft_gets_none(self, officer: User, utrecht: Municipality) -> None:
        with pytest.raises(Refusal, match="adopted plan"):
            make_next_version(by=officer, plan=draft_of(utrecht))


class TestParticipation:
    def test_partners_are_asked_and_answer_themselves(
        self, officer: User, utrecht: Municipality, zeist: Municipality
    ) -> None:
        fields = {"title": "Plan", "starts_on": TODAY, "ends_on": dt.date(2027, 12, 31)}
        plan = draft_plan(by=officer, municipality=utrecht, partners=[zeist], **fields)
        assert parts(plan) == {"Utrecht": "confirmed", "Zeist": "proposed"}
        other = officer_of(zeist)
        assert ActionPlan.objects.visible_to(other).get() == plan
        assert not ActionPlan.objects.editable_by(other).exists()
        decide_participation(by=other, participation=plan.participations.get(municipality=zeist), ours=True)
        assert ActionPlan.objects.editable_by(other).get() == plan

    def test_who_declined_can_be_asked_again(self, utrecht: Municipality, zeist: Municipality) -> None:
        plan = draft_of(utrecht)
        declined = ask(plan, zeist)
        decide_participation(by=officer_of(zeist), participation=declined, ours=False)
        assert not ActionPlan.objects.visible_to(officer_of(zeist)).exists()
        invite_partners(plan=plan, partners=[zeist, utrecht])
        assert parts(plan) == {"Utrecht": "confirmed", "Zeist": "proposed"}

    def test_one_municipality_stays(self, officer: User, utrecht: Municipality, zeist: Municipality) -> None:
        plan = ActionPlanFactory(municipality=utrecht)
        ask(plan, zeist)
        own = plan.participations.get(municipality=utrecht)
        with pytest.raises(Refusal, match="at least one"):
            decide_participation(by=officer, participation=own, ours=False)
        plan.participations.filter(municipality=zeist).update(status=Part.CONFIRMED)
        confirm_unchanged(by=officer, plan=plan, participations=[own])
        decide_participation(by=officer, participation=own, ours=False)
        own.refresh_from_db()
        assert (own.status, own.decided_by, own.confirmed_at) == (Part.DECLINED, officer, None)

    def test_a_superseded_plan_takes_no_answer(self, utrecht: Municipality, zeist: Municipality) -> None:
        plan = ActionPlanFactory(municipality=utrecht, status="superseded")
        with pytest.raises(Refusal, match="newer version"):
            decide_participation(by=officer_of(zeist), participation=ask(plan, zeist), ours=True)

    def test_what_still_waits_for_an_answer(self, utrecht: Municipality, zeist: Municipality) -> None:
        waits = ask(draft_of(utrecht), zeist)
        ask(ActionPlanFactory(municipality=utrecht, ends_on=dt.date(2026, 11, 23)), zeist)
        ask(ActionPlanFactory(municipality=utrecht, status="superseded"), zeist)
        ask(draft_of(utrecht), zeist, status=Part.DECLINED)
        ask(draft_of(utrecht), MunicipalityFactory(valid_until=dt.date(2026, 1, 1)))
        assert list(PlanParticipation.objects.to_answer(on=TODAY)) == [waits]

    def test_only_a_plan_that_holds_is_confirmed(self, officer: User, utrecht: Municipality) -> None:
        for plan in (draft_of(utrecht), ActionPlanFactory(municipality=utrecht, ends_on=dt.date(2025, 1, 1))):
            with pytest.raises(Refusal, match="has not expired"):
                confirm_unchanged(by=officer, plan=plan, participations=list(plan.participations.all()))


class TestComparison:
    @pytest.fixture
    def plan(self, utrecht: Municipality) -> ActionPlan:
        return ActionPlanFactory(municipality=utrecht, title="Plan", description="Samen met de politie.")

    def compared(
        self, before: ActionPlan, after: ActionPlan, user: User, contacts: bool = True
    ) -> Comparison:
        return compare(before, after, user=user, shows_contacts=contacts)

    def test_a_fresh_copy_differs_in_its_period_only(self, plan: ActionPlan, officer: User) -> None:
        MeasureFactory(plan=plan)
        draft, _is_new = make_next_version(by=officer, plan=plan)
        found = self.compared(plan, draft, officer)
        assert [change.label for change in found.facts] == ["First day", "Last day"]
        assert (found.changed, found.added, found.dropped, found.unchanged) == ([], [], [], 1)

    def test_it_tells_new_dropped_and_changed_measures(self, plan: ActionPlan, officer: User) -> None:
        contact = ContactFactory(municipality=plan.municipalities.get(), name="Sam")
        changes = MeasureFactory(plan=plan, title="Changes", budget=1000, contact=contact)
        done = MeasureFactory(plan=plan, status="done")
        dropped = MeasureFactory(plan=plan)
        draft, _is_new = make_next_version(by=officer, plan=plan)
        copy = changes.carried_to
        copy.budget, copy.embedding, copy.contact = 2500, "structural", None
        copy.save(update_fields=["budget", "embedding", "contact"])
        copy.partners.add(Partner.objects.create(name="Politie", kind="police"))
        dropped.carried_to.delete()
        added = MeasureFactory(plan=draft)
        found = self.compared(plan, draft, officer)
        assert (found.added, set(found.dropped), found.unchanged) == ([added], {done, dropped}, 0)
        (changed,) = found.changed
        assert changed.measure == copy
        told = ["Embedding", "Budget in euros", "Partners", "Responsible contact"]
        assert [change.label for change in changed.changes] == told
        assert ">structural<" in changed.changes[0].after
        assert ">project<" in changed.changes[0].before
        others = self.compared(plan, draft, user_of("vng"), contacts=False).changed[0].changes
        assert [change.label for change in others] == told[:-1]

    def test_words_are_marked_said_and_escaped(self, plan: ActionPlan, officer: User) -> None:
        draft, _is_new = make_next_version(by=officer, plan=plan)
        draft.description = "Samen met <b>scholen</b> en de politie."
        draft.save(update_fields=["description"])
        change = self.compared(plan, draft, officer).facts[0]
        assert change.label == "What the plan is for"
        assert "<del>" not in change.after
        assert "&lt;b&gt;scholen&lt;/b&gt; en" in change.after.partition("<ins>")[2].partition("</ins>")[0]
        assert "added:" in change.after
        assert change.before == "Samen met de politie."

    def test_a_measure_is_followed_through_the_versions_between(
        self, plan: ActionPlan, officer: User
    ) -> None:
        MeasureFactory(plan=plan, title="Along")
        second, _is_new = make_next_version(by=officer, plan=plan)
        adopt_plan(by=officer, plan=second, adopted_on=TODAY)
        third, _is_new = make_next_version(by=officer, plan=second)
        found = self.compared(plan, third, officer)
        assert (found.unchanged, found.added, found.dropped) == (1, [], [])
        assert list(ActionPlan.objects.versions_of(second)) == [third, second, plan]


@pytest.mark.django_db(transaction=True)
class TestAtOnce:
    """Two people press the same button at the same moment; served one after the other, only one wins."""

    @pytest.fixture(autouse=True)
    def on_a_day(self) -> None:
        """Let time pass: threads and a clock that stands still do not go together."""

    def at_once(self, write: Callable[[User], object], users: list[User]) -> list[BaseException | object]:
        together = threading.Barrier(len(users))
        results: list[BaseException | object] = []

        def run(user: User) -> None:
            try:
                together.wait(timeout=10)
                results.append(write(user))
            except Exception as error:
                results.append(error)
            finally:
                connection.close()

        threads = [threading.Thread(target=run, args=(user,)) for user in users]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return results

    def test_one_next_version_is_made(self) -> None:
        plan = MeasureFactory(plan=ActionPlanFactory(municipality=MunicipalityFactory())).plan
        results = self.at_once(
            lambda user: make_next_version(by=user, plan=plan), [user_of("vng"), user_of("vng")]
        )
        assert sorted(is_new for _draft, is_new in results) == [False, True]  # type: ignore[misc]
        assert ActionPlan.objects.count() == 2
        assert Measure.objects.count() == 2

    def test_a_plan_is_adopted_once(self) -> None:
        plan = draft_of(MunicipalityFactory())
        on = timezone.localdate()
        results = self.at_once(
            lambda user: adopt_plan(by=user, plan=plan, adopted_on=on), [user_of("vng"), user_of("vng")]
        )
        assert sorted(type(result).__name__ for result in results) == ["ActionPlan", "Refusal"]

    def test_the_last_two_do_not_both_leave(self) -> None:
        plan = ActionPlanFactory(municipality=MunicipalityFactory())
        ask(plan, MunicipalityFactory(), status=Part.CONFIRMED)
        own = dict(zip([UserFactory(), UserFactory()], plan.participations.all(), strict=True))
        results = self.at_once(
            lambda user: decide_participation(by=user, participation=own[user], ours=False), list(own)
        )
        assert sorted(type(result).__name__ for result in results) == ["PlanParticipation", "Refusal"]
        assert plan.participations.confirmed().count() == 1
