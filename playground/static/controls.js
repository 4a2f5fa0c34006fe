// The controls of a scene: a slider, a switch, a list or a box for each, with names, values and marks.
import { element, short } from "./canvas.js";

const SHOWN = new Set(["number", "whole", "switch", "choice", "text", "point"]);
const FINE = 200;                          // positions of a slider: one press of an arrow key is to be felt
const MOST_CHIPS = 6;                      // options that are all shown; more become a list

export class ControlPanel {
  constructor(few, more, onChange, onSettle) {
    [this.few, this.more, this.onChange, this.onSettle] = [few, more, onChange, onSettle];
  }

  build(declared, values) {
    this.parts = new Map();
    const made = { few: [], more: [] };
    for (const control of declared.filter((one) => SHOWN.has(one.kind))) {
      const few = control.kind === "choice" && control.options.length <= MOST_CHIPS;
      const part = few ? this._chips(control) : this[`_${control.kind}`](control);
      part.when = control.when;
      this.parts.set(control.name, part);
      made[control.more || control.kind === "point" ? "more" : "few"].push(part.box);
    }
    this.few.replaceChildren(...made.few);
    this.more.replaceChildren(...made.more);
    this.more.parentElement.hidden = !made.more.length;
    this.update(values);
  }

  update(values) {
    for (const [name, part] of this.parts) {
      part.set(values[name]);
      const [other, value] = part.when;
      part.box.hidden = Boolean(other) && values[other] !== value;
    }
  }

  // Marks on sliders: {"learning_rate": [{"at": 0.33, "label": "2/λmax", "beyond": true}]}
  marks(all = {}) {
    for (const [name, part] of this.parts) part.mark?.(all[name] || []);
  }

  box(control, input, output) {
    const id = `control-${control.name}`;
    input.id = id;
    input.setAttribute("aria-describedby", `${id}-what`);
    return element("div", { className: `control ${control.kind}` }, element("div", { className: "head" },
      element("label", { htmlFor: id, textContent: control.label }), ...(output ? [output] : [])),
    element("p", { id: `${id}-what`, className: "what", textContent: control.what }), element("div", { className: "touch" }, input));
  }

  changed(control, value) { this.onChange(control.name, value); }

  _number(control) {
    const { low, high, log } = control;
    const whole = control.kind === "whole";
    const most = whole ? high - low : FINE;                          // each whole number is a position
    const toShare = (value) => (log ? Math.log(value / low) / Math.log(high / low) : (value - low) / (high - low));
    const toValue = (share) => (log ? low * (high / low) ** share : low + (high - low) * share);
    const rounded = (value) => (whole ? Math.round(value) : Number(Math.min(high, Math.max(low, value)).toPrecision(3)));
    const input = element("input", { type: "range", min: 0, max: most, step: 1 });
    const number = element("input", { type: "number", className: "value", min: low, max: high, step: "any" });
    number.setAttribute("aria-label", `${control.label}, as a number`);
    let value;
    const set = (next) => {
      value = next ?? control.default ?? low;
      input.value = most * toShare(value);
      number.value = value;
      input.setAttribute("aria-valuetext", short(value));
      box.style.setProperty("--at", `${toShare(value) * 100}%`);
    };
    input.addEventListener("input", () => { set(rounded(toValue(Number(input.value) / most))); this.changed(control, value); });
    input.addEventListener("change", () => this.onSettle());
    number.addEventListener("change", () => {
      const next = Number(number.value);
      if (number.value === "" || Number.isNaN(next)) return set(value);
      set(rounded(Math.min(high, Math.max(low, next))));
      this.changed(control, value);
      this.onSettle();
    });
    const box = this.box(control, input, number);
    const marks = element("div", { className: "marks" });
    marks.setAttribute("aria-hidden", "true");
    const said = element("span", { className: "hidden" });
    box.querySelector(".touch").append(marks, said);
    let last = "";
    const mark = (list) => {
      const now = JSON.stringify([list, value]);
      if (now === last) return;
      last = now;
      const inside = list.filter(({ at }) => at >= low && at <= high);
      marks.replaceChildren(...inside.map(({ at, label, beyond }) => {
        const tick = element("span", { className: beyond ? "beyond" : "", textContent: label });
        tick.style.setProperty("--place", toShare(at));
        return tick;
      }));
      const limit = inside.find((one) => one.beyond);
      box.classList.toggle("past", Boolean(limit && value > limit.at));
      box.style.setProperty("--limit", limit ? `${toShare(limit.at) * 100}%` : "100%");
      said.textContent = inside.map(({ at, label }) => `${label} is ${short(at)}.`).join(" ");
      box.classList.toggle("marked", inside.length > 0);
    };
    return { box, set, mark };
  }

  _whole(control) { return this._number(control); }

  _switch(control) {
    const input = element("input", { type: "checkbox" });
    input.setAttribute("role", "switch");
    input.addEventListener("change", () => { this.changed(control, input.checked); this.onSettle(); });
    return { box: this.box(control, input), set: (value) => { input.checked = Boolean(value); } };
  }

  _choice(control) {
    const input = element("select", {}, ...control.options.map(([value, label]) => element("option", { value, textContent: label })));
    input.addEventListener("change", () => { this.changed(control, input.value); this.onSettle(); });
    return { box: this.box(control, input), set: (value) => { input.value = value ?? control.default; } };
  }

  // All options at a glance, one click each; of classes in their colours.
  _chips(control) {
    const id = `control-${control.name}`;
    const inputs = control.options.map(([value]) => element("input", { type: "radio", name: id, value, className: "hidden" }));
    const box = element("fieldset", { className: "control chips-of" }, element("legend", { textContent: control.label }),
      element("p", { id: `${id}-what`, className: "what", textContent: control.what }),
      element("div", { className: "options" }, ...control.options.map(([value, label], index) => {
        const swatch = control.classes && value !== "" ? [element("span", { className: `swatch class-${value}` })] : [];
        return element("label", { className: "chip" }, inputs[index], element("span", {}, ...swatch, label));
      })));
    box.setAttribute("aria-describedby", `${id}-what`);
    for (const input of inputs) input.addEventListener("change", () => { this.changed(control, input.value); this.onSettle(); });
    return { box, set: (value) => { for (const input of inputs) input.checked = input.value === (value ?? control.default); } };
  }

  _text(control) {
    const input = element("textarea", { rows: 2, maxLength: 2000, spellcheck: false });      // a text may have line ends
    input.addEventListener("keydown", (event) => { if (event.key === "Enter" && event.ctrlKey) input.blur(); });
    input.addEventListener("change", () => { this.changed(control, input.value); this.onSettle(); });
    return { box: this.box(control, input), set: (value) => { input.value = value ?? control.default ?? ""; } };
  }

  _point(control) {
    const inputs = [0, 1].map((index) => element("input", { type: "number", step: "any", min: control.low, max: control.high, placeholder: "auto",
      ariaLabel: `${control.label}, ${index ? "second" : "first"} coordinate` }));
    const send = () => {
      const value = inputs.map((input) => Number(input.value));
      if (inputs.every((input) => input.value !== "" && input.checkValidity())) { this.changed(control, value); this.onSettle(); }
    };
    inputs.forEach((input) => input.addEventListener("change", send));
    const box = this.box(control, inputs[0]);
    box.querySelector(".touch").append(inputs[1]);
    return { box, set: (value) => inputs.forEach((input, index) => { input.value = value ? Number(value[index].toPrecision(4)) : ""; }) };
  }
}
