"""Which embedding model there is, by the settings."""

from __future__ import annotations

from ingest.bridge.embedder import BridgedEmbedder
from ingest.bridge.model import Bridge
from ingest.embedder import DEFAULT_MODEL, Embedder, LocalEmbedder
from ingest.remote_embedder import RemoteEmbedder
from ingest.settings import IngestSettings


def load_embedder(settings: IngestSettings) -> Embedder:
    """The embedder that the settings name: the default one with its bridge to Chinese, any other by itself.

    Raises EmbedderError if it cannot be loaded.
    """
    if settings.embed_base_url:
        key = settings.embed_api_key.get_secret_value() if settings.embed_api_key else ""
        return RemoteEmbedder(settings.embed_model, settings.embed_base_url, key)
    local = LocalEmbedder(settings.embed_model, cache=settings.home / "cache")
    return BridgedEmbedder(local, Bridge.load()) if settings.embed_model == DEFAULT_MODEL else local
