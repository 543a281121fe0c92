// What an advisor's page lets the customer know: that somebody types, and how far they have read while the page was looked at.
const said = document.getElementById("said");
const place = document.getElementById("signs").dataset.sign;
const field = document.getElementById("say");
const TYPES = 4000; // ms between two signs of somebody who goes on typing
let typed = 0;
let read = 0;

function sign(values) {
  const token = field.form.elements.token.value;
  fetch(place, { method: "POST", body: new URLSearchParams({ token, ...values }) }).catch(() => {});
}

function look() {
  const last = Number([...said.querySelectorAll("[data-seq]")].at(-1)?.dataset.seq ?? 0);
  if (document.visibilityState !== "visible" || last <= read) return;
  read = last;
  sign({ seen: last });
}

field?.addEventListener("input", () => {
  if (!field.value || Date.now() - typed < TYPES) return;
  typed = Date.now();
  sign({ typing: 1 });
});
new MutationObserver(look).observe(said, { childList: true });
document.addEventListener("visibilitychange", look);
if (field) look();
