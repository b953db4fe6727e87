// What the console does in a browser beyond pages and forms: it draws a page anew when something has moved, takes keys,
// shows times by the browser's clock, and checks an agent's file while it is written. Every page works without it.

"use strict";

// --- times ---

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** As the server writes it: a page whose dates are of two kinds is read wrongly. Only the clock is the browser's.
 *  @param {Date} at @param {boolean} toTheSecond */
function written(at, toTheSecond) {
  const [hours, minutes, seconds] = [at.getHours(), at.getMinutes(), at.getSeconds()].map((one) => `${one}`.padStart(2, "0"));
  if (toTheSecond) return `${hours}:${minutes}:${seconds}`;
  return `${at.getDate()} ${MONTHS[at.getMonth()]} ${at.getFullYear()}, ${hours}:${minutes}`;
}

/** @param {ParentNode} place */
function showTimes(place) {
  for (const time of place.querySelectorAll("time[datetime]")) {
    const at = new Date(time.getAttribute("datetime") ?? "");
    if (Number.isNaN(at.getTime())) continue;
    time.setAttribute("title", at.toISOString());
    time.textContent = written(at, time.hasAttribute("data-clock"));
  }
}

// --- live ---

/** Whether somebody is writing or has opened something here, so that the page must not change below their hands. */
function isBusy() {
  const active = document.activeElement;
  if (active instanceof HTMLElement && active.matches("input, textarea, select")) return true;
  return [...document.querySelectorAll("main input:not([type=hidden]), main textarea:not([hidden])")].some(
    (field) => /** @type {HTMLInputElement} */ (field).value !== /** @type {HTMLInputElement} */ (field).defaultValue,
  );
}

/** Which lists are open and which button has the focus, by their place, to be found again. */
function marks() {
  const main = document.querySelector("main");
  const open = [...(main?.querySelectorAll("details") ?? [])].map((one) => one.open);
  const buttons = [...(main?.querySelectorAll("a, button, summary, [tabindex]") ?? [])];
  return { open, focus: buttons.indexOf(/** @type {Element} */ (document.activeElement)) };
}

let drawing = false;
let again = false;
let held = false;
let missed = false;

/** A click is a press and a release on one element: a page that is drawn anew in between would swallow it. */
function heedPresses() {
  document.addEventListener("pointerdown", () => (held = true), true);
  const release = () =>
    // The click itself comes after the release.
    setTimeout(() => {
      held = false;
      if (missed) void drawAnew();
    }, 0);
  for (const end of ["pointerup", "pointercancel"]) document.addEventListener(end, release, true);
}

async function drawAnew() {
  if (drawing) {
    again = true;
    return;
  }
  drawing = true;
  try {
    const answer = await fetch(location.href, { headers: { accept: "text/html", "x-gainful-live": "1" } });
    if (answer.redirected) location.reload();
    const text = await answer.text();
    // From here on nothing is waited for, in which somebody could begin to write or to press.
    missed = held;
    if (!answer.ok || held || isBusy()) return;
    const page = new DOMParser().parseFromString(text, "text/html");
    const kept = marks();
    for (const part of ["main", ".top nav"]) {
      const here = document.querySelector(part);
      const there = page.querySelector(part);
      if (!here || !there || here.innerHTML === there.innerHTML) continue;
      here.replaceChildren(...there.childNodes);
      showTimes(here);
    }
    const main = document.querySelector("main");
    main?.querySelectorAll("details").forEach((one, number) => {
      if (kept.open[number]) one.open = true;
    });
    if (kept.focus >= 0 && document.activeElement === document.body) {
      const found = main?.querySelectorAll("a, button, summary, [tabindex]")[kept.focus];
      if (found instanceof HTMLElement) found.focus({ preventScroll: true });
    }
  } catch {
    // The server is away; the stream comes back by itself, and with it the next drawing.
  } finally {
    drawing = false;
    if (again) {
      again = false;
      void drawAnew();
    }
  }
}

// Milliseconds between two tries to listen, after answers that were no stream.
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

function watch() {
  const wanted = (document.body.dataset.live ?? "").split(" ").filter(Boolean);
  if (!wanted.length || !("EventSource" in window)) return;
  let opened = false;
  let pause = FIRST_PAUSE;
  const listen = () => {
    const stream = new EventSource("/live");
    stream.addEventListener("error", () => {
      // A browser tries again by itself where the line broke off, but not after an answer such as a proxy's 502.
      if (stream.readyState !== EventSource.CLOSED) return;
      setTimeout(listen, pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE);
    });
    stream.addEventListener("moved", (event) => {
      const moved = /** @type {MessageEvent<string>} */ (event).data.split(" ");
      if (moved.some((name) => wanted.includes(name))) void drawAnew();
    });
    stream.addEventListener("stands", (event) => {
      // What moved while nobody listened is seen now: since the page was drawn, or since the stream broke off.
      const seen = (document.body.dataset.seen ?? "").split(" ");
      const stands = /** @type {MessageEvent<string>} */ (event).data.split(" ");
      const fresh = stands.every((one) => seen.includes(one) || !wanted.includes(one.split(":", 1)[0]));
      if (opened || !fresh) void drawAnew();
      opened = true;
      pause = FIRST_PAUSE;
    });
  };
  listen();
}

// --- keys ---

let going = false;

/** @param {Element} element */
function isShown(element) {
  return element.checkVisibility?.() ?? true;
}

/** Of several with the same key the one in the card that has the focus, else the first.
 *  @param {string} key */
function pressed(key) {
  const found = [...document.querySelectorAll(`[data-key="${CSS.escape(key)}"]`)].filter(isShown);
  const card = document.activeElement?.closest("[data-step]");
  return found.find((one) => card?.contains(one)) ?? found[0];
}

