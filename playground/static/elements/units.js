// <afs-units>: what each hidden unit computes over the plane, and beneath it its weights towards the output.
import { Drawn, FONT, short, signedPicture } from "../canvas.js";

const EDGE = 16, GAP = 8, FOOT = 22;       // pixels around, between and beneath the pictures

class AfsUnits extends Drawn {
  chosen = -1;                             // the unit that is shown large

  setup(view, page) {
    super.setup(view, page);
    const { canvas } = this;
    for (const name of ["pointermove", "pointerdown"]) canvas.addEventListener(name, (event) => {
      const [x, y] = this.place(event);
      this.choose((this.places || []).findIndex(([left, top, side]) => x >= left && x < left + side && y >= top && y < top + side + FOOT));
    });
    for (const name of ["pointerleave", "blur"]) canvas.addEventListener(name, (event) => { if (event.pointerType !== "touch") this.choose(-1); });
    canvas.addEventListener("keydown", (event) => {
      const move = { ArrowLeft: -1, ArrowRight: 1 }[event.key], count = this.places?.length;
      if (!move || !count) return;
      this.choose((Math.max(this.chosen, move < 0 ? 0 : -1) + move + count) % count);
      event.preventDefault();
      event.stopPropagation();
    });
  }

  choose(unit) {
    if (unit === this.chosen) return;
    this.chosen = unit;
    this.page.say(unit < 0 ? "" : `Unit ${unit + 1} in the large picture: green +1, purple −1.`);
    this.large();
    this.repaint();
  }

  large() {
    const { values } = this.payload, [count, rows, columns] = values.shape, size = rows * columns;
    this.page.overlay(this.chosen < 0 || this.chosen >= count ? null : { values: values.slice(this.chosen * size, (this.chosen + 1) * size), rows, columns });
  }

  show(payload) {
    this.payload = payload;
    if (this.chosen >= 0) this.large();
    const { values, weights } = payload;
    const [count, classes = 1] = weights.shape;
    const most = Array.from({ length: count }, (_, unit) => [Math.max(...Array.from(weights.slice(unit * classes, (unit + 1) * classes), Math.abs)), unit + 1])
      .sort((a, b) => b[0] - a[0]).slice(0, 3);
    this.describe(`${this.view.what} ${values.shape[0]} units. The largest weights: ${most.map(([weight, unit]) => `unit ${unit} ${short(weight)}`).join(", ") || "none"}. Arrow keys show a unit large.`);
    this.paint();
  }

  draw(context, width, height, colour) {
    const { values, weights, classes } = this.payload;
    const [count, rows = 1, columns = 1] = values.shape;
    if (!count) return;
    const outputs = weights.shape[1];
    let across = 1, side = 0;
    for (let tried = 1; tried <= count; tried++) {                   // as large as they fit
      const fits = Math.min((width - 2 * EDGE - GAP * (tried - 1)) / tried, (height - 8) / Math.ceil(count / tried) - FOOT - GAP);
      if (fits > side) [across, side] = [tried, fits];
    }
    const largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 1e-9);
    context.imageSmoothingEnabled = true;
    this.places = [];
    for (let unit = 0; unit < count; unit++) {
      const x = EDGE + (unit % across) * (side + GAP), y = 4 + Math.floor(unit / across) * (side + FOOT + GAP);
      context.drawImage(signedPicture(values, rows, columns, colour, unit * rows * columns), x, y, side, side);
      this.places.push([x, y, side]);
      context.strokeStyle = unit === this.chosen ? colour.ink : colour.line;
      context.lineWidth = unit === this.chosen ? 3 : 1;
      context.strokeRect(x + 0.5, y + 0.5, side - 1, side - 1);
      this.weights(context, x, y + side + 5, side, Array.from(weights.slice(unit * outputs, (unit + 1) * outputs)), largest, classes, colour);
    }
  }

  // Bars from the middle: to the right a positive weight, to the left a negative one; one for each output.
  weights(context, x, y, side, weights, largest, classes, colour) {
    const thick = Math.max(2, Math.min(6, 14 / weights.length));
    context.fillStyle = colour.muted;
    context.fillRect(x + side / 2 - 0.5, y - 1, 1, thick * weights.length + 2);
    weights.forEach((weight, output) => {
      const long = weight / largest * side / 2;
      context.fillStyle = weights.length === 1 ? (weight > 0 ? colour.positive : colour.negative) : colour.classes[classes[output]];
      context.fillRect(x + side / 2 + Math.min(0, long), y + output * thick, Math.abs(long), thick - 1);
    });
    if (weights.length > 1 || side < 44) return;
    context.font = `11.5px ${FONT}`;
    context.fillStyle = colour.muted;
    context.textAlign = weights[0] > 0 ? "right" : "left";
    context.fillText(short(Number(weights[0].toPrecision(2))), x + side / 2 + (weights[0] > 0 ? -5 : 5), y + 8);
  }
}

customElements.define("afs-units", AfsUnits);
