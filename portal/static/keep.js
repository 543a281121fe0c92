// What somebody types is kept in this tab until it has arrived, so that a session that ends in the middle of a form loses nothing: after
// signing in again the words stand where they were. Only for whoever wrote them; signing out clears it (Clear-Site-Data).
const me = document.body.dataset.who;
const refused = "refused" in document.body.dataset || !me;
const here = location.pathname + location.search;
const mine = `kept:${me}:${here}`;
const sent = sessionStorage.getItem("sent");

function fields() {
  const wanted = "form[method=post] textarea:not([hidden]), form[method=post] input:is(:not([type]), [type=text], [type=email], [type=tel], [type=number], [type=date])";
  return [...document.querySelectorAll(wanted)].map((field, n) => [`${new URL(field.form.action).pathname}#${field.name}#${n}`, field]);
}

if (sent) {
  sessionStorage.removeItem("sent");
  if (!refused) sessionStorage.removeItem(sent);
  else for (const to of document.querySelectorAll("input[name=to]")) to.value ||= sent.slice(sent.indexOf("/"));
}
if (me) {
  for (const key of Object.keys(sessionStorage)) if (key.startsWith("kept:") && !key.startsWith(`kept:${me}:`)) sessionStorage.removeItem(key);
  const kept = JSON.parse(sessionStorage.getItem(mine) ?? "{}");
  for (const [key, field] of fields()) {
    if (key in kept && field.value === field.defaultValue) field.value = kept[key];
  }
  document.addEventListener("input", (event) => {
    if (!fields().some(([, field]) => field === event.target)) return;
    const changed = fields().filter(([, field]) => field.value !== field.defaultValue);
    sessionStorage.setItem(mine, JSON.stringify(Object.fromEntries(changed.map(([key, field]) => [key, field.value]))));
  });
  document.addEventListener("submit", (event) => {
    if (event.target.method === "post" && sessionStorage.getItem(mine)) sessionStorage.setItem("sent", mine);
  });
}
