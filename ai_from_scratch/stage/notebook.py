"""The live figure in the output of a notebook's cell: each picture replaces the one before."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ai_from_scratch.stage import theme
from ai_from_scratch.stage.displays import Display
from ai_from_scratch.stage.live import LIVE_SIZE_INCHES


def in_notebook() -> bool:
    """True if this code runs in a notebook's kernel.  IPython on a terminal has no kernel."""
    ipython = sys.modules.get("IPython")
    shell: Any = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")


class NotebookDisplay(Display):
    """One picture for each chapter."""

    figure: Figure

    def __init__(self, tell: Callable[[str], None] = print) -> None:
        super().__init__(tell)
        self.opened = False
        self.handle: Any = None              # IPython's handle of the present picture

    def open(self, title: str, about: str = "") -> None:
        super().open(title, about)
        self.figure = theme.new_figure(LIVE_SIZE_INCHES)
        self.canvas = FigureCanvasAgg(self.figure)
        self.opened, self.lost, self.handle = True, False, None

    def refresh(self) -> None:
        from IPython.display import Image, display

        content = io.BytesIO()
        self.canvas.print_png(content)
        picture = Image(data=content.getvalue(), format="png")
        if self.handle is None:
            self.handle = display(picture, display_id=True)
        else:
            self.handle.update(picture)

    @property
    def alive(self) -> bool:
        return self.opened and not self.lost

    def close(self) -> None:
        self.opened = False
