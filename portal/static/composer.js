// What both conversations write by, the customer's own and a guest's in a frame: once the form is sent it insists until what is written
// has arrived, and keeps what is in it until then. arrived: called each time it has.
export function compose(form, state, arrived) {
  const { text, client_id: name } = form.elements;

  // The same name until it is known to have arrived: sent twice is one message.
  async function send() {
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form), headers: { Accept: "application/json" } });
    if (answer.status >= 500) throw new Error("busy");
    if (!answer.ok) return form.submit();
    name.value = crypto.randomUUID();
    text.value = "";
    text.readOnly = false;
    state.textContent = "";
    arrived();
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
    if (text.readOnly) return;
    text.readOnly = true;
    insist();
  });
  text.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    }
  });
}
