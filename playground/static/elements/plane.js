// <afs-plane>: points in the plane, lines, squares of errors, probabilities as colour.  Points are dragged.
import { Drawn, FONT, mark, rgb, short, ticks } from "../canvas.js";

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
      this.repaint();
    });
    canvas.addEventListener("pointermove", (event) => {
      const [x, y] = this.place(event);
      if (this.dragging) this.move(this.chosen, this.toData(x, y));
      else if (this.painting) { if (this.within(x, y) && Math.hypot(x - this.stroke[0], y - this.stroke[1]) > REACH) this.add(x, y); }
      else {
        canvas.style.cursor = this.payload?.drag ? (this.nearest(x, y) >= 0 ? "grab" : "default") : "default";
        if (this.payload?.pointer) this.ask(this.within(x, y) ? this.toData(x, y).map((v) => Number(v.toPrecision(5))) : null);
      }
    });
    canvas.addEventListener("pointerleave", () => { if (this.payload?.pointer) this.ask(null); });
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => {
      if (this.dragging || this.painting) this.page.settle();
      this.dragging = this.painting = false;
    });
    canvas.addEventListener("dblclick", (event) => {
      const [x, y] = this.place(event);
      if (!this.payload?.drag || this.payload.paint !== undefined || this.nearest(x, y) >= 0) return;
      const rows = this.rows();
      this.page.send(this.payload.drag, [...rows, [...this.toData(x, y), ...(rows[0]?.length === 3 ? [0] : [])]]);
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
    if (turn) this.chosen = (this.chosen + turn + count) % count;
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
    const place = this.toData(x, y).map((value) => Number(value.toPrecision(5)));
    const rows = this.rows();
    this.page.send(this.payload.drag, [...rows, [...place, this.payload.paint]]);
  }

  show(payload) {
    this.payload = payload;
    this.words();
    this.paint();
  }

  words() {
    const { points, drag } = this.payload;
    if (!points) return;
    const one = this.chosen >= 0 && this.chosen < points.shape[0]
      ? ` Sample ${this.chosen + 1} of ${points.shape[0]} at ${this.at(this.chosen).map(short).join(", ")}.` : ` ${points.shape[0]} samples.`;
    this.describe(this.view.what + one + (drag ? ` N and P choose a sample, arrow keys move it, Delete takes it away, ${this.payload.paint === undefined ? "double-click" : "Enter or a click"} adds one.` : ""));
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
    if (width < SMALL) return { left: 8, top: 8, right: width - 8, bottom: height - 8 };
    return { left: 44, top: 12, right: width - 14, bottom: height - 38 };
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

  draw(context, width, height, colour) {
    const { x, y, points, labels, held_out: heldOut, lines = [], squares, field } = this.payload;
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
      context.fillText(this.payload.y_label || "", 4, top + 4);
    }
    context.save();
    context.beginPath();
    context.rect(left, top, right - left, bottom - top);
    context.clip();
    if (field) this.field(context, field, colour);
    if (squares) this.squares(context, squares, colour);
    for (const line of lines) this.line(context, line, colour);
    for (let index = 0; points && index < points.shape[0]; index++) {
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
    context.restore();
    for (const line of lines) if (line.name) this.label(context, line, colour);
  }

  line(context, { at, role }, colour) {
    const style = { model: [colour.blue, 3.2, [], 1], best: [colour.green, 1.8, [7, 5], 1], ghost: [colour.sky, 1.2, [], 0.5],
      link: [colour.muted, 1.2, [], 0.9] }[role] || [colour.ink, 1.5, [], 1];
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
    const falls = ends[1][1] > ends[0][1];                       // on the screen; the name then fits above the end, else below it
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

  field(context, field, colour) {
    const [rows, columns, classes = 1] = field.shape;
    const image = new ImageData(columns, rows);
    const paper = rgb(colour.surface), hues = colour.classes.map(rgb);
    for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) {
      const from = ((rows - 1 - row) * columns + column) * classes;
      const shares = classes === 1 ? [1 - field[from], field[from]] : Array.from(field.slice(from, from + classes));
      const sure = (Math.max(...shares) - 1 / shares.length) / (1 - 1 / shares.length);
      const strength = 0.08 + 0.42 * sure;
      for (let part = 0; part < 3; part++) {
        const hue = shares.reduce((sum, share, index) => sum + share * hues[index % hues.length][part], 0);
        image.data[4 * (row * columns + column) + part] = paper[part] * (1 - strength) + hue * strength;
      }
      image.data[4 * (row * columns + column) + 3] = 255;
    }
    const small = new OffscreenCanvas(columns, rows);
    small.getContext("2d").putImageData(image, 0, 0);
    const { left, top, right, bottom } = this.frame();
    context.imageSmoothingEnabled = true;
    context.drawImage(small, left, top, right - left, bottom - top);
  }
}

customElements.define("afs-plane", AfsPlane);
