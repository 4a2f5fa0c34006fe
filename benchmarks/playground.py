"""The playground's scenes in Chromium: frames a second, from a control to its first painted frame, memory.

    python -m benchmarks.playground [SCENE ...] [--seconds 10]      needs the extra [browser] and a Chromium
    python -m benchmarks.playground one_plane_five_models --seconds 120          memory after two minutes

Each scene runs with one update for each frame; then its first slider (or list, if it has no slider) is moved twenty
times. The heap is that of the page, after this; the engine's memory is its largest so far.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
READY = "window.playground && window.playground.kept.length > 0 && !window.playground.waiting"
PLAY_AGAIN = """async (milliseconds) => {
    const before = playground.painted, start = performance.now();
    while (performance.now() - start < milliseconds) {
        if (!playground.playing) document.getElementById("play").click();
        await new Promise(requestAnimationFrame);
    }
    const frames = playground.painted - before;
    if (playground.playing) document.getElementById("play").click();
    return 1000 * frames / (performance.now() - start);
}"""
MOVE = """async () => {
    const slider = document.querySelector("#controls input[type=range]"), waits = [];
    const list = document.querySelector("#controls select");
    for (let turn = 0; turn < 20; turn++) {
        const before = playground.painted, start = performance.now();
        if (slider) {
            slider.value = Number(slider.value) + (turn % 2 ? -20 : 20);
            slider.dispatchEvent(new Event("input"));
        } else {
            list.selectedIndex = (list.selectedIndex + 1) % list.options.length;
            list.dispatchEvent(new Event("change"));
        }
        while (playground.painted === before) await new Promise(requestAnimationFrame);
        waits.push(performance.now() - start);
        while (playground.waiting) await new Promise(requestAnimationFrame);
    }
    return waits.sort((a, b) => a - b)[10];
}"""


def until(page: Any, condition: str) -> None:
    """Playwright's own wait_for_function needs eval, which the page's policy forbids."""
    while not page.evaluate(f"Boolean({condition})"):
        page.wait_for_timeout(20)


def largest(process: subprocess.Popen[str]) -> str:
    """The engine's largest memory so far, if the system reports it."""
    status = Path(f"/proc/{process.pid}/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return next((f"{int(line.split()[1]) / 1024:.0f} MB" for line in lines if line.startswith("VmHWM")), "unknown")


def measure(page: Any, scene: str, seconds: float) -> tuple[float, float, float]:
    """Frames a second, milliseconds from a control to its frame (median of 20), MB of the page's heap after it."""
    page.goto(f"{page.url.split('#')[0]}#scene={scene}")
    until(page, f"({READY}) && playground.scene.name === '{scene}'")
    page.select_option("#speed", "2")
    rate = page.evaluate(PLAY_AGAIN, 1000 * seconds)
    until(page, "!playground.waiting")
    return rate, page.evaluate(MOVE), page.evaluate("performance.memory.usedJSHeapSize / 2**20")


def main() -> int:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        print('playwright is not installed here. Try: python -m pip install -e ".[browser]"', file=sys.stderr)
        return 2

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenes", nargs="*", metavar="SCENE")
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        parser.error("there is no Chromium on this machine; install it (apt install chromium)")
    command = [sys.executable, "run_all.py", "playground", "--no-open"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    with process as engine, sync_playwright() as playwright:
        try:
            assert engine.stdout is not None
            address = engine.stdout.readline().split()[1]
            browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.goto(address)
            until(page, READY)
            names = options.scenes or page.evaluate("playground.scenes.map((scene) => scene.name)")
            print(f"{'scene':<24}{'frames a second':>16}{'control to frame':>18}{'heap':>10}{'engine':>10}")
            for name in names:
                rate, wait, heap = measure(page, name, options.seconds)
                print(f"{name:<24}{rate:>16.1f}{wait:>15.1f} ms{heap:>7.1f} MB{largest(engine):>10}", flush=True)
            browser.close()
        finally:
            engine.terminate()
    return 0


if __name__ == "__main__":
    sys.exit(main())
