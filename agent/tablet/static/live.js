// Keeps the card on the screen true while somebody looks at it. Every page works without it.
"use strict";

const card = document.getElementById("card");
let source = null;
let masking = 0;

function part(name) {
  return document.querySelector(`[data-part="${name}"]`);
}

function sales(root) {
  return [...root.querySelectorAll("[data-sale]")];
}

// Only parts that differ are replaced, so focus, scrolling and screen readers are left in peace.
function show(html) {
  const next = new DOMParser().parseFromString(html, "text/html").body.firstElementChild;
  const known = new Set(sales(card).map((sale) => sale.dataset.sale));
  const focused = document.activeElement?.id;
  let changed = false;
  for (const fresh of next.querySelectorAll("[data-part]")) {
    const shown = part(fresh.dataset.part);
    if (!shown || shown.outerHTML === fresh.outerHTML) continue;
    shown.replaceWith(fresh);
    changed ||= card.contains(fresh);
  }
  if (focused && document.activeElement === document.body) {
    document.getElementById(focused)?.focus({ preventScroll: true });
  }
  card.dataset.version = next.dataset.version;
  announce(changed, sales(card).filter((sale) => !known.has(sale.dataset.sale)));
  maskLater();
}

function announce(changed, arrived) {
  for (const sale of arrived) sale.classList.add("arrived");
  if (changed) document.getElementById("news").textContent = (arrived[0] ?? card).dataset.news;
}

// The server masks again by itself; this is for a line that breaks while names are shown.
function maskLater() {
  clearTimeout(masking);
  const seconds = Number(part("person").dataset.shownS ?? 0);
  if (seconds) masking = setTimeout(mask, (seconds + 2) * 1000);
}

function mask() {
  for (const secret of card.querySelectorAll("[data-masked]")) {
    secret.textContent = secret.dataset.masked;
  }
}

function linked(state) {
  document.getElementById("lost").hidden = state !== "lost";
  document.getElementById("ended").hidden = state !== "ended";
  card.hidden = state === "ended";
  part("line").hidden = state !== "open";
}

function watch() {
  source = new EventSource(card.dataset.live);
  source.addEventListener("open", () => linked("open"));
  source.addEventListener("card", (event) => show(event.data));
  source.addEventListener("gone", () => { source.close(); linked("ended"); });
  source.addEventListener("error", () => {
    linked(source.readyState === EventSource.CLOSED ? "ended" : "lost");
  });
  maskLater();
}

// Show and hide without a new page: the stream brings the answer.
document.addEventListener("submit", (event) => {
  if (!("quiet" in event.target.dataset) || source?.readyState !== EventSource.OPEN) return;
  event.preventDefault();
  fetch(event.target.action, { method: "POST", redirect: "manual" }).catch(() => event.target.submit());
});

for (const button of document.querySelectorAll("[data-keyboard]")) {
  const field = document.getElementById(button.getAttribute("aria-controls"));
  button.hidden = false;
  button.addEventListener("click", () => {
    field.inputMode = field.inputMode === "numeric" ? "text" : "numeric";
    button.setAttribute("aria-pressed", String(field.inputMode === "text"));
    field.focus();
  });
}

if (card) watch();
