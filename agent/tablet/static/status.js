// Keeps the status page true while somebody looks at it. Without it the page loads itself anew.
"use strict";

const EVERY_MS = 5000;
const page = document.getElementById("status");

function alarms(root) {
  return [...root.querySelectorAll("[data-alarm]")].map((alarm) => alarm.dataset.alarm).join(" ");
}

// Only parts that differ are replaced, so scrolling and screen readers are left in peace.
function show(html) {
  const next = new DOMParser().parseFromString(html, "text/html").getElementById("status");
  const other = alarms(next) !== alarms(page);
  for (const shown of page.querySelectorAll("[data-part]")) {
    const fresh = next.querySelector(`[data-part="${shown.dataset.part}"]`);
    if (fresh && fresh.outerHTML !== shown.outerHTML) shown.replaceWith(fresh);
  }
  if (other) {
    document.getElementById("news").textContent = document.getElementById("headline").textContent;
  }
}

async function look() {
  let lost = false;
  try {
    const answer = await fetch(page.dataset.now);
    if (!answer.ok) throw new Error(String(answer.status));
    show(await answer.text());
  } catch {
    lost = true;
  }
  document.getElementById("lost").hidden = !lost;
  setTimeout(look, EVERY_MS);
}

setTimeout(look, EVERY_MS);
