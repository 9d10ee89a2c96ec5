"""Work that is due: stored with the change that asks for it, done at least once, by anybody.

A job is a task of Django's with its arguments and the moment it is due. Whoever does it claims
it for a while first, so a job whose process dies is due again by itself; what it does has to be
such that doing it twice does no harm. Who does it: a thread of each server process, a function
of its own on Lambda, ``manage.py run_due``. docs/adr/0058 has the reasons.
"""
