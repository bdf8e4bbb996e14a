"""Everything that can go wrong in this room, and who erred.

IngestError
├── SourceError        a path or address given by the caller cannot be read
├── DigestFormatError  an entry of a digest does not follow the format
├── EmbedderError      a model cannot be loaded or asked, or is not the one the library was made with
└── LibraryError       the library on disk, or its database or index server
    ├── LibraryBusy    another process is writing to it
    └── IndexUnusable  its search index is damaged or out of reach; the record can stand in
"""

from __future__ import annotations


class IngestError(Exception):
    """Base of this room's errors. The text says what was found, what was wanted and what to do."""


class SourceError(IngestError):
    """A file, folder, pattern or address cannot be read."""


class DigestFormatError(IngestError):
    """An entry does not follow the digest format; the text starts with `name:line:`."""


class EmbedderError(IngestError):
    """An embedding model cannot be loaded or asked, or does not fit the library."""


class LibraryError(IngestError):
    """The record or its index cannot be opened, read or written."""


class LibraryBusy(LibraryError):
    """Another process holds the library's writer lock."""


class IndexUnusable(LibraryError):
    """The search index cannot be opened, read or written. Nothing is lost: the record holds all vectors."""
