// <afs-digit>: a pad to draw on with pen and eraser; the box of the ink, and the pixels that decide, laid on it.
import { Drawn, element, rgb } from "../canvas.js";

const PEN = 2.2;                           // pixels of the pad: the pen's radius
const FAINTEST = 20;                       // of 255: the least difference between ink and paper of a picture

class AfsDigit extends Drawn {
  setup(view, page) {
    super.setup(view, page);
    this.eraser = element("button", { type: "button", textContent: "Eraser", className: "tool" });
    this.eraser.setAttribute("aria-pressed", "false");
    this.eraser.addEventListener("click", () => {
      this.erasing = !this.erasing;
      this.eraser.setAttribute("aria-pressed", String(Boolean(this.erasing)));
    });
    const clear = element("button", { type: "button", textContent: "Clean pad", className: "tool" });
    clear.addEventListener("click", () => { this.ink?.fill(0); this.tell(); this.page.settle(); });
    const file = element("input", { type: "file", accept: "image/*", className: "hidden", tabIndex: -1, ariaLabel: "A picture of a digit" });
    file.addEventListener("change", () => { if (file.files[0]) this.load(file.files[0]); file.value = ""; });
    const open = element("button", { type: "button", textContent: "Picture file …", className: "tool", onclick: () => file.click() });
    this.append(element("div", { className: "tools" }, this.eraser, clear, open, file));
    const { canvas } = this;
    canvas.style.cursor = "crosshair";
    canvas.style.touchAction = "none";
    canvas.addEventListener("pointerdown", (event) => {
      if (!this.ink || !this.payload.draw) return;
      canvas.setPointerCapture(event.pointerId);
      this.last = this.cell(event);
      this.drawing = true;
      this.stroke(this.last, this.last);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.drawing) return;
      for (const part of event.getCoalescedEvents?.() || [event]) {
        const here = this.cell(part);
        this.stroke(this.last, here);
        this.last = here;
      }
    });
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => {
      if (this.drawing) this.page.settle();
      this.drawing = false;
    });
    canvas.addEventListener("keydown", (event) => this.key(event));
  }

  // A photo or drawing: what differs from the colour of its border is ink.
  async load(file) {
    let picture;
    try { picture = await createImageBitmap(file); } catch { this.page.say(`${file.name} is no picture that a browser can read: take a PNG or JPEG file.`); return; }
    const { size } = this, canvas = new OffscreenCanvas(size, size), context = canvas.getContext("2d", { willReadFrequently: true });
    const scale = size / Math.max(picture.width, picture.height), [wide, high] = [picture.width * scale, picture.height * scale];
    const [x, y] = [(size - wide) / 2, (size - high) / 2];
    context.imageSmoothingQuality = "high";
    context.drawImage(picture, x, y, wide, high);
    const { data } = context.getImageData(0, 0, size, size), inside = [], border = [];
    const light = (at) => (0.299 * data[4 * at] + 0.587 * data[4 * at + 1] + 0.114 * data[4 * at + 2]) * data[4 * at + 3] / 255 + (255 - data[4 * at + 3]);
    for (let row = Math.ceil(y); row < Math.floor(y + high); row++) for (let column = Math.ceil(x); column < Math.floor(x + wide); column++) {
      inside.push(row * size + column);
      if (row <= y + 1 || column <= x + 1 || row >= y + high - 2 || column >= x + wide - 2) border.push(light(row * size + column));
    }
    const paper = border.sort((a, b) => a - b)[border.length >> 1] ?? 255;
    const most = inside.reduce((largest, at) => Math.max(largest, Math.abs(light(at) - paper)), 1);
    this.ink.fill(0);
    if (most > FAINTEST) for (const at of inside) this.ink[at] = Math.round(255 * Math.max(0, Math.min(1, (Math.abs(light(at) - paper) / most - 0.3) / 0.4)));
    else this.page.say(`Nothing stands out from the background in ${file.name}.`);
    this.tell();
    this.page.settle();
  }

  // By keyboard: arrow keys move a cursor, with the space bar held (or Enter pressed once) it draws.
  key(event) {
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
    if (!this.ink || !(move || event.key === "Enter")) return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === "Enter") this.down = !this.down;
    this.cursor ||= [this.size / 2, this.size / 2];
    if (move) {
      const next = this.cursor.map((value, axis) => Math.max(0, Math.min(this.size - 1, value + move[axis])));
      if (this.down) this.stroke(this.cursor, next);
      this.cursor = next;
    }
    this.repaint();
  }

  show(payload, kept, at) {
    this.payload = payload;
    this.size = payload.pixels.shape[0];
    // A frame that was asked for before the last stroke must not take that stroke away.
    const early = this.sent && this.page.controls[payload.draw] === this.sent && at === kept.length - 1
      && this.sent.some((ink, index) => ink !== payload.pixels[index]);
    if (!early) this.sent = null;
    if (!this.drawing && !early) this.ink = Uint8Array.from(payload.pixels);
    this.describe(`${this.view.what} By keyboard: arrow keys move the pen, Enter puts it down or lifts it.`);
    this.paint();
  }

  square() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const side = Math.min(width, height) - 4;
    return { left: (width - side) / 2, top: (height - side) / 2, side };
  }

  cell(event) {
    const { left, top, side } = this.square();
    const [x, y] = this.place(event);
    return [(x - left) / side * this.size, (y - top) / side * this.size];
  }

  stroke([x0, y0], [x1, y1]) {
    const steps = Math.max(1, Math.ceil(2 * Math.hypot(x1 - x0, y1 - y0)));
    for (let step = 0; step <= steps; step++) {
      const [x, y] = [x0 + (x1 - x0) * step / steps, y0 + (y1 - y0) * step / steps];
      for (let row = Math.max(0, Math.floor(y - PEN - 1)); row <= Math.min(this.size - 1, y + PEN + 1); row++) {
        for (let column = Math.max(0, Math.floor(x - PEN - 1)); column <= Math.min(this.size - 1, x + PEN + 1); column++) {
          const cover = Math.max(0, Math.min(1, PEN + 0.5 - Math.hypot(column + 0.5 - x, row + 0.5 - y)));
          const at = row * this.size + column;
          this.ink[at] = this.erasing ? Math.min(this.ink[at], Math.round(255 * (1 - cover))) : Math.max(this.ink[at], Math.round(255 * cover));
        }
      }
    }
    this.tell();
  }

  tell() {
    this.sent = Array.from(this.ink);
    this.page.send(this.payload.draw, this.sent);
    this.repaint();
  }

  draw(context, width, height, colour) {
    const { left, top, side } = this.square();
    const size = this.size, step = side / size;
    context.fillStyle = colour.dark ? "#000000" : "#ffffff";
    context.fillRect(left, top, side, side);
    const picture = new ImageData(size, size);
    for (let at = 0; at < size * size; at++) {
      const shade = colour.dark ? this.ink[at] : 255 - this.ink[at];
      picture.data.set([shade, shade, shade, 255], 4 * at);
    }
    this.buffer ||= document.createElement("canvas");
    [this.buffer.width, this.buffer.height] = [size, size];
    this.buffer.getContext("2d").putImageData(picture, 0, 0);
    context.imageSmoothingEnabled = true;
    context.drawImage(this.buffer, left, top, side, side);
    const { box, weight } = this.payload;
    if (box && !this.drawing) this.evidence(context, box, weight, left, top, step, colour);
    context.strokeStyle = colour.line;
    context.lineWidth = 2;
    context.strokeRect(left, top, side, side);
    if (this.cursor && document.activeElement === this.canvas) {
      context.strokeStyle = this.down ? colour.vermilion : colour.muted;
      context.beginPath();
      context.arc(left + this.cursor[0] * step, top + this.cursor[1] * step, PEN * step, 0, 7);
      context.stroke();
    }
  }

  // The map of weights lies on 28 × 28 pixels, in which the box of the ink is 20 long and centred by its mass.
  evidence(context, [first, end, start, stop], weight, left, top, step, colour) {
    if (weight) {
      const { weight_place: place } = this.payload;            // [row, column, pixels of the pad for one of the map]
      const [more, less] = [rgb(colour.positive), rgb(colour.negative)];
      const [rows, columns] = weight.shape, picture = new ImageData(columns, rows);
      weight.forEach((value, at) => picture.data.set([...(value > 0 ? more : less), Math.abs(value) < 0.06 ? 0 : 200 * Math.abs(value)], 4 * at));
      this.evidencePicture ||= new OffscreenCanvas(columns, rows);
      this.evidencePicture.getContext("2d").putImageData(picture, 0, 0);
      context.imageSmoothingEnabled = false;
      context.drawImage(this.evidencePicture, left + place[1] * step, top + place[0] * step, columns * place[2] * step, rows * place[2] * step);
    }
    context.strokeStyle = colour.muted;
    context.setLineDash([5, 4]);
    context.lineWidth = 1.5;
    context.strokeRect(left + start * step, top + first * step, (stop - start) * step, (end - first) * step);
    context.setLineDash([]);
  }
}

customElements.define("afs-digit", AfsDigit);
