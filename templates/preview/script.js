// What the pages do beyond being read: the reader's own time, filters, and, where a program serves them, changes as they
// happen and edits. Everything can be read without it.
"use strict";

const body = document.body;
const root = body.dataset.root;
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const said = document.getElementById("said");
let quiet;

/** Puts words into an element, with what stands between backticks as code. */
function write(element, words) {
  const piece = (text, index) => {
    if (index % 2 === 0) return text;
    const code = document.createElement("code");
    code.textContent = text;
    return code;
  };
  element.replaceChildren(...words.split("`").map(piece));
}

/** Says something, aloud where a reader speaks, for a while; with a link to a page, if there is one. */
function say(words, link) {
  clearTimeout(quiet);
  write(said, words);
  if (link) said.append(" ", link);
  quiet = setTimeout(() => (said.textContent = ""), link ? 20_000 : 8000);
}

/** Says what is the matter with the page for as long as it is so. */
function tell(words) {
  const lost = document.getElementById("lost");
  if (lost && lost.textContent !== words) lost.textContent = words;
}

/** Memory of this tab; a page on a disk may have none. */
const memory = {
  get(key) {
    try {
      return sessionStorage.getItem(key);
    } catch {
      return null;
    }
  },
  set(key, value) {
    try {
      sessionStorage.setItem(key, value);
    } catch {
      // Then it is forgotten.
    }
  },
};

/** Adds the reader's time where it differs from the workspace's. */
function localTimes() {
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (!here || here === body.dataset.zone) return;
  for (const time of all("main time[datetime*='T']:not([data-done])")) {
    const at = new Date(time.dateTime);
    const offset = /([+-])(\d\d):(\d\d)$/.exec(time.dateTime);
    const minutes = offset ? (offset[1] === "-" ? -1 : 1) * (offset[2] * 60 + +offset[3]) : 0;
    time.dataset.done = "";
    if (isNaN(at) || -at.getTimezoneOffset() === minutes) continue;
    const day = new Date(at.getTime() + minutes * 60_000).toISOString().slice(0, 10);
    const same = day === [at.getFullYear(), at.getMonth() + 1, at.getDate()].map((n) => String(n).padStart(2, "0")).join("-");
    const style = { hour: "2-digit", minute: "2-digit", ...(!same && { weekday: "short", day: "numeric", month: "short" }) };
    const yours = at.toLocaleString(document.documentElement.lang || undefined, style);
    time.title = `${yours} where you are`;
    if ("short" in time.dataset || time.closest(".lead")) continue;
    const note = document.createElement("span");
    note.className = "quiet yours";
    note.textContent = ` ${yours} where you are`;
    time.after(note);
  }
}

/** Shows only what the filters let through. */
function filter() {
  const form = document.querySelector(".filters");
  if (!form) return;
  form.hidden = false;
  const wanted = {};
  for (const field of form.elements) {
    wanted[field.name] = field.value;
    memory.set(`masthead-${field.name}`, field.value);
  }
  let shown = 0;
  for (const entry of all(".entry")) {
    const { accounts, campaign, state } = entry.dataset;
    entry.hidden =
      (wanted.account && !accounts.split(" ").includes(wanted.account)) ||
      (wanted.campaign && campaign !== wanted.campaign) ||
      (wanted.state && state !== wanted.state);
    shown += !entry.hidden;
  }
  return { shown, any: Object.values(wanted).some(Boolean) };
}

/** Brings back what was chosen on the page before. */
function remembered() {
  for (const field of all(".filters select")) {
    const value = memory.get(`masthead-${field.name}`);
    if (value !== null && [...field.options].some((option) => option.value === value)) field.value = value;
  }
  const view = document.getElementById(memory.get("masthead-view") || "");
  if (view) view.checked = true;
  filter();
}

/** Opens a card that an address leads to. */
function openTarget() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const details = target && target.querySelector(":scope > details");
  if (details) details.open = true;
}

document.addEventListener("change", (event) => {
  if (event.target.name === "view") return memory.set("masthead-view", event.target.id);
  if (!event.target.closest(".filters")) return;
  const { shown, any } = filter();
  say(any ? `${shown} shown` : "Everything is shown");
});
addEventListener("hashchange", openTarget);

// Changes as they happen.

/** What tells a node from those beside it, wherever it stands among them. */
function identity(node) {
  if (node.nodeType !== Node.ELEMENT_NODE) return node.nodeName;
  if (node.classList.contains("source-line")) return `line ${node.firstElementChild.textContent}`;
  return `${node.nodeName} ${node.id || node.dataset.post || node.className}`;
}

