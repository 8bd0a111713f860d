# Which digest a tag has now: docker buildx imagetools inspect python:3.11-slim-trixie
FROM python:3.11.16-slim-trixie@sha256:be1575ed968de893bd54f4c56315ff7c4736ce522c1bca08fd521731aafc0d76 AS build
RUN python -m venv /opt/verbatim
WORKDIR /src
COPY requirements.lock requirements-postgres.lock ./
RUN awk '/^torch==/ { on = 1 } on { print } on && !/\\$/ { exit }' requirements.lock > torch.lock \
 && /opt/verbatim/bin/pip install --no-cache-dir --no-deps --require-hashes --index-url https://download.pytorch.org/whl/cpu -r torch.lock \
 && /opt/verbatim/bin/pip install --no-cache-dir --no-deps --require-hashes -r requirements.lock -r requirements-postgres.lock
COPY pyproject.toml README.md LICENSE ./
COPY corpus corpus
COPY embeddings embeddings
COPY bot bot
RUN /opt/verbatim/bin/pip install --no-cache-dir --no-deps --no-build-isolation .

FROM python:3.11.16-slim-trixie@sha256:be1575ed968de893bd54f4c56315ff7c4736ce522c1bca08fd521731aafc0d76
RUN useradd --uid 10001 --home-dir /data --no-create-home --shell /usr/sbin/nologin verbatim && install -d -o verbatim /data
COPY --from=build /opt/verbatim /opt/verbatim
ENV PATH=/opt/verbatim/bin:$PATH VERBATIM_HOME=/data HF_HUB_OFFLINE=1 PYTHONDONTWRITEBYTECODE=1
USER verbatim
VOLUME /data
ENTRYPOINT ["verbatim"]
CMD ["serve"]
