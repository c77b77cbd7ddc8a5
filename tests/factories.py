"""Objects for tests, valid by default; a test names only what it is about."""

import datetime as dt
from functools import cache
from typing import Any

import factory
from django.contrib.auth.hashers import make_password
from factory.django import DjangoModelFactory

from accounts.models import Role, User
from evaluations.models import Evaluation, Finding, FollowUp
from measures.models import (
    ActionPlan,
    Category,
    Measure,
    Phase,
    PlanParticipation,
    SupportOffer,
    SupportUse,
    TypicalMeasure,
)
from municipalities.coverage import Coverage
from municipalities.models import (
    Contact,
    CoverageStatement,
    Membership,
    Merger,
    MergerPart,
    Municipality,
    PoliceUnit,
    PolicyParticipation,
    Province,
    SafetyPolicy,
    SafetyRegion,
)
from policytracker.provenance import Confidence, Provenance

PASSWORD = "correct horse battery staple"


@cache
def hashed_password() -> str:
    """The hash of `PASSWORD`, made once: it is slow on purpose, and most tests log in by force."""
    return make_password(PASSWORD)


class UserFactory(DjangoModelFactory[User]):
    """An officer without a municipality."""

    class Meta:
        model = User
        skip_postgeneration_save = True

    email = factory.Sequence(lambda n: f"user{n}@gemeente.example")
    name = factory.Sequence(lambda n: f"User {n}")
    role = Role.OFFICER
    password = factory.LazyFunction(hashed_password)

    class Params:
        vng = factory.Trait(role=Role.VNG)
        nctv = factory.Trait(role=Role.NCTV)
        administrator = factory.Trait(role=Role.ADMINISTRATOR)


class ProvinceFactory(DjangoModelFactory[Province]):
    class Meta:
        model = Province
        django_get_or_create = ("code",)

    code = "PV26"
    name = factory.LazyAttribute(lambda province: f"Province {province.code}")


class SafetyRegionFactory(DjangoModelFactory[SafetyRegion]):
    class Meta:
        model = SafetyRegion
        django_get_or_create = ("code",)

    code = "VR09"
    name = factory.LazyAttribute(lambda region: f"Safety region {region.code}")


class PoliceUnitFactory(DjangoModelFactory[PoliceUnit]):
    class Meta:
        model = PoliceUnit
        django_get_or_create = ("code",)

    code = "RE03"
    name = factory.LazyAttribute(lambda unit: f"Police unit {unit.code}")


class MunicipalityFactory(DjangoModelFactory[Municipality]):
    """A municipality of 60,000 inhabitants that has always existed."""

    class Meta:
        model = Municipality

    code = factory.Sequence(lambda n: f"GM{3_000 + n % 6_000}")  # no real one
    name = factory.Sequence(lambda n: f"Municipality {n:05}")
    sort_name = factory.SelfAttribute("name")
    province = factory.SubFactory(ProvinceFactory)
    safety_region = factory.SubFactory(SafetyRegionFactory)
    police_unit = factory.SubFactory(PoliceUnitFactory)
    population = 60_000
    population_year = 2024


class MembershipFactory(DjangoModelFactory[Membership]):
    """An officer of a municipality."""

    class Meta:
        model = Membership

    user = factory.SubFactory(UserFactory)
    municipality = factory.SubFactory(MunicipalityFactory)


class ContactFactory(DjangoModelFactory[Contact]):
    """The first contact of a municipality."""

    class Meta:
        model = Contact

    municipality = factory.SubFactory(MunicipalityFactory)
    position = 1
    name = factory.Sequence(lambda n: f"Contact {n}")
    email = factory.Sequence(lambda n: f"contact{n}@gemeente.example")


