// Passkeys: the browser signs what the server offers. Without this script, and where a browser knows none, mail does the same.
const known = window.PublicKeyCredential && PublicKeyCredential.parseRequestOptionsFromJSON;

async function offered(form) {
  const body = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (name === "token") body.set(name, value);
  const answer = await fetch(form.dataset.offer, { method: "POST", body, credentials: "same-origin" });
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
}

const ways = {
  use: async (options) =>
    navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) }),
  make: async (options) =>
    navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) }),
};

for (const form of known ? document.querySelectorAll("form[data-passkey]") : []) {
  form.hidden = false;
  const wrong = form.querySelector("[role=alert]");
  form.addEventListener("submit", async (event) => {
    if (form.elements.answer.value) return;
    event.preventDefault();
    wrong.hidden = true;
    form.querySelector("button").disabled = true;
    try {
      const found = await ways[form.dataset.passkey](await offered(form));
      form.elements.answer.value = JSON.stringify(found.toJSON());
      form.submit();
    } catch {
      wrong.hidden = false;
      form.querySelector("button").disabled = false;
    }
  });
}
