// <afs-images>: small pictures in rows, with a name beneath those that have one; of a feature map, how a pixel came about.
import { Drawn, FONT, rgb, short } from "../canvas.js";

const EDGE = 16;                           // pixels around the pictures
const SUM = 250;                           // pixels for the sum, beside the pictures or beneath them

class AfsImages extends Drawn {
  probe = null;                            // [map, row, column] that is asked about

  setup(view, page) {
    super.setup(view, page);
    this.canvas.addEventListener("pointermove", (event) => this.point(this.place(event)));
    this.canvas.addEventListener("pointerdown", (event) => this.point(this.place(event)));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  point([x, y]) {
    const { probe } = this.payload || {};
    const index = probe ? (this.places || []).findIndex(([left, top, side]) => x >= left && x < left + side && y >= top && y < top + side) : -1;
    if (index < 0 || index >= probe.values.shape[0]) return;
    const [left, top, side] = this.places[index], [, rows, columns] = probe.values.shape;
    this.ask([index, Math.floor((y - top) / side * rows), Math.floor((x - left) / side * columns)]);
  }

  key(event) {
    const move = { ArrowLeft: [0, 0, -1], ArrowRight: [0, 0, 1], ArrowUp: [0, -1, 0], ArrowDown: [0, 1, 0], n: [1, 0, 0], p: [-1, 0, 0] }[event.key];
    if (!move || !this.payload?.probe) return;
    const { shape } = this.payload.probe.values;
    this.ask((this.probe || shape.map((size) => size >> 1)).map((at, axis) => (at + move[axis] + shape[axis]) % shape[axis]));
    event.preventDefault();
    event.stopPropagation();
  }

  ask(place) {
    this.probe = place;
    this.words();
    this.repaint();
  }

  show(payload) {
    this.payload = payload;
    if (!payload.probe) this.probe = null;
    else this.probe ||= strongest(payload.probe.values);
    this.words();
    this.paint();
  }

  words() {
    const { images, names, probe } = this.payload;
    const sum = probe ? ` Map ${this.probe[0] + 1}, row ${this.probe[1] + 1}, column ${this.probe[2] + 1}: ${this.sum().words}. N and P choose a map, arrow keys a pixel.` : "";
    this.describe(`${this.view.what} ${images.length} pictures. ${names.filter(Boolean).join(", ")}.${sum}`);
  }

  // The window, the kernel, and what they add up to.
  sum() {
    const { input, kernels, bias, values } = this.payload.probe, [map, row, column] = this.probe;
    const k = kernels.shape[1], wide = input.shape[1], window = [], kernel = [];
    for (let u = 0; u < k; u++) for (let v = 0; v < k; v++) {
      window.push(input[(row + u) * wide + column + v]);
      kernel.push(kernels[(map * k + u) * k + v]);
    }
    const total = window.reduce((sum, value, at) => sum + value * kernel[at], 0), [, rows, columns] = values.shape;
    return { k, window, kernel, words: `Σ pixel × kernel ${short(total)}, plus the bias ${short(bias[map])}, is ${short(values[(map * rows + row) * columns + column])}` };
  }

  draw(context, width, height, colour) {
    const { images, names, probe } = this.payload;
    this.places = [];
    if (!images.length) {
      context.font = `15px ${FONT}`;
      context.fillStyle = colour.muted;
      context.fillText("Nothing to show yet.", EDGE, 24);
      return;
    }
    const aside = probe && width > 2 * SUM, beneath = probe && !aside;
    if (probe) this.explain(context, aside ? width - SUM - EDGE : EDGE, aside ? 14 : height - 96, colour);
    [width, height] = [width - 2 * EDGE - (aside ? SUM + EDGE : 0), height - EDGE - (beneath ? 96 : 0)];
    const foot = names.some(Boolean) ? 18 : 4, gap = 6;
    let across = 1, side = 0;
    for (let count = 1; count <= images.length; count++) {           // as large as they fit
      const rows = Math.ceil(images.length / count);
      const fits = Math.min((width - gap * (count - 1)) / count, (height - (foot + gap) * rows) / rows);
      if (fits > side) [across, side] = [count, fits];
    }
    this.buffer ||= document.createElement("canvas");
    images.forEach((image, index) => {
      const [rows, columns] = image.shape;
      const picture = new ImageData(columns, rows);
      for (let at = 0; at < rows * columns; at++) {
        const shade = colour.dark ? image[at] : 255 - image[at];
        picture.data.set([shade, shade, shade, 255], 4 * at);
      }
      [this.buffer.width, this.buffer.height] = [columns, rows];
      this.buffer.getContext("2d").putImageData(picture, 0, 0);
      const x = EDGE + (index % across) * (side + gap), y = 4 + Math.floor(index / across) * (side + gap + foot);
      context.imageSmoothingEnabled = false;
      context.drawImage(this.buffer, x, y, side, side);
      context.strokeStyle = colour.line;
      context.strokeRect(x + 0.5, y + 0.5, side - 1, side - 1);
      this.places.push([x, y, side]);
      if (probe && this.probe[0] === index) {
        const cell = side / columns;
        context.strokeStyle = colour.vermilion;
        context.lineWidth = 2;
        context.strokeRect(x + this.probe[2] * cell - 1.5, y + this.probe[1] * cell - 1.5, cell + 3, cell + 3);
        context.lineWidth = 1;
      }
      if (names[index]) {
        context.font = `12px ${FONT}`;
        context.textAlign = "center";
        context.fillStyle = colour.muted;
        context.fillText(names[index], x + side / 2, y + side + 14);
      }
    });
  }

  // Window × kernel, cell by cell, and the sum in words.
  explain(context, x, y, colour) {
    const { k, window, kernel, words } = this.sum(), side = 62, cell = side / k;
    const largest = Math.max(...kernel.map(Math.abs), 1e-9), [paper, more, less] = ["surface", "positive", "negative"].map((name) => rgb(colour[name]));
    const ink = Math.max(...window.map(Math.abs), 1e-9), low = Math.min(...this.payload.probe.input);
    const cells = (left, paint) => {
      for (let at = 0; at < k * k; at++) {
        context.fillStyle = paint(at);
        context.fillRect(left + (at % k) * cell, y + Math.floor(at / k) * cell, cell + 0.3, cell + 0.3);
      }
      context.strokeStyle = colour.muted;
      context.lineWidth = 1;
      context.strokeRect(left + 0.5, y + 0.5, side - 1, side - 1);
    };
    cells(x, (at) => { const shade = Math.round(255 * Math.max(0, Math.min(1, (window[at] - low) / Math.max(ink - low, 1e-9)))); const value = colour.dark ? shade : 255 - shade; return `rgb(${value} ${value} ${value})`; });
    cells(x + side + 30, (at) => { const share = Math.abs(kernel[at]) / largest, hue = kernel[at] > 0 ? more : less; return `rgb(${paper.map((part, index) => Math.round(part * (1 - share) + hue[index] * share)).join(" ")})`; });
    context.fillStyle = colour.ink;
    context.textAlign = "center";
    context.font = `600 18px ${FONT}`;
    context.fillText("×", x + side + 15, y + side / 2 + 6);
    context.font = `12.5px ${FONT}`;
    context.fillStyle = colour.muted;
    context.fillText("pixels", x + side / 2, y + side + 15);
    context.fillText("kernel", x + 1.5 * side + 30, y + side + 15);
    context.textAlign = "left";
    context.fillStyle = colour.ink;
    words.split(", ").forEach((line, index) => context.fillText(line, x + 2 * side + 42, y + 16 + index * 19, SUM - 2 * side - 40));
  }
}

// Where a map is largest: a place worth asking about.
function strongest(values) {
  const [, rows, columns] = values.shape;
  const at = values.indexOf(values.reduce((most, value) => Math.max(most, value), -Infinity));
  return [Math.floor(at / (rows * columns)), Math.floor(at / columns) % rows, at % columns];
}

customElements.define("afs-images", AfsImages);
