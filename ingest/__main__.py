"""`python -m ingest PATH…`: reads digests into the library, with no more than this room."""

from __future__ import annotations

import sys

from ingest.errors import IngestError
from ingest.library import open_library
from ingest.run import ingest
from ingest.settings import IngestSettings
from ingest.source import find_sources


def main() -> int:
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        print("usage: python -m ingest PATH…   (files, folders, patterns, addresses, or - for standard input)")
        return 0 if len(sys.argv) > 1 else 2
    try:
        with open_library(IngestSettings()) as library:
            report = ingest(find_sources(sys.argv[1:]), library)
    except IngestError as exc:
        print(f"error: {exc}", file=sys.stderr)
        return 1
    print(report)
    return 1 if report.unread_sources and not report.digests else 0


if __name__ == "__main__":
    sys.exit(main())
