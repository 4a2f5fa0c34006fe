// <afs-diff>: a line of a lesson file, as it is and as it was broken; hidden until the scene shows it.
import { element } from "../canvas.js";

class AfsDiff extends HTMLElement {
  setup(view, page) {
    this.view = view;
    this.page = page;
    this.setAttribute("role", "group");
  }

  show(payload) {
    const key = JSON.stringify(payload);
    if (key === this.key) return;
    this.key = key;
    this.setAttribute("aria-label", payload.hidden ? `${this.view.title}: ${payload.hidden}`
      : `${this.view.title}, ${payload.file}, line ${payload.line}. Wrong: ${payload.wrong}. Right: ${payload.right}. ${payload.why || ""}`);
    if (payload.hidden) return this.replaceChildren(element("p", { className: "note", textContent: payload.hidden }));
    const lines = (text, sign, name) => text.split("\n").map((line) =>
      element("div", { className: `diff ${name}` }, element("span", { textContent: sign }), element("code", { textContent: line.trim() })));
    return this.replaceChildren(
      element("p", { className: "note" }, `${payload.file}, line ${payload.line} `,
        element("button", { type: "button", className: "tool", textContent: "Show it in the file", onclick: () => this.page.point(payload.file, payload.line) })),
      ...lines(payload.wrong, "✗ wrong", "wrong"), ...lines(payload.right, "✓ right", "right"),
      element("p", { className: "why", textContent: payload.why || "" }));
  }
}

customElements.define("afs-diff", AfsDiff);
