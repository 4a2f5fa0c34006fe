// <afs-units>: what each hidden unit computes over the plane, and beneath it its weights towards the output.
import { Drawn, FONT, rgb, short } from "../canvas.js";

const EDGE = 16, GAP = 8, FOOT = 22;       // pixels around, between and beneath the pictures

class AfsUnits extends Drawn {
  show(payload) {
    this.payload = payload;
    const { values, weights } = payload;
    const [count, classes = 1] = weights.shape;
    const most = Array.from({ length: count }, (_, unit) => [Math.max(...Array.from(weights.slice(unit * classes, (unit + 1) * classes), Math.abs)), unit + 1])
      .sort((a, b) => b[0] - a[0]).slice(0, 3);
    this.describe(`${this.view.what} ${values.shape[0]} units. The largest weights: ${most.map(([weight, unit]) => `unit ${unit} ${short(weight)}`).join(", ") || "none"}.`);
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
    const paper = rgb(colour.surface), [more, less] = [rgb(colour.positive), rgb(colour.negative)];
    this.buffer ||= new OffscreenCanvas(columns, rows);
    [this.buffer.width, this.buffer.height] = [columns, rows];
    const image = new ImageData(columns, rows), { data } = image;
    context.imageSmoothingEnabled = true;
    for (let unit = 0; unit < count; unit++) {
      for (let row = 0, to = 0; row < rows; row++) for (let column = 0; column < columns; column++, to += 4) {
        const value = values[(unit * rows + rows - 1 - row) * columns + column] / 127;
        const hue = value > 0 ? more : less, strength = 0.72 * Math.abs(value);
        for (let part = 0; part < 3; part++) data[to + part] = paper[part] * (1 - strength) + hue[part] * strength;
        data[to + 3] = 255;
      }
      this.buffer.getContext("2d").putImageData(image, 0, 0);
      const x = EDGE + (unit % across) * (side + GAP), y = 4 + Math.floor(unit / across) * (side + FOOT + GAP);
      context.drawImage(this.buffer, x, y, side, side);
      context.strokeStyle = colour.line;
      context.lineWidth = 1;
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
