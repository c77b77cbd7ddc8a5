"""Writing the invented action plans, their measures and the progress reported on these."""

import datetime as dt
import random
from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from demonstration.course import Stated
from demonstration.draw import day_between, dice, pick, working_moment
from demonstration.people import UTRECHT, ZEIST, People
from demonstration.statements import listed
from demonstration.wording import (
    ADDED_PURPOSE,
    FUNDING_SOURCES,
    INDICATORS,
    PLAN_PURPOSES,
    PLAN_TITLES,
    PROGRESS,
    STOPPED_BECAUSE,
    THEMES,
)
from measures.actions.plans import make_next_version
from measures.models import (
    ActionPlan,
    Category,
    Measure,
    Partner,
    Phase,
    PlanParticipation,
    ProgressUpdate,
    Theme,
    TypicalMeasure,
)
from municipalities.coverage import Coverage
from municipalities.models import Contact, Municipality
from municipalities.sizes import SizeClass
from policytracker.provenance import Provenance

Status = Measure.Status

PARTNERS = {
    Partner.Kind.POLICE: "Politie",
    Partner.Kind.PUBLIC_PROSECUTOR: "Openbaar Ministerie",
    Partner.Kind.CARE_AND_SAFETY_HOUSE: "Zorg- en Veiligheidshuis",
    Partner.Kind.SCHOOL: "Scholen",
    Partner.Kind.YOUTH_WORK: "Jongerenwerk",
    Partner.Kind.HEALTH_SERVICE: "GGD",
    Partner.Kind.COMMUNITY: "Buurtorganisaties en sleutelpersonen",
}

# The chance of a plan beside the policy of a term.
HAS_PLAN = {
    SizeClass.FROM_100: 0.97,
    SizeClass.FROM_50: 0.86,
    SizeClass.FROM_20: 0.68,
    SizeClass.UNDER_20: 0.50,
}
MEASURES = {
    SizeClass.FROM_100: (7, 11),
    SizeClass.FROM_50: (5, 8),
    SizeClass.FROM_20: (4, 6),
    SizeClass.UNDER_20: (3, 5),
}
# How often each phase was chosen in plans that began in the first year, and how often it is now.
PHASES: dict[Phase, tuple[float, float]] = {
    Phase.PREVENTION: (0.42, 0.24),
    Phase.EARLY_DETECTION: (0.14, 0.50),
    Phase.INDIVIDUAL_APPROACH: (0.26, 0.15),
    Phase.DISRUPTION: (0.08, 0.03),
    Phase.AFTERCARE: (0.10, 0.08),
}
STRUCTURAL = (0.14, 0.52)
# How many years after the policy the plan begins, where it is not left to chance.
SHIFT_OF = {UTRECHT: 2, ZEIST: 0}
LATE = 0.11  # of the unfinished measures of a plan that holds


def share_of_time(year: int, on: dt.date) -> float:
    """How far the year lies between 2015 (0) and today (1)."""
    return min(1.0, max(0.0, (year - 2015) / max(1, on.year - 2015)))


def between(limits: tuple[float, float], share: float) -> float:
    """The value at a share of the way from the first limit to the second."""
    return limits[0] + (limits[1] - limits[0]) * share


