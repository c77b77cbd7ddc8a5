"""Writing the invented safety policies, and the statements that rest on them."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from demonstration.course import ENDS_IN, Stated, Term
from demonstration.draw import dice, pick, working_moment
from demonstration.people import ZEIST, People
from demonstration.wording import ANALYSES, QUESTIONS, QUOTATIONS
from municipalities.coverage import COVERED, Coverage
from municipalities.models import CoverageStatement, Municipality, PolicyParticipation, SafetyPolicy
from policytracker.provenance import Provenance

Kind = SafetyPolicy.Kind
Review = CoverageStatement.Review

REVIEWED_AFTER = dt.timedelta(days=45)
TITLES = {
    Kind.IVP: "Integraal veiligheidsplan",
    Kind.KADERNOTA: "Kadernota veiligheid",
    Kind.UITVOERINGSPROGRAMMA: "Uitvoeringsprogramma veiligheid",
    Kind.REGIONAL: "Regionale aanpak radicalisering",
    Kind.SEPARATE: "Aanpak radicalisering en extremisme",
}


class PolicyKey(NamedTuple):
    """What makes two statements rest on one policy; `owner` is a municipality, a cluster or a region."""

    owner: str
    kind: Kind
    term: Term


@dataclass
class PolicyDraft:
    """A policy while its participants are being gathered."""

    adopted_on: dt.date
    municipalities: dict[int, Municipality]


def listed(names: Iterable[str]) -> str:
    """The names as a Dutch enumeration, the first five of them."""
    names = sorted(names)
    if len(names) > 5:
        return f"{', '.join(names[:4])} en {len(names) - 4} andere gemeenten"
    return " en ".join(part for part in (", ".join(names[:-1]), names[-1]) if part)


def policy_key(municipality: Municipality, stated: Stated, cluster: str | None) -> PolicyKey | None:
    """On which policy a statement rests; None where it rests on none."""
    if stated.term is None:
        return None
    if stated.value == Coverage.REGIONAL_PLAN and municipality.safety_region is not None:
        return PolicyKey(municipality.safety_region.name, Kind.REGIONAL, stated.term)
    if stated.value == Coverage.SEPARATE_PLAN:
        return PolicyKey(municipality.code, Kind.SEPARATE, stated.term)
    owner = cluster or municipality.code
    kinds = (Kind.IVP, Kind.IVP, Kind.KADERNOTA, Kind.UITVOERINGSPROGRAMMA)
    return PolicyKey(owner, dice("policy", owner, stated.term.first_year).choice(kinds), stated.term)


def add_statements(
    courses: Mapping[Municipality, list[Stated]], clusters: Mapping[int, str], people: People, on: dt.date
) -> tuple[int, int]:
    """Save the policies and statements of all courses. Returns how many of each."""
    drafts: dict[PolicyKey, PolicyDraft] = {}
    for municipality, course in courses.items():
        for stated in course:
            key = policy_key(municipality, stated, clusters.get(municipality.pk))
            if key is not None and stated.adopted_on is not None:
                draft = drafts.setdefault(key, PolicyDraft(stated.adopted_on, {}))
                draft.adopted_on = min(draft.adopted_on, stated.adopted_on)
                draft.municipalities[municipality.pk] = municipality
    policies = {
        key: SafetyPolicy(
            title=_title(key, draft),
            kind=key.kind,
            starts_on=key.term.starts_on,
            ends_on=key.term.ends_on,
            adopted_on=draft.adopted_on,
            provenance=Provenance.DEMONSTRATION,
        )
        for key, draft in drafts.items()
    }
    SafetyPolicy.objects.bulk_create(policies.values())
    statements = []
    confirmed: dict[tuple[int, int], PolicyParticipation] = {}
    for municipality, course in courses.items():
        moments = _moments(municipality, course)
        for number, stated in enumerate(course):
            key = policy_key(municipality, stated, clusters.get(municipality.pk))
            policy = policies[key] if key else None
            statement = _statement(municipality, stated, policy, people, on)
            statement.stated_at = moments[number]
            if number + 1 < len(course):
                statement.superseded_at = moments[number + 1]
            _review(statement, people, municipality, on)
            statements.append(statement)
            if policy is not None:
                confirmed.setdefault(
                    (policy.pk, municipality.pk),
                    PolicyParticipation(
                        policy=policy,
                        municipality=municipality,
                        status=PolicyParticipation.Status.CONFIRMED,
                        decided_by=statement.stated_by,
                        decided_at=statement.stated_at,
                    ),
                )
    PolicyParticipation.objects.bulk_create(confirmed.values())
    CoverageStatement.objects.bulk_create(statements)
    return len(policies), len(statements)


def _title(key: PolicyKey, draft: PolicyDraft) -> str:
    if key.kind == Kind.REGIONAL:
        return f"{TITLES[key.kind]} {key.owner} {key.term.label}"
    names = listed(municipality.name for municipality in draft.municipalities.values())
    joint = "Gezamenlijk " if len(draft.municipalities) > 1 else ""
    title = TITLES[key.kind]
    return f"{joint}{title[0].lower() + title[1:] if joint else title} {names} {key.term.label}"


def _moments(municipality: Municipality, course: list[Stated]) -> list[dt.datetime]:
    """When each statement was made; later ones come later, also within a weekend."""
    moments: list[dt.datetime] = []
    for number, stated in enumerate(course):
        moment = working_moment(dice("moment", municipality.code, number), stated.on)
        if moments:
            moment = max(moment, moments[-1] + dt.timedelta(hours=1))
        moments.append(moment)
    return moments


def _statement(
    municipality: Municipality, stated: Stated, policy: SafetyPolicy | None, people: People, on: dt.date
) -> CoverageStatement:
    rng = dice("evidence", municipality.code, stated.term.first_year if stated.term else stated.on)
    statement = CoverageStatement(
        municipality=municipality,
        value=stated.value,
        policy=policy,
        provenance=Provenance.DEMONSTRATION,
        stated_by=people.officer_of(municipality),
        expected_on=stated.expected_on,
    )
    if stated.value in COVERED:
        first = rng.randint(6, 40)
        statement.page = rng.choice((f"{first}", f"{first}–{first + rng.randint(1, 4)}"))
        statement.quotation = rng.choice(QUOTATIONS[stated.value]) if rng.random() < 0.7 else ""
        statement.decided_on = policy.adopted_on if policy else None
    if stated.value == Coverage.REASONED_NO:
        statement.analysis = rng.choice(ANALYSES)
    return statement


def _review(statement: CoverageStatement, people: People, municipality: Municipality, on: dt.date) -> None:
    """Let VNG look at all but the latest statements; it returns a few of them with a question."""
    day = statement.stated_at.date()
    if on - day < REVIEWED_AFTER:
        return
    rng = dice("review", municipality.code, day)
    statement.reviewed_by = people.manager_of(municipality)
    statement.reviewed_at = max(
        working_moment(rng, day + dt.timedelta(days=rng.randint(2, 40))),
        statement.stated_at + dt.timedelta(hours=2),
    )
    statement.review = Review.CONFIRMED
    recent = on - day < dt.timedelta(days=200)
    doubtful = statement.value in COVERED and municipality.code != ZEIST and rng.random() < 0.12
    if statement.superseded_at is None and recent and doubtful:
        statement.review = Review.RETURNED
        statement.question = rng.choice(QUESTIONS)


def clusters_of(municipalities: Iterable[Municipality]) -> dict[int, str]:
    """The key of the cluster of each smaller municipality that makes its policy with its neighbours."""
    by_region: dict[int, list[Municipality]] = defaultdict(list)
    for municipality in municipalities:
        small = municipality.population is not None and municipality.population < 60_000
        located = municipality.longitude is not None and municipality.latitude is not None
        if small and located and municipality.safety_region_id is not None:
            by_region[municipality.safety_region_id].append(municipality)
    clusters: dict[int, str] = {}
    for free in by_region.values():
        free.sort(key=lambda municipality: municipality.code)
        while free:
            first = free.pop(0)
            rng = dice("cluster", first.code)
            if rng.random() < 0.3:
                near = sorted(free, key=lambda other: (_distance(first, other), other.code))
                for member in [first, *near[: rng.randint(1, 3)]]:
                    clusters[member.pk] = f"cluster-{first.code}"
                free = [other for other in free if other.pk not in clusters]
    return clusters


def _distance(one: Municipality, other: Municipality) -> float:
    """How far two municipalities lie apart, good enough to rank neighbours."""
    east = (one.longitude or 0) - (other.longitude or 0)
    north = (one.latitude or 0) - (other.latitude or 0)
    return (0.62 * east) ** 2 + north**2  # a degree of longitude is that much shorter here


def term_of_cluster(cluster: str | None, on: dt.date) -> Term | None:
    """The current term of the policy that the members of a cluster share."""
    return Term(on.year - 3 + pick(dice("term", cluster), ENDS_IN)) if cluster else None