/** Takes what is left of what was there, once, in its order. */
function taking(nodes, by) {
  const left = new Map();
  for (const node of nodes) left.set(by(node), [...(left.get(by(node)) || []), node]);
  return (node) => left.get(by(node))?.shift();
}

/** Makes a text another one by what differs, so that words that stay remain selected. */
function retext(old, text) {
  let start = 0;
  while (start < text.length && old.data[start] === text[start]) start += 1;
  let end = 0;
  const most = Math.min(text.length, old.length) - start;
  while (end < most && old.data[old.length - 1 - end] === text[text.length - 1 - end]) end += 1;
  old.replaceData(start, old.length - end - start, text.slice(start, text.length - end));
}

/** What belongs to the reader: what is open, and what the filters hide. */
const OWN = ["open", "hidden"];

/**
 * Makes an element what a fresh one is. What is the same stays the very same, with all that the reader has done to it: what has
 * the focus, is selected, open, typed or playing.
 */
function morph(old, fresh) {
  if (old.nodeType !== Node.ELEMENT_NODE) {
    if (old.data !== fresh.data) retext(old, fresh.data);
    return;
  }
  if (old.isEqualNode(fresh) || (old.nodeName === "DIALOG" && old.open)) return;
  const isChoice = old.type === "checkbox" || old.type === "radio";
  const isTyped = isChoice ? old.checked !== old.defaultChecked : old.value !== old.defaultValue;
  for (const { name } of [...old.attributes]) {
    if (!fresh.hasAttribute(name) && !OWN.includes(name)) old.removeAttribute(name);
  }
  for (const { name, value } of fresh.attributes) {
    if (old.getAttribute(name) !== value && !OWN.includes(name)) old.setAttribute(name, value);
  }
  const same = taking(old.childNodes, identity);
  const found = new Map([...fresh.childNodes].map((next) => [next, same(next)]));
  const kept = new Set(found.values());
  const alike = taking([...old.childNodes].filter((child) => !kept.has(child)), (node) => node.nodeName);
  for (const [next, mine] of found) if (!mine) found.set(next, alike(next));
  for (const mine of found.values()) kept.add(mine);
  for (const child of [...old.childNodes]) if (!kept.has(child)) child.remove();
  let at = old.firstChild;
  for (const [next, mine] of found) {
    if (mine && mine === at) at = at.nextSibling;
    else old.insertBefore(mine || next, at);
    if (mine) morph(mine, next);
  }
  if (isTyped || !("defaultValue" in old)) return;
  if (isChoice) old.checked = old.defaultChecked;
  else if (old.value !== old.defaultValue) old.value = old.defaultValue;
}

/** Fetches this page anew and makes the open one say the same; the reader's place in it stays. */
async function renew() {
  const answer = await fetch(location.href.split("#")[0], { headers: { accept: "text/html" } });
  if (answer.status === 404) tell("This page is gone: its post was removed or renamed.");
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (!fresh.getElementById("main")) return;
  tell("");
  const focus = document.activeElement || body;
  const holder = focus.closest("[data-post]")?.dataset.post;
  all(".yours").forEach((note) => note.remove());
  for (const part of [".top", "#main"]) morph(document.querySelector(part), fresh.querySelector(part));
  document.title = fresh.title;
  body.dataset.live = fresh.body.dataset.live;
  filter();
  localTimes();
  if (!focus.isConnected) {
    // What had the focus has moved with its post, or is gone.
    const kind = [focus.localName, ...focus.classList].join(".");
    const moved = holder && document.querySelector(`[data-post="${CSS.escape(holder)}"] ${kind}`);
    (moved || document.getElementById("main")).focus({ preventScroll: !moved });
  }
}

let renewing = Promise.resolve();

/** Renews the page once all that was heard before is done. */
function soon() {
  renewing = renewing.then(renew).catch(() => {});
}

/** Whether nobody tells of changes. */
let lost = false;

/** Listens for changes. */
function follow() {
  const events = new EventSource(`${root}events`);
  events.addEventListener("change", (event) => {
    const { version, paths } = JSON.parse(event.data);
    const mine = decodeURIComponent(body.dataset.path);
    const shows = (path) => path === mine || (path.endsWith("/") && mine.startsWith(path));
    if (Number(version) !== Number(body.dataset.live) && (!paths || paths.some(shows))) soon();
  });
  events.addEventListener("trouble", (event) => tell(JSON.parse(event.data).message || "The workspace can't be read."));
  events.addEventListener("open", () => {
    body.dataset.heard = "";
    if (!lost) return;
    lost = false;
    tell("");
    soon();
  });
  events.addEventListener("error", () => {
    delete body.dataset.heard;
    if (!lost) tell("The program that serves this page is gone. The page waits for it.");
    lost = true;
    // A browser asks again by itself, but not after an answer that it did not expect.
    if (events.readyState === EventSource.CLOSED) setTimeout(again, 1000);
  });
}

