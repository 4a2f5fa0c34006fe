// <afs-bowl>: a lit surface over two parameters, with the path of a descent.  Drawn by hand on a canvas.
import { Drawn, FONT, rgb, short, still } from "../canvas.js";

const HEIGHTS = ["#0d3b66", "#1f6f8b", "#5aa7a7", "#b9d8c2", "#f6ecc9"].map(rgb);   // low … high
const LIGHT = normal([-0.45, -0.35, 0.9]);
const FLOOR = -0.34;
const TALL = 0.72;                         // the rim's height, where half of the width is 1
const MARGIN = { left: 26, right: 26, top: 18, bottom: 30 };       // pixels around the bowl
const ASIDE = 0.95;                         // the bowl's long axis is seen from this angle
const REACH = 26;                          // pixels: how near to the ball a finger has to be


class AfsBowl extends Drawn {
  azimuth = 0;
  elevation = 0.62;
  zoom = 1;

  setup(view, page) {
    super.setup(view, page);
    const { canvas } = this;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      const [x, y] = this.place(event);
      const near = (this.handles || []).some(([hx, hy]) => Math.hypot(hx - x, hy - y) < REACH);
      this.drag = near && this.payload.start ? "ball" : "turn";
      this.last = [x, y];
    });
    canvas.addEventListener("pointermove", (event) => {
      const [x, y] = this.place(event);
      if (!this.drag) {
        const near = (this.handles || []).some(([hx, hy]) => Math.hypot(hx - x, hy - y) < REACH);
        canvas.style.cursor = near && this.payload.start ? "grab" : "move";
        return;
      }
      if (this.drag === "ball") {
        const found = this.under(x, y);
        if (found) this.page.send(this.payload.start, found.map((value) => Number(value.toPrecision(5))));
      } else this.turn((x - this.last[0]) * -0.01, (y - this.last[1]) * 0.008);
      this.last = [x, y];
    });
    for (const name of ["pointerup", "pointercancel"]) canvas.addEventListener(name, () => {
      if (this.drag === "ball") this.page.settle();
      this.drag = "";
    });
    canvas.addEventListener("keydown", (event) => {
      const turn = { ArrowLeft: [0.12, 0], ArrowRight: [-0.12, 0], ArrowUp: [0, 0.08], ArrowDown: [0, -0.08] }[event.key];
      if (!turn) return;
      if (event.shiftKey && this.payload?.start) {
        const { x, y } = this.span();
        const [w, b] = this.payload.path.slice(0, 2);
        this.page.send(this.payload.start, [w - Math.sign(turn[0]) * (x[1] - x[0]) / 40, b + Math.sign(turn[1]) * (y[1] - y[0]) / 40]
          .map((value) => Number(value.toPrecision(5))));
        this.page.settle();
      } else this.turn(...turn);
      event.preventDefault();
      event.stopPropagation();
    });
  }

  // The rim's longest axis lies across the picture, until somebody turns the bowl.
  lookAlong() {
    const { x, y } = this.span();
    const [rings, spokes] = this.payload.x.shape;
    let [far, angle] = [0, 0];
    for (let at = (rings - 1) * spokes; at < rings * spokes; at++) {
      const [a, b] = [2 * (this.payload.x[at] - x[0]) / (x[1] - x[0]) - 1, 2 * (this.payload.y[at] - y[0]) / (y[1] - y[0]) - 1];
      if (Math.hypot(a, b) > far) [far, angle] = [Math.hypot(a, b), Math.atan2(b, a)];
    }
    this.azimuth = -angle + ASIDE;
  }

  turn(sideways, upwards) {
    this.turned = true;
    this.azimuth += sideways;
    this.elevation = Math.min(1.45, Math.max(0.18, this.elevation + upwards));
    this.repaint();
  }

  show(payload) {
    const other = !this.payload || payload.x !== this.payload.x;
    this.payload = payload;
    if (other && payload.path.shape[0] === 1 && !this.turned) this.lookAlong();
    const { path, shape } = { path: payload.path, shape: payload.path.shape };
    const last = 3 * (shape[0] - 1);
    this.describe(`${this.view.what} The ball is at ${payload.x_label || "x"} ${short(path[last])}, ` +
      `${payload.y_label || "y"} ${short(path[last + 1])}; loss ${short(path[last + 2])}. ` +
      "Arrow keys turn the bowl; with shift they move the start.");
    this.paint();
  }

  span() {
    const { x, y, z } = this.payload;
    if (this.spanOf !== x) {
      const range = (array) => [array.reduce((a, b) => Math.min(a, b), Infinity), array.reduce((a, b) => Math.max(a, b), -Infinity)];
      this.spanOf = x;
      this.ranges = { x: range(x), y: range(y), z: range(z) };
    }
    return this.ranges;
  }

  // Data -> the unit box -> the screen: [x, y, depth].
  camera(width, height) {
    const { x, y, z } = this.span();
    const [sin, cos, up, out] = [Math.sin(this.azimuth), Math.cos(this.azimuth), Math.sin(this.elevation), Math.cos(this.elevation)];
    const unit = (array, value) => 2 * (value - array[0]) / ((array[1] - array[0]) || 1) - 1;
    const box = (a, b, c) => [unit(x, a), unit(y, b), TALL * (c - z[0]) / ((z[1] - z[0]) || 1)];
    const plain = ([a, b, c]) => [a * cos - b * sin, -((a * sin + b * cos) * up + c * out), (a * sin + b * cos) * out - c * up];
    // The rim above and on the floor fill the canvas.
    let [left, right, high, low] = [Infinity, -Infinity, Infinity, -Infinity];
    const { shape } = this.payload.x;
    for (let at = (shape[0] - 1) * shape[1]; at < shape[0] * shape[1]; at++) {
      const [a, b] = box(this.payload.x[at], this.payload.y[at], 0);
      for (const c of [TALL, FLOOR]) {
        const [px, py] = plain([a, b, c]);
        [left, right, high, low] = [Math.min(left, px), Math.max(right, px), Math.min(high, py), Math.max(low, py)];
      }
    }
    const inner = [width - MARGIN.left - MARGIN.right, height - MARGIN.top - MARGIN.bottom];
    const size = Math.min(inner[0] / (right - left), inner[1] / (low - high)) * this.zoom;
    const middle = [MARGIN.left + inner[0] / 2 - size * (left + right) / 2, MARGIN.top + inner[1] / 2 - size * (high + low) / 2 + (1 - this.zoom) * height * 0.22];
    const screen = (point) => {
      const [a, b, depth] = plain(point);
      return [middle[0] + size * a, middle[1] + size * b, depth];
    };
    return { box, screen, project: (a, b, c) => screen(box(a, b, c)), look: normal([sin * -out, cos * -out, up]), size };
  }

  draw(context, width, height, colour) {
    const { x, y, z, path, best, closed } = this.payload;
    const [rings, spokes] = x.shape;
    const steps = path.shape[0];
    this.follow(path, steps, width, height);
    const camera = this.camera(width, height);
    // The surface changes only with the data, the camera and the theme: it is drawn once and kept as a picture.
    const key = [width, height, this.azimuth, this.elevation, this.zoom, colour.dark, this.canvas.width].join();
    const fresh = this.surfaceOf !== x || this.surfaceKey !== key;
    if (fresh) {
      this.boxes = Array.from(x, (_, index) => camera.box(x[index], y[index], z[index]));
      this.points = this.boxes.map(camera.screen);
    }
    const { boxes, points } = this;
    const ring = (index, floor, on = context) => {
      on.beginPath();
      for (let spoke = 0; spoke < spokes; spoke++) {
        const at = index * spokes + spoke;
        const [a, b] = floor ? camera.screen([boxes[at][0], boxes[at][1], FLOOR]) : points[at];
        on[spoke ? "lineTo" : "moveTo"](a, b);
      }
      if (closed) on.closePath();
    };

    // The floor: contours, the path's shadow, the lowest point.
    ring(rings - 1, true);
    context.fillStyle = colour.dark ? "rgba(255,255,255,0.035)" : "rgba(20,40,70,0.045)";
    context.fill();
    context.strokeStyle = colour.dark ? "rgba(255,255,255,0.16)" : "rgba(20,40,70,0.17)";
    context.lineWidth = 1;
    for (let index = 2; index < rings; index += 3) { ring(index, true); context.stroke(); }
    this.axes(context, camera, colour);
    const flat = (a, b) => camera.screen([camera.box(a, b, 0)[0], camera.box(a, b, 0)[1], FLOOR]);
    context.strokeStyle = colour.vermilion;
    context.globalAlpha = 0.45;
    context.lineWidth = 1.2;
    context.beginPath();
    for (let step = 0; step < steps; step++) context[step ? "lineTo" : "moveTo"](...flat(path[3 * step], path[3 * step + 1]).slice(0, 2));
    context.stroke();
    context.globalAlpha = 1;
    if (best) {
      const [low, ground] = [camera.project(...best), flat(best[0], best[1])];
      context.setLineDash([2, 4]);
      context.strokeStyle = colour.muted;
      context.beginPath();
      context.moveTo(low[0], low[1]);
      context.lineTo(ground[0], ground[1]);
      context.stroke();
      context.setLineDash([]);
      star(context, ground[0], ground[1], 7, colour.green);
    }

    if (fresh) {
      this.surface = this.painted(camera, colour, ring);
      [this.surfaceOf, this.surfaceKey] = [x, key];
    }
    context.drawImage(this.surface, 0, 0, width, height);

    // The path, its steps as beads, and the ball.
    const at = (step) => camera.project(path[3 * step], path[3 * step + 1], path[3 * step + 2]);
    const trail = Array.from({ length: steps }, (_, step) => at(step));
    const line = () => { context.beginPath(); trail.forEach(([a, b], step) => context[step ? "lineTo" : "moveTo"](a, b)); };
    context.lineJoin = "round";
    line();
    context.strokeStyle = colour.dark ? "rgba(0,0,0,0.55)" : "rgba(255,255,255,0.75)";
    context.lineWidth = 4.5;
    context.stroke();
    line();
    context.strokeStyle = colour.vermilion;
    context.lineWidth = 2.2;
    context.stroke();
    trail.slice(0, 120).forEach(([a, b], step) => {
      context.beginPath();
      context.arc(a, b, step ? 2.6 : 4.5, 0, 2 * Math.PI);
      context.fillStyle = step ? colour.vermilion : colour.surface;
      context.fill();
      context.lineWidth = step ? 0.8 : 2;
      context.strokeStyle = step ? "rgba(255,255,255,0.8)" : colour.vermilion;
      context.stroke();
    });
    this.handles = [trail[0], trail[steps - 1]];
    this.ball(context, trail[steps - 1], path[3 * steps - 1], width, height, colour);
  }

  // The surface, the farthest faces first; faces seen from outside are glass.
  painted(camera, colour, ring) {
    const { x, closed } = this.payload;
    const [rings, spokes] = x.shape;
    const { boxes, points } = this;
    const picture = new OffscreenCanvas(this.canvas.width, this.canvas.height);
    const context = picture.getContext("2d");
    context.setTransform(this.canvas.width / this.canvas.clientWidth, 0, 0, this.canvas.height / this.canvas.clientHeight, 0, 0);
    const faces = [];
    for (let index = 0; index + 1 < rings; index++) for (let spoke = 0; spoke < (closed ? spokes : spokes - 1); spoke++) {
      const next = (spoke + 1) % spokes;
      const corners = [index * spokes + spoke, index * spokes + next, (index + 1) * spokes + next, (index + 1) * spokes + spoke];
      faces.push([corners, (points[corners[0]][2] + points[corners[2]][2] + points[corners[1]][2] + points[corners[3]][2]) / 4]);
    }
    faces.sort((a, b) => b[1] - a[1]);
    this.inner = [];
    for (const [corners] of faces) {
      const [a, b, c, d] = corners.map((at) => boxes[at]);
      let face = normal(cross(minus(c, a), minus(d, b)));
      if (face[2] < 0) face = face.map((part) => -part);                       // upwards: the inside of a bowl
      const inside = dot(face, camera.look) > 0;
      const share = Math.min(1, Math.max(0, (a[2] + b[2] + c[2] + d[2]) / 4 / TALL));
      const lit = 0.62 + 0.42 * Math.max(0, dot(face, LIGHT)) + 0.25 * Math.max(0, dot(face, HALF)) ** 24;
      const [red, green, blue] = mixed(Math.sqrt(share)).map((part) => Math.min(255, part * lit * (colour.dark ? 0.92 : 1)));
      context.beginPath();
      corners.forEach((at, index) => context[index ? "lineTo" : "moveTo"](points[at][0], points[at][1]));
      context.closePath();
      context.fillStyle = context.strokeStyle = `rgba(${red | 0},${green | 0},${blue | 0},${inside ? 1 : 0.2})`;
      context.lineWidth = 0.8;
      context.fill();
      if (inside) { context.stroke(); this.inner.push(corners); }
    }
    context.lineWidth = 1;
    context.strokeStyle = "rgba(255,255,255,0.28)";
    for (let index = 2; index < rings - 1; index += 3) { ring(index, false, context); context.stroke(); }
    context.strokeStyle = colour.dark ? "rgba(255,255,255,0.5)" : "rgba(13,59,102,0.45)";
    context.lineWidth = 1.4;
    ring(rings - 1, false, context);
    context.stroke();

    return picture;
  }

  // The picture draws back while the ball is out of it, and comes near again.
  follow(path, steps, width, height) {
    const zoom = this.zoom;
    this.zoom = 1;
    const [x, y] = this.camera(width, height).project(...path.slice(3 * steps - 3, 3 * steps));
    const out = Math.max(Math.abs(x - width / 2) / (width / 2), (height / 2 - y) / (height / 2), 0);
    const wanted = out > 0.92 ? Math.max(0.45, 0.85 / out) : 1;
    this.zoom = still() ? wanted : zoom + (wanted - zoom) * 0.25;
    if (Math.abs(this.zoom - wanted) > 0.01 && !still()) this.repaint(); else this.zoom = wanted;
  }

  ball(context, [x, y], loss, width, height, colour) {
    const edge = 18;
    const outside = x < edge || y < edge || x > width - edge || y > height - edge;
    const [bx, by] = [Math.min(width - edge, Math.max(edge, x)), Math.min(height - edge, Math.max(edge, y))];
    context.beginPath();
    context.ellipse(bx + 2, by + 7, 10, 4.5, 0, 0, 2 * Math.PI);
    context.fillStyle = "rgba(0,0,0,0.28)";
    if (!outside) context.fill();
    const shine = context.createRadialGradient(bx - 4, by - 5, 1, bx, by, 12);
    shine.addColorStop(0, "#fff3e6");
    shine.addColorStop(0.25, colour.dark ? "#ff9a52" : "#f08030");
    shine.addColorStop(1, colour.dark ? "#c24d00" : "#a84300");
    context.beginPath();
    context.arc(bx, by, 11, 0, 2 * Math.PI);
    context.fillStyle = shine;
    context.fill();
    if (!outside) return;
    const angle = Math.atan2(y - by, x - bx);
    context.save();
    context.translate(bx, by);
    context.rotate(angle);
    context.fillStyle = colour.vermilion;
    context.beginPath();
    context.moveTo(17, 0);
    context.lineTo(10, -6);
    context.lineTo(10, 6);
    context.fill();
    context.restore();
    context.font = `600 14px ${FONT}`;
    context.fillStyle = colour.ink;
    context.textAlign = bx > width / 2 ? "right" : "left";
    context.fillText(`the ball is out: loss ${short(loss)}`, bx + (bx > width / 2 ? -22 : 22), Math.max(by + 5, 20));
  }

  // Two arrows on the floor through the lowest point's corner of the picture: which way w and b grow.
  axes(context, camera, colour) {
    const [x0, y0] = [58, this.canvas.clientHeight - 50];
    context.font = `600 13px ${FONT}`;
    context.fillStyle = context.strokeStyle = colour.muted;
    context.lineWidth = 1.5;
    const origin = camera.screen([0, 0, 0]);
    for (const [axis, label] of [[[1, 0, 0], this.payload.x_label], [[0, 1, 0], this.payload.y_label], [[0, 0, 1], this.payload.z_label]]) {
      const [a, b] = camera.screen(axis);
      const [dx, dy] = [(a - origin[0]) / camera.size * 34, (b - origin[1]) / camera.size * 34];
      context.beginPath();
      context.moveTo(x0, y0);
      context.lineTo(x0 + dx, y0 + dy);
      context.stroke();
      const long = Math.hypot(dx, dy) || 1;
      context.beginPath();
      context.arc(x0 + dx, y0 + dy, 2.6, 0, 2 * Math.PI);
      context.fill();
      context.textAlign = Math.abs(dx) < 8 ? "center" : dx > 0 ? "left" : "right";
      context.fillText(label || "", x0 + dx + dx / long * 6, y0 + dy + (dy < -8 ? -7 : dy > 8 ? 15 : 4));
    }
  }

  // The place (w, b) on the inside of the surface under a point of the screen.
  under(px, py) {
    const { x, y } = this.payload;
    for (const corners of [...this.inner].reverse()) {
      for (const [i, j, k] of [[0, 1, 2], [0, 2, 3]]) {
        const [a, b, c] = [this.points[corners[i]], this.points[corners[j]], this.points[corners[k]]];
        const area = (b[0] - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (b[1] - a[1]);
        if (!area) continue;
        const u = ((px - a[0]) * (c[1] - a[1]) - (c[0] - a[0]) * (py - a[1])) / area;
        const v = ((b[0] - a[0]) * (py - a[1]) - (px - a[0]) * (b[1] - a[1])) / area;
        if (u < -1e-9 || v < -1e-9 || u + v > 1 + 1e-9) continue;
        return [x, y].map((array) => array[corners[i]] * (1 - u - v) + array[corners[j]] * u + array[corners[k]] * v);
      }
    }
    return null;
  }
}

function normal(vector) {
  const length = Math.hypot(...vector) || 1;
  return vector.map((part) => part / length);
}
function minus(a, b) { return a.map((part, index) => part - b[index]); }
function dot(a, b) { return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]; }
function cross(a, b) { return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]; }
const HALF = normal([-0.25, -0.5, 0.83]);

function mixed(share) {
  const at = Math.min(share * (HEIGHTS.length - 1), HEIGHTS.length - 1.001);
  const [low, high] = [HEIGHTS[Math.floor(at)], HEIGHTS[Math.floor(at) + 1]];
  return low.map((part, index) => part + (high[index] - part) * (at % 1));
}

function star(context, x, y, r, colour) {
  context.beginPath();
  for (let corner = 0; corner < 10; corner++) {
    const [angle, far] = [Math.PI * (corner / 5 - 0.5), corner % 2 ? r * 0.45 : r];
    context[corner ? "lineTo" : "moveTo"](x + far * Math.cos(angle), y + far * Math.sin(angle));
  }
  context.closePath();
  context.fillStyle = colour;
  context.fill();
}

customElements.define("afs-bowl", AfsBowl);
