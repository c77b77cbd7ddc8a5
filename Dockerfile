# syntax=docker/dockerfile:1
# One image for web, worker, beat and migrate. It holds no secret: those come from the environment.

ARG NODE_IMAGE=node:24-bookworm-slim
ARG PYTHON_IMAGE=python:3.11-slim-bookworm

# Style and script for the browser
FROM ${NODE_IMAGE} AS front
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY script/build.mjs script/
COPY static static
RUN npm run build

# Python packages, translations, collected static files
FROM ${PYTHON_IMAGE} AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends gettext \
    && rm -rf /var/lib/apt/lists/*
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
COPY requirements/production.txt /tmp/requirements.txt
RUN pip install --require-hashes --only-binary :all: -r /tmp/requirements.txt
WORKDIR /app
COPY . .
COPY --from=front /app/static/dist static/dist
RUN SECRET_KEY=build DATABASE_URL=postgres:///none python manage.py collectstatic --noinput --verbosity 0 \
    && SECRET_KEY=build DATABASE_URL=postgres:///none python manage.py compilemessages --verbosity 0 \
    && rm -rf static/dist package.json package-lock.json .npmrc script

# What runs
FROM ${PYTHON_IMAGE}
LABEL org.opencontainers.image.title="policytracker" \
    org.opencontainers.image.description="Register and reminders for the radicalisation policy of municipalities" \
    org.opencontainers.image.licenses="EUPL-1.2"
RUN useradd --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin tracker \
    && install --directory --owner=tracker --group=tracker /media
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    DJANGO_SETTINGS_MODULE=policytracker.settings \
    MEDIA_ROOT=/media \
    HOME=/tmp
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
USER 10001:10001
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/healthz', timeout=4)"]
CMD ["gunicorn", "--config", "deploy/gunicorn.conf.py", "--bind", "0.0.0.0:8000", "policytracker.wsgi:application"]
