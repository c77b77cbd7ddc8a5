"""What stands beneath the heading of a start page, written again only when what it shows is another."""

from django import template
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from dashboards.asked import Desk
from dashboards.pictures import Country, Overview
from dashboards.tasks import in_order, tasks
from policytracker.markup import written_once

register = template.Library()

DESKS_KEPT = 128  # of some 4 kB each
PICTURES_KEPT = 8


@register.simple_tag
@written_once(kept=DESKS_KEPT)
def desk_content(desk: Desk) -> SafeString:
    """What is asked of an officer, and how the municipality stands."""
    context = {"desk": desk, "tasks": tasks(desk), "in_order": in_order(desk)}
    return render_to_string("dashboards/start_officer_content.html", context)


@register.simple_tag
@written_once(kept=PICTURES_KEPT)
def overview_content(overview: Overview) -> SafeString:
    """VNG's numbers, worklist and reminders."""
    return render_to_string("dashboards/start_vng_content.html", {"overview": overview})


@register.simple_tag
@written_once(kept=PICTURES_KEPT)
def country_content(country: Country) -> SafeString:
    """NCTV's picture of the country."""
    return render_to_string("dashboards/start_nctv_content.html", {"country": country})
