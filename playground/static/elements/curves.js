// <afs-curves>: numbers over the kept frames, drawn by uPlot, with a mark at the frame that is shown.
import { FONT, colours, element, short } from "../canvas.js";

class AfsCurves extends HTMLElement {
  setup(view, page) {
    this.view = view;
    this.page = page;
    this.box = element("div", { className: "chart" });
    this.box.setAttribute("role", "img");
    this.append(this.box);
    new ResizeObserver(() => this.fit()).observe(this);
    addEventListener("themechange", () => { this.drop(); this.redraw(); });
  }

  drop() {
    this.plot?.destroy();
    this.plot = null;
  }

  show(payload, kept, at) {
    [this.payload, this.kept, this.at] = [payload, kept, at];
    this.redraw();
  }

  redraw() {
    if (!this.payload) return;
    const names = [...new Set(this.kept.flatMap((frame) => Object.keys(frame.frame[this.view.name]?.y || {})))];
    if (names.join() !== this.names) this.drop();
    this.names = names.join();
    const rows = this.kept.map((frame) => frame.frame[this.view.name]).filter(Boolean);
    const seen = new Map(rows.map((row) => [row.x, row]));                 // one value for each x, in order
    const xs = [...seen.keys()].sort((a, b) => a - b);
    const data = [xs, ...names.map((name) => xs.map((x) => seen.get(x).y[name] ?? null))];
    if (!this.plot) this.plot = this.made(names, data);
    else this.plot.setData(data);
    const now = Object.entries(this.payload.y).map(([name, value]) => `${name} ${short(value)}`).join(", ");
    this.box.setAttribute("aria-label", `${this.view.title}. ${this.view.what} At ${this.payload.x_label || "x"} ${short(this.payload.x)}: ${now}.`);
  }

  made(names, data) {
    const colour = colours();
    const plain = [colour.blue, colour.vermilion, colour.green, colour.purple, colour.amber, colour.sky];
    const own = (this.payload.hues || []).map((name) => colour[name]);
    const hues = names.map((name, index) => own[index] || (/^training/.test(name) ? colour.training : /^held-out/.test(name) ? colour["held-out"] : plain[index % plain.length]));
    const axis = { stroke: colour.muted, grid: { stroke: colour.line, width: 1 }, ticks: { show: false }, font: `12px ${FONT}` };
    const { log } = this.payload;
    const options = {
      width: this.box.clientWidth || 300, height: this.box.clientHeight || 200, legend: { show: false }, cursor: { show: false },
      padding: [8, 14, 0, 0],
      scales: { x: { time: false, range: (_, low, high) => [low, Math.max(high, low + 10)] }, y: log ? { distr: 3 } : {} },
      axes: [{ ...axis, size: 30, values: (_, values) => values.map((value) => short(value)) },
        { ...axis, size: 52, values: (_, values) => values.map((value) => (value === null ? null : short(value))) }],
      series: [{}, ...names.map((label, index) => ({ label, stroke: hues[index], width: 2, dash: index % 2 ? [6, 4] : [],
        points: { show: false } }))],
      hooks: { draw: [(plot) => this.over(plot, names, hues, colour)] },
    };
    return new uPlot(options, data, this.box);
  }

  // The mark at the shown frame, and the names at the ends of the curves.
  over(plot, names, hues, colour) {
    const { ctx } = plot;
    const ratio = devicePixelRatio || 1;
    ctx.save();
    const x = plot.valToPos(this.payload.x, "x", true);
    ctx.strokeStyle = colour.muted;
    ctx.lineWidth = ratio;
    ctx.setLineDash([3 * ratio, 3 * ratio]);
    ctx.beginPath();
    ctx.moveTo(x, plot.bbox.top);
    ctx.lineTo(x, plot.bbox.top + plot.bbox.height);
    ctx.stroke();
    ctx.setLineDash([]);
    const known = names.filter((name) => Number.isFinite(this.payload.y[name]));
    const tops = apart(known.map((name) => plot.valToPos(this.payload.y[name], "y", true) - 9 * ratio), 16 * ratio,
      plot.bbox.top + 14 * ratio, plot.bbox.top + plot.bbox.height - 4 * ratio);
    known.forEach((name, at) => {
      const value = this.payload.y[name], index = names.indexOf(name);
      const y = plot.valToPos(value, "y", true);
      ctx.fillStyle = hues[index];
      ctx.beginPath();
      ctx.arc(x, y, 4.5 * ratio, 0, 2 * Math.PI);
      ctx.fill();
      ctx.font = `600 ${13 * ratio}px ${FONT}`;
      const right = x > plot.bbox.left + plot.bbox.width * 0.6;
      ctx.textAlign = right ? "right" : "left";
      ctx.lineWidth = 4 * ratio;                                         // over its own curve
      ctx.lineJoin = "round";
      ctx.strokeStyle = colour.surface;
      const place = [x + (right ? -9 : 9) * ratio, tops[at]];
      ctx.strokeText(`${name} ${short(value)}`, ...place);
      ctx.fillText(`${name} ${short(value)}`, ...place);
    });
    ctx.restore();
  }

  fit() {
    if (this.plot && this.box.clientWidth) this.plot.setSize({ width: this.box.clientWidth, height: this.box.clientHeight });
  }
}

// The places of names, moved so far that no two lie on each other, between low and high.
function apart(places, least, low, high) {
  const order = places.map((_, index) => index).sort((a, b) => places[a] - places[b]);
  const found = places.map((place) => Math.min(high, Math.max(low, place)));
  for (let at = 1; at < order.length; at++) found[order[at]] = Math.max(found[order[at]], found[order[at - 1]] + least);
  for (let at = order.length - 1; at >= 0; at--) {
    const beneath = at + 1 < order.length ? found[order[at + 1]] - least : high;
    found[order[at]] = Math.min(found[order[at]], beneath);
  }
  return found;
}

customElements.define("afs-curves", AfsCurves);
