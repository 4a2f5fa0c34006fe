// The page: one scene at a time, its frames kept for scrubbing, its controls, its lines.
import { LocalEngine } from "./engine.js";
import { ControlPanel } from "./controls.js";
import { FONT, colours, element, short, still } from "./canvas.js";
import "./elements/code.js";

const WIDEST = 42;                         // letters of the read-outs' names: longer ones stand above the picture
const MOST_KEPT = 300;                     // frames; thinned beyond
const MOST_LINES = 24;                     // of a written text in a picture to download: the last ones
const MOST_WRITTEN = 100;                  // numbers that stand in a link one by one
const SPEEDS = [["slow, 2 a second", 2, 1], ["8 a second", 8, 1], ["1 a frame", 0, 1], ["5 a frame", 0, 5], ["25 a frame", 0, 25], ["200 a frame", 0, 200]];
const UNFINISHED = ["", 0, 25];            // what half an answer still needs is not a thing to watch slowly
const $ = (id) => document.getElementById(id);

const state = {
  scenes: [], scene: null, controls: {}, seed: 0, run: 0,
  kept: [], at: 0, playing: false, waiting: false, asked: 0, resting: false, ended: false, speed: 2, last: 0,
  past: [], pending: new Map(), anew: false, prediction: null, guess: null, then: null, goal: 0, painted: 0, resume: false, editing: false,
};
const views = new Map();
const code = $("code");
const engine = new LocalEngine(received, connection);
const panel = new ControlPanel($("controls"), $("more-controls"), changed, settle);

// What the elements may ask of the page.
const page = {
  send: changed, settle,                     // send(name, value, true): a passing change, which nobody would undo
  engine: (message) => engine.send(message),
  say: (words) => status(words),             // beneath the picture
  point: (file, line) => {                   // a line of a lesson file to look at
    code.point(file, line);
    $("lines").scrollIntoView({ block: "nearest", behavior: still() ? "auto" : "smooth" });
  },
  walks: (on) => {                           // on a narrow screen the lines that ran stand beneath the picture
    const beneath = on && matchMedia("(max-width: 1240px)").matches, was = document.body.classList.contains("walking");
    document.body.classList.toggle("walking", beneath);
    if (beneath === was) return;
    if (beneath) $("others").before($("lines")); else $("room").append($("lines"));
    if (beneath) $("lines").scrollIntoView({ block: "nearest", behavior: still() ? "auto" : "smooth" });
  },
  overlay: (field) => { for (const view of state.scene.views) if (view.hero) views.get(view.name).overlay?.(field); },
  get description() { return state.scene; },
  get controls() { return state.controls; },
};
code.setup(page);

// ---- the engine ------------------------------------------------------------------------------------------------------

function connection(what, codeOfClose) {
  document.body.dataset.engine = what;
  $("engine-words").textContent = what === "open" ? "Python on this machine" : "no engine";
  if (what !== "closed") return;
  state.playing = state.waiting = false;
  transport();
  status(state.scene || codeOfClose === 1006
    ? "The engine does not answer. Is the program still running? Start it (python run_all.py playground), then open the address that it shows." : "");
}

function received(message) {
  if (message.kind === "hello") return hello(message);
  if (message.kind === "source") return code.source(message);
  if (message.kind === "error") {
    state.waiting = false;
    status(message.say);
    if (!state.kept.length && state.scene && !state.refused) {       // a link with values that do not exist
      state.refused = true;
      state.controls = defaults();
      panel.update(state.controls);
      begin();
    }
    return undefined;
  }
  if (message.kind !== "frame" || message.run !== state.run) return undefined;
  state.waiting = false;
  return framed(message);
}

// Each scene names the next: in this order a newcomer meets them.
function inOrder(scenes) {
  const order = new Set();
  for (let scene = scenes[0]; scene && !order.has(scene);) {
    order.add(scene);
    const { next } = scene.links || {};
    scene = scenes.find(({ name }) => name === next);
  }
  return [...order, ...scenes.filter((scene) => !order.has(scene))];
}

async function hello(message) {
  const scenes = state.scenes = inOrder(message.scenes);
  $("scenes").replaceChildren(...scenes.map((scene) => element("a", { href: `#scene=${scene.name}`, textContent: scene.title,
    title: scene.broken || scene.about || "" })));
  await fromAddress();
}

