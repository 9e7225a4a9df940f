// Passkeys: makes one, or signs with one, and sends what the device answered as an ordinary form. A form with
// `data-passkey` says what is to be done (create, get, login), and in `data-options` what the server asks for;
// at log-in, where nobody is known yet, the options are fetched when the button is pressed.

const toBytes = (text) => {
  const base64 = text.replace(/-/g, "+").replace(/_/g, "/");
  return Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
};

const toText = (buffer) => {
  const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCharCode(byte)).join("");
  return btoa(letters).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
};

const withBytes = (keys = []) => keys.map((key) => ({ ...key, id: toBytes(key.id) }));

const creationOptions = ({ publicKey }) => ({
  publicKey: {
    ...publicKey,
    challenge: toBytes(publicKey.challenge),
    user: { ...publicKey.user, id: toBytes(publicKey.user.id) },
    excludeCredentials: withBytes(publicKey.excludeCredentials),
    // What cannot sign in by itself, on a device that has seen its owner, is no passkey.
    authenticatorSelection: {
      ...publicKey.authenticatorSelection,
      residentKey: "required",
      requireResidentKey: true,
      userVerification: "required",
    },
  },
});

const requestOptions = ({ publicKey }) => ({
  publicKey: {
    ...publicKey,
    challenge: toBytes(publicKey.challenge),
    allowCredentials: withBytes(publicKey.allowCredentials),
  },
});

const asJson = (credential) => {
  const response = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (credential.response[name]) response[name] = toText(credential.response[name]);
  }
  if (credential.response.getTransports) response.transports = credential.response.getTransports();
  return JSON.stringify({
    id: credential.id,
    rawId: toText(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    response,
    clientExtensionResults: credential.getClientExtensionResults(),
  });
};

const fetched = async (url) => {
  const answer = await fetch(url, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(String(answer.status));
  return (await answer.json()).request_options;
};

const credentialFor = async ({ passkey, options, optionsUrl }) => {
  if (passkey === "create") return navigator.credentials.create(creationOptions(JSON.parse(options)));
  const wanted = options ? JSON.parse(options) : await fetched(optionsUrl);
  return navigator.credentials.get(requestOptions(wanted));
};

document.addEventListener("submit", async (event) => {
  const form = event.target.closest("[data-passkey]");
  if (!form) return;
  event.preventDefault();
  const error = form.querySelector("[data-passkey-error]");
  error.hidden = true;
  try {
    form.elements.credential.value = asJson(await credentialFor(form.dataset));
    // Not `requestSubmit`, which would come back here.
    form.submit();
  } catch {
    error.textContent = form.dataset.failed;
    error.hidden = false;
  }
});
