// <afs-heat>: rows of values from −1 to 1 as colours; each row has a name, each column a character.
import { Drawn, FONT, rgb, same, short } from "../canvas.js";

const SIDE = 16;                           // pixels, left and right
const WIDEST = 36;                         // pixels of a column

class AfsHeat extends Drawn {
  setup(view, page) {
    super.setup(view, page);
    this.canvas.addEventListener("pointermove", (event) => { this.under = this.place(event); this.repaint(); });
    this.canvas.addEventListener("pointerleave", () => { this.under = null; this.repaint(); });
  }

  show(payload) {
    const before = this.payload;
    this.payload = payload;
    const { rows, values, columns } = payload;
    const T = columns.length;
    this.describe(`${this.view.what} After the last character: ${rows.map((name, row) => `${name}: ${T ? short(values[row * T + T - 1]) : "–"}`).join("; ")}.`);
    if (!same(before, payload)) this.paint();
  }

  draw(context, width, height, colour) {
    const { rows, values, columns } = this.payload;
    const T = columns.length, foot = 20;
    const each = (height - foot) / rows.length;
    const band = Math.min(26, each - 20), step = Math.min(WIDEST, (width - 2 * SIDE) / Math.max(T, 1));
    const [more, less] = [rgb(colour.positive), rgb(colour.negative)];
    rows.forEach((name, row) => {
      const y = row * each;
      context.font = `600 13px ${FONT}`;
      context.textAlign = "left";
      context.fillStyle = colour.ink;
      context.fillText(name, SIDE, y + 14, width - 2 * SIDE);
      for (let column = 0; column < T; column++) {
        const value = Math.max(-1, Math.min(1, values[row * T + column]));
        context.fillStyle = `rgb(${(value > 0 ? more : less).join(" ")} / ${Math.abs(value)})`;
        context.fillRect(SIDE + column * step, y + 19, step + 0.5, band);
      }
      context.strokeStyle = colour.line;
      context.lineWidth = 1;
      context.strokeRect(SIDE + 0.5, y + 19.5, step * T - 1, band - 1);
    });
    context.font = `12px ${FONT}`;
    context.textAlign = "center";
    context.fillStyle = colour.muted;
    columns.forEach((character, column) => context.fillText(character, SIDE + (column + 0.5) * step, height - 5));
    const column = this.under ? Math.floor((this.under[0] - SIDE) / step) : -1;
    const row = this.under ? Math.floor(this.under[1] / each) : -1;
    if (column >= 0 && column < T && row >= 0 && row < rows.length) {
      context.strokeStyle = colour.ink;
      context.strokeRect(SIDE + column * step, 19, step, height - foot - 19);
      const words = `“${columns[column]}”: ${short(values[row * T + column])}`;
      context.textAlign = "right";
      context.fillStyle = colour.surface;                    // over a long name
      context.fillRect(width - SIDE - context.measureText(words).width - 6, row * each, context.measureText(words).width + 6 + SIDE, 18);
      context.fillStyle = colour.ink;
      context.fillText(words, width - SIDE, row * each + 14);
    }
  }
}

customElements.define("afs-heat", AfsHeat);
