// What the pages do beyond being read: the reader's own time, filters, and, where a program serves them, changes as they
// happen and edits. Everything can be read without it.
"use strict";

const body = document.body;
const root = body.dataset.root;
const all = (selector, from = document) => [...from.querySelectorAll(selector)];
const said = document.getElementById("said");
let quiet;

/** Says something, aloud where a reader speaks, for a while. */
function say(words) {
  clearTimeout(quiet);
  said.textContent = words;
  quiet = setTimeout(() => (said.textContent = ""), 8000);
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

/** Fetches this page anew and puts it in the place of the old one; the reader's place in it stays. */
async function renew() {
  const answer = await fetch(location.href.split("#")[0], { headers: { accept: "text/html" } });
  if (!answer.ok) {
    if (answer.status === 404) say("This page is gone: its post was removed or renamed.");
    return;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = fresh.getElementById("main");
  if (!main || document.querySelector("dialog[open]")) return;
  const key = (element) => element.id || element.closest("[id]")?.id + element.className;
  const open = new Map(all("#main details").map((element) => [key(element), element.open]));
  const fields = all("#main input[id], #main select, #main textarea[id]");
  const typed = new Map(fields.map((field) => [field.id || field.name, field.type === "radio" ? field.checked : field.value]));
  const focus = document.activeElement;
  const path = focus && focus.closest("#main") ? [focus.id, focus.getAttribute("href"), focus.name] : null;
  const selected = focus && "selectionStart" in focus ? [focus.selectionStart, focus.selectionEnd] : null;
  const [x, y] = [scrollX, scrollY];
  document.getElementById("main").replaceWith(main);
  document.querySelector(".top nav").replaceWith(fresh.querySelector(".top nav"));
  document.title = fresh.title;
  body.dataset.live = fresh.body.dataset.live;
  for (const element of all("#main details")) {
    if (open.has(key(element))) element.open = open.get(key(element));
  }
  for (const field of all("#main input[id], #main select, #main textarea[id]")) {
    const value = typed.get(field.id || field.name);
    if (value === undefined || field.closest(".edit-forms")) continue;
    if (field.type === "radio") field.checked = value;
    else field.value = value;
  }
  filter();
  localTimes();
  if (path) {
    const again = all("#main a, #main button, #main input, #main select, #main textarea, #main summary").find(
      (element) => element.id === path[0] && element.getAttribute("href") === path[1] && element.name === path[2],
    );
    if (again) again.focus({ preventScroll: true });
    if (again && selected && selected[0] !== null) again.setSelectionRange?.(...selected);
  }
  scrollTo({ left: x, top: y, behavior: "instant" });
  document.dispatchEvent(new CustomEvent("masthead:renewed"));
}

let renewing = Promise.resolve();

function follow() {
  const events = new EventSource(`${root}events`);
  let lost = false;
  events.addEventListener("change", (event) => {
    const { version, paths } = JSON.parse(event.data);
    const mine = decodeURIComponent(body.dataset.path);
    if (Number(version) === Number(body.dataset.live) || (paths && !paths.includes(mine))) return;
    renewing = renewing.then(renew).catch(() => say("The page could not be renewed."));
  });
  events.addEventListener("trouble", (event) => say(JSON.parse(event.data).message || "The workspace can't be read."));
  events.addEventListener("error", () => {
    if (!lost) say("The program that serves this page is gone; the page waits for it.");
    lost = true;
  });
  events.addEventListener("open", () => {
    if (!lost) return;
    lost = false;
    say("Connected again.");
    renewing = renewing.then(renew).catch(() => {});
  });
}

// Edits.

/** Asks for an edit of a file; what came of it is said. */
async function edit(change) {
  const answer = await fetch(`${root}edit`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-masthead-token": body.dataset.token },
    body: JSON.stringify(change),
  });
  const result = await answer.json().catch(() => ({ ok: false, message: `the answer was ${answer.status}` }));
  say(result.ok ? `Saved: ${result.path}` : [result.message, result.hint].filter(Boolean).join(". "));
  return result.ok;
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
    const ok = await edit({ ...changeOf(form), ...(of.post && { post: of.post, digest: of.digest }) });
    if (ok && dialog) {
      if (form.dataset.do === "new") form.reset();
      dialog.close();
      renewing = renewing.then(renew);
    }
  });
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-open]");
    if (opener) document.getElementById(opener.dataset.open).showModal();
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
