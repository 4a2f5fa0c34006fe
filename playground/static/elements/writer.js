// <afs-writer>: a text that grows, each character with a colour that says something, and a number to hover.
import { colours, element, rgb, short } from "../canvas.js";

class AfsWriter extends HTMLElement {
  spans = [];

  setup(view, page) {
    this.view = view;
    this.page = page;
    this.text = element("div", { className: "written", tabIndex: 0 });
    this.text.setAttribute("role", "group");
    this.note = element("p", { className: "note" });
    this.append(this.text, this.note);
    this.text.addEventListener("pointermove", (event) => this.hover(event.target));
    this.text.addEventListener("pointerleave", () => this.hover(null));
    addEventListener("themechange", () => this.payload && this.show(this.payload));
  }

  show(payload) {
    this.payload = payload;
    const colour = colours();
    const characters = Array.from(payload.text);
    while (this.spans.length > characters.length) this.spans.pop().remove();
    while (this.spans.length < characters.length) {
      const span = document.createElement("span");
      this.spans.push(span);
      this.text.append(span);
    }
    const [more, less] = [rgb(colour.vermilion).join(" "), rgb(colour.blue).join(" ")];
    characters.forEach((character, index) => {
      const span = this.spans[index];
      const shade = Math.max(-1, Math.min(1, payload.shade[index] || 0));
      const tint = Math.abs(shade) < 0.02 ? "" : `rgb(${shade > 0 ? more : less} / ${(0.62 * Math.abs(shade)).toFixed(2)})`;
      if (span.shown !== character) span.textContent = span.shown = character;
      if (span.tint !== tint) span.style.backgroundColor = span.tint = tint;
      const given = index < payload.prompt;
      if (span.given !== given) span.className = (span.given = given) ? "given" : "";
    });
    if (this.shown !== payload.text) this.text.scrollTop = this.text.scrollHeight;           // asking for it costs a layout
    this.shown = payload.text;
    this.text.setAttribute("aria-label", `${this.view.title}. ${this.view.what} The last words: ${characters.slice(-80).join("")}`);
    this.hover(null);
  }

  hover(target) {
    const index = target ? this.spans.indexOf(target) : -1;
    const { payload } = this;
    if (!payload) return;
    this.note.textContent = index < 0 ? payload.meaning
      : `“${{ " ": "space", "\n": "line end" }[target.textContent] || target.textContent}”, character ${index + 1}: ${short(payload.detail[index])} ${payload.unit}`;
  }
}

customElements.define("afs-writer", AfsWriter);
