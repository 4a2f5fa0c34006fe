// The live view of run_all.py --show browser: a mirror of the one figure that the training paints.
// Messages: ai_from_scratch/stage/live_server.py.  Pause, step and scrub are asked for; the Python side decides.
import { colours, element, short, still } from "./canvas.js";

const MOST_PIXELS = 2860;                  // across, that the figure is painted with
const SECONDS_UNTIL_WAITING = 0.7;         // then the page says that it waits for the training's next frame
const MILLISECONDS_WHEN_STILL = 500;       // between two pictures, for people who want little motion
const MILLISECONDS_OF_HAND = 600;          // so long after a move of the slider it is not moved from here
const $ = (id) => document.getElementById(id);
const state = { state: null, moment: null, socket: null, asked: 0, moved: 0, looked: "", url: "", picture: null, pictures: 0 };

// ---- the socket ------------------------------------------------------------------------------------------------------

function connect() {
  const address = new URL("socket", location.href);
  address.protocol = "ws:";
  address.hash = address.search = "";
  const socket = state.socket = new WebSocket(address);
  socket.binaryType = "arraybuffer";
  socket.onopen = () => {
    connection("open", "training on this machine");
    state.looked = "";
    look();
  };
  socket.onclose = () => closed();
  socket.onmessage = (event) => (typeof event.data === "string" ? told(JSON.parse(event.data)) : painted(event.data));
}

function ask(message) {
  if (state.socket.readyState === WebSocket.OPEN) state.socket.send(JSON.stringify(message));
}

function connection(what, words) {
  document.body.dataset.engine = what;
  $("engine-words").textContent = words;
}

function closed() {
  const before = state.state;
  connection("closed", before ? "the run has ended" : "not connected");
  buttons();
  status(before ? "The run in the terminal has ended. The last picture stays; run the chapter again to see more."
    : "The training does not answer. Open the address that the terminal shows, with its token.");
}

// What the figure is painted for: this width in pixels of the screen, light or dark.
function look() {
  const width = Math.min(Math.round($("scroll").scrollWidth * Math.min(devicePixelRatio || 1, 3)), MOST_PIXELS);
  const { dark } = colours();
  const words = `${width} ${dark}`;
  if (!width || words === state.looked || state.socket.readyState !== WebSocket.OPEN) return;
  state.looked = words;
  ask({ do: "look", width, dark });
}

// ---- what comes ------------------------------------------------------------------------------------------------------

function told(message) {
  if (message.kind === "error") return status(message.say);
  const anew = message.title !== state.state?.title || (message.phase === "loading" && state.state?.phase !== "loading");
  state.state = message;
  state.asked = 0;
  if (anew) begin(message);
  buttons();
  return status(words(message));
}

// A chapter begins: what the one before has left is taken away.
function begin({ title, about }) {
  state.moment = null;
  document.title = `${title || "Live"} · AI From Scratch`;
  $("title").textContent = title || "Live";
  $("about").textContent = about;
  for (const id of ["say", "scene"]) $(id).textContent = "";
  $("numbers").replaceChildren();
  $("picture").hidden = true;
  $("nothing").hidden = false;
}

function words({ phase, training, playing, latest, waiting, kept, at }) {
  const where = `frame ${at + 1} of ${kept}`;
  if (phase === "loading") return "The data are being loaded.";
  if (phase === "lost") return "The live figure has ended; the terminal says why. The training continues.";
  if (phase === "ended") return "This training has ended. The terminal says what comes next.";
  if (!latest) return playing ? `A replay of the kept frames, ${where}.` : `You look back: ${where}.${training ? " The training waits." : ""}`;
  if (!training) return waiting ? "The training has ended. Look back, replay, or go on (Enter in the terminal)." : "The training has ended. The pictures are being painted.";
  return playing ? "" : "Paused. The training waits.";
}

async function painted(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const moment = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const url = URL.createObjectURL(new Blob([new Uint8Array(buffer, 4 + length)], { type: "image/png" }));
  const next = element("img", { id: "picture", src: url, alt: described(moment), width: moment.width, height: moment.height });
  try {
    await next.decode();
    if (state.state?.phase !== "loading") show(moment, next, url);
  } finally {
    setTimeout(ask, still() ? MILLISECONDS_WHEN_STILL : 0, { do: "painted" });     // then the next picture comes
  }
}

function show(moment, next, url) {
  $("picture").replaceWith(next);
  if (state.url) URL.revokeObjectURL(state.url);
  Object.assign(state, { moment, url, picture: next, pictures: state.pictures + 1 });
  $("nothing").hidden = true;
  $("scroll").closest("figure").style.setProperty("--picture", moment.dark ? "#0d1117" : "#fff");
  if ($("say").textContent !== moment.sentence) $("say").textContent = moment.sentence;
  $("scene").textContent = moment.scene;
  readOuts([["step", `${group(moment.step)} of ${group(moment.steps)}`], ...moment.metrics]);
  buttons();
}

