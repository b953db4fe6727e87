// The page shows what the server tells, and says what people do. Text of messages becomes nodes, never markup.
"use strict";

const SIGNS = { "+1": "👍", "-1": "👎", eyes: "👀", white_check_mark: "✅", tada: "🎉", heart: "❤️" };
const OFFERED = ["+1", "-1", "eyes", "white_check_mark"];
const SWITCHES = [
  ["duplicate", "Every event comes twice", true],
  ["shuffled", "Two events change places", true],
  ["late", "Events come 5 seconds late", 5.0],
  ["no_streaming", "No streaming: messages are edited", true],
  ["streams_end", "Messages stop growing by themselves", true],
  ["revoked", "No token is good any more", true],
  ["unreachable", "Nothing answers", true],
];
const ONCE = [
  ["fault", "limited", "Say “too many” to the next message or edit"],
  ["fault", "failing", "Fail the next message or edit"],
  ["fault", "drop_requests", "Lose the next message or edit"],
  ["fault", "lose_answers", "Take the next message or edit, lose its answer"],
  ["fault", "half_frame", "Cut the next event in half"],
  ["disconnect", "", "Ask for a new connection"],
  ["break", "", "Cut the connection"],
  ["lapse", "", "Send unacknowledged events again"],
];

const at = (id) => document.getElementById(id);
let state = null;
let who = "ada";
let room = "";
let thread = "";
const seen = new Map();
const read = new Map();

// --- small things ---

function make(tag, className, ...inside) {
  const node = document.createElement(tag);
  if (className) node.className = className;
  node.append(...inside);
  return node;
}

function button(className, words, press, label) {
  const node = make("button", className, words);
  node.type = "button";
  if (label) node.setAttribute("aria-label", label);
  node.addEventListener("click", press);
  return node;
}

const ROUGHLY = { not_in_channel: "You are not in that channel.", no_text: "There is nothing to send.", already_reacted: "You have reacted so already." };

async function act(action, given) {
  const answer = await fetch(`/page-do/${action}`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ as: who, ...given }),
  }).catch(() => null);
  const told = answer && !answer.ok ? await answer.json().catch(() => ({})) : {};
  at("trouble").textContent = !answer ? "The imitation has ended." : told.error ? ROUGHLY[told.error] || `Slack would say: ${told.error}` : "";
  return Boolean(answer && answer.ok);
}

const person = (id) => (state.people[id] || { name: id }).name;
const current = () => state.rooms.find((one) => one.id === room);
const clock = (ts) => new Date(parseFloat(ts) * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });

function called(id) {
  return make("span", id === state.me ? "call me" : "call", `@${person(id)}`);
}

function linked(address, words) {
  const node = make("a", "", words || address);
  node.href = address;
  node.rel = "noopener noreferrer";
  node.target = "_blank";
  return node;
}

// --- Slack's own markup, and markdown, as nodes ---

const unescape = (text) => text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");

function marked(text, into) {
  for (const part of text.split(/(<[^<>]*>)/)) {
    const found = /^<([^<>|]*)(?:\|([^<>]*))?>$/.exec(part);
    if (!found) { spans(unescape(part), into); continue; }
    const [, target, words] = found;
    if (target.startsWith("@")) into.append(called(target.slice(1)));
    else if (target.startsWith("#")) into.append(make("span", "call", `#${words || target.slice(1)}`));
    else if (target.startsWith("!")) into.append(make("span", "call me", `@${target.slice(1)}`));
    else if (/^https?:/.test(target)) into.append(linked(unescape(target), words && unescape(words)));
    else into.append(unescape(words || target));
  }
  return into;
}

