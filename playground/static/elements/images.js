// <afs-images>: small pictures in rows, with a name beneath those that have one; of a feature map, how a pixel came about.
import { Drawn, FONT, rgb, same, short } from "../canvas.js";

const EDGE = 16;                           // pixels around the pictures
const SUM = 200;                           // pixels for the sum, beside the pictures, and
const HIGH = 142;                          // beneath them, where there is no room beside
const NAME = 17, FOOT = 18, GAP = 6;       // above a row that has a name, beneath a picture that has one, between two
const LARGEST = 84;                        // of a picture's side

class AfsImages extends Drawn {
  probe = null;                            // [map, row, column] that is asked about

  setup(view, page) {
    super.setup(view, page);
    this.canvas.addEventListener("pointermove", (event) => this.point(this.place(event)));
    this.canvas.addEventListener("pointerdown", (event) => this.point(this.place(event)));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
    new ResizeObserver(() => this.payload && this.fit()).observe(this);
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
    const before = this.payload;
    this.payload = payload;
    if (!payload.probe) this.probe = null;
    else this.probe ||= strongest(payload.probe.values);
    this.words();
    this.fit();
    if (!same(before, payload)) this.paint();
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

  // How many pictures stand in a row, and how large: as many rows as there are names of rows, else as few as possible.
  arranged(width) {
    const { images, names, probe, rows = [] } = this.payload, aside = probe && width > 2.4 * SUM;
    const room = width - 2 * EDGE - (aside ? SUM : 0), least = images.length > 8 ? 30 : 60;
    const fits = Math.max(1, Math.floor((room + GAP) / (least + GAP)));
    const lines = rows.length || Math.ceil(images.length / fits), across = Math.ceil(images.length / lines);
    const [foot, head] = [names.some(Boolean) ? FOOT : 0, rows.length ? NAME : 0];
    const side = Math.min(LARGEST, (room - GAP * (across - 1)) / across);
    return { aside, across, side, foot, head, high: lines * (side + foot + head + GAP) };
  }

  // The element is as high as its pictures need.
  fit() {
    const width = this.canvas.clientWidth;
    if (!width) return;
    const { aside, high } = this.arranged(width);
    const wanted = !this.payload.images.length ? "60px" : `${Math.round(aside ? Math.max(high, HIGH + 12) : high + (this.payload.probe ? HIGH : 0)) + 8}px`;
    if (this.canvas.style.height !== wanted) this.canvas.style.height = wanted;
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
    const { aside, across, side, foot, head } = this.arranged(width), rowNames = this.payload.rows || [], gap = GAP;
    if (probe) this.explain(context, aside ? width - SUM : EDGE, aside ? 14 : height - HIGH + 16, colour);
    rowNames.forEach((name, row) => {
      context.font = `12.5px ${FONT}`;
      context.fillStyle = colour.muted;
      context.textAlign = "left";
      context.fillText(name, EDGE, 4 + row * (side + gap + head) + 12);
    });
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
      const x = EDGE + (index % across) * (side + gap), y = 4 + head + Math.floor(index / across) * (side + gap + foot + head);
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
    words.split(", ").forEach((line, index) => context.fillText(line, x, y + side + 38 + index * 18));
  }
}

// Where a map is largest: a place worth asking about.
function strongest(values) {
  const [, rows, columns] = values.shape;
  const at = values.indexOf(values.reduce((most, value) => Math.max(most, value), -Infinity));
  return [Math.floor(at / (rows * columns)), Math.floor(at / columns) % rows, at % columns];
}

customElements.define("afs-images", AfsImages);
