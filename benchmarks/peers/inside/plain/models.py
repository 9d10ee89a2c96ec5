"""The lead, with the indexes that its list and its filter need."""

from django.db import models
from django.utils import timezone


class Lead(models.Model):
    """A lead in one of four stages."""

    name = models.CharField(max_length=200)
    email = models.EmailField(db_index=True)
    company = models.CharField(max_length=200, blank=True)
    subject = models.CharField(max_length=200, blank=True)
    message = models.TextField(blank=True)
    status = models.CharField(
        max_length=20,
        default="new",
        choices=[(name, name) for name in ("new", "contacted", "qualified", "converted")],
    )
    created_at = models.DateTimeField(default=timezone.now, db_index=True)

    class Meta:
        """Newest first, by an index."""

        ordering = ["-created_at"]
        indexes = [models.Index(fields=["status", "-created_at"])]

    def __str__(self) -> str:
        return self.name