const INLINE = /(`[^`\n]+`)|(\*\*[^*\n]+\*\*)|(\*[^*\s][^*\n]*\*)|(~~[^~\n]+~~)|(\[[^\]\n]+\]\(https?:[^)\s]+\))|(https?:\/\/[^\s<>]+[^\s<>.,;:!?)])|(<[@!#][^<>]*>)/;

function spans(text, into) {
  let rest = text;
  while (rest) {
    const found = INLINE.exec(rest);
    if (!found) { into.append(rest); return into; }
    const [whole, code, bold, italic, struck, link, address, call] = found;
    into.append(rest.slice(0, found.index));
    if (code) into.append(make("code", "", code.slice(1, -1)));
    else if (bold) into.append(spans(bold.slice(2, -2), make("strong", "")));
    else if (italic) into.append(spans(italic.slice(1, -1), make("em", "")));
    else if (struck) into.append(spans(struck.slice(2, -2), make("s", "")));
    else if (link) { const cut = link.lastIndexOf("]("); into.append(linked(link.slice(cut + 2, -1), link.slice(1, cut))); }
    else if (address) into.append(linked(address));
    else if (call) marked(call, into);
    rest = rest.slice(found.index + whole.length);
  }
  return into;
}

function markdown(text, into) {
  const lines = text.split("\n");
  let list = null, words = [];
  const flush = () => {
    if (words.length) into.append(spans(words.join("\n"), make("p", "")));
    words = [];
  };
  for (let i = 0; i < lines.length; i += 1) {
    const line = lines[i];
    const item = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/.exec(line);
    if (!item) list = null;
    if (line.startsWith("```")) {
      flush();
      const code = [];
      for (i += 1; i < lines.length && !lines[i].startsWith("```"); i += 1) code.push(lines[i]);
      into.append(make("pre", "", make("code", "", code.join("\n"))));
    } else if (item) {
      flush();
      if (!list) into.append(list = make(item[1] ? "ol" : "ul", ""));
      list.append(spans(item[2], make("li", "")));
    } else if (/^#{1,6}\s/.test(line)) {
      flush();
      into.append(spans(line.replace(/^#+\s+/, ""), make("h3", "")));
    } else if (/^>\s?/.test(line)) {
      flush();
      into.append(spans(line.replace(/^>\s?/, ""), make("blockquote", "")));
    } else if (line.trim()) words.push(line);
    else flush();
  }
  flush();
  return into;
}

// --- messages ---

function block(one, post, body, below) {
  if (one.type === "markdown") markdown(one.text || "", body);
  else if (one.type === "section") body.append(marked(one.text?.text || "", make("p", "")));
  else if (one.type === "context") below.append(make("p", "mark", (one.elements || []).map((it) => it.text || "").join(" ")));
  else if (one.type === "actions") {
    const row = make("div", "row");
    for (const it of one.elements || []) {
      const node = button(it.style === "danger" ? "press danger" : "press", it.text?.text || "…", async () => {
        node.classList.add("pressed");
        await act("press", { channel: room, ts: post.ts, value: it.value });
      });
      row.append(node);
    }
    below.append(row);
  }
}

function tools(post) {
  const node = make("div", "tools");
  for (const name of OFFERED) node.append(button("", SIGNS[name], () => act("react", { channel: room, ts: post.ts, name }), `React with ${name}`));
  node.append(button("", "Reply", () => open(post.thread || post.ts)));
  return node;
}

function drawn(post, inThread) {
  const bot = state.people[post.user]?.bot;
  const body = make("div", "body"), below = make("div", "");
  for (const one of post.blocks) block(one, post, body, below);
  if (post.growing) markdown(post.growing, body);
  if (!body.childNodes.length && post.text) marked(post.text, body);
  const head = make("div", "head", make("strong", "", person(post.user)));
  if (bot) head.append(make("span", "tag", "app"));
  const time = make("time", "", clock(post.ts));
  time.dateTime = new Date(parseFloat(post.ts) * 1000).toISOString();
  head.append(time);
  if (post.edited) head.append(make("span", "small", "edited"));
  if (post.whisper) head.append(make("span", "small", "Only you can see this"));
  const marks = make("div", "row");
  for (const [name, users] of Object.entries(post.reactions || {})) {
    marks.append(button("reaction", `${SIGNS[name] || `:${name}:`} ${users.length}`, () => act("react", { channel: room, ts: post.ts, name }), `${name}, by ${users.map(person).join(", ")}`));
  }
  const answers = inThread ? 0 : current().posts.filter((it) => it.thread === post.ts).length;
  if (answers) marks.append(button("replies", answers === 1 ? "1 reply" : `${answers} replies`, () => open(post.ts)));
  if (marks.childNodes.length) below.append(marks);
  const kind = `post${post.streaming ? " growing" : ""}${post.whisper ? " whisper" : ""}`;
  const face = make("div", bot ? "face bot" : "face", person(post.user).slice(0, 1).toUpperCase());
  face.setAttribute("aria-hidden", "true");
  const node = make("article", kind, face, make("div", "", head, body, below));
  if (!post.whisper) node.append(tools(post));
  return node;
}

// Only what has changed is drawn anew: whoever listens to the page is told of that alone.
function draw(into, posts, inThread, empty) {
  const near = into.scrollHeight - into.scrollTop - into.clientHeight < 80;
  const old = seen.get(into) || new Map(), now = new Map();
  let before = null;
  for (const post of posts) {
    const answers = inThread ? 0 : current().posts.filter((it) => it.thread === post.ts).length;
    const key = `${post.whisper ? "w" : "p"}${post.ts}`, content = JSON.stringify([post, answers, room, who]);
    const known = old.get(key);
    const node = known && known.content === content ? known.node : drawn(post, inThread);
    if (known && known.node !== node) known.node.replaceWith(node);
    else if (!known) before ? before.after(node) : into.prepend(node);
    old.delete(key);
    now.set(key, { node, content });
    before = node;
  }
  for (const { node } of old.values()) node.remove();
  seen.set(into, now);
  into.querySelector(".empty")?.remove();
  if (!posts.length) into.append(make("p", "empty", empty));
  if (near) into.scrollTop = into.scrollHeight;
}

// --- the rest of the page ---

// What others have written since one looked.
const latest = (one) => Math.max(0, ...one.posts.filter((it) => it.user !== state.me).map((it) => parseFloat(it.ts)));

function drawRooms() {
  for (const one of state.rooms) if (!read.has(one.id) || one.id === room) read.set(one.id, latest(one));
  for (const [id, direct] of [["channels", false], ["directs", true]]) {
    at(id).replaceChildren(...state.rooms.filter((one) => one.direct === direct).map((one) => {
      const sign = make("span", "sign", direct ? "@" : one.private ? "🔒" : "#");
      sign.setAttribute("aria-hidden", "true");
      const node = button("", "", () => go(one.id));
      node.append(sign, one.name);
      if (one.id !== room && latest(one) > read.get(one.id)) {
        const dot = make("span", "news", make("span", "unseen", "new messages"));
        node.append(dot);
      }
      if (one.id === room) node.setAttribute("aria-current", "page");
      return make("li", "", node);
    }));
  }
}

function drawWrong() {
  if (!at("faults").childNodes.length) {
    for (const [name, words, value] of SWITCHES) {
      const box = make("input", "");
      box.type = "checkbox";
      box.id = `fault-${name}`;
      const off = typeof value === "number" ? 0.0 : false;
      box.addEventListener("change", () => act("fault", { name, value: box.checked ? value : off }));
      at("faults").append(make("li", "", make("label", "", box, words)));
    }
    for (const [action, name, words] of ONCE) at("once").append(make("li", "", button("plain", words, () => act(action, name ? { name, value: 1 } : {}))));
  }
  for (const [name] of SWITCHES) at(`fault-${name}`).checked = Boolean(state.faults[name]);
}

function drawWire() {
  const lines = [...state.wire].sort((one, other) => other.at - one.at).slice(0, 40);
  at("wire").replaceChildren(...lines.map((one) => {
    const way = make("span", "way", one.from_app ? "→" : "←");
    way.setAttribute("aria-label", one.from_app ? "from the app" : "to the app");
    return make("li", "", way, make("span", "what", one.what), make("span", one.good ? "good" : "bad", one.state));
  }));
}

function render() {
  if (!current()) room = state.rooms[0].id;
  const here = current();
  drawRooms();
  at("room-name").textContent = here.direct ? here.name : `#${here.name}`;
  at("room-about").textContent = here.direct ? "" : `${here.members} members${here.private ? ", private" : ""}`;
  at("invite").hidden = here.has_bot || here.direct;
  at("words").placeholder = here.direct ? `Write to ${here.name}` : "Write @gainful and a question, or /gainful and a command";
  const whispers = state.whispers.filter((one) => one.channel === room).map((one) => ({ ...one, user: state.bot, whisper: true, thread: one.thread_ts }));
  const all = [...here.posts, ...whispers].sort((one, other) => parseFloat(one.ts) - parseFloat(other.ts));
  draw(at("log"), all.filter((one) => !one.thread), false, here.has_bot ? "Nothing has been said here." : "@gainful is not in this channel.");
  const open = thread && here.posts.some((one) => one.ts === thread);
  at("thread").hidden = !open;
  document.body.classList.toggle("threaded", Boolean(open));
  if (open) draw(at("replies"), all.filter((one) => one.ts === thread || one.thread === thread), true, "");
  const on = state.connections > 0 || state.by_requests;
  at("state").classList.toggle("on", on);
  at("state-words").textContent = on ? "Gainful is connected" : "Gainful is not connected";
  drawWrong();
  drawWire();
}

async function refresh() {
  const answer = await fetch(`/page-state?as=${encodeURIComponent(who)}`).catch(() => null);
  if (answer && answer.ok) { state = await answer.json(); render(); }
}

// --- where we are, in the address ---

function remember() { history.replaceState(null, "", `#${who}/${room}${thread ? `/${thread}` : ""}`); }
function go(id) { room = id; thread = ""; remember(); render(); at("log").scrollTop = at("log").scrollHeight; at("words").focus(); }
function open(ts) { thread = ts; remember(); render(); at("replies").scrollTop = at("replies").scrollHeight; at("reply-words").focus(); }

function begin() {
  const linked = /^\/archives\/([A-Z0-9]+)\/p(\d+)(\d{6})$/.exec(location.pathname);
  const [name, id, ts] = location.hash.slice(1).split("/");
  if (name === "ada" || name === "bo") who = name;
  room = id || "";
  thread = ts || "";
  if (linked) {
    room = linked[1];
    thread = new URLSearchParams(location.search).get("thread_ts") || `${linked[2]}.${linked[3]}`;
  }
  document.querySelector(`input[value=${who}]`).checked = true;
}

function composer(form, field, more) {
  const box = at(field);
  const fit = () => { box.style.height = "auto"; box.style.height = `${box.scrollHeight + 2}px`; };
  box.addEventListener("input", fit);
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); at(form).requestSubmit(); }
  });
  at(form).addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = box.value;
    if (text.trim() && await act("say", { channel: room, text, ...more() })) { box.value = ""; fit(); }
  });
}

begin();
composer("say", "words", () => ({}));
composer("reply", "reply-words", () => ({ thread }));
document.querySelectorAll("input[name=who]").forEach((one) => one.addEventListener("change", () => { who = one.value; thread = ""; read.clear(); remember(); refresh(); }));
at("invite").addEventListener("click", () => act("invite", { channel: room }));
at("close").addEventListener("click", () => { thread = ""; remember(); render(); at("words").focus(); });
new EventSource("/page-changes").addEventListener("message", refresh);
refresh();