def add_plans(
    courses: Mapping[Municipality, list[Stated]],
    sizes: Mapping[int, SizeClass],
    clusters: Mapping[int, str],
    on: dt.date,
) -> list[ActionPlan]:
    """Save the plans of all municipalities, the newest first; neighbours with one policy have one plan."""
    drafts: dict[tuple[str, int, str], list[Municipality]] = defaultdict(list)
    for municipality, course in courses.items():
        owner = clusters.get(municipality.pk, municipality.code)
        for first_year in {stated.term.first_year for stated in course if stated.term}:
            rng = dice("plan", municipality.code, first_year)
            wanted = municipality.code in (UTRECHT, ZEIST) or rng.random() < HAS_PLAN[sizes[municipality.pk]]
            shift = SHIFT_OF.get(municipality.code, dice("plan", owner, first_year).choice((0, 1)))
            if wanted and dt.date(first_year + shift, 1, 1) < on - dt.timedelta(days=90):
                drafts[owner, first_year + shift, "adopted"].append(municipality)
        prepares = course and course[-1].value == Coverage.IN_PREPARATION
        if prepares and dice("plan", municipality.code, "draft").random() < 0.6:
            drafts[municipality.code, on.year + 1, "draft"].append(municipality)
    last_year = {owner: year for owner, year, status in sorted(drafts) if status == "adopted"}
    latest: dict[str, ActionPlan] = {}
    plans: list[ActionPlan] = []
    # The oldest first, so that the one that a plan follows is there already.
    for first_year in sorted({year for _owner, year, _status in drafts}):
        batch = {}
        for (owner, year, status), municipalities in drafts.items():
            if year == first_year:
                plan = _plan(owner, year, status, municipalities, latest.get(owner), on)
                if status == "adopted" and year < last_year[owner]:
                    plan.status = ActionPlan.Status.SUPERSEDED
                batch[owner, status] = (plan, municipalities)
        ActionPlan.objects.bulk_create(plan for plan, _municipalities in batch.values())
        PlanParticipation.objects.bulk_create(
            PlanParticipation(plan=plan, municipality=municipality, status=PlanParticipation.Status.CONFIRMED)
            for plan, municipalities in batch.values()
            for municipality in municipalities
        )
        latest |= {
            owner: plan for (owner, status), (plan, _participants) in batch.items() if status == "adopted"
        }
        plans += [plan for plan, _municipalities in batch.values()]
    return plans[::-1]


def _plan(
    owner: str,
    year: int,
    status: str,
    municipalities: list[Municipality],
    earlier: ActionPlan | None,
    on: dt.date,
) -> ActionPlan:
    rng = dice("plan", owner, year, status)
    age = share_of_time(year, on)
    themes = rng.choice(THEMES["early" if age < 0.3 else "middle" if age < 0.6 else "late"])
    names = listed(municipality.name for municipality in municipalities)
    starts_on, ends_on = dt.date(year, 1, 1), dt.date(year + 3, 12, 31)
    plan = ActionPlan(
        title=f"{rng.choice(PLAN_TITLES)} {names} {year}–{year + 3}",
        themes=list(themes),
        description=dice("purpose", owner, year, status).choice(PLAN_PURPOSES),
        starts_on=starts_on,
        ends_on=ends_on,
        provenance=Provenance.DEMONSTRATION,
    )
    if status == "draft":
        return plan
    adopted_on = starts_on + dt.timedelta(days=rng.randint(-60, 60))
    plan.adopted_on = adopted_on - dt.timedelta(days=max(0, adopted_on.weekday() - 4))
    plan.status = ActionPlan.Status.ADOPTED
    if earlier is not None:
        plan.previous_version, plan.version = earlier, earlier.version + 1
    return plan


def add_measures(
    plans: list[ActionPlan],
    sizes: Mapping[int, SizeClass],
    contacts: Mapping[int, Contact],
    people: People,
    on: dt.date,
) -> dict[int, list[Measure]]:
    """Save the measures of the plans with their partners and progress. Returns them by municipality."""
    library = list(TypicalMeasure.objects.order_by("source_key", "pk"))
    partners = {
        kind: Partner.objects.get_or_create(name=name, defaults={"kind": kind})[0]
        for kind, name in PARTNERS.items()
    }
    participants: dict[int, list[Municipality]] = defaultdict(list)
    for part in (
        PlanParticipation.objects.filter(plan__in=plans).select_related("municipality").order_by("pk")
    ):
        participants[part.plan_id].append(part.municipality)
    by_municipality: dict[int, list[Measure]] = defaultdict(list)
    measures: list[Measure] = []
    for plan in plans:
        lead = participants[plan.pk][0]
        rng = dice("measures", lead.code, plan.starts_on.year, plan.status)
        for number, typical in enumerate(_typical_measures(rng, library, plan, sizes[lead.pk], on)):
            measure = _measure(
                dice("measure", lead.code, plan.starts_on.year, plan.status, number), plan, typical, on
            )
            measure.contact = contacts.get(lead.pk) if plan.ends_on >= on else None
            measure.lead_organisation = _lead_organisation(rng, lead)
            if lead.code in (UTRECHT, ZEIST) and plan.ends_on >= on:
                _show(measure, late=lead.code == UTRECHT and number < 2, on=on)
            measures.append(measure)
            for municipality in participants[plan.pk]:
                by_municipality[municipality.pk].append(measure)
    Measure.objects.bulk_create(measures)
    _add_partners(measures, partners)
    _add_progress(measures, participants, people, on)
    return by_municipality


