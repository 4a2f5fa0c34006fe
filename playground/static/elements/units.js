// <afs-units>: a network of one hidden layer.  Each unit is a picture of what it computes over the plane; a line is a
// weight, as thick as it is large.  Very many units are a grid of pictures, with their weights as bars beneath.
import { Drawn, FONT, mark, short, signedPicture } from "../canvas.js";

const EDGE = 16, GAP = 8, FOOT = 22;       // pixels around, between and beneath the pictures
const SMALLEST = 24, LARGEST = 64;         // of a picture's side in a drawn network
const LINES = 52, NODE = 24;               // height of the lines, and of inputs and outputs
const REACH = 5;                           // pixels: how near to a line one has to point

class AfsUnits extends Drawn {
  chosen = -1;                             // the unit that is shown large

  setup(view, page) {
    super.setup(view, page);
    const { canvas } = this;
    for (const name of ["pointermove", "pointerdown"]) canvas.addEventListener(name, (event) => {
      if (event.type === "pointermove" && !event.movementX && !event.movementY) return;      // the page moved, not the mouse
      const [x, y] = this.place(event);
      this.choose((this.places || []).findIndex(([left, top, side]) => x >= left && x < left + side && y >= top && y < top + side + (this.edges ? 0 : FOOT)));
      this.ask(this.chosen < 0 ? nearest(this.edges || [], x, y) : null);
    });
    for (const name of ["pointerleave", "blur"]) canvas.addEventListener(name, (event) => { if (event.pointerType !== "touch") { this.choose(-1); this.ask(null); } });
    new ResizeObserver(() => this.payload && this.fit()).observe(this);
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
    this.page.say(unit < 0 ? "" : `Unit ${unit + 1} in the large picture: green +1, purple −1. ${this.formula(unit)}`);
    this.large();
    this.repaint();
  }

  // What a unit computes, and how it counts.
  formula(unit) {
    const { inputs, bias, weights, names = [] } = this.payload, count = weights.shape[0], outputs = weights.shape[1];
    if (!inputs || unit >= count) return "";
    const term = (value, name) => `${value < 0 ? "− " : "+ "}${short(Math.abs(Number(value.toPrecision(2))))}${name}`;
    const sum = `${short(Number(inputs[unit].toPrecision(2)))} x₁ ${term(inputs[count + unit], " x₂")} ${term(bias[unit], "")}`;
    const towards = Array.from({ length: outputs }, (_, output) => `${short(Number(weights[unit * outputs + output].toPrecision(2)))}${outputs > 1 ? ` towards ${names[output] || output}` : ""}`);
    return `It is tanh(${sum}), and counts ${towards.join(", ")}.`;
  }

  // A weight that is pointed at.
  ask(edge) {
    if (edge?.words === this.asked_?.words) return;
    this.asked_ = edge;
    this.page.say(edge ? edge.words : "");
    this.repaint();
  }

  large() {
    const { values } = this.payload, [count, rows, columns] = values.shape, size = rows * columns;
    this.page.overlay(this.chosen < 0 || this.chosen >= count ? null : { values: values.slice(this.chosen * size, (this.chosen + 1) * size), rows, columns });
  }

  show(payload) {
    this.payload = payload;
    this.fit();
    if (this.chosen >= 0) this.large();
    const { values, weights } = payload;
    const [count, classes = 1] = weights.shape;
    const most = Array.from({ length: count }, (_, unit) => [Math.max(...Array.from(weights.slice(unit * classes, (unit + 1) * classes), Math.abs)), unit + 1])
      .sort((a, b) => b[0] - a[0]).slice(0, 3);
    this.describe(`${this.view.what} ${values.shape[0]} units. The largest weights: ${most.map(([weight, unit]) => `unit ${unit} ${short(weight)}`).join(", ") || "none"}. Arrow keys show a unit large.`);
    this.paint();
  }

  draw(context, width, height, colour) {
    const { values, weights } = this.payload;
    const [count, rows = 1, columns = 1] = values.shape;
    this.places = [];
    this.edges = null;
    if (!count) return;
    const row = Math.min(LARGEST, (width - 2 * EDGE - GAP * (count - 1)) / count);
    const network = this.payload.inputs && row >= SMALLEST;
    const [across, side] = network ? [count, row] : this.grid(width, height);
    const left = network ? (width - count * (side + GAP) + GAP) / 2 : EDGE, top = network ? NODE + LINES : 4;
    for (let unit = 0; unit < count; unit++) {
      this.places.push([left + (unit % across) * (side + GAP), top + Math.floor(unit / across) * (side + FOOT + GAP), side]);
    }
    if (network) this.network(context, width, side, colour);
    context.imageSmoothingEnabled = true;
    this.places.forEach(([x, y], unit) => {
      context.drawImage(signedPicture(values, rows, columns, colour, unit * rows * columns), x, y, side, side);
      context.strokeStyle = unit === this.chosen ? colour.ink : colour.line;
      context.lineWidth = unit === this.chosen ? 3 : 1;
      context.strokeRect(x + 0.5, y + 0.5, side - 1, side - 1);
    });
    if (network) return this.label(context, width, colour);
    const [, outputs] = weights.shape, largest = weights.reduce((most, weight) => Math.max(most, Math.abs(weight)), 1e-9);
    return this.places.forEach(([x, y], unit) =>
      this.weights(context, x, y + side + 5, side, Array.from(weights.slice(unit * outputs, (unit + 1) * outputs)), largest, this.payload.classes, colour));
  }

