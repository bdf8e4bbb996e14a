# docker build -t digest-assistant .
# docker run --rm -p 7860:7860 -e DIGEST_PASSWORD='a long one' -v digests:/data digest-assistant
# docker run --rm -v digests:/data -v "$PWD:/digests:ro" digest-assistant ingest /digests
FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 DIGEST_HOME=/data

WORKDIR /app
# The CPU build of the exact release that pyproject.toml pins; a layer of its own, as it is the largest by far.
RUN pip install torch==2.13.0 --index-url https://download.pytorch.org/whl/cpu
COPY pyproject.toml README.md LICENSE ./
COPY ingest ingest
COPY assistant assistant
COPY evals evals
COPY ui ui
RUN pip install '.[postgres]' \
 && useradd --uid 10001 --create-home digest \
 && install -d -o digest -g digest -m 0700 /data

USER digest
VOLUME /data
EXPOSE 7860
HEALTHCHECK --start-period=60s CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:7860/healthz')"]
ENTRYPOINT ["digest"]
CMD ["chat", "--host", "0.0.0.0", "--no-open"]
