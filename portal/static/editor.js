// Words that fit, offered while somebody writes; jumping to a mistake. Without this script the page does all
// of its work all the same. Tab leaves the field, as everywhere (WCAG 2.1.2).
const text = document.getElementById("text");
const list = document.getElementById("offered");
const place = document.getElementById("place");
const words = Object.entries(JSON.parse(text.dataset.words));
const MOST = 8;
let at = -1;

const start = () => text.value.slice(0, text.selectionStart).match(/[\w.:-]*$/)[0];

function close() {
  list.hidden = true;
  list.replaceChildren();
  text.removeAttribute("aria-activedescendant");
  at = -1;
}

function choose(step) {
  at = (at + step + list.children.length) % list.children.length;
  [...list.children].forEach((one, n) => one.setAttribute("aria-selected", n === at));
  list.children[at].scrollIntoView({ block: "nearest" });
  text.setAttribute("aria-activedescendant", list.children[at].id);
}

function offer(always) {
  const begun = start();
  const found = begun || always ? words.filter(([word]) => word.startsWith(begun) && word !== begun).slice(0, MOST) : [];
  if (!found.length || (begun.length < 2 && !always)) return close();
  list.replaceChildren(
    ...found.map(([word, means], n) => {
      const item = document.createElement("li");
      item.id = `offer-${n}`;
      item.role = "option";
      item.dataset.word = word;
      item.append(word);
      if (means) item.append(Object.assign(document.createElement("span"), { textContent: means }));
      return item;
    }),
  );
  list.hidden = false;
  at = -1;
  choose(1);
}

function take(word) {
  text.setRangeText(word, text.selectionStart - start().length, text.selectionStart, "end");
  text.dispatchEvent(new Event("input", { bubbles: true }));
  close();
}

function go(line, column) {
  const before = text.value.split("\n").slice(0, line - 1).reduce((sum, one) => sum + one.length + 1, 0);
  text.focus();
  text.setSelectionRange(before + column - 1, before + column - 1);
  text.scrollTop = (line - 4) * parseFloat(getComputedStyle(text).lineHeight);
}

text.addEventListener("input", (event) => event.isTrusted && offer(false));
text.addEventListener("blur", () => setTimeout(close, 150));
text.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return; // keys.js sends it
  if (event.key === " " && event.ctrlKey) offer(true);
  else if (list.hidden) return;
  else if (event.key === "ArrowDown") choose(1);
  else if (event.key === "ArrowUp") choose(-1);
  else if (event.key === "Enter") take(list.children[at].dataset.word);
  else if (event.key === "Escape") close();
  else return;
  event.preventDefault();
});
list.addEventListener("mousedown", (event) => {
  event.preventDefault();
  const item = event.target.closest("li");
  if (item) take(item.dataset.word);
});
document.addEventListener("selectionchange", () => {
  const lines = text.value.slice(0, text.selectionStart).split("\n");
  place.textContent = `${lines.length}:${lines.at(-1).length + 1}`;
});
for (const one of document.querySelectorAll("[data-line]"))
  one.addEventListener("click", () => go(Number(one.dataset.line), Number(one.dataset.column)));
