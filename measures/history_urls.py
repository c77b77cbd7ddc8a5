"""The addresses of the histories: those of safety policies, action plans and measures."""

from django.urls import path
from django.utils.translation import gettext_lazy as _

from measures.history import MEASURE, NAMING, PLAN, lineage
from measures.models import ActionPlan, Measure
from municipalities import policy_history_urls
from municipalities.views.object_history import Told, history, put_back

PLANS = Told(
    ActionPlan,
    PLAN,
    visible_to=ActionPlan.objects.visible_to,
    editable_by=ActionPlan.objects.editable_by,
    texts=("title", "description"),
    label=_("Action plans"),
    list="plans:list",
    history="history:plan",
    put_back="history:put-back-in-plan",
    naming=NAMING,
)
MEASURES = Told(
    Measure,
    MEASURE,
    visible_to=Measure.objects.visible_to,
    editable_by=Measure.objects.editable_by,
    texts=(
        "title",
        "description",
        "stopped_because",
        "lead_organisation",
        "funding_source",
        "indicator",
        "target",
    ),
    label=_("Measures"),
    list="measures:list",
    history="history:measure",
    put_back="history:put-back-in-measure",
    owners=lineage,
    naming=NAMING,
)

app_name = "history"
urlpatterns = [
    *policy_history_urls.urlpatterns,
    path("plannen/<int:pk>/geschiedenis/", history, {"told": PLANS}, name="plan"),
    path(
        "plannen/<int:pk>/geschiedenis/<int:event>/terugzetten/<str:field>/",
        put_back,
        {"told": PLANS},
        name="put-back-in-plan",
    ),
    path("maatregelen/<int:pk>/geschiedenis/", history, {"told": MEASURES}, name="measure"),
    path(
        "maatregelen/<int:pk>/geschiedenis/<int:event>/terugzetten/<str:field>/",
        put_back,
        {"told": MEASURES},
        name="put-back-in-measure",
    ),
]
