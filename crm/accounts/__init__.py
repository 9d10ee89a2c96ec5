"""Users, roles and sessions in DynamoDB under ``django.contrib.auth``.

Sign-in, sign-out, password change and reset, sessions, ``login_required`` and
``{{ perms }}`` are Django's own; only where they keep their data is different. No
relational database is needed: ``DATABASES = {}`` works.

Another Django project uses it by adding to its settings::

    INSTALLED_APPS += ["crm", "crm.accounts"]  # beside django.contrib.auth
    AUTH_USER_MODEL = "accounts.User"
    AUTHENTICATION_BACKENDS = ["crm.accounts.backends.DynamoDBBackend"]
    SESSION_ENGINE = "crm.accounts.sessions"
    SESSION_IDLE_AGE = 12 * 3600  # seconds without use, after which a session ends
    SECURITY_LOG_DAYS = 90
    BEHIND_TLS_PROXY = False  # True where a proxy writes the last hop of X-Forwarded-For

``manage.py create_tables`` makes the tables, ``manage.py create_user`` the first account.
The pages (sign-in, passwords, accounts) come with
``path("accounts/", include("crm.accounts.urls"))`` and want a ``base.html`` and a
``public.html``. ``crm.accounts.middleware.renew_session``, right after Django's session
middleware, notes that a session is used, and ``crm.accounts.middleware.sign_in_redirects``
makes sign-in redirects work for htmx requests and form posts.
``crm.accounts.middleware.prefetch_session``, before the sessions' own, tells the security log
whose request is being answered.

Optional settings: ``PASSWORD_RESET_BY_MAIL = False`` where no mail can be sent;
``PUBLIC_URL``, which links in mails begin with; ``ANSWERS_THAT_WAIT``, how many threads may
wait for the moment of an answer; ``DEMO = True`` to show ``DEMO_EMAIL`` and ``DEMO_PASSWORD``
on the sign-in page. ``crm.accounts.password_rules`` has a rule for passwords.
"""
