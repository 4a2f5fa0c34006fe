"""python run_all.py playground [SCENE]: a page on this machine on which the lesson files run, with controls."""

from __future__ import annotations

import argparse
import asyncio
import threading
import webbrowser
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ai_from_scratch.runner import Chapter
from ai_from_scratch.runner.usage import Parser

if TYPE_CHECKING:
    from playground.catalogue import Catalogue


def main(chapters: Sequence[Chapter], argv: Sequence[str] = ()) -> int:
    """Returns the exit code: 0 after Ctrl-C, 2 for a wrong command."""
    from playground.catalogue import Catalogue

    catalogue = Catalogue([chapter.folder for chapter in chapters])
    parser = Parser(
        "playground", description="Opens a page in the browser: drag points, move sliders, step "
        "through the lines that run.\nThe Python of this repository computes it, on this machine only. Ctrl-C ends it.",
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scene", nargs="?", metavar="SCENE", help="the scene to begin with: " + " ".join(catalogue))
    parser.add_argument("--port", type=int, metavar="N", help="the port on 127.0.0.1 (default: the first free one "
                        "from 8899)")
    parser.add_argument("--no-open", action="store_true", help="only show the address, open no browser")
    options = parser.parse_args(argv)
    scene = (options.scene or "").replace("-", "_")
    if scene and scene not in catalogue.modules:
        parser.error(f"there is no scene {options.scene!r}; the scenes are: {' '.join(catalogue)}")
    if options.port is not None and not 0 < options.port < 65536:
        parser.error(f"argument --port: expected a number from 1 to 65535, got {options.port}")
    try:
        asyncio.run(serve(catalogue, scene, options.port, not options.no_open))
    except OSError as error:
        parser.error(f"the port {options.port} cannot be opened ({error.strerror}); leave out --port, or name another")
    except KeyboardInterrupt:
        print("\nThe playground has ended.")
    return 0


async def serve(catalogue: Catalogue, scene: str, port: int | None, open_browser: bool) -> None:
    """Serves until it is cancelled."""
    from playground.lessons import Lessons
    from playground.server import Playground
    from playground.session import Session

    lessons = Lessons(catalogue.folders)
    playground = Playground(lambda: Session(catalogue, lessons), port, catalogue.readable)
    address = playground.first_address(f"scene={scene}" if scene else "")
    print(f"Playground: {address}\nIt runs on this machine only. Ctrl-C ends it.", flush=True)
    if open_browser:
        threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()    # some browsers block
    try:
        await asyncio.Event().wait()
    finally:
        playground.close()