class SafetyPolicyFactory(DjangoModelFactory[SafetyPolicy]):
    """A policy for 2023–2026; `public=True` makes it one that a public source names."""

    class Meta:
        model = SafetyPolicy

    title = factory.Sequence(lambda n: f"Integraal veiligheidsplan {n}")
    kind = SafetyPolicy.Kind.IVP
    starts_on = dt.date(2023, 1, 1)
    ends_on = dt.date(2026, 12, 31)
    provenance = Provenance.MUNICIPALITY

    class Params:
        public = factory.Trait(
            provenance=Provenance.PUBLIC_SOURCE,
            source_url="https://gemeente.example/ivp",
            source_seen_on=dt.date(2026, 11, 1),
            confidence=Confidence.HIGH,
        )


class PolicyParticipationFactory(DjangoModelFactory[PolicyParticipation]):
    """A municipality's part in a policy that a public source names, not answered yet."""

    class Meta:
        model = PolicyParticipation

    policy = factory.SubFactory(SafetyPolicyFactory, public=True)
    municipality = factory.SubFactory(MunicipalityFactory)

    class Params:
        confirmed = factory.Trait(
            status=PolicyParticipation.Status.CONFIRMED,
            decided_by=factory.SubFactory(UserFactory),
            decided_at=dt.datetime(2026, 6, 1, 9, 0, tzinfo=dt.UTC),
        )


class MergerFactory(DjangoModelFactory[Merger]):
    """A planned merger on 1 January 2027."""

    class Meta:
        model = Merger

    key = factory.Sequence(lambda n: f"merger-{n}")
    effective_on = dt.date(2027, 1, 1)
    status = Merger.Status.PLANNED
    source = "https://wetten.example"


class MergerPartFactory(DjangoModelFactory[MergerPart]):
    """A municipality that joins another one."""

    class Meta:
        model = MergerPart

    merger = factory.SubFactory(MergerFactory)
    predecessor = factory.SubFactory(MunicipalityFactory)
    successor = factory.SubFactory(MunicipalityFactory)
    kind = MergerPart.Kind.ABSORBED


class CoverageStatementFactory(DjangoModelFactory[CoverageStatement]):
    """The theme is a priority in a policy for 2023–2026, stated on 3 November 2025."""

    class Meta:
        model = CoverageStatement

    municipality = factory.SubFactory(MunicipalityFactory)
    value = Coverage.PRIORITY
    stated_by = factory.SubFactory(UserFactory)
    stated_at = dt.datetime(2025, 11, 3, 10, 0, tzinfo=dt.UTC)

    @factory.lazy_attribute
    def policy(self) -> SafetyPolicy | None:
        return SafetyPolicyFactory() if self.value in (Coverage.PRIORITY, Coverage.INCLUDED) else None

    @factory.lazy_attribute
    def page(self) -> str:
        return (
            "12" if self.value not in (Coverage.ABSENT, Coverage.REASONED_NO, Coverage.IN_PREPARATION) else ""
        )

    @factory.lazy_attribute
    def analysis(self) -> str:
        return "No sign of it in the local analysis." if self.value == Coverage.REASONED_NO else ""

    @factory.lazy_attribute
    def expected_on(self) -> dt.date | None:
        return dt.date(2027, 6, 1) if self.value == Coverage.IN_PREPARATION else None


class ActionPlanFactory(DjangoModelFactory[ActionPlan]):
    """An adopted plan for 2024–2027; `municipality=…` makes it that municipality's."""

    class Meta:
        model = ActionPlan
        skip_postgeneration_save = True

    title = factory.Sequence(lambda n: f"Action plan {n}")
    status = ActionPlan.Status.ADOPTED
    themes = factory.LazyFunction(lambda: ["jihadism", "right_wing"])
    starts_on = dt.date(2024, 1, 1)
    ends_on = dt.date(2027, 12, 31)
    adopted_on = dt.date(2023, 12, 14)

    @factory.post_generation
    def municipality(self, create: bool, extracted: Municipality | None, **kwargs: Any) -> None:
        if extracted is not None:
            PlanParticipation.objects.create(
                plan=self, municipality=extracted, status=PlanParticipation.Status.CONFIRMED
            )


