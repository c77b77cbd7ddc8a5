"""The addresses of the history of a safety policy; measures/history_urls.py holds those of all histories."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from municipalities.models import SafetyPolicy
from municipalities.policy_history import POLICY
from municipalities.views.object_history import Told, history, put_back

POLICIES = Told(
    SafetyPolicy,
    POLICY,
    visible_to=lambda user: SafetyPolicy.objects.all(),
    editable_by=SafetyPolicy.objects.editable_by,
    texts=("title", "cvdr_id"),
    label=_("Safety policies"),
    list="policies:list",
    history="history:policy",
    put_back="history:put-back-in-policy",
)

urlpatterns = [
    path("beleidsplannen/<int:pk>/geschiedenis/", history, {"told": POLICIES}, name="policy"),
    path(
        "beleidsplannen/<int:pk>/geschiedenis/<int:event>/terugzetten/<str:field>/",
        put_back,
        {"told": POLICIES},
        name="put-back-in-policy",
    ),
]