async function open(name, { controls = {}, seed = 0, update = 0 } = {}) {
  const scene = state.scenes.find((one) => one.name === name) || state.scenes[0];
  if (!scene) return status("There is no scene yet.");
  if (scene.broken) return status(scene.broken);
  Object.assign(state, { scene, seed, past: [], playing: false, guess: null, prediction: null, goal: update, refused: false });
  document.title = `${scene.title} · Playground · AI From Scratch`;
  $("title").textContent = scene.title;
  $("about").textContent = scene.about;
  for (const link of $("scenes").children) {
    const here = link.hash === `#scene=${scene.name}`;
    if (here) link.setAttribute("aria-current", "page"); else link.removeAttribute("aria-current");
    if (here) $("scenes").scrollLeft = link.offsetLeft - $("scenes").offsetLeft - 40;      // on a phone the row is wider than the screen
  }
  state.controls = { ...defaults(), ...controls };
  panel.build(scene.controls, state.controls);
  if (scene.seeded) $("controls").append(luck());
  presets();
  links();
  state.speed = still() ? 0 : scene.speed;
  $("speed").value = state.speed;
  await build(scene);
  code.open(scene.files);
  begin();
}

// Other random numbers, the same controls.
function luck() {
  const other = () => {
    remember();
    unpress();
    const { playing } = state;
    state.seed = (state.seed + 1) % 2 ** 32;
    begin();
    state.playing = playing;
  };
  return element("div", { className: "control switch" }, element("div", { className: "head" }, element("label", { htmlFor: "luck", textContent: "Random numbers" })),
    element("p", { id: "luck-what", className: "what", textContent: "Others give another run: what stays, and what was luck?" }),
    element("div", { className: "touch" }, element("button", { id: "luck", type: "button", className: "tool", textContent: "Others", onclick: other })));
}

function defaults() {
  return Object.fromEntries(state.scene.controls.map((control) => [control.name, control.default]));
}

async function build(scene) {
  views.clear();
  await Promise.all([...new Set(scene.views.map((view) => view.kind))].map((kind) => import(`./elements/${kind}.js`)));
  const figures = scene.views.map((view) => {
    const picture = element(`afs-${view.kind}`);
    const [control, value] = view.chooses;
    const title = control ? element("button", { type: "button", textContent: view.title, title: "Show it large", onclick: () => { changed(control, value); settle(); } }) : view.title;
    const figure = element("figure", { className: `view ${view.kind}` }, element("figcaption", {}, title), picture);
    if (!control) figure.append(element("p", { className: "seen", ariaHidden: "true", textContent: view.what }));      // the picture's own label has it, too
    if (control) figure.dataset.chooses = JSON.stringify(view.chooses);
    views.set(view.name, picture);
    return [view, figure, picture];
  });
  $("hero").replaceChildren(...figures.filter(([view]) => view.hero).map(([, figure]) => figure));
  const [choosing, others] = [figures.filter(([view]) => view.chooses[0]), figures.filter(([view]) => !view.hero && !view.chooses[0])];
  $("beside").replaceChildren(...choosing.map(([, figure]) => figure));          // what is chosen from stands beside the hero
  $("beside").hidden = !choosing.length;
  $("others").replaceChildren(...others.map(([, figure]) => figure));
  figures.forEach(([view, , picture]) => picture.setup(view, page));
}

// Begin the run anew with the present controls.
function begin() {
  state.run += 1;
  Object.assign(state, { kept: [], at: 0, waiting: true, resting: false, more: false, ended: false, anew: false, resume: false });
  state.pending.clear();
  code.forget();
  const values = Object.fromEntries(Object.entries(state.controls).filter(([name, value]) => value !== defaults()[name]));
  engine.known.clear();
  engine.send({ do: "open", scene: state.scene.name, controls: values, seed: state.seed, run: state.run });
  if (state.goal) {
    engine.send({ do: "back", to: state.goal });
    state.goal = 0;
  }
  address();
}

// ---- frames ----------------------------------------------------------------------------------------------------------

function framed(message) {
  if (message.controls) {
    state.controls = { ...state.controls, ...message.controls, ...Object.fromEntries(state.pending) };
    panel.update(state.controls);
  }
  if (state.more) state.kept.pop();                          // half an answer is not kept beside the whole one
  state.kept.push({ update: message.update, frame: message.frame });
  if (state.kept.length > MOST_KEPT) state.kept = state.kept.filter((_, index) => index % 2 === 0 || index > MOST_KEPT / 2);
  state.at = state.kept.length - 1;
  state.resting = Boolean(message.frame.rest);
  state.more = Boolean(message.frame.more);
  state.ended = Boolean(message.ended);
  if (state.resting) {
    state.resume = state.playing;                            // a change of a control sets it going again
    state.playing = false;
  }
  // While it plays, the next frame is asked for before this one is painted: the engine computes meanwhile (tick).
  if (state.playing && state.kept.length > 1) state.unpainted = true;
  else show();
  answers(message.frame.answers || {});
  if (message.lines) code.walk(message.lines);
  if (state.then) {
    const then = state.then;
    state.then = null;
    then();
  }
  flush();
}

