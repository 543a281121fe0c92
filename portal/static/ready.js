// Prepared words go where the cursor is, beside what was typed. Without this script they are a link, and begin the answer.
const say = document.getElementById("say");

for (const link of document.querySelectorAll(".ready [data-words]")) {
  link.addEventListener("click", (event) => {
    event.preventDefault();
    say.setRangeText(link.dataset.words, say.selectionStart, say.selectionEnd, "end");
    say.dispatchEvent(new Event("input", { bubbles: true }));
    link.closest("details").open = false;
    say.focus();
  });
}
