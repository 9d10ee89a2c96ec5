"""Two pairs of tables compared, such as the live ones and what was restored of them.

``comparing`` finds what differs, ``explaining`` tells which of it was written after the
moment that was restored, and ``orphans`` finds what the restored tables lack in themselves.
All of it in the same memory, whatever the size of the tables.
"""