function described(moment) {
  const title = state.state?.title || "";
  return `Live figure of ${title}, ${moment.scene}, step ${moment.step} of ${moment.steps}. ${moment.sentence}`.trim();
}

const group = (number) => number.toLocaleString("en-US");

function readOuts(pairs) {
  const list = $("numbers");
  if (list.children.length !== pairs.length) list.replaceChildren(...pairs.map(() => element("div", {}, element("dt"), element("dd"))));
  pairs.forEach(([name, value], index) => {
    const [term, number] = list.children[index].children;
    term.textContent = name.replaceAll("_", " ");
    number.textContent = typeof value !== "number" ? value ?? "–"
      : /accuracy|probability/.test(name) ? `${(100 * value).toFixed(2)} %` : short(value);
  });
}

// ---- buttons and keys ------------------------------------------------------------------------------------------------

function buttons() {
  const now = state.state;
  const closed = state.socket.readyState > WebSocket.OPEN || !now || now.phase === "ended" || now.phase === "lost";
  const { kept = 0, at = 0, playing = true, training = true, latest = true, waiting = false } = now || {};
  const last = Math.max(kept - 1, 0);
  $("scrub").max = last;
  if (performance.now() - state.moved > MILLISECONDS_OF_HAND) $("scrub").value = at;
  $("scrub").style.setProperty("--at", `${last ? at / last * 100 : 0}%`);
  $("scrub").setAttribute("aria-valuetext", `frame ${at + 1} of ${kept}${state.moment ? `, step ${state.moment.step}` : ""}`);
  $("where").textContent = kept ? `${at + 1} / ${kept}` : "";
  $("play-words").textContent = playing ? "Pause" : !latest || training ? "Go on" : "Replay";
  $("play-sign").textContent = playing ? "❚❚" : latest && !training ? "↺" : "▶";
  for (const id of ["first", "back"]) $(id).disabled = closed || at <= 0;
  $("latest").disabled = closed || latest;
  $("step").disabled = closed || (latest && !training);
  $("play").disabled = $("scrub").disabled = $("speed").disabled = closed || !kept;
  $("leave").hidden = closed || !waiting;
  if (now && $("speed").children.length !== now.speeds.length) {
    $("speed").replaceChildren(...now.speeds.map((text, index) => element("option", { value: index, textContent: text })));
  }
  if (now) $("speed").value = now.speed;
}

function status(text) {
  if ($("status").textContent !== text) $("status").textContent = text;
}

// Asks, and says so when the answer has to wait for the training's next frame.
function want(message) {
  const asked = state.asked = state.asked + 1;
  ask(message);
  setTimeout(() => {
    if (state.asked !== asked) return;
    status(state.state?.training ? "The training is in the middle of a step; this comes with its next frame."
      : "A picture is being painted; this comes after it.");
  }, 1000 * SECONDS_UNTIL_WAITING);
}

for (const [id, action] of [["play", "toggle"], ["step", "step"], ["back", "back"], ["first", "first"], ["latest", "latest"], ["leave", "leave"]]) {
  $(id).onclick = () => want({ do: action });
}
$("scrub").oninput = () => {
  state.moved = performance.now();
  want({ do: "seek", to: Number($("scrub").value) });
  setTimeout(buttons, 2 * MILLISECONDS_OF_HAND);
};
$("speed").onchange = () => want({ do: "speed", to: Number($("speed").value) });
$("theme").onclick = () => {
  document.documentElement.dataset.theme = colours().dark ? "light" : "dark";
  localStorage.setItem("theme", document.documentElement.dataset.theme);
  dispatchEvent(new Event("themechange"));       // the colours are read anew, and then the picture is asked for
};
addEventListener("themechange", look);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => dispatchEvent(new Event("themechange")));
new ResizeObserver(look).observe($("scroll"));

const KEYS = { " ": "play", ArrowRight: "step", ArrowLeft: "back", Home: "first", End: "latest" };
const SPEED_KEYS = { ArrowUp: "faster", ArrowDown: "slower" };
addEventListener("keydown", (event) => {
  if (event.target.closest?.("input, select") || event.metaKey || event.altKey || event.ctrlKey) return;
  if (event.key === " " && event.target.closest?.("button, a")) return;
  const picture = event.target.closest?.(".scroll");
  if (picture && picture.scrollWidth > picture.clientWidth && event.key !== " ") return;      // the keys move it
  const button = $(KEYS[event.key]);
  if (button && !button.disabled) button.click();
  else if (event.key in SPEED_KEYS) want({ do: SPEED_KEYS[event.key] });
  else if (!button) return;
  event.preventDefault();
});

connect();

// For tests and the curious: what the page holds at this moment.
window.live = state;
