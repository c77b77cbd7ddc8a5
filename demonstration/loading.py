"""Loading the demonstration: everything in one transaction, on top of the register."""

import datetime as dt
from collections.abc import Callable

import pghistory
from django.db import transaction
from django.utils.translation import gettext as _

from demonstration.course import course_of
from demonstration.follow_ups import add_follow_ups
from demonstration.people import UTRECHT, add_contacts, add_people, set_password
from demonstration.plans import add_measures, add_next_version, add_plans
from demonstration.statements import add_statements, clusters_of, term_of_cluster
from municipalities.models import Municipality
from municipalities.sizes import SizeClass, size_class_of

REASON = "load_demo"


class NoRegisterError(Exception):
    """There are no municipalities to invent anything for."""


def load(*, password: str, on: dt.date, say: Callable[[str], None]) -> None:
    """Invent policies, plans and people for all municipalities, as on the day; `say` is told what was done.

    Raises:
        NoRegisterError: when the register is not loaded; nothing was written.
    """
    everything = list(Municipality.objects.select_related("province", "safety_region").order_by("code"))
    in_register = [
        municipality
        for municipality in everything
        if (municipality.valid_from is None or municipality.valid_from <= on)
        and (municipality.valid_until is None or municipality.valid_until > on)
    ]
    if UTRECHT not in {municipality.code for municipality in in_register}:
        raise NoRegisterError
    sizes = {each.pk: size_class_of(each.population) or SizeClass.FROM_20 for each in everything}
    clusters = clusters_of(in_register)
    courses = {
        municipality: course_of(
            municipality.code,
            sizes[municipality.pk],
            on=min(on, municipality.valid_until or on),
            exists_from=municipality.valid_from,
            has_ended=municipality.valid_until is not None and municipality.valid_until <= on,
            current=term_of_cluster(clusters.get(municipality.pk), on),
        )
        for municipality in everything
    }
    with pghistory.context(reason=REASON), transaction.atomic():
        people = add_people(in_register)
        set_password(password)
        contacts = add_contacts(in_register, on)
        say(
            _("%(users)d officers and %(contacts)d contacts")
            % {"users": len(people.officers), "contacts": len(contacts)}
        )
        policies, statements = add_statements(courses, clusters, people, on)
        say(
            _("%(policies)d safety policies and %(statements)d statements")
            % {"policies": policies, "statements": statements}
        )
        plans = add_plans(courses, sizes, clusters, on)
        first_contacts = {contact.municipality_id: contact for contact in contacts if contact.position == 1}
        measures = add_measures(plans, sizes, first_contacts, people, on)
        add_next_version(people, on)
        say(
            _("%(plans)d action plans and %(measures)d measures")
            % {"plans": len(plans), "measures": len({each.pk for some in measures.values() for each in some})}
        )
        coverage = {
            each: each.coverage for each in Municipality.objects.in_register(on=on).with_coverage(on=on)
        }
        say(_("%d answers to findings") % add_follow_ups(coverage, measures, on))