function show() {
  const kept = state.kept[state.at];
  state.unpainted = false;
  if (!kept) return;
  state.painted += 1;
  const { frame } = kept;
  if ($("say").textContent !== frame.say) $("say").textContent = frame.say || "";
  readOuts(Object.entries(frame.numbers || {}));
  panel.marks(frame.marks);
  for (const figure of document.querySelectorAll("[data-chooses]")) {
    const [control, value] = JSON.parse(figure.dataset.chooses);
    figure.querySelector("button").setAttribute("aria-pressed", String(state.controls[control] === value));
  }
  for (const [name, picture] of views) if (frame[name]) picture.show(frame[name], state.kept, state.at);
  transport();
}

function readOuts(pairs) {
  const list = $("numbers");
  if (list.children.length !== pairs.length) {
    list.replaceChildren(...pairs.map(() => element("div", {}, element("dt"), element("dd"))));
    list.classList.toggle("many", pairs.length > 4 || pairs.map(([name]) => name).join("").length > WIDEST);
  }
  pairs.forEach(([name, value], index) => {
    const words = typeof value === "number" ? short(value) : String(value ?? "–");
    const [term, number] = list.children[index].children;
    if (term.textContent !== name) term.textContent = name;
    if (number.textContent !== words) number.textContent = words;
  });
}

function transport() {
  const last = state.kept.length - 1;
  $("scrub").max = Math.max(last, 0);
  $("scrub").value = state.at;
  const update = state.kept[state.at]?.frame.step ?? state.kept[state.at]?.update ?? 0;
  $("scrub").setAttribute("aria-valuetext", `update ${update}`);
  $("say").setAttribute("aria-live", state.playing ? "off" : "polite");           // nobody wants to be read each step
  $("scrub").style.setProperty("--at", `${last > 0 ? state.at / last * 100 : 0}%`);
  $("where").textContent = short(update);
  const words = state.playing ? "Pause" : state.at < last ? "Go on from here" : state.resting || state.ended ? "Again" : "Play";
  $("play-words").textContent = words;
  $("play-sign").textContent = state.playing ? "❚❚" : words === "Again" ? "↺" : "▶";
  document.body.classList.toggle("playing", state.playing);
  $("back").disabled = state.at <= 0;
  $("restart").disabled = state.kept.length < 2;
  $("undo").disabled = !state.past.length;
  $("step").disabled = (state.resting || state.ended) && state.at === last && !state.kept[last]?.frame.again;
}

// ---- the run ---------------------------------------------------------------------------------------------------------

function tick(now) {
  requestAnimationFrame(tick);
  next(now);
  if (state.unpainted) show();
}

function next(now) {
  if (!(state.playing || state.more) || state.waiting || document.hidden) return;
  const [, perSecond, updates] = state.more ? UNFINISHED : SPEEDS[state.speed];
  const gap = Math.max(perSecond ? 1000 / perSecond : 0, still() && !state.more ? 250 : 0);
  if (now - state.last < gap - 4) return;
  state.last = now;
  ask({ do: "next", updates, ...(state.more ? { unfinished: true } : {}) });
}
requestAnimationFrame(tick);

function ask(message) {
  state.waiting = true;
  engine.send(message);
}

function atEnd() { return state.at === state.kept.length - 1; }

// Go on from the frame that is shown: the same run once more, to here, without painting.
function goOn(then) {
  const { update } = state.kept[state.at];
  state.kept = state.kept.slice(0, state.at);
  engine.known.clear();
  state.then = then;
  ask({ do: "back", to: update });
}

function play() {
  state.resume = false;
  if (state.playing) { state.playing = false; return transport(); }
  hidePrediction();
  code.forget();
  const run = () => { state.playing = true; transport(); };
  if (!atEnd()) return goOn(run);
  if (state.resting || state.ended) { begin(); }
  return run();
}

function step() {
  state.playing = state.resume = false;
  hidePrediction();
  if (state.waiting) return;
  if (!atEnd()) return goOn(() => ask({ do: "step" }));
  if (!state.ended && (!state.resting || state.kept[state.at].frame.again)) ask({ do: "step" });
  transport();
}

