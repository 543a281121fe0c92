// The keys of the desks. aria-keyshortcuts at a link, button or field is the one place that says which letter it has: the sheet shows
// it there, ? lists it, and this script obeys it, first in the row ([data-row]) that has the focus. In a field letters are letters,
// and one switch turns all of this off (WCAG 2.1.4). Without this script everything is reached by Tab.
const dialog = document.getElementById("keys");
const door = document.getElementById("show-keys");
const single = document.getElementById("single-keys");
const desks = [...document.querySelectorAll(".places a")].slice(1);
const FIELDS = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";
let going = false;

function choose() {
  localStorage.setItem("single-keys", single.checked ? "on" : "off");
  document.documentElement.classList.toggle("keyed", single.checked);
}

const seen = (found) => [...found].filter((one) => one.checkVisibility());
const rows = () => seen(document.querySelectorAll("main [data-row]"));
const row = () => document.activeElement?.closest("[data-row]");
const marked = (within) => seen(within.querySelectorAll("[aria-keyshortcuts]"));

function move(step) {
  const all = rows();
  const at = all.indexOf(row());
  all[at < 0 ? (step > 0 ? 0 : all.length - 1) : Math.min(Math.max(at + step, 0), all.length - 1)]?.focus();
}

function owner(key) {
  const has = (one) => one.getAttribute("aria-keyshortcuts") === key;
  const here = row();
  return (here && marked(here).find(has)) ?? marked(document.querySelector("main")).find((one) => has(one) && !one.parentElement.closest("[data-row]"));
}

// A key presses; but what cannot be undone it only reaches, and Enter presses. What opens is opened where one goes on.
function use(one) {
  if (one.matches("summary")) {
    one.parentElement.open = true;
    one.parentElement.querySelector("form :is(input:not([type=hidden]), select, textarea, button)")?.focus();
  } else if (one.matches(`${FIELDS}, .stop`)) one.focus();
  else one.click();
}

// The letter on the key where the layout has other letters, as the Arabic and the Thai have.
function said(event) {
  if (/^[!-~]$/.test(event.key)) return event.key;
  const [, letter, digit] = /^(?:Key([A-Z])|Digit([0-9]))$/.exec(event.code) ?? [];
  return letter?.toLowerCase() ?? digit ?? (event.code === "Slash" ? (event.shiftKey ? "?" : "/") : event.key);
}

function find() {
  const field = document.querySelector("main input[type=search]");
  if (field) field.focus();
  else if (dialog.dataset.find) location.assign(dialog.dataset.find);
  else return false;
}

function obey(key, was) {
  const desk = was && /^[0-9]$/.test(key) && desks[(Number(key) + 9) % 10];
  if (desk) return desk.click();
  if (key === "?") return show();
  if (key === "/") return find();
  if (key === "j" || key === "k") return move(key === "j" ? 1 : -1);
  const one = owner(key);
  return one ? use(one) : false;
}

function press(event) {
  if (dialog.open || event.altKey || event.isComposing) return;
  const target = event.target;
  if (target.matches?.(FIELDS)) return inField(event, target);
  if (event.ctrlKey || event.metaKey) return;
  if (event.key === "Enter" && target.matches?.("[data-row]:not(a)")) return target.querySelector("a")?.click();
  if (!single.checked) return;
  const was = going;
  const key = said(event);
  going = key === "g";
  if (!going && obey(key, was) !== false) event.preventDefault();
}

// Enter begins a line, so it is Ctrl and Enter that send what was written; Escape leaves the field, and letters are keys again.
function inField(event, field) {
  if (event.key === "Escape" && !event.defaultPrevented) field.blur();
  else if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && field.matches("textarea")) field.form?.requestSubmit();
}

function show() {
  const told = new Map();
  for (const one of marked(document.querySelector("main"))) told.set(one.getAttribute("aria-keyshortcuts"), one);
  document.getElementById("page-keys").replaceChildren(...[...told].map(line));
  document.getElementById("here-keys").hidden = !told.size;
  dialog.showModal();
}

function line([key, one]) {
  const words = one.cloneNode(true);
  for (const extra of words.querySelectorAll(".hidden, svg")) extra.remove();
  const [name, term, means] = ["div", "dt", "dd"].map((tag) => document.createElement(tag));
  term.append(Object.assign(document.createElement("kbd"), { textContent: key }));
  means.textContent = one.matches(FIELDS) ? one.labels[0].textContent : one.title || words.textContent.trim();
  name.append(term, means);
  return name;
}

single.checked = localStorage.getItem("single-keys") !== "off";
single.addEventListener("change", choose);
document.documentElement.classList.toggle("keyed", single.checked);
door.hidden = false;
door.addEventListener("click", show);
document.addEventListener("keydown", press);

for (const hint of document.querySelectorAll("[data-keys]")) hint.hidden = false;
