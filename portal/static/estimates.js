// Adds up what has been chosen, as it is chosen. Without this script the page shows the sum of all lines, and works.
const form = document.getElementById("estimate");
const sum = document.getElementById("sum");

if (form && sum) {
  const money = new Intl.NumberFormat(document.documentElement.lang, { style: "currency", currency: sum.dataset.currency });
  const digits = money.resolvedOptions().maximumFractionDigits;
  const words = document.getElementById("sum-words");

  const add = () => {
    const chosen = [...form.querySelectorAll("input[type=radio]:checked")];
    if (!chosen.length) return;
    const minor = chosen.filter((one) => one.value === "approved").reduce((all, one) => all + Number(one.dataset.minor), 0);
    sum.textContent = money.format(minor / 10 ** digits);
    words.textContent = words.dataset.chosen;
  };

  form.addEventListener("change", add);
  add();
}
