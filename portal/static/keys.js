// The keys of the desks: ? shows them, / finds a customer, g and a digit go to a desk. One switch turns single keys off, and in a field
// they are letters (WCAG 2.1.4). Without this script every one of these is a link or a button.
const dialog = document.getElementById("keys");
const door = document.getElementById("show-keys");
const single = document.getElementById("single-keys");
const desks = [...document.querySelectorAll(".places a")].slice(1);
let going = false;

single.checked = localStorage.getItem("single-keys") !== "off";
single.addEventListener("change", () => localStorage.setItem("single-keys", single.checked ? "on" : "off"));
door.hidden = false;
door.addEventListener("click", () => dialog.showModal());

// Before the page's own keys: behind g a digit is a desk, and no outcome of the call that has the focus.
document.addEventListener("keydown", press, true);

function press(event) {
  const writing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (!single.checked || writing || dialog.open || event.altKey || event.ctrlKey || event.metaKey) return;
  const desk = going && /^[0-9]$/.test(event.key) ? desks[(Number(event.key) + 9) % 10] : undefined;
  const was = going;
  going = event.key === "g";
  if (event.key === "?") dialog.showModal();
  else if (event.key === "/") {
    const field = document.querySelector("main input[type=search]");
    if (field) field.focus();
    else if (dialog.dataset.find) location.assign(dialog.dataset.find);
    else return;
  } else if (was && desk) desk.click();
  else return;
  event.preventDefault();
  event.stopPropagation();
}
