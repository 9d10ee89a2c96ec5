# Any base with Python 3.12 or newer serves: --build-arg BASE=...
ARG BASE=python:3.13-slim

FROM ${BASE} AS build
COPY requirements/mail.txt scripts/trim_packages.py /tmp/
# 57 MB of packages become 20: AWS's other 400 services, other languages, Django's other parts.
RUN python3 -m venv /venv \
    && /venv/bin/python -m pip install --no-cache-dir --no-compile --only-binary :all: \
        --require-hashes --requirement /tmp/mail.txt \
    && /venv/bin/python -m pip uninstall --quiet --yes pip \
    && /venv/bin/python /tmp/trim_packages.py \
        "$(/venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
WORKDIR /app
COPY manage.py ./
COPY crm crm
COPY leads leads
COPY locale locale
COPY templates templates
COPY static static
# Collecting needs settings, not secrets: these stay in this stage.
RUN SECRET_KEY="only-while-the-image-is-built-$(python3 -c 'print(*range(30), sep="")')" \
    ALLOWED_HOSTS=build.invalid AWS_REGION=none \
    /venv/bin/python manage.py collectstatic --no-input --verbosity 0 \
    && /venv/bin/python -m compileall -q /venv /app

FROM ${BASE}
# A number, so that an orchestrator can see that it is not root.
ARG UID=10001
COPY --from=build /venv /venv
COPY --from=build /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp HOST=0.0.0.0 PORT=8000
USER ${UID}:${UID}
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s \
    CMD ["python", "-c", "import os, urllib.request as u; u.urlopen(f'http://127.0.0.1:{os.environ[\"PORT\"]}/healthz', timeout=2)"]
CMD ["python", "manage.py", "serve"]
