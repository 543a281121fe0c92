// Keeps the parts of a page fresh. Without this script the page is complete, and "Look again" does the same by hand.
const head = document.getElementById("head");
const lamps = { on: head.querySelector("[data-live=on]"), lost: head.querySelector("[data-live=lost]") };
const held = new Map();

function show(state) {
  for (const [name, lamp] of Object.entries(lamps)) lamp.hidden = name !== state;
}

// A part that somebody is reading with the keyboard or filling in is left alone until they are done.
function inUse(part) {
  return part.contains(document.activeElement) || part.querySelector("details[open]") !== null;
}

function swap(name, html) {
  const part = document.getElementById(name);
  if (!part) return;
  if (inUse(part)) held.set(name, html);
  else {
    held.delete(name);
    part.innerHTML = html;
  }
}

function release() {
  for (const [name, html] of held) swap(name, html);
}

// The browser comes back by itself when the line breaks; when it was turned away, we try three times more.
let stream;
let refused = 0;

function connect() {
  stream = new EventSource(head.dataset.stream);
  stream.addEventListener("open", () => {
    refused = 0;
    show("on");
  });
  stream.addEventListener("part", (message) => {
    const { name, html } = JSON.parse(message.data);
    swap(name, html);
  });
  stream.addEventListener("end", () => location.reload());
  stream.addEventListener("error", () => {
    const gone = stream.readyState === EventSource.CLOSED;
    show(gone && refused === 3 ? "none" : "lost");
    if (gone && refused++ < 3) setTimeout(connect, 5000);
  });
}

document.addEventListener("focusout", () => setTimeout(release));
document.addEventListener("toggle", release, true);
window.addEventListener("pagehide", () => stream.close());
connect();
