// <afs-bars>: a few named values from 0 to 1 as bars; outlines and groups for comparison.
import { Drawn, FONT, same } from "../canvas.js";

class AfsBars extends Drawn {
  show(payload) {
    const before = this.payload;
    this.payload = payload;
    const { labels, values } = payload;
    const most = Array.from(values).map((value, index) => [value, labels[index]]).sort((a, b) => b[0] - a[0]).slice(0, 3);
    this.describe(`${this.view.what} The largest: ${most.map(([value, label]) => `${label} ${Math.round(100 * value)} %`).join(", ")}.`);
    if (!same(before, payload)) this.paint();
  }

  draw(context, width, height, colour) {
    const { labels, values, outline, chosen = -1, high = 1 } = this.payload;
    const row = Math.min(30, (height - 8) / labels.length);
    const size = Math.max(10, Math.min(15, row * 0.62));
    context.font = `600 ${size}px ${FONT}`;
    const left = Math.max(...labels.map((label) => context.measureText(label).width)) + 24;
    const span = width - left - 52;
    labels.forEach((label, index) => {
      const y = 4 + index * row;
      context.fillStyle = colour.ink;
      context.textAlign = "right";
      context.fillText(label, left - 8, y + row * 0.68);
      context.fillStyle = index === chosen ? colour.vermilion : colour.blue;
      context.fillRect(left, y + row * 0.14, Math.max(1, span * values[index] / high), row * 0.72);
      if (outline) {
        context.strokeStyle = colour.muted;
        context.lineWidth = 1.5;
        context.strokeRect(left, y + row * 0.14, span * outline[index] / high, row * 0.72);
      }
      context.fillStyle = colour.muted;
      context.textAlign = "left";
      const end = Math.max(values[index], outline ? outline[index] : 0) / high;
      const percent = 100 * values[index];
      context.fillText(`${percent >= 9.95 || percent < 0.05 ? Math.round(percent) : percent.toFixed(1)} %`, left + span * end + 6, y + row * 0.68);
    });
  }
}

customElements.define("afs-bars", AfsBars);
