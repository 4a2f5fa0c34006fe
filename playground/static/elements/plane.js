// <afs-plane>: points in the plane, lines, squares of errors, probabilities as colour.  Points are dragged.
import { Drawn, FONT, mark, rgb, short, signedPicture, ticks } from "../canvas.js";

const REACH = 18;                          // pixels: how near to a point a finger has to be
const SMALL = 260;                         // pixels of width: a smaller picture has no numbers at its axes

class AfsPlane extends Drawn {
  chosen = -1;

  setup(view, page) {
    super.setup(view, page);
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      const [x, y] = this.place(event);
      this.chosen = this.nearest(x, y);
      this.dragging = this.chosen >= 0 && Boolean(this.payload?.drag);
      this.painting = !this.dragging && this.payload?.drag && this.payload.paint !== undefined && this.within(x, y);
      if (this.dragging || this.painting) canvas.setPointerCapture(event.pointerId);
      if (this.painting) this.add(x, y);
      else if (this.payload?.pointer) this.ask(this.chosen >= 0 ? this.at(this.chosen) : this.within(x, y) ? this.data(x, y) : null);
      this.repaint();
    });
    canvas.addEventListener("pointermove", (event) => {
      const [x, y] = this.place(event);
      if (this.dragging) this.move(this.chosen, this.toData(x, y));
      else if (this.painting) { if (this.within(x, y) && Math.hypot(x - this.stroke[0], y - this.stroke[1]) > REACH) this.add(x, y); }
      else {
        canvas.style.cursor = this.payload?.drag ? (this.nearest(x, y) >= 0 ? "grab" : "default") : "default";
        if (this.payload?.pointer && event.pointerType !== "touch") this.ask(this.within(x, y) ? this.data(x, y) : null);
      }
    });
    canvas.addEventListener("pointerleave", (event) => { if (this.payload?.pointer && event.pointerType !== "touch") this.ask(null); });
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => {
      if (this.dragging || this.painting) this.page.settle();
      this.dragging = this.painting = false;
    });
    canvas.addEventListener("dblclick", (event) => {
      const [x, y] = this.place(event);
      if (!this.payload?.drag || this.payload.labels || this.nearest(x, y) >= 0) return;      // classes need a pen
      this.page.send(this.payload.drag, [...this.rows(), this.toData(x, y)]);
      this.page.settle();
    });
    canvas.addEventListener("keydown", (event) => this.key(event));
    canvas.addEventListener("blur", () => { this.chosen = -1; this.repaint(); });
  }

  key(event) {
    const count = this.payload?.points ? this.rows().length : 0;           // held-out samples stay where they are
    if (!this.payload?.drag || !(count || event.key === "Enter")) return;
    if (event.key === "Enter" && this.payload.paint !== undefined) {
      const { left, top, right, bottom } = this.frame();
      this.add((left + right) / 2, (top + bottom) / 2);
      this.page.settle();
      event.preventDefault();
      event.stopPropagation();
      this.chosen = count;                                   // the arrow keys move the new point
      return;
    }
    const move = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }[event.key];
    const turn = { n: 1, p: -1 }[event.key];
    if (turn) {
      this.chosen = (this.chosen + turn + count) % count;
      if (this.payload.pointer) this.ask(this.at(this.chosen));
    }
    else if (move && this.chosen >= 0) {
      const [x, y] = this.at(this.chosen);
      const size = event.shiftKey ? 0.05 : 0.01;
      this.move(this.chosen, [x + move[0] * size * (this.payload.x[1] - this.payload.x[0]), y + move[1] * size * (this.payload.y[1] - this.payload.y[0])]);
      this.page.settle();
    } else if ((event.key === "Delete" || event.key === "Backspace") && this.chosen >= 0 && count > 3) {
      this.page.send(this.payload.drag, this.rows().filter((_, index) => index !== this.chosen));
      this.page.settle();
      this.chosen = -1;
    } else return;
    event.preventDefault();
    event.stopPropagation();
    this.words();
    this.repaint();
  }

  // A new point of the pen's class, and no longer any held-out ones: they would be points of another arrangement.
  add(x, y) {
    this.stroke = [x, y];
    this.page.send(this.payload.drag, [...this.rows(), [...this.data(x, y), this.payload.paint]]);
  }

  // A picture that did not change (its arrays were not sent again) is not painted again.
  show(payload) {
    const before = this.payload;
    this.payload = payload;
    this.words();
    if (!before || !this.unchanged(before, payload)) this.paint();
  }

  unchanged(before, now) {
    return !before.lines?.length && !now.lines?.length && !now.squares
      && ["points", "labels", "held_out", "field"].every((name) => before[name] === now[name])
      && before.x.join() === now.x.join() && before.y.join() === now.y.join();
  }

  words() {
    const { points, drag } = this.payload;
    if (!points) return;
    const one = this.chosen >= 0 && this.chosen < points.shape[0]
      ? ` Sample ${this.chosen + 1} of ${points.shape[0]} at ${this.at(this.chosen).map(short).join(", ")}.` : ` ${points.shape[0]} samples.`;
    this.describe(this.view.what + one + (drag ? ` N and P choose a sample, arrow keys move it, Delete takes it away${this.payload.paint !== undefined ? ", Enter or a click adds one" : this.payload.labels ? "" : ", double-click adds one"}.` : ""));
  }

  rows() {
    const { points, labels, held_out: heldOut } = this.payload;
    return Array.from({ length: points.shape[0] }, (_, index) => [...this.at(index), ...(labels ? [labels[index]] : [])])
      .filter((_, index) => !heldOut?.[index]);              // those come last
  }

  // Where the mouse is, without a button: nothing that one would undo.
  ask(place) {
    if (place || this.page.controls[this.payload.pointer]) this.page.send(this.payload.pointer, place, true);
  }

  within(x, y) {
    const { left, top, right, bottom } = this.frame();
    return x >= left && x <= right && y >= top && y <= bottom;
  }

  // No sample leaves the range that its control declares.
  inside(place) {
    const { low, high } = this.page.description.controls.find((control) => control.name === this.payload.drag);
    return place.map((value) => Number(Math.min(high, Math.max(low, value)).toPrecision(5)));
  }

  at(index) { return [this.payload.points[2 * index], this.payload.points[2 * index + 1]]; }

  move(index, place) {
    const rows = this.rows();
    rows[index] = [...this.inside(place), ...rows[index].slice(2)];
    this.page.send(this.payload.drag, rows);
  }

  nearest(x, y) {
    let [found, least] = [-1, REACH];
    for (let index = 0; index < (this.payload?.points?.shape[0] || 0); index++) {
      if (this.payload.held_out?.[index]) continue;
      const [px, py] = this.toScreen(...this.at(index));
      const distance = Math.hypot(px - x, py - y);
      if (distance < least) [found, least] = [index, distance];
    }
    return found;
  }

  frame() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const small = width < SMALL;
    const [left, top, right, bottom] = small ? [8, 8, width - 8, height - 8] : [44, 12, width - 14, height - 38];
    if (!this.payload?.field) return { left, top, right, bottom };
    const side = Math.min(right - left, bottom - top), from = left + (right - left - side) / 2;      // a circle is a circle
    return small ? { left: (width - side) / 2, top: (height - side) / 2, right: (width + side) / 2, bottom: (height + side) / 2 }
      : { left: from, top, right: from + side, bottom: top + side };
  }
  toScreen(x, y) {
    const { left, top, right, bottom } = this.frame();
    const { x: [x0, x1], y: [y0, y1] } = this.payload;
    return [left + (x - x0) / (x1 - x0) * (right - left), bottom - (y - y0) / (y1 - y0) * (bottom - top)];
  }
  toData(px, py) {
    const { left, top, right, bottom } = this.frame();
    const { x: [x0, x1], y: [y0, y1] } = this.payload;
    return [x0 + (px - left) / (right - left) * (x1 - x0), y0 + (bottom - py) / (bottom - top) * (y1 - y0)];
  }

  data(px, py) { return this.toData(px, py).map((value) => Number(value.toPrecision(5))); }

  draw(context, width, height, colour) {
    const { x, y, points, lines = [], squares, field } = this.payload;
    const { left, top, right, bottom } = this.frame();
    context.font = `12px ${FONT}`;
    context.lineWidth = 1;
    context.fillStyle = colour.muted;
    context.strokeStyle = colour.line;
    context.textAlign = "center";
    const small = width < SMALL;
    if (small) context.strokeRect(left, top, right - left, bottom - top);
    for (const value of small ? [] : ticks(x[0], x[1])) {
      const [px] = this.toScreen(value, y[0]);
      context.beginPath(); context.moveTo(px, top); context.lineTo(px, bottom); context.stroke();
      context.fillText(short(value), px, bottom + 16);
    }
    context.textAlign = "right";
    for (const value of small ? [] : ticks(y[0], y[1])) {
      const [, py] = this.toScreen(x[0], value);
      context.beginPath(); context.moveTo(left, py); context.lineTo(right, py); context.stroke();
      context.fillText(short(value), left - 6, py + 4);
    }
    if (!small) {
      context.fillText(this.payload.x_label || "", right, bottom + 33);
      context.textAlign = "left";
      context.fillText(this.payload.y_label || "", left - 40, top + 4);
    }
    context.save();
    context.beginPath();
    context.rect(left, top, right - left, bottom - top);
    context.clip();
    if (this.over) this.signed(context, this.over, colour);
    else if (field) this.field(context, field, colour);
    if (squares) this.squares(context, squares, colour);
    for (const line of lines) this.line(context, line, colour);
    if (points) context.drawImage(this.marked(width, height, colour), 0, 0, width, height);
    context.restore();
    for (const line of lines) if (line.name) this.label(context, line, colour);
  }

  // The points, as a picture of their own: while a model learns they stay where they are.
  marked(width, height, colour) {
    const { points, labels, held_out: heldOut, x, y } = this.payload;
    const key = [this.canvas.width, this.canvas.height, colour.dark, this.chosen, x, y].join();
    if (this.layer && this.layerOf[0] === points && this.layerOf[1] === labels && this.layerOf[2] === heldOut && this.layerKey === key) return this.layer;
    [this.layerOf, this.layerKey] = [[points, labels, heldOut], key];
    this.layer ||= new OffscreenCanvas(1, 1);
    [this.layer.width, this.layer.height] = [this.canvas.width, this.canvas.height];         // this also clears it
    const context = this.layer.getContext("2d");
    context.scale(this.canvas.width / width, this.canvas.height / height);
    const { left, top, right, bottom } = this.frame();
    context.beginPath();
    context.rect(left, top, right - left, bottom - top);
    context.clip();
    const small = width < SMALL;
    for (let index = 0; index < points.shape[0]; index++) {
      const [px, py] = this.toScreen(...this.at(index));
      const kind = labels ? labels[index] : 0;
      mark(context, kind, px, py, index === this.chosen ? 8 : small ? 2.6 : 5.5);
      const fill = labels ? colour.classes[kind % colour.classes.length] : colour.ink;
      context.lineWidth = small ? 0.8 : 2;
      context.fillStyle = heldOut?.[index] ? colour.surface : fill;
      context.strokeStyle = heldOut?.[index] ? fill : colour.surface;
      context.fill();
      context.stroke();
      if (index === this.chosen) {
        mark(context, 0, px, py, 12);
        context.strokeStyle = colour.ink;
        context.stroke();
      }
    }
    return this.layer;
  }

  line(context, { at, role, class: kind = 0 }, colour) {
    const style = { model: [colour.blue, 3.2, [], 1], best: [colour.green, 1.8, [7, 5], 1], ghost: [colour.sky, 1.2, [], 0.5],
      link: [colour.muted, 1.2, [], 0.9], class: [colour.classes[kind % colour.classes.length], 2, [], 0.9] }[role] || [colour.ink, 1.5, [], 1];
    [context.strokeStyle, context.lineWidth, context.globalAlpha] = [style[0], style[1], style[3]];
    context.setLineDash(style[2]);
    context.beginPath();
    let pen = false;
    for (let index = 0; index < at.shape[0]; index++) {
      if (Number.isNaN(at[2 * index])) { pen = false; continue; }
      const [px, py] = this.toScreen(at[2 * index], at[2 * index + 1]);
      context[pen ? "lineTo" : "moveTo"](px, Math.max(-1e4, Math.min(1e4, py)));
      pen = true;
    }
    context.stroke();
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  // Direct labels, at the line's last visible end.
  label(context, { at, role, name }, colour) {
    const { left, top, right, bottom } = this.frame();
    const ends = [this.toScreen(at[0], at[1]), this.toScreen(at[at.length - 2], at[at.length - 1])];
    const low = role === "best" ? 0.30 : 0.72;
    const px = ends[0][0] + (ends[1][0] - ends[0][0]) * low, py = ends[0][1] + (ends[1][1] - ends[0][1]) * low;
    if (py < top + 10 || py > bottom - 4 || px < left || px > right) return;
    context.font = `600 13px ${FONT}`;
    context.textAlign = role === "best" ? "right" : "left";
    context.lineWidth = 4;
    context.strokeStyle = colour.surface;
    const falls = ends[1][1] > ends[0][1];                       // on the screen: the free side is above, else below
    const [tx, ty] = role === "best" ? [px - 8, py - 8] : [px + 6, falls ? py - 12 : py + 22];
    context.strokeText(name, tx, ty);
    context.fillStyle = role === "best" ? colour.green : colour.blue;
    context.fillText(name, tx, ty);
  }

  squares(context, squares, colour) {
    context.fillStyle = colour.vermilion;
    context.strokeStyle = colour.vermilion;
    for (let index = 0; index < squares.shape[0]; index++) {
      const [x, from, to] = squares.slice(3 * index, 3 * index + 3);
      const [px, py] = this.toScreen(x, from);
      const side = this.toScreen(x, to)[1] - py;
      if (Math.abs(side) > 1e4) continue;
      context.globalAlpha = 0.12;
      context.fillRect(px, py, Math.abs(side), side);
      context.globalAlpha = 0.75;
      context.lineWidth = 1.4;
      context.beginPath(); context.moveTo(px, py); context.lineTo(px, py + side); context.stroke();
    }
    context.globalAlpha = 1;
  }

  // One hidden unit in place of the probabilities, while somebody points at it; null ends that.
  overlay(values) {
    this.over = values;
    this.repaint();
  }

  signed(context, { values, rows, columns }, colour) {
    const { left, top, right, bottom } = this.frame();
    context.imageSmoothingEnabled = true;
    context.drawImage(signedPicture(values, rows, columns, colour), left, top, right - left, bottom - top);
  }

  // Shares of the classes as colours: pale where they are even, strong where one has all.
  field(context, field, colour) {
    if (this.fieldOf !== field || this.fieldDark !== colour.dark) {
      [this.fieldOf, this.fieldDark] = [field, colour.dark];
      const [rows, columns, classes = 1] = field.shape;
      const whole = field instanceof Uint8Array ? 255 : 1;             // what one share is counted in
      const image = new ImageData(columns, rows), { data } = image;
      const paper = rgb(colour.surface), hues = colour.classes.map(rgb);
      const count = Math.max(classes, 2), shares = new Float64Array(count);
      for (let row = 0, to = 0; row < rows; row++) for (let column = 0; column < columns; column++, to += 4) {
        const from = ((rows - 1 - row) * columns + column) * classes;
        let most = 0, sum = 0, present = 0;
        for (let index = 0; index < count; index++) {
          const share = classes > 1 ? field[from + index] / whole : index ? field[from] / whole : 1 - field[from] / whole;
          shares[index] = share;
          sum += share;
          present += share > 0;
          if (share > most) most = share;
        }
        const even = 1 / Math.max(2, Math.min(present, count));
        const strength = sum ? 0.08 + 0.42 * Math.max(0, (most / sum - even) / (1 - even)) : 0;
        for (let part = 0; part < 3; part++) {
          let hue = 0;
          for (let index = 0; index < count; index++) hue += shares[index] * hues[index % hues.length][part];
          data[to + part] = paper[part] * (1 - strength) + (sum ? hue / sum : 0) * strength;
        }
        data[to + 3] = 255;
      }
      this.small ||= new OffscreenCanvas(1, 1);
      [this.small.width, this.small.height] = [columns, rows];
      this.small.getContext("2d").putImageData(image, 0, 0);
    }
    const { left, top, right, bottom } = this.frame();
    context.imageSmoothingEnabled = true;
    context.drawImage(this.small, left, top, right - left, bottom - top);
  }
}

customElements.define("afs-plane", AfsPlane);
