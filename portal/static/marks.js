// What the two sides of a conversation may know of each other: that somebody types, which is kept nowhere, and how far they have read.
// looked: is the page looked at just now?
const TYPES = 4000; // ms between two signs of somebody who goes on typing

export function marks(log, form, looked = () => document.visibilityState === "visible") {
  const shown = { read: document.getElementById("read"), typing: document.getElementById("typing") };
  let theirs = Number(log.dataset.read);
  let mine = Number(log.dataset.seen);
  let typed = 0;

  function sign(values) {
    const token = form.elements.token.value;
    fetch(log.dataset.sign, { method: "POST", body: new URLSearchParams({ token, ...values }) }).catch(() => {});
  }

  function mark() {
    const own = Number([...log.querySelectorAll(".mine[data-seq]")].at(-1)?.dataset.seq ?? Infinity);
    shown.read.hidden = own > theirs;
    const last = Number([...log.querySelectorAll("[data-seq]")].at(-1)?.dataset.seq ?? 0);
    if (!looked() || last <= mine) return;
    mine = last;
    sign({ seen: last });
  }

  function heed({ read, typing }) {
    if (read !== undefined) theirs = read;
    if (typing !== undefined) shown.typing.hidden = !typing;
    mark();
  }

  // Another conversation has begun.
  function anew() {
    theirs = mine = 0;
  }

  form.elements.text.addEventListener("input", ({ target }) => {
    if (!target.value || Date.now() - typed < TYPES) return;
    typed = Date.now();
    sign({ typing: 1 });
  });
  return { mark, heed, anew };
}
