// Brings posts as they come, and sends words without leaving the page. Without this script the form does the same.
import { compose } from "./composer.js";
import { marks } from "./marks.js";

const log = document.getElementById("log");
const form = document.querySelector("form.write");
const state = document.getElementById("state");
const { mark, heed, anew } = marks(log, form);
let place = log.dataset.since;

// A post is drawn once and in its place, whatever the line, another tab or a second try does. again: how the post `seq` looks
// from now on.
function show({ place: at, html, seq, again }) {
  const [ref, number] = at.split(":");
  if (ref !== place.split(":")[0]) {
    log.replaceChildren();
    anew();
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
  heed({ typing: false });
}

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
