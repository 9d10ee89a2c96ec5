"""What failed for good, for admins."""

from django.urls import path

from crm.jobs import views

urlpatterns = [
    path("jobs/", views.failed_jobs, name="job_list"),
    path("jobs/<str:address>/again/", views.try_again, name="job_again"),
]
