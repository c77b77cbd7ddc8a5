"""What the tests of the pages of plans share: who looks, and plans to look at."""

import datetime as dt
from typing import Any

from django.test import Client

from accounts.models import User
from measures.models import ActionPlan, PlanParticipation
from municipalities.models import Municipality
from tests.factories import ActionPlanFactory, MembershipFactory, UserFactory

DAY = dt.datetime(2026, 11, 24, 9, 0, tzinfo=dt.UTC)
ROLES = ("officer", "vng", "nctv", "administrator")

FIELDS = {
    "title": "Plan van aanpak 2027–2030",
    "description": "Samen weerbaar.",
    "themes": ["polarisation", "right_wing"],
    "starts_on": "2027-01-01",
    "ends_on": "2030-12-31",
}


def log_in(client: Client, user: User, language: str = "en") -> Client:
    """The client of this user, who reads English unless told otherwise."""
    client.cookies["django_language"] = language
    client.force_login(user)
    return client


def user_of(role: str) -> User:
    """A user with the role; an officer keeps no municipality."""
    return UserFactory(**({} if role == "officer" else {role: True}))


def officer_of(*municipalities: Municipality) -> User:
    """An officer who keeps the municipalities."""
    officer = UserFactory()
    for municipality in municipalities:
        MembershipFactory(user=officer, municipality=municipality)
    return officer


def draft_of(municipality: Municipality, **fields: Any) -> ActionPlan:
    """A draft of the municipality."""
    return ActionPlanFactory(municipality=municipality, status="draft", adopted_on=None, **fields)


def next_of(plan: ActionPlan, **fields: Any) -> ActionPlan:
    """The next version of a plan, a draft unless told otherwise, with the same municipalities."""
    wanted = {"status": "draft", "adopted_on": None, "title": plan.title, "themes": plan.themes} | fields
    draft = ActionPlanFactory(previous_version=plan, version=plan.version + 1, **wanted)
    for participation in plan.participations.all():
        PlanParticipation.objects.create(
            plan=draft, municipality=participation.municipality, status=participation.status
        )
    return draft


def ask(plan: ActionPlan, municipality: Municipality, **fields: Any) -> PlanParticipation:
    """The municipality is named as taking part and has not answered."""
    return PlanParticipation.objects.create(plan=plan, municipality=municipality, **fields)


def text(response: Any) -> str:
    """The page."""
    return response.content.decode()
