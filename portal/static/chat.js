// Brings posts as they come, and sends words without leaving the page. Without this script the form does the same.
const log = document.getElementById("log");
const form = document.querySelector("form.write");
const state = document.getElementById("state");
let place = log.dataset.since;

// A post is drawn once, whatever the line or a second try does. again: how the post `seq` looks from now on.
function show({ place: at, html, seq, again }) {
  if (at === place) return;
  if (at.split(":")[0] !== place.split(":")[0]) log.replaceChildren();
  place = at;
  log.insertAdjacentHTML("beforeend", html);
  log.lastElementChild.scrollIntoView({ block: "nearest" });
  const before = again && log.querySelector(`[data-seq="${seq}"]`);
  if (before) before.outerHTML = again;
}

// The browser comes back by itself and names the last event it saw.
function connect() {
  const stream = new EventSource(`${log.dataset.stream}?since=${place}`);
  stream.addEventListener("post", (message) => show(JSON.parse(message.data)));
  stream.addEventListener("end", () => location.reload());
  stream.addEventListener("error", () => {
    if (stream.readyState === EventSource.CLOSED) setTimeout(connect, 5000);
  });
  window.addEventListener("pagehide", () => stream.close(), { once: true });
}

// The same name until it is known to have arrived: sent twice is one message.
async function send() {
  const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
  if (answer.status >= 500) throw new Error("busy");
  if (!answer.ok) return form.submit();
  form.elements.client_id.value = crypto.randomUUID();
  form.elements.text.value = "";
  form.elements.file.value = "";
  need();
  form.elements.text.readOnly = false;
  state.textContent = "";
}

// A file needs no words beside it.
function need() {
  form.elements.text.required = !form.elements.file.files.length;
}

async function insist() {
  try {
    await send();
  } catch {
    state.textContent = state.dataset.unsent;
    setTimeout(insist, 2000);
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  if (form.elements.text.readOnly) return;
  form.elements.text.readOnly = true;
  insist();
});
form.elements.file.addEventListener("change", need);
form.elements.text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});
connect();