function scrub(index) {
  state.playing = state.resume = state.more = false;
  state.at = Math.max(0, Math.min(state.kept.length - 1, index));
  code.forget();
  show();
}

function restart() {
  state.playing = false;
  begin();
}

// ---- controls --------------------------------------------------------------------------------------------------------

function changed(name, value, passing = false) {
  const control = state.scene.controls.find((one) => one.name === name);
  if (!passing && !state.editing) { remember(); state.editing = true; }
  if (!passing) unpress();
  state.controls[name] = value;
  if (control.effect === "starts anew" || state.ended) state.anew = true;
  else state.pending.set(name, value);
  panel.update(state.controls);
  flush();
}

// A change is sent when the last answer is there: at most one for each painted frame.
function flush() {
  if (state.waiting) return;
  if (state.anew) {
    const { playing } = state;
    begin();
    state.playing = playing;
    return;
  }
  if (!state.pending.size) return;
  if (!atEnd()) return goOn(flush);
  engine.send({ do: "set", controls: Object.fromEntries(state.pending) });
  state.pending.clear();
  state.resting = false;
  if (state.resume) state.playing = true;
  state.resume = false;
  if (!state.playing) ask({ do: "next", updates: 1 });       // the changed state, without an update
  address();
}

function settle() {
  state.editing = false;
  address();
}

function remember() {
  state.past.push({ controls: { ...state.controls }, seed: state.seed });
  if (state.past.length > 50) state.past.shift();
}

function undo() {
  const before = state.past.pop();
  if (!before) return;
  Object.assign(state, { controls: before.controls, seed: before.seed, playing: false, editing: false });
  panel.update(state.controls);
  begin();
}

// The controls are no longer those of a preset.
function unpress() {
  for (const chip of $("presets").children) chip.setAttribute("aria-pressed", "false");
}

function presets() {
  $("presets").replaceChildren(...state.scene.presets.map((preset) => element("button", { type: "button", title: preset.teaches, onclick: () => {
    remember();
    Object.assign(state, { controls: { ...defaults(), ...preset.controls }, seed: preset.seed, playing: false, editing: false });
    panel.update(state.controls);
    for (const chip of $("presets").children) chip.setAttribute("aria-pressed", String(chip.textContent === preset.name));
    $("about").textContent = preset.teaches;
    begin();
    predict(preset.predict);
  } }, preset.name)));
  for (const [index, chip] of [...$("presets").children].entries()) chip.setAttribute("aria-pressed", String(index === 0));
  predict(state.scene.presets[0]?.predict);
}

// ---- predictions -----------------------------------------------------------------------------------------------------

function predict(name) {
  const prediction = state.scene.predictions.find((one) => one.name === name);
  state.prediction = prediction || null;
  state.guess = null;
  const form = $("predict");
  form.hidden = !prediction;
  form.className = "predict";
  if (!prediction) return;
  const answer = (value) => { state.guess = value; guessed(); if (!state.playing) play(); };
  const heading = element("h2", { textContent: "Predict first" });
  const question = element("p", { id: "question", textContent: prediction.question });
  if (prediction.options.length) {
    form.replaceChildren(heading, question, element("div", { className: "options" }, ...prediction.options.map(([value, label]) =>
      element("button", { type: "button", textContent: label, onclick: () => answer(value) }))));
  } else {
    const input = element("input", { type: "number", id: "guess", min: prediction.low, max: prediction.high, step: "any", required: true });
    input.setAttribute("aria-labelledby", "question");
    form.replaceChildren(heading, question, element("div", { className: "options" }, input, element("span", { textContent: prediction.unit }),
      element("button", { type: "submit", textContent: "Go" })));
    form.onsubmit = (event) => { event.preventDefault(); if (input.checkValidity()) answer(Number(input.value)); };
  }
}

function hidePrediction() {
  if (state.guess === null) $("predict").hidden = true;
}

function label(value) {
  return state.prediction.options.find(([option]) => option === value)?.[1] ?? `${short(value)} ${state.prediction.unit}`;
}

function guessed() {
  $("predict").replaceChildren(element("h2", { textContent: "Your prediction" }), element("p", { textContent: label(state.guess) }));
}