  // As large as they fit.
  grid(width, height) {
    const [count] = this.payload.values.shape;
    let across = 1, side = 0;
    for (let tried = 1; tried <= count; tried++) {
      const fits = Math.min((width - 2 * EDGE - GAP * (tried - 1)) / tried, (height - 8) / Math.ceil(count / tried) - FOOT - GAP);
      if (fits > side) [across, side] = [tried, fits];
    }
    return [across, side];
  }

  // The inputs above, the outputs beneath, and a line for each weight.
  network(context, width, side, colour) {
    const { inputs, weights, classes, names = [] } = this.payload, [count, outputs] = weights.shape;
    const spread = (number, of) => width / 2 + (number - (of - 1) / 2) * Math.min(150, (width - 2 * EDGE) / of);
    const first = NODE + LINES, last = first + side, end = last + LINES;
    this.edges = [];
    const add = (weight, from, to, words) => this.edges.push({ weight, from, to, words: `The weight ${words}: ${short(Number(weight.toPrecision(3)))}.` });
    this.places.forEach(([x], unit) => {
      const middle = x + side / 2;
      [0, 1].forEach((input) => add(inputs[input * count + unit], [spread(input, 2), NODE - 2], [middle, first], `from ${"x₁ x₂".split(" ")[input]} to unit ${unit + 1}`));
      for (let output = 0; output < outputs; output++) {
        add(weights[unit * outputs + output], [middle, last], [spread(output, outputs), end], `from unit ${unit + 1} to ${outputs > 1 ? `the logit of ${names[output] || output}` : "the logit"}`);
      }
    });
    for (const layer of [this.edges.filter(({ to }) => to[1] === first), this.edges.filter(({ to }) => to[1] === end)]) {
      const largest = Math.max(...layer.map(({ weight }) => Math.abs(weight)), 1e-9);
      for (const { weight, from, to, words } of layer) {
        context.strokeStyle = weight > 0 ? colour.positive : colour.negative;
        context.globalAlpha = words === this.asked_?.words ? 1 : 0.7;
        context.lineWidth = 0.5 + 5 * Math.abs(weight) / largest + (words === this.asked_?.words ? 1.5 : 0);
        context.setLineDash(weight > 0 ? [] : [6, 3]);                         // not by colour alone
        context.beginPath();
        context.moveTo(...from);
        context.bezierCurveTo(from[0], (from[1] + to[1]) / 2, to[0], (from[1] + to[1]) / 2, ...to);
        context.stroke();
      }
    }
    context.globalAlpha = 1;
    context.setLineDash([]);
    context.font = `600 14px ${FONT}`;
    context.textAlign = "center";
    context.fillStyle = colour.ink;
    ["x₁", "x₂"].forEach((name, input) => context.fillText(name, spread(input, 2), NODE - 8));
    for (let output = 0; output < outputs; output++) {
      const x = spread(output, outputs);
      if (outputs === 1) context.fillText("logit", x, end + 16);
      else {
        mark(context, classes[output], x, end + 9, 6);
        context.fillStyle = colour.classes[classes[output]];
        context.fill();
      }
    }
  }

  // The value of the weight that is pointed at, beside its line.
  label(context, width, colour) {
    const edge = this.edges.find(({ words }) => words === this.asked_?.words);
    if (!edge) return;
    const [x, y] = middleOf(edge), words = short(Number(edge.weight.toPrecision(3)));
    context.font = `600 14px ${FONT}`;
    context.textAlign = x > width / 2 ? "right" : "left";
    context.lineWidth = 5;
    context.lineJoin = "round";
    context.strokeStyle = colour.surface;
    context.strokeText(words, x + (x > width / 2 ? -8 : 8), y + 5);
    context.fillStyle = colour.ink;
    context.fillText(words, x + (x > width / 2 ? -8 : 8), y + 5);
  }

  // A drawn network is as high as it needs to be.
  fit() {
    const [count] = this.payload.values.shape, width = this.canvas.clientWidth;
    const side = Math.min(LARGEST, (width - 2 * EDGE - GAP * (count - 1)) / Math.max(count, 1));
    const wanted = this.payload.inputs && side >= SMALLEST ? `${2 * (NODE + LINES) + Math.round(side)}px` : "";
    if (width && this.canvas.style.height !== wanted) this.canvas.style.height = wanted;
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

// A line is a curve that leaves and arrives upright.
function along({ from, to }, share) {
  const [a, b, c, d] = [(1 - share) ** 3, 3 * share * (1 - share) ** 2, 3 * share ** 2 * (1 - share), share ** 3];
  const middle = (from[1] + to[1]) / 2;
  return [(a + b) * from[0] + (c + d) * to[0], a * from[1] + (b + c) * middle + d * to[1]];
}

function middleOf(edge) { return along(edge, 0.5); }

function nearest(edges, x, y) {
  let [found, least] = [null, REACH];
  for (const edge of edges) for (let at = 0; at <= 20; at++) {
    const [px, py] = along(edge, at / 20), far = Math.hypot(px - x, py - y);
    if (far < least) [found, least] = [edge, far];
  }
  return found;
}

customElements.define("afs-units", AfsUnits);
