"""Gradio without what it does for those who write components, at every start and at every update of a page.

To be imported before Gradio is.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import find_spec
from types import ModuleType


class _WithoutStubs(SourceFileLoader):
    """Gradio's maker of components, which otherwise compares a stub file of each with what it would write, a second."""

    def exec_module(self, module: ModuleType) -> None:
        super().exec_module(module)
        module.__dict__["create_or_modify_pyi"] = lambda *_: None


class _Finder(MetaPathFinder):
    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        found = PathFinder.find_spec(fullname, path) if fullname == "gradio.component_meta" else None
        if found and isinstance(found.loader, SourceFileLoader):
            found.loader = _WithoutStubs(found.loader.name, found.loader.path)
        return found


def make_quick() -> None:
    """Changes how Gradio will be imported, and tells it once that there is no matplotlib, if there is none.

    It tries to import that twice an update, and each time Python looks through every folder for it.
    """
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    if "matplotlib" not in sys.modules and find_spec("matplotlib") is None:
        sys.modules["matplotlib"] = None  # type: ignore[assignment]  # Python's own mark of what is not there
