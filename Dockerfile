# One image for every process of a copy; compose.yaml says which there are.
#
#   docker build --tag omegle .
#   docker build --tag omegle --build-arg REQUIREMENTS=frames .     # with what checks cameras
#
# No secret is needed to build it, and none gets into it: settings come with the container.

FROM docker.io/library/python:3.13-slim-bookworm AS build
# postgres, or frames (its own packages besides those).
ARG REQUIREMENTS=postgres
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /opt/venv
COPY requirements/ /tmp/requirements/
# Wheels alone: nothing is compiled here, so the image needs no compiler, and each file has the hash we know.
RUN set -e; for name in postgres "$REQUIREMENTS"; do \
      /opt/venv/bin/pip install --require-hashes --only-binary :all: -r "/tmp/requirements/$name.txt"; \
    done; \
    /opt/venv/bin/python -m compileall -q /opt/venv/lib
COPY . /srv/omegle
WORKDIR /srv/omegle
# The secrets are for this one command, which signs and seals nothing.
RUN python -m compileall -q omegle chat matching moderation spymode manage.py \
 && SECRET_KEY=not-a-secret EVIDENCE_KEYS=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= \
    RUN_DIR=/tmp STATIC_ROOT=/srv/static \
    /opt/venv/bin/python manage.py collectstatic --noinput --verbosity 0

FROM docker.io/library/python:3.13-slim-bookworm
RUN groupadd --gid 10001 omegle \
 && useradd --uid 10001 --gid omegle --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin omegle \
 && install --directory --owner omegle --group omegle --mode 0700 /var/lib/omegle \
 && install --directory --owner omegle --group omegle --mode 0755 /var/www/static
# Owned by root, so the process can change neither its code nor its packages.
COPY --from=build /opt/venv /opt/venv
COPY --from=build /srv /srv
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    HOST=0.0.0.0 RUN_DIR=/var/lib/omegle STATIC_ROOT=/srv/static
WORKDIR /srv/omegle
USER 10001:10001
# Reports that wait for the database, and the head of the audit log: on a disk that stays.
VOLUME /var/lib/omegle
EXPOSE 8000
# Its answer is 503 while it drains or Redis is away.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --start-interval=1s --retries=3 \
  CMD ["python", "-m", "omegle.server.readiness"]
# Given what is going on a chance to end (DRAIN_SECONDS) it ends by itself.
STOPSIGNAL SIGTERM
CMD ["python", "-m", "omegle.server.program", "web"]
