// The clicker: shows a clip or a live camera, and notes who crosses at the picture that is shown.
"use strict";

const SPEEDS = [0.25, 0.5, 1, 2, 4];
const MOST_STEP_S = 0.25; // further between two pictures, nobody could say what happened
const RETRY_MS = 700;
const FLASH_MS = 180;
const NOT_SHOWN = "422"; // the answer to a mark of a moment that was not watched

const page = document.getElementById("marking");
const { kind, place } = page.dataset;
const said = JSON.parse(page.dataset.said);
const lines = Object.entries(JSON.parse(page.dataset.lines));
const live = kind === "live";
const get = (id) => document.getElementById(id);
const canvas = get("still");
const context = canvas.getContext("2d");
const toggles = { staff: get("staff"), group: get("group"), unsure: get("unsure") };

const fill = (text, values) => text.replace(/\$(\w+)/g, (_, name) => values[name]);
const isOn = (toggle) => toggle.getAttribute("aria-pressed") === "true";
const set = (toggle, on) => toggle.setAttribute("aria-pressed", String(on));

let shown = null; // { at, number, last, watched } of the picture on the screen; null while there is none
let speed = SPEEDS.indexOf(1);
let playing = false;
let running = page.dataset.running === "1"; // marks are taken
let busy = false; // an audit is being begun or ended
let group = 0;
let groups = 0;
let over = false;

function complain(text) {
  get("problem").textContent = text;
  get("problem").hidden = text === "";
}

function drawLines() {
  const svg = get("lines");
  for (const [name, [x1, y1, x2, y2]] of lines) {
    const line = document.createElementNS("http://www.w3.org/2000/svg", "line");
    for (const [key, value] of Object.entries({ x1, y1, x2, y2 })) line.setAttribute(key, String(value * 1000));
    svg.append(line);
    // In is to the right-hand side, looking from the first end to the second (y runs down).
    const length = Math.hypot(x2 - x1, y2 - y1);
    const across = [-(y2 - y1) / length, (x2 - x1) / length];
    const put = (text, x, y) => {
      const label = Object.assign(document.createElement("span"), { textContent: text });
      const clamp = (share) => Math.min(0.94, Math.max(0.06, share));
      label.style.setProperty("left", `${100 * clamp(x)}%`);
      label.style.setProperty("top", `${100 * clamp(y)}%`);
      get("names").append(label);
    };
    if (lines.length > 1) put(name, x1, y1);
    for (const [way, side] of [[said.in, 0.07], [said.out, -0.07]]) {
      put(way, (x1 + x2) / 2 + side * across[0], (y1 + y2) / 2 + side * across[1]);
    }
  }
}

const ways = [];

// A mark is one of the picture that is shown: without one that belongs to the audit there is nothing to press.
const canMark = () => running && !over && shown !== null && shown.watched;

function arm() {
  for (const { button } of ways) button.disabled = !canMark();
  if (!live) return;
  get("begin").disabled = running || busy || over || shown === null;
  get("finish").disabled = !running || over;
  get("clock").textContent = running ? (canMark() ? said.running : said.waiting) : "";
}

function drawSides() {
  lines.forEach(([name], index) => {
    const side = Object.assign(document.createElement("div"), { className: "side" });
    side.append(Object.assign(document.createElement("h3"), { textContent: name }));
    for (const direction of ["in", "out"]) {
      const key = String(ways.length + 1);
      const button = Object.assign(document.createElement("button"), { type: "button", className: `way ${direction}`, disabled: true });
      button.setAttribute("aria-label", `${name}: ${said[direction]}`);
      button.setAttribute("aria-keyshortcuts", key);
      const count = document.createElement("output");
      const hint = document.createElement("kbd");
      hint.textContent = index === 0 ? `${key} · ${direction === "in" ? "I" : "O"}` : key;
      button.append(`${said[direction]} `, hint, count);
      button.addEventListener("click", () => mark(name, direction, button));
      ways.push({ name, direction, button, count });
      side.append(button);
    }
    get("sides").append(side);
  });
}