function answers(found) {
  if (state.guess === null || !state.prediction || !(state.prediction.name in found)) return;
  const truth = found[state.prediction.name];
  const form = $("predict");
  const right = state.prediction.options.length ? [truth].flat().includes(state.guess) : Math.abs(truth - state.guess) <= 0.1 * Math.abs(truth);
  const words = state.prediction.options.length ? (right ? "Right." : `Not so. The answer: ${[truth].flat().map(label).join(", ")}.`)
    : truth === state.guess ? "Exactly." : `It was ${label(truth)}: you were off by ${short(Math.abs(truth - state.guess))}.`;
  form.className = `predict ${right ? "right" : "wrong"}`;
  form.replaceChildren(element("h2", { textContent: right ? "✓ Your prediction" : "✗ Your prediction" }), element("p", { textContent: `You said: ${label(state.guess)}. ${words}` }));
  state.guess = null;
  state.prediction = null;
}

// ---- the address, links, the picture ---------------------------------------------------------------------------------

function written(value) {
  if (Array.isArray(value) && value.length > MOST_WRITTEN && !Array.isArray(value[0])) return runs(value);
  if (Array.isArray(value)) return value.map((item) => (Array.isArray(item) ? item.map((one) => Number(one.toPrecision(4))).join(",") : Number(item.toPrecision(4)))).join(Array.isArray(value[0]) ? ";" : ",");
  return String(value);
}

// Pixels as pairs of bytes, how many and which value: a link with a drawn digit stays short enough to send.
function runs(pixels) {
  const bytes = [];
  for (let at = 0; at < pixels.length; at += bytes.at(-2)) {
    let count = 1;
    while (count < 255 && pixels[at + count] === pixels[at]) count += 1;
    bytes.push(count, pixels[at]);
  }
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

function pixelsOf(text) {
  let bytes = "";
  try { bytes = atob(text.replaceAll("-", "+").replaceAll("_", "/")); } catch { /* no pixels: the engine says so */ }
  return Array.from({ length: bytes.length >> 1 }, (_, pair) => Array(bytes.charCodeAt(2 * pair)).fill(bytes.charCodeAt(2 * pair + 1))).flat();
}

function parsed(control, text) {
  if (control.kind === "number" || control.kind === "whole") return Number(text);
  if (control.kind === "switch") return text === "true";
  if (control.kind === "pixels" && !text.includes(",")) return pixelsOf(text);
  if (control.kind === "point" || control.kind === "pixels") return text.split(",").map(Number);
  if (control.kind === "points") return text.split(";").filter(Boolean).map((row) => row.split(",").map(Number));
  return text;
}

function hash(update = 0) {
  const parameters = new URLSearchParams({ scene: state.scene.name });
  if (state.seed) parameters.set("seed", state.seed);
  for (const [name, value] of Object.entries(state.controls)) {
    if (value !== null && value !== undefined && JSON.stringify(value) !== JSON.stringify(defaults()[name])) parameters.set(name, written(value));
  }
  if (update) parameters.set("update", update);
  return `#${parameters}`;
}

// Not with each move of a finger: browsers allow few changes of the address a second.
function address() {
  clearTimeout(state.addressing);
  state.addressing = setTimeout(() => history.replaceState(null, "", hash()), 300);
}

async function fromAddress() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  const scene = state.scenes.find((one) => one.name === parameters.get("scene")) || state.scenes.find((one) => !one.broken);
  const controls = {};
  for (const control of scene?.controls || []) if (parameters.has(control.name)) controls[control.name] = parsed(control, parameters.get(control.name));
  await open(scene?.name, { controls, seed: Number(parameters.get("seed")) || 0, update: Number(parameters.get("update")) || 0 });
  if (Object.keys(controls).length) { predict(""); unpress(); }
}

addEventListener("hashchange", () => {
  if (state.scene && location.hash !== hash()) fromAddress();
});

// The scene's page and files, from this engine: they open without a network.
function links() {
  const { links: { page: text, file, next }, file: own } = state.scene;
  const following = state.scenes.find((one) => one.name === next);
  const link = (path, words) => element("a", { href: `read/${path}`, target: "_blank", rel: "noopener", textContent: words, title: path });
  $("links").replaceChildren(
    element("span", { textContent: "Read on: " }), link(text, `the page of ${state.scene.chapter}`),
    link(file, file.split("/").pop()), link(own, own.split("/").pop()),
    ...(following ? [element("a", { href: `#scene=${following.name}`, className: "next", textContent: `Next: ${following.title} →` })] : []));
}

function wrapped(text, width = 70) {
  return text.split("\n").flatMap((line) => line.match(new RegExp(`.{1,${width}}(?:\\s|$)|.{1,${width}}`, "g")) || [""]);
}

