// Brings posts as they come, and sends words without leaving the page. Without this script the form does the same.
import { compose } from "./composer.js";

const log = document.getElementById("log");
const form = document.querySelector("form.write");
const state = document.getElementById("state");
let place = log.dataset.since;

// A post is drawn once and in its place, whatever the line, another tab or a second try does. again: how the post `seq` looks
// from now on.
function show({ place: at, html, seq, again }) {
  const [ref, number] = at.split(":");
  if (ref !== place.split(":")[0]) {
    log.replaceChildren();
    theirs = mine = 0;
  }
  const before = again && log.querySelector(`[data-seq="${seq}"]`);
  if (before) before.outerHTML = again;
  if (log.querySelector(`[data-seq="${number}"]`)) return;
  const later = [...log.querySelectorAll("[data-seq]")].find((one) => Number(one.dataset.seq) > Number(number));
  if (later) return later.insertAdjacentHTML("beforebegin", html);
  place = at;
  log.querySelector(".empty")?.remove();
  log.insertAdjacentHTML("beforeend", html);
  log.lastElementChild.scrollIntoView({ block: "nearest" });
  signs.typing.hidden = true;
  mark();
}

// What each side may know of the other: that somebody types, which is kept nowhere, and how far they have read.
const signs = { read: document.getElementById("read"), typing: document.getElementById("typing") };
const TYPES = 4000; // ms between two signs of somebody who goes on typing
let theirs = Number(log.dataset.read);
let mine = Number(log.dataset.seen);
let typed = 0;

function sign(values) {
  const token = form.elements.token.value;
  fetch(log.dataset.sign, { method: "POST", body: new URLSearchParams({ token, ...values }) }).catch(() => {});
}

function mark() {
  const own = Number([...log.querySelectorAll(".mine[data-seq]")].at(-1)?.dataset.seq ?? Infinity);
  signs.read.hidden = own > theirs;
  const last = Number([...log.querySelectorAll("[data-seq]")].at(-1)?.dataset.seq ?? 0);
  if (document.visibilityState !== "visible" || last <= mine) return;
  mine = last;
  sign({ seen: last });
}

function heed({ read, typing }) {
  if (read !== undefined) theirs = read;
  if (typing !== undefined) signs.typing.hidden = !typing;
  mark();
}

form.elements.text.addEventListener("input", ({ target }) => {
  if (!target.value || Date.now() - typed < TYPES) return;
  typed = Date.now();
  sign({ typing: 1 });
});

// Of several tabs one holds the line and tells the others: browsers allow six lines to a host.
const tabs = new BroadcastChannel("chat");
tabs.addEventListener("message", ({ data }) => (data === "end" ? location.reload() : data.place ? show(data) : heed(data)));

function tell(post) {
  show(post);
  tabs.postMessage(post);
}

function pass(heard) {
  heed(heard);
  tabs.postMessage(heard);
}

// The browser comes back by itself and names the last event it saw. A line that is silent for longer than two beats is dead, and
// after three of them in a row we ask instead.
const DEAD = 40000; // ms
let deaths = 0;

function connect() {
  const stream = new EventSource(`${log.dataset.stream}?since=${place}`);
  let timer;
  function again(wait) {
    clearTimeout(timer);
    stream.close();
    setTimeout(deaths < 3 ? connect : ask, wait);
  }
  function alive() {
    clearTimeout(timer);
    timer = setTimeout(() => again(0, deaths++), DEAD);
  }
  function hear(then) {
    return (message) => {
      deaths = 0;
      alive();
      then(message);
    };
  }
  stream.addEventListener("post", hear((message) => tell(JSON.parse(message.data))));
  stream.addEventListener("beat", hear(() => {}));
  stream.addEventListener("read", hear((message) => pass({ read: Number(JSON.parse(message.data).seq) })));
  stream.addEventListener("typing", hear((message) => pass({ typing: JSON.parse(message.data).on === "1" })));
  stream.addEventListener("end", () => {
    tabs.postMessage("end");
    location.reload();
  });
  stream.addEventListener("error", () => stream.readyState === EventSource.CLOSED && again(5000));
  window.addEventListener("pagehide", () => stream.close(), { once: true });
  alive();
}

async function ask() {
  await catchUp(tell);
  setTimeout(ask, 3000);
}

// What was missed, also by a phone that was frozen, or a tab that was opened while another one listened.
async function catchUp(draw = show) {
  const answer = await fetch(`${log.dataset.news}?since=${place}`).catch(() => null);
  if (answer?.status === 401) location.reload();
  if (answer?.ok) (await answer.json()).posts.forEach(draw);
}

window.addEventListener("pageshow", (event) => event.persisted && location.reload());
document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && catchUp().then(mark));

// A file needs no words beside it.
function need() {
  form.elements.text.required = !form.elements.file.files.length;
}

form.elements.file.addEventListener("change", need);
compose(form, state, () => {
  form.elements.file.value = "";
  need();
});
if (navigator.locks) {
  navigator.locks.request("chat", () => new Promise(connect));
  catchUp();
} else connect();
mark();