def _typical_measures(
    rng: random.Random, library: list[TypicalMeasure], plan: ActionPlan, size: SizeClass, on: dt.date
) -> list[TypicalMeasure]:
    """Entries of the library, none twice, by the phases that municipalities chose in the plan's years."""
    by_phase: dict[str, list[TypicalMeasure]] = defaultdict(list)
    for typical in library:
        by_phase[typical.phase].append(typical)
    age = share_of_time(plan.starts_on.year, on)
    chosen = []
    for _number in range(rng.randint(*MEASURES[size])):
        weights = {
            phase: between(PHASES[Phase(phase)], age) for phase, entries in by_phase.items() if entries
        }
        if weights:
            entries = by_phase[pick(rng, weights)]
            chosen.append(entries.pop(rng.randrange(len(entries))))
    return chosen


def _measure(rng: random.Random, plan: ActionPlan, typical: TypicalMeasure, on: dt.date) -> Measure:
    """A measure of the plan, at the stage that fits the day."""
    is_structural = rng.random() < between(STRUCTURAL, share_of_time(plan.starts_on.year, on))
    embedding = Measure.Embedding.STRUCTURAL if is_structural else Measure.Embedding.PROJECT
    indicator, target = rng.choice(INDICATORS[Category(typical.category)])
    measure = Measure(
        plan=plan,
        title=typical.title_nl,
        description=typical.text_nl,
        category=typical.category,
        phase=typical.phase,
        embedding=embedding,
        budget=Decimal(rng.randint(2, 36) * 2500) if rng.random() < 0.75 else None,
        funding_source=rng.choice(FUNDING_SOURCES[embedding]),
        indicator=indicator,
        target=target,
        taken_from=typical,
        provenance=Provenance.DEMONSTRATION,
    )
    if plan.ends_on < on:
        measure.starts_on = day_between(rng, plan.starts_on, plan.starts_on + dt.timedelta(days=700))
        measure.due_on = day_between(rng, measure.starts_on + dt.timedelta(days=120), plan.ends_on)
        measure.status = pick(rng, {Status.DONE: 80, Status.STOPPED: 20})
    elif plan.status == ActionPlan.Status.DRAFT:
        measure.starts_on = day_between(rng, plan.starts_on, plan.starts_on + dt.timedelta(days=500))
        measure.due_on = day_between(rng, measure.starts_on + dt.timedelta(days=120), plan.ends_on)
    else:
        measure.status = pick(
            rng, {Status.PLANNED: 20, Status.IN_PROGRESS: 48, Status.DONE: 26, Status.STOPPED: 6}
        )
        _set_days(rng, measure, on)
    if measure.status == Status.STOPPED:
        measure.stopped_because = rng.choice(STOPPED_BECAUSE)
    return measure


def _set_days(rng: random.Random, measure: Measure, on: dt.date) -> None:
    """The days of a measure of a plan that holds: most are on time, some are late."""
    plan = measure.plan
    if measure.status in Measure.UNFINISHED and rng.random() >= LATE:
        measure.due_on = day_between(rng, on + dt.timedelta(days=20), plan.ends_on)
    else:
        measure.due_on = day_between(
            rng, max(plan.starts_on, on - dt.timedelta(days=500)), on - dt.timedelta(days=8)
        )
    measure.starts_on = max(plan.starts_on, measure.due_on - dt.timedelta(days=rng.randint(150, 500)))
    if measure.status != Status.PLANNED:
        measure.starts_on = min(measure.starts_on, max(plan.starts_on, on - dt.timedelta(days=30)))


