"""The addresses of the history of a safety policy."""

from django.urls import path

from municipalities.models import SafetyPolicy
from municipalities.policy_history import POLICY
from municipalities.views.object_history import Told, history, put_back

POLICIES = Told(
    SafetyPolicy,
    POLICY,
    visible_to=lambda user: SafetyPolicy.objects.all(),
    editable_by=SafetyPolicy.objects.editable_by,
    texts=("title", "cvdr_id"),
    page="policies:detail",
    history="policy-history:policy",
    put_back="policy-history:put-back",
)

app_name = "policy-history"
urlpatterns = [
    path("beleidsplannen/<int:pk>/geschiedenis/", history, {"told": POLICIES}, name="policy"),
    path(
        "beleidsplannen/<int:pk>/geschiedenis/<int:event>/terugzetten/<str:field>/",
        put_back,
        {"told": POLICIES},
        name="put-back",
    ),
]