class MeasureFactory(DjangoModelFactory[Measure]):
    """A measure in progress, due at the end of 2027."""

    class Meta:
        model = Measure

    plan = factory.SubFactory(ActionPlanFactory)
    title = factory.Sequence(lambda n: f"Measure {n}")
    category = "network"
    phase = "early_detection"
    status = Measure.Status.IN_PROGRESS
    due_on = dt.date(2027, 12, 31)


class TypicalMeasureFactory(DjangoModelFactory[TypicalMeasure]):
    """An entry of the library that a public source names."""

    class Meta:
        model = TypicalMeasure

    title_nl = factory.Sequence(lambda n: f"Maatregel {n:05}")
    title_en = factory.Sequence(lambda n: f"Measure {n:05}")
    text_nl = "Wat gemeenten doen."
    text_en = "What municipalities do."
    category = Category.NETWORK
    phase = Phase.PREVENTION
    provenance = Provenance.PUBLIC_SOURCE
    source_url = "https://gemeente.example/plan"
    source_seen_on = dt.date(2026, 11, 1)
    confidence = Confidence.HIGH


class SupportOfferFactory(DjangoModelFactory[SupportOffer]):
    """A training that a public source names."""

    class Meta:
        model = SupportOffer

    name = factory.Sequence(lambda n: f"Training {n:05}")
    provider = "ROR"
    kind = SupportOffer.Kind.TRAINING
    audience = "gemeenten"
    text_nl = "Wat u leert."
    text_en = "What you learn."
    provenance = Provenance.PUBLIC_SOURCE
    source_url = "https://aanbod.example/training"
    source_seen_on = dt.date(2026, 11, 1)
    confidence = Confidence.HIGH


class SupportUseFactory(DjangoModelFactory[SupportUse]):
    """That a municipality used an offer on 2 June 2026, for four of its staff."""

    class Meta:
        model = SupportUse

    offer = factory.SubFactory(SupportOfferFactory)
    municipality = factory.SubFactory(MunicipalityFactory)
    used_on = dt.date(2026, 6, 2)
    staff = 4
    note = "Bruikbaar."
    recorded_by = factory.SubFactory(UserFactory)


class EvaluationFactory(DjangoModelFactory[Evaluation]):
    """A national inspection that a public source names."""

    class Meta:
        model = Evaluation

    title = factory.Sequence(lambda n: f"Evaluation {n}")
    kind = Evaluation.Kind.INSPECTION
    body = "Inspectie"
    published_on = dt.date(2017, 9, 6)
    scope = Evaluation.Scope.NATIONAL
    provenance = Provenance.PUBLIC_SOURCE
    source_url = "https://inspectie.example/rapport"
    source_seen_on = dt.date(2026, 11, 1)
    confidence = Confidence.HIGH


class FindingFactory(DjangoModelFactory[Finding]):
    """A point for improvement."""

    class Meta:
        model = Finding

    evaluation = factory.SubFactory(EvaluationFactory)
    kind = Finding.Kind.IMPROVEMENT
    theme = Finding.Theme.TRAINING_EXPERTISE
    text_nl = factory.Sequence(lambda n: f"Bevinding {n}")
    text_en = factory.Sequence(lambda n: f"Finding {n}")
    provenance = Provenance.PUBLIC_SOURCE
    source_url = "https://inspectie.example/rapport"
    source_seen_on = dt.date(2026, 11, 1)
    confidence = Confidence.HIGH


class FollowUpFactory(DjangoModelFactory[FollowUp]):
    """A finding that the municipality has not answered yet."""

    class Meta:
        model = FollowUp

    finding = factory.SubFactory(FindingFactory)
    municipality = factory.SubFactory(MunicipalityFactory)
    due_on = dt.date(2027, 3, 1)