async function copyLink() {
  const update = state.kept[state.at]?.update || 0;
  clearTimeout(state.addressing);
  history.replaceState(null, "", hash(update));
  try {
    await navigator.clipboard.writeText(location.href);
    status("The link to this state is copied. It holds the controls, the samples and the update.");
  } catch {
    status("The link to this state is now in the address bar.");
  }
}

function download() {
  const canvases = [...document.querySelectorAll("#stage canvas")].filter((canvas) => canvas.clientWidth);
  const colour = colours();
  const ratio = canvases[0].width / canvases[0].clientWidth;
  const [wide, gap] = [Math.max(canvases[0].width, 700 * ratio), 16 * ratio];
  const small = (wide - gap) / Math.max(canvases.length - 1, 1);
  const sizes = canvases.map((canvas, index) => (index ? [small - gap / 2, (small - gap / 2) * canvas.height / canvas.width] : [canvas.width, canvas.height]));
  const lines = wrapped($("hero").querySelector(".written")?.textContent || "").slice(-MOST_LINES);     // a hero that is a text
  const said = wrapped($("say").textContent, Math.floor(wide / ratio / 7.5));
  const top = 58 + 20 * said.length;
  const head = (top + (lines.length ? 8 + 22 * lines.length : 0)) * ratio;
  const all = element("canvas", { width: wide + 2 * gap, height: head + sizes[0][1] + gap + Math.max(0, ...sizes.slice(1).map(([, high]) => high)) + gap });
  const context = all.getContext("2d");
  context.fillStyle = colour.surface;
  context.fillRect(0, 0, all.width, all.height);
  context.fillStyle = colour.ink;
  context.font = `600 ${22 * ratio}px ${FONT}`;
  context.fillText(state.scene.title, gap, 32 * ratio);
  context.font = `${15 * ratio}px ${FONT}`;
  said.forEach((line, index) => context.fillText(line, gap, (58 + 20 * index) * ratio));
  context.font = `${15 * ratio}px ui-monospace, "DejaVu Sans Mono", monospace`;
  lines.forEach((line, index) => context.fillText(line, gap, (top + 8 + 22 * index) * ratio));
  let x = gap;
  canvases.forEach((canvas, index) => {
    if (!index) context.drawImage(canvas, gap + (wide - canvas.width) / 2, head);
    else { context.drawImage(canvas, x, head + sizes[0][1] + gap, ...sizes[index]); x += sizes[index][0] + gap; }
  });
  all.toBlob((blob) => {
    const url = URL.createObjectURL(blob);
    element("a", { href: url, download: `${state.scene.name}_${state.kept[state.at]?.update || 0}.png` }).click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
    status("The picture is saved.");
  });
}

function status(words) { $("status").textContent = words; }

// ---- buttons and keys ------------------------------------------------------------------------------------------------

$("speed").replaceChildren(...SPEEDS.map(([words], index) => element("option", { value: index, textContent: words })));
state.speed = still() ? 0 : 1;
$("speed").value = state.speed;
$("speed").onchange = () => { state.speed = Number($("speed").value); };
$("play").onclick = play;
$("step").onclick = step;
$("restart").onclick = restart;
$("back").onclick = () => scrub(state.at - 1);
$("scrub").oninput = () => scrub(Number($("scrub").value));
$("undo").onclick = undo;
$("link").onclick = copyLink;
$("picture").onclick = download;
$("theme").onclick = () => {
  const dark = colours().dark;
  document.documentElement.dataset.theme = dark ? "light" : "dark";
  localStorage.setItem("theme", document.documentElement.dataset.theme);
  dispatchEvent(new Event("themechange"));
};
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dispatchEvent(new Event("themechange")));
document.addEventListener("visibilitychange", () => status(document.hidden && state.playing ? "Training rests while this tab is hidden." : ""));

addEventListener("keydown", (event) => {
  if (event.target.closest?.("input, select, textarea, summary, .listing") || event.metaKey || event.altKey) return;
  if (event.ctrlKey && event.key !== "z") return;
  const button = event.target.closest?.("button, a");
  const act = { " ": button ? null : play, ArrowRight: step, ArrowLeft: () => scrub(state.at - 1), r: restart, z: undo,
    n: () => code.next(1), p: () => code.next(-1), Home: () => scrub(0), End: () => scrub(state.kept.length - 1) }[event.key];
  if (!act || !state.scene) return;
  event.preventDefault();
  act();
});

// For tests and the curious: what the page holds at this moment.
window.playground = state;
