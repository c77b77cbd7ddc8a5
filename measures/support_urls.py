"""The pages of the support on offer, and of what municipalities used of it."""

from django.urls import path

from measures.views import support

app_name = "support"
urlpatterns = [
    path("", support.offers, name="list"),
    path("toevoegen/", support.add, name="add"),
    path("<int:pk>/", support.offer, name="detail"),
    path("<int:pk>/wijzigen/", support.edit, name="edit"),
    path("<int:pk>/gebruik/", support.record_use, name="record-use"),
    path("gebruik/<int:pk>/wijzigen/", support.edit_use, name="edit-use"),
    path("gebruik/<int:pk>/verwijderen/", support.delete_use, name="delete-use"),
]