function clockText(at) {
  const minutes = Math.floor(at / 60);
  return `${minutes}:${(at - 60 * minutes).toFixed(1).padStart(4, "0")}`;
}

function showStanding(standing) {
  groups = Math.max(groups, standing.group);
  for (const way of ways) {
    const [goingIn, goingOut] = standing.counts[way.name] ?? [0, 0];
    way.count.textContent = String(way.direction === "in" ? goingIn : goingOut);
  }
  get("watched").textContent = fill(said.watched, { marks: standing.marks, minutes: (standing.watched_s / 60).toFixed(1) });
  get("last").replaceChildren(
    ...standing.last.map((each) => {
      const extra = [each.staff && said.staff, each.group && fill(said.group, { number: each.group }), each.sure === false && said.unsure];
      const parts = [live ? "" : clockText(each.t), each.line, said[each.direction], ...extra];
      return Object.assign(document.createElement("li"), { textContent: parts.filter(Boolean).join(" · ") });
    }),
  );
}

async function post(what, body) {
  const answer = await fetch(`${place}/${what}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body ?? {}),
  });
  if (answer.status === 403) end();
  if (!answer.ok) throw new Error(String(answer.status));
  return answer.json();
}

// One after the other: marks stand in the order in which they were made.
let queue = Promise.resolve();

function send(what, body) {
  const sent = queue.then(() => post(what, body));
  queue = sent.then(
    (standing) => {
      complain("");
      showStanding(standing);
    },
    (error) => complain(over ? "" : error.message === NOT_SHOWN ? said.not_shown : said.not_noted),
  );
  return queue;
}

function mark(line, direction, button) {
  if (!canMark()) return;
  const entry = { t: shown.at, line, direction };
  if (isOn(toggles.staff)) entry.staff = true;
  if (isOn(toggles.unsure)) entry.sure = false;
  if (group) entry.group = group;
  set(toggles.staff, false);
  set(toggles.unsure, false);
  button.classList.add("noted");
  setTimeout(() => button.classList.remove("noted"), FLASH_MS);
  send("mark", entry);
}

function toggleGroup() {
  const on = !isOn(toggles.group);
  set(toggles.group, on);
  if (on) groups += 1;
  group = on ? groups : 0;
}

function show(bitmap, told) {
  canvas.width = bitmap.width;
  canvas.height = bitmap.height;
  get("stage").style.setProperty("aspect-ratio", `${bitmap.width} / ${bitmap.height}`);
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  get("blind").hidden = true;
  shown = told;
  if (!live) get("clock").textContent = `${clockText(told.at)} · ${SPEEDS[speed]}×`;
  arm();
}

async function fetchPicture(query) {
  const answer = await fetch(`${place}/picture${query}`, { cache: "no-store" });
  if (answer.status === 403) end();
  if (!answer.ok) throw new Error(String(answer.status));
  const number = (name) => Number(answer.headers.get(name));
  const watched = !live || number("Watched") === 1;
  show(await createImageBitmap(await answer.blob()), { at: number("At"), number: number("Number"), last: number("Last") === 1, watched });
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

// A clip: one picture is asked for at a time, so what is asked for last is what is shown.
let turn = Promise.resolve();

function turnTo(query) {
  turn = turn.then(() => fetchPicture(query())).then(() => complain(""), () => complain(over ? "" : said.lost));
  return turn;
}

async function play() {
  setPlaying(true);
  let before = performance.now();
  while (playing && !over) {
    const now = performance.now();
    const step = Math.min(((now - before) / 1000) * SPEEDS[speed], MOST_STEP_S);
    before = now;
    const wanted = (shown?.at ?? 0) + owed + step;
    const from = shown?.number;
    await turnTo(() => `?at=${wanted}`);
    owed = Math.max(0, wanted - (shown?.at ?? 0));
    if (shown?.last) setPlaying(false);
    if (shown?.number === from) await pause(8);
  }
}

let owed = 0; // time played since the picture that is shown

function setPlaying(on) {
  playing = on;
  owed = 0;
  get("play").textContent = on ? said.pause : said.play;
}

function step(by) {
  setPlaying(false);
  turnTo(() => `?number=${Math.max(0, (shown?.number ?? 0) + by)}`);
}

function changeSpeed(by) {
  speed = Math.min(SPEEDS.length - 1, Math.max(0, speed + by));
  if (shown) get("clock").textContent = `${clockText(shown.at)} · ${SPEEDS[speed]}×`;
}

// A live camera: pictures as they come.
async function follow() {
  while (!over && !document.hidden) {
    try {
      await fetchPicture("");
    } catch {
      if (over) return;
      shown = null;
      arm();
      get("blind").textContent = said.blind;
      get("blind").hidden = false;
      await pause(RETRY_MS);
    }
  }
}

async function begin() {
  busy = true;
  arm();
  try {
    showStanding(await post("begin"));
    complain("");
    running = true;
  } catch {
    complain(over ? "" : said.not_begun);
  }
  busy = false;
  arm();
}

async function finish() {
  busy = true;
  setRunning(false);
  get("finish").disabled = true;
  get("outcome").textContent = said.finishing;
  try {
    await queue;
    const answer = await post("finish");
    over = !live;
    get("outcome").textContent = answer.text ?? said.finished;
  } catch {
    setRunning(true);
    get("finish").disabled = false;
    complain(over ? "" : said.not_noted);
  }
  busy = false;
  arm();
}

function setRunning(on) {
  running = on;
  if (!live) setPlaying(false);
  arm();
}

function end() {
  over = true;
  arm();
  canvas.width = canvas.width; // wipes it
  get("blind").textContent = said.ended;
  get("blind").hidden = false;
}

const keys = {
  s: () => set(toggles.staff, !isOn(toggles.staff)),
  u: () => set(toggles.unsure, !isOn(toggles.unsure)),
  g: toggleGroup,
  z: () => running && send("undo"),
  i: () => ways[0]?.button.click(),
  o: () => ways[1]?.button.click(),
};
if (!live) {
  Object.assign(keys, {
    " ": () => (playing ? setPlaying(false) : play()),
    ArrowLeft: () => step(-1),
    ArrowRight: () => step(1),
    ArrowUp: () => changeSpeed(1),
    ArrowDown: () => changeSpeed(-1),
  });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  // The space bar presses the button that has the focus, unless that is not of the keyboard's choosing.
  if (event.key === " " && event.target.matches("button:focus-visible, a")) return;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  const way = /^[1-9]$/.test(key) ? ways[Number(key) - 1] : undefined;
  const act = way ? () => way.button.click() : keys[key];
  if (!act || (event.repeat && !key.startsWith("Arrow"))) return;
  event.preventDefault();
  act();
});

toggles.staff.addEventListener("click", keys.s);
toggles.unsure.addEventListener("click", keys.u);
toggles.group.addEventListener("click", toggleGroup);
get("undo").addEventListener("click", keys.z);
get("finish").addEventListener("click", finish);

drawLines();
drawSides();
arm();
if (live) {
  get("begin").addEventListener("click", begin);
  if (running) begin(); // goes on with the one that runs
  document.addEventListener("visibilitychange", () => document.hidden || follow());
  follow();
} else {
  get("play").addEventListener("click", keys[" "]);
  get("back").addEventListener("click", () => step(-1));
  get("forward").addEventListener("click", () => step(1));
  get("slower").addEventListener("click", () => changeSpeed(-1));
  get("faster").addEventListener("click", () => changeSpeed(1));
  fetch(`${place}/standing`)
    .then((answer) => answer.json())
    .then((standing) => {
      showStanding(standing);
      return turnTo(() => `?at=${standing.through_s ?? 0}`);
    })
    .catch(() => complain(said.lost));
}