/** Finds out why nobody tells of changes any more, though somebody answers. */
async function again() {
  const answer = await fetch(`${root}icon.svg`, { method: "HEAD" }).catch(() => null);
  if (answer?.status === 404) return tell("The program was started anew. Open the address that it has printed.");
  if (answer?.ok) tell("Too many pages are open. This one is renewed again once another is closed.");
  follow();
}

// Edits.

/** Asks for an edit of a file; what came of it is said, in the dialog if there is one. */
async function edit(change, dialog) {
  const headers = { "content-type": "application/json", "x-masthead-token": body.dataset.token };
  const answer = await fetch(`${root}edit`, { method: "POST", headers, body: JSON.stringify(change) }).catch(() => null);
  const unread = { message: answer ? `The answer was ${answer.status}` : "The program that serves this page is gone" };
  const result = (await answer?.json().catch(() => null)) || unread;
  if (!result.ok) {
    const why = [result.message, result.hint].filter(Boolean).join(". ");
    const problem = dialog?.querySelector(".problem");
    if (problem) write(problem, `${why}.`);
    else say(`${why}.`);
    return false;
  }
  if (change.branch) say(`Committed to the branch ${change.branch}: \`${result.path}\`. Push it, and open a pull request.`);
  else if (change.do === "new") say(`Written: \`${result.path}\`.`, linkTo(result.page));
  else say(`Saved: \`${result.path}\``);
  return true;
}

function linkTo(page) {
  const link = document.createElement("a");
  link.href = root + page.split("/").map(encodeURIComponent).join("/");
  link.textContent = "Open it";
  return link;
}

const seconds = (local) => (local.length === 16 ? `${local}:00` : local);

/** Makes an edit of what was typed into a form. */
function changeOf(form) {
  const data = new FormData(form);
  const change = { do: form.dataset.do };
  if (change.do === "date") change.date = seconds(data.get("date"));
  if (change.do === "draft") change.draft = data.get("draft") === "true";
  if (change.do === "to" || change.do === "new") change.to = data.getAll("to");
  if (change.do === "new") {
    change.id = data.get("id");
    change.date = data.get("date") ? seconds(data.get("date")) : null;
    change.text = data.get("text");
    change.branch = data.get("branch") || null;
  }
  return change;
}

let moved;

/** Asks where a post is to go. */
function askWhere(entry) {
  const dialog = document.getElementById("move");
  moved = entry.dataset;
  dialog.querySelector(".move-title").textContent = entry.querySelector(".entry-title").textContent.trim();
  dialog.querySelector("[name=date]").value = moved.local;
  show(dialog);
}

function show(dialog) {
  dialog.querySelector(".problem").textContent = "";
  dialog.showModal();
}

function takeEdits() {
  document.addEventListener("submit", async (event) => {
    const form = event.target.closest("form[data-do]");
    if (!form) return;
    const dialog = form.closest("dialog");
    if (event.submitter?.value === "cancel") return;
    event.preventDefault();
    const of = form.closest("[data-post]")?.dataset || (form.dataset.do === "date" ? moved : {});
    const ok = await edit({ ...changeOf(form), ...(of.post && { post: of.post, digest: of.digest }) }, dialog);
    if (!ok || !dialog) return;
    if (form.dataset.do === "new") form.reset();
    dialog.close();
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) show(document.getElementById(opener.dataset.open));
    const mover = event.target.closest(".move");
    if (mover) askWhere(mover.closest(".entry"));
  });
  let dragged;
  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.(".entry[draggable]");
    if (!dragged) return;
    dragged.classList.add("is-dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.post);
  });
  const target = (event) => dragged && event.target.closest?.(".day");
  const clear = () => all(".is-target").forEach((day) => day.classList.remove("is-target"));
  document.addEventListener("dragover", (event) => {
    const day = target(event);
    clear();
    if (!day) return;
    day.classList.add("is-target");
    event.preventDefault();
  });
  document.addEventListener("drop", (event) => {
    const day = target(event);
    if (!day) return;
    event.preventDefault();
    const { post, digest, local } = dragged.dataset;
    const date = `${day.dataset.day}T${local.slice(11) || "09:00"}`;
    if (date !== local) edit({ do: "date", post, digest, date: seconds(date) });
  });
  document.addEventListener("dragend", () => {
    dragged?.classList.remove("is-dragged");
    dragged = undefined;
    clear();
  });
}

remembered();
localTimes();
openTarget();
if ("live" in body.dataset) {
  follow();
  takeEdits();
}
