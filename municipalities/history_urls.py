"""The addresses of the histories of safety policies and contacts; measures/history_urls.py has them all."""

from django.utils.translation import gettext_lazy as _

from municipalities.models import Contact, SafetyPolicy
from municipalities.object_history import CONTACT, POLICY
from municipalities.views.object_history import Told, addresses

POLICIES = Told(
    "policy",
    SafetyPolicy,
    POLICY,
    visible_to=lambda user: SafetyPolicy.objects.all(),
    editable_by=SafetyPolicy.objects.editable_by,
    texts=("title", "cvdr_id"),
    label=_("Safety policies"),
    list="policies:list",
    attributed=True,
)
CONTACTS = Told(
    "contact",
    Contact,
    CONTACT,
    visible_to=Contact.objects.visible_to,
    editable_by=Contact.objects.visible_to,
    texts=("name", "job_title"),
    label=_("Municipalities"),
    list="municipalities:list",
)

urlpatterns = [*addresses("beleidsplannen", POLICIES), *addresses("contacten", CONTACTS)]
