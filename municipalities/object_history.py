"""What the histories of a safety policy and of a contact tell."""

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from municipalities.models import Contact, PolicyParticipation, SafetyPolicy
from policytracker.object_history import Source

POLICY = (
    Source(
        SafetyPolicy,
        made=_("Safety policy added"),
        changed=_("Safety policy changed"),
        deleted=_("Safety policy removed"),
    ),
    Source(
        PolicyParticipation,
        owner="policy",
        name="municipality",
        made=_("Municipality added: %(name)s"),
        changed=_("Participation of %(name)s changed"),
        deleted=_("Municipality removed: %(name)s"),
        first=("status",),
        fields=("status",),
        public=~Q(status=PolicyParticipation.Status.DECLINED),
    ),
)

CONTACT = (
    Source(Contact, made=_("Contact added"), changed=_("Contact changed"), deleted=_("Contact removed")),
)