def _show(measure: Measure, *, late: bool, on: dt.date) -> None:
    """Make a measure of the demonstration's own officer late, or not."""
    measure.stopped_because = ""
    if late:
        measure.status = Status.IN_PROGRESS
        measure.due_on = on - dt.timedelta(days=24 if measure.phase == Phase.EARLY_DETECTION else 55)
        measure.starts_on = max(measure.plan.starts_on, measure.due_on - dt.timedelta(days=240))
    elif measure.status == Status.STOPPED or measure.is_late(on=on):
        measure.status = Status.DONE


def _lead_organisation(rng: random.Random, lead: Municipality) -> str:
    own = f"Gemeente {lead.name}"
    return rng.choice(
        (own, own, own, PARTNERS[Partner.Kind.CARE_AND_SAFETY_HOUSE], PARTNERS[Partner.Kind.YOUTH_WORK])
    )


def _add_partners(measures: list[Measure], partners: Mapping[Partner.Kind, Partner]) -> None:
    link = Measure.partners.through
    link._default_manager.bulk_create(
        link(measure_id=measure.pk, partner_id=partner.pk)
        for number, measure in enumerate(measures)
        for partner in dice("partners", number).sample(
            list(partners.values()), dice("number", number).randint(1, 3)
        )
    )


def _add_progress(
    measures: list[Measure], participants: Mapping[int, list[Municipality]], people: People, on: dt.date
) -> None:
    updates = []
    for number, measure in enumerate(measures):
        rng = dice("progress", number)
        first, last = measure.starts_on, min(measure.due_on or on, on - dt.timedelta(days=2))
        if measure.status == Status.PLANNED or first is None or first >= last or rng.random() < 0.25:
            continue
        stages = ["begun", *(["running"] if rng.random() < 0.6 else [])]
        if measure.is_late(on=on):
            stages.append("late")
        elif measure.status in (Status.DONE, Status.STOPPED):
            stages.append(measure.status)
        moments = sorted(working_moment(rng, day_between(rng, first, last)) for _stage in stages)
        updates += [
            ProgressUpdate(
                measure=measure,
                text=rng.choice(PROGRESS[stage]),
                reported_by=people.officer_of(participants[measure.plan_id][0]),
                reported_at=moment,
            )
            for stage, moment in zip(stages, moments, strict=True)
        ]
    ProgressUpdate.objects.bulk_create(updates)


def add_next_version(people: People, on: dt.date) -> None:
    """Let the demonstration's own officer work on the next version of a plan, to compare with this one."""
    utrecht = Municipality.objects.get(code=UTRECHT)
    plan = ActionPlan.objects.current(on=on).of(utrecht).latest("ends_on")
    draft, _is_new = make_next_version(by=people.officer_of(utrecht), plan=plan)
    draft.title = plan.title.replace(
        f"{plan.starts_on.year}–{plan.ends_on.year}", f"{draft.starts_on.year}–{draft.ends_on.year}"
    )
    draft.description = f"{plan.description} {ADDED_PURPOSE}"
    draft.themes = list(Theme.values)
    draft.save(update_fields=["title", "description", "themes"])
    first, *others = draft.measures.order_by("title", "pk")
    for measure in others[1::2]:
        measure.embedding = Measure.Embedding.STRUCTURAL
        measure.funding_source = FUNDING_SOURCES[measure.embedding][0]
        measure.due_on = draft.ends_on
        measure.save(update_fields=["embedding", "funding_source", "due_on"])
    first.delete()
    typical = TypicalMeasure.objects.exclude(measures__plan=plan).order_by("source_key", "pk").first()
    if typical is not None:
        _measure(dice("measure", UTRECHT, draft.starts_on.year), draft, typical, on).save()
