"""What has expired is removed by whoever stored it, where the store does not do it by itself."""

from django.dispatch import Signal

sweeping = Signal()
"""``manage.py clearsessions`` removes what has expired: receivers remove theirs."""