/** What a key means on a page with several cards is meant for one of them: the first press goes there, and does nothing.
 *  @param {Element} element */
function goesFirst(element) {
  const card = element.closest("[data-step]");
  if (!(card instanceof HTMLElement) || card.contains(document.activeElement)) return false;
  if (document.querySelectorAll("[data-step]").length < 2) return false;
  card.focus();
  return true;
}

/** @param {HTMLElement} element */
function press(element) {
  if (element instanceof HTMLLabelElement) {
    element.control?.focus();
    return;
  }
  element.click();
  // What was opened is for writing in it.
  const opened = element.matches("summary") ? element.closest("details") : null;
  const field = opened?.open ? opened.querySelector("input:not([type=hidden]), textarea, select") : null;
  if (field instanceof HTMLElement) field.focus();
}

/** @param {number} by */
function step(by) {
  const cards = [...document.querySelectorAll("[data-step]")];
  if (!cards.length) return;
  const now = cards.indexOf(/** @type {Element} */ (document.activeElement?.closest("[data-step]")));
  const next = cards[Math.min(Math.max(now + by, 0), cards.length - 1)];
  if (next instanceof HTMLElement) {
    next.focus();
    next.scrollIntoView({ block: "nearest" });
  }
}

function showKeys() {
  const dialog = document.querySelector("#keys");
  const list = dialog?.querySelector("dl");
  if (!(dialog instanceof HTMLDialogElement) || !list || dialog.open) return;
  const rows = [["j, k", "The next or previous card"], ["?", "These keys"]];
  for (const link of document.querySelectorAll("[data-go]")) {
    rows.push([`g ${link.getAttribute("data-go")}`, (link.firstChild?.textContent ?? "").trim()]);
  }
  const seen = new Set();
  for (const one of document.querySelectorAll("[data-key]")) {
    const key = one.getAttribute("data-key") ?? "";
    if (!seen.has(key) && isShown(one)) rows.push([key, (one.textContent ?? "").trim()]);
    seen.add(key);
  }
  list.replaceChildren(
    ...rows.flatMap(([key, what]) => {
      const term = document.createElement("dt");
      const name = document.createElement("kbd");
      name.textContent = key;
      term.append(name);
      const told = document.createElement("dd");
      told.textContent = what;
      return [term, told];
    }),
  );
  dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  const target = event.target;
  const writes = target instanceof HTMLElement && target.matches("input:not([type=checkbox]), textarea, select");
  if (writes || areOff() || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  if (going) {
    going = false;
    const link = document.querySelector(`[data-go="${CSS.escape(event.key)}"]`);
    if (link instanceof HTMLElement) {
      event.preventDefault();
      link.click();
    }
    return;
  }
  if (event.key === "g") going = true;
  else if (event.key === "?") showKeys();
  else if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else {
    // What scrolls sideways has the arrows for itself.
    if (event.key.startsWith("Arrow") && target instanceof HTMLElement && target.matches(".wide, pre")) return;
    const found = pressed(event.key);
    if (!(found instanceof HTMLElement)) return;
    event.preventDefault();
    if (!goesFirst(found)) press(found);
  }
});

// Somebody who dictates, or whose hand slips, presses single keys without meaning them: they can be turned off.
const OFF = "gainful-keys-off";

function areOff() {
  try {
    return localStorage.getItem(OFF) === "yes";
  } catch {
    return false;
  }
}

function offerKeys() {
  const opener = document.querySelector("[data-show-keys]");
  const on = document.querySelector("#keys-on");
  if (!(opener instanceof HTMLButtonElement) || !(on instanceof HTMLInputElement)) return;
  opener.hidden = false;
  opener.addEventListener("click", showKeys);
  on.checked = !areOff();
  on.addEventListener("change", () => {
    try {
      if (on.checked) localStorage.removeItem(OFF);
      else localStorage.setItem(OFF, "yes");
    } catch {
      // A browser that keeps nothing has the keys.
      on.checked = true;
    }
  });
}

// --- an agent's file ---

function checkWhileWriting() {
  const form = document.querySelector("form[data-check]");
  const text = form?.querySelector("textarea[name=text]");
  const shown = form?.querySelector(".checked");
  if (!(form instanceof HTMLFormElement) || !(text instanceof HTMLTextAreaElement) || !shown) return;
  let timer = 0;
  text.addEventListener("input", () => {
    clearTimeout(timer);
    timer = window.setTimeout(async () => {
      const body = new URLSearchParams();
      for (const [name, value] of new FormData(form)) if (typeof value === "string") body.append(name, value);
      const asked = text.value;
      const answer = await fetch(form.dataset.check ?? "", { method: "POST", body }).catch(() => null);
      if (!answer || asked !== text.value) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      shown.replaceChildren(...page.body.childNodes);
    }, 400);
  });
}

showTimes(document);
heedPresses();
watch();
checkWhileWriting();
offerKeys();
document.addEventListener("submit", (event) => {
  // Twice pressed is once meant. The button itself is sent with the form, so it is disabled only afterwards.
  const form = event.target;
  if (form instanceof HTMLFormElement && form.method === "post") {
    setTimeout(() => form.querySelectorAll("button").forEach((button) => (button.disabled = true)), 0);
  }
});

// From here on keys are heard.
document.documentElement.dataset.ready = "yes";

// --- on to somewhere else ---

// A page that is one form and leads on sends it at once; without this, its button does.
const onward = document.querySelector("form[data-send]");
if (onward instanceof HTMLFormElement) onward.submit();
