// <afs-code>: the lesson file that runs, with its equations; after Step it walks through the lines that ran.
import { element, still } from "../canvas.js";

const WALK_MILLISECONDS = 900;
const WORDS = new Set(("False None True and as assert break class continue def del elif else except finally for from if import in is lambda " +
  "not or pass raise return self while with yield").split(" "));
const PARTS = /("""[\s\S]*?"""|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*")|(#.*)|(\b\d[\d_.]*(?:e[+-]?\d+)?\b)|([A-Za-z_]\w*)/g;

class AfsCode extends HTMLElement {
  setup(page) {
    this.page = page;
    this.files = new Map();                                  // name -> {text, equations}
    this.lines = [];
    this.tabs = element("div", { className: "tabs" });
    this.tabs.setAttribute("role", "group");
    this.tabs.setAttribute("aria-label", "Lesson files");
    this.list = element("div", { className: "listing", tabIndex: 0 });
    this.list.setAttribute("role", "region");
    this.list.setAttribute("aria-label", "Source text");
    this.card = element("div", { className: "card" });
    this.card.setAttribute("aria-live", "polite");
    const button = (words, label, act) => element("button", { type: "button", textContent: words, ariaLabel: label, title: label, onclick: act });
    this.auto = element("button", { type: "button", textContent: "Walk on", title: "Walk through the lines that ran", onclick: () => this.toggle() });
    this.place = element("span", { className: "place" });
    this.walkBar = element("div", { className: "walk", hidden: true },
      button("‹", "Line before (P)", () => this.next(-1)), this.auto,
      button("›", "Next line (N)", () => this.next(1)), button("»", "Next function", () => this.leave()), this.place);
    this.append(element("h2", { textContent: "The lines that run" }), this.tabs, this.list, this.walkBar, this.card);
    this.rest();
  }

  open(names) {
    this.names = names;
    this.wanted = names[0];
    this.forget();
    names.forEach((name) => this.files.has(name) || this.page.engine({ do: "source", file: name }));
    this.show(names[0]);
  }

  source({ file, text, equations }) {
    this.files.set(file, { text, equations });
    if (file === this.wanted) this.show(file);
    if (file === this.pointed?.file) this.point(file, this.pointed.number);
  }

  show(name) {
    this.wanted = name;
    this.tabs.replaceChildren(...(this.names || []).map((file) => {
      const tab = element("button", { type: "button", textContent: file.split("/").pop(), title: file, onclick: () => { this.halt(); this.show(file); } });
      tab.setAttribute("aria-pressed", String(file === name));
      return tab;
    }));
    const found = this.files.get(name);
    if (!found) {
      if (!(this.names || []).includes(name)) this.page.engine({ do: "source", file: name });
      return;
    }
    if (this.shown === name) return;
    this.shown = name;
    const withEquation = new Map();
    found.equations.forEach((row) => row.lines.forEach((number) => withEquation.set(number, row)));
    this.rows = [];
    this.list.replaceChildren(...painted(found.text.replace(/(\S) {3,}#/g, "$1  #")).map((parts, index) => {
      const number = index + 1;
      const code = element("code", {}, ...parts), hang = `${code.textContent.search(/\S|$/) + 4}ch`;
      code.style.paddingLeft = hang;                          // a long line goes on below, a little to the right
      code.style.textIndent = `-${hang}`;
      const row = element("div", { className: "row" }, element("span", { className: "number", textContent: String(number) }), code);
      if (withEquation.has(number)) {
        row.classList.add("equation");
        row.addEventListener("mouseenter", () => this.lines.length || this.equation(number));
      }
      this.rows[number] = row;
      return row;
    }));
    const first = found.equations.find((row) => row.name === "gradient") || found.equations[0];
    if (first && !this.lines.length) this.scrollTo(first.lines[0], 3);
  }

  scrollTo(number, above = 6) {
    const row = this.rows?.[number];
    if (!row) return;
    const top = row.offsetTop - Math.min(above * 20, this.list.clientHeight / 3);
    this.list.scrollTo({ top, behavior: still() ? "auto" : "smooth" });
  }

  // What the card says while nothing is stepped through.
  rest() {
    this.card.replaceChildren(element("p", { className: "quiet", textContent:
      "This is the file that computes the picture. Press Step: one real update runs, and its lines are shown with their values. Lines with a green edge have an equation." }));
  }

  equation(number) {
    const row = this.files.get(this.shown)?.equations.find((entry) => entry.lines.includes(number));
    if (row) this.card.replaceChildren(this.formula(row), element("p", { className: "quiet", textContent: row.name }));
  }

  formula(row) {
    const box = element("p", { className: "formula", tabIndex: 0 });    // it may be wider than a phone: arrow keys scroll it
    row.equation.split(/(\$`[^`]*`\$)/).forEach((part) => {
      if (part.startsWith("$`")) {
        const span = element("span");
        katex.render(part.slice(2, -2), span, { throwOnError: false, displayMode: false });
        box.append(span);
      } else box.append(part);
    });
    return box;
  }

  // The lines of one update, as playground/trace.py gives them.
  walk(lines) {
    this.forget();
    this.lines = lines;
    if (!lines.length) {
      this.card.replaceChildren(element("p", { className: "quiet", textContent: "No line of a lesson ran in this step." }));
      return;
    }
    this.walkBar.hidden = false;
    this.page.walks?.(true);
    const first = lines.findIndex((line) => line.changed.length && this.equationOf(line));
    this.go(Math.max(first, 0));
    if (!still()) this.toggle(true);
  }

  equationOf(line) {
    return this.files.get(line.file)?.equations.find((row) => row.lines.some((number) => number >= line.line && number <= line.last));
  }

  go(index) {
    if (!this.lines.length) return;
    this.now = Math.max(0, Math.min(this.lines.length - 1, index));
    const line = this.lines[this.now];
    if (line.file !== this.shown) this.show(line.file);
    this.mark(line);
    this.place.textContent = `line ${this.now + 1} of ${this.lines.length}`;
    const names = element("ul", { className: "values" }, ...line.changed.map((entry) => element("li", {},
      element("b", { textContent: entry.name === "→" ? "returns" : entry.name }), element("span", { textContent: ` ${entry.text}` }),
      ...(entry.shape?.length ? [element("small", { textContent: ` shape (${entry.shape.join(", ")}${entry.shape.length === 1 ? "," : ""})` })] : []))));
    const equation = this.equationOf(line);
    this.card.replaceChildren(element("p", { className: "quiet", textContent: `${line.function}, line ${line.line}` +
      (line.times > 1 ? `, time ${line.times}` : "") }), ...(equation ? [this.formula(equation)] : []), names);
    this.page.lineShown?.(line);
  }

  // On to the first line of another call.
  leave() {
    const { call } = this.lines[this.now] || {};
    const on = this.lines.findIndex((line, index) => index > this.now && line.call !== call);
    this.next(on < 0 ? 0 : on - this.now);
  }

  // A line to look at, without a step: where a mistake is.
  point(file, number) {
    this.forget();
    this.show(file);
    this.pointed = { file, number };
    this.rows?.[number]?.classList.add("now");
    this.scrollTo(number);
  }

  next(lines) {
    this.halt();
    this.go(this.now + lines);
  }

  mark(line) {
    const ran = new Set(this.lines.filter((other) => other.file === this.shown).flatMap((other) =>
      Array.from({ length: other.last - other.line + 1 }, (_, index) => other.line + index)));
    (this.rows || []).forEach((row, number) => {
      row.classList.toggle("ran", ran.has(number));
      row.classList.toggle("now", line.file === this.shown && number >= line.line && number <= line.last);
      row.querySelector(".chips")?.remove();
    });
    const row = this.rows?.[line.last];
    if (row && line.changed.length) row.append(element("span", { className: "chips" }, ...line.changed.map((entry) =>
      element("span", { textContent: entry.name === "→" ? `→ ${entry.text}` : `${entry.name} = ${entry.text}` }))));
    this.scrollTo(line.line);
  }

  toggle(on = !this.walking) {
    clearInterval(this.walking);
    this.walking = 0;
    if (on) {
      if (this.now >= this.lines.length - 1) this.go(0);
      this.walking = setInterval(() => (this.now < this.lines.length - 1 ? this.go(this.now + 1) : this.halt()), WALK_MILLISECONDS);
    }
    this.auto.textContent = on ? "Stop here" : "Walk on";
  }

  halt() {
    if (this.walking) this.toggle(false);
  }

  // All lines have run while it plays: none is marked.
  forget() {
    this.halt();
    if (!this.lines.length && !this.pointed) return;
    this.pointed = null;
    this.lines = [];
    this.page.walks?.(false);
    this.walkBar.hidden = true;
    (this.rows || []).forEach((row) => { row.classList.remove("ran", "now"); row.querySelector(".chips")?.remove(); });
    this.rest();
  }
}

// The lines of a Python text, each a list of nodes with classes for words, texts, comments and numbers.
function painted(text) {
  const lines = [[]];
  const add = (piece, className) => piece.split("\n").forEach((part, index) => {
    if (index) lines.push([]);
    if (part) lines.at(-1).push(className ? element("span", { className, textContent: part }) : part);
  });
  let end = 0;
  for (const match of text.matchAll(PARTS)) {
    add(text.slice(end, match.index), "");
    const [whole, string, comment, number, word] = match;
    add(whole, string ? "string" : comment ? "comment" : number ? "digits" : WORDS.has(word) ? "word" : "");
    end = match.index + whole.length;
  }
  add(text.slice(end), "");
  if (!lines.at(-1).length) lines.pop();
  return lines;
}

customElements.define("afs-code", AfsCode);
