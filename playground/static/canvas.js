// What the drawn elements share: a canvas that fits its box and the screen's pixels, colours, ticks, shapes.

export const still = () => matchMedia("(prefers-reduced-motion: reduce)").matches;

export const element = (name, attributes = {}, ...children) => {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key in made && key !== "list" && key !== "role") made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
};

// The colours of style.css, read anew after a change of theme.
let read = null;
addEventListener("themechange", () => { read = null; }, true);
export const colours = () => {
  if (read) return read;
  const style = getComputedStyle(document.documentElement);
  const get = (name) => style.getPropertyValue(`--${name}`).trim();
  read = Object.fromEntries(["ink", "muted", "line", "surface", "paper", "blue", "vermilion", "green", "amber", "purple", "sky",
    "training", "held-out", "positive", "negative"].map((name) => [name, get(name)]));
  read.dark = get("dark") === "1";
  read.classes = [0, 1, 2, 3].map((index) => get(`class-${index}`));
  return read;
};

// Is this the payload that was painted last?  An array that was not sent again is the same object.
export const same = (one, other) => one === other || (typeof one === "object" && typeof other === "object" && one !== null && other !== null
  && !ArrayBuffer.isView(one) && !ArrayBuffer.isView(other) && Object.keys(one).length === Object.keys(other).length
  && Object.keys(one).every((key) => same(one[key], other[key])));

export const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

// An element with one canvas; subclasses define draw(context, width, height) and call repaint().
export class Drawn extends HTMLElement {
  setup(view, page) {
    this.view = view;
    this.page = page;
    this.canvas = element("canvas", { tabIndex: 0 });
    this.canvas.setAttribute("role", "application");
    this.canvas.setAttribute("aria-roledescription", "picture that can be touched");
    this.append(this.canvas);
    new ResizeObserver(() => this.repaint()).observe(this);
    addEventListener("themechange", () => this.repaint());
    this.describe(view.what);
  }

  describe(words) {
    if (words === this.described) return;
    this.described = words;
    this.canvas.setAttribute("aria-label", `${this.view.title}. ${words}`);
  }

  repaint() {
    if (this.asked) return;
    this.asked = requestAnimationFrame(() => {
      this.asked = 0;
      this.paint();
    });
  }

  paint() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    if (!width || !height || !this.payload) return;
    const ratio = Math.min(devicePixelRatio || 1, 2);
    if (this.canvas.width !== Math.round(width * ratio) || this.canvas.height !== Math.round(height * ratio)) {
      this.canvas.width = Math.round(width * ratio);
      this.canvas.height = Math.round(height * ratio);
    }
    const context = this.canvas.getContext("2d");
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height);
    this.draw(context, width, height, colours());
  }

  // The pointer's place in the canvas.
  place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
}

// Values of −127 … 127, the first row at the bottom, as a small picture: the page at 0.
export function signedPicture(values, rows, columns, colour, from = 0) {
  const paper = rgb(colour.surface), [more, less] = [rgb(colour.positive), rgb(colour.negative)];
  const image = new ImageData(columns, rows), { data } = image;
  for (let row = 0, to = 0; row < rows; row++) for (let column = 0; column < columns; column++, to += 4) {
    const value = values[from + (rows - 1 - row) * columns + column] / 127;
    const hue = value > 0 ? more : less, strength = 0.72 * Math.abs(value);
    for (let part = 0; part < 3; part++) data[to + part] = paper[part] * (1 - strength) + hue[part] * strength;
    data[to + 3] = 255;
  }
  const picture = new OffscreenCanvas(columns, rows);
  picture.getContext("2d").putImageData(image, 0, 0);
  return picture;
}

export const FONT = '"Source Sans 3", Seravek, "Gill Sans Nova", Ubuntu, Calibri, "DejaVu Sans", sans-serif';

export function ticks(low, high, count = 5) {
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw) || raw;
  const found = [];
  for (let at = Math.ceil(low / step) * step; at <= high + step * 1e-9; at += step) found.push(Math.abs(at) < step * 1e-9 ? 0 : at);
  return found;
}

export function short(number) {
  if (number === null || number === undefined || Number.isNaN(number)) return "–";
  if (Number.isInteger(number) && Math.abs(number) < 1e6) return String(number).replace("-", "−");
  const size = Math.abs(number);
  const extreme = size >= 1e5 || (size < 1e-3 && size > 0);
  const text = extreme ? number.toExponential(1) : String(Number(number.toPrecision(3)));        // 14612.3: 14600
  return text.replace("-", "−").replace("e+", "e");
}

// Shapes as well as colours tell the classes apart.
export function mark(context, shape, x, y, r) {
  context.beginPath();
  if (shape % 4 === 0) context.arc(x, y, r, 0, 2 * Math.PI);
  else if (shape % 4 === 1) context.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8);
  else {
    const corners = shape % 4 === 2 ? [[0, -1.25], [1.15, 0.85], [-1.15, 0.85]] : [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]];
    corners.forEach(([dx, dy], index) => context[index ? "lineTo" : "moveTo"](x + dx * r, y + dy * r));
    context.closePath();
  }
}
