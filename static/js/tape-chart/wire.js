// The chart's conversation with the server. A refusal is an answer, not an accident: it comes back
// as a Refusal with the server's own sentence.

import { say } from "./words.js";

export class Refusal extends Error {
  constructor(status, answer) {
    super(answer.detail ?? say(status === 403 ? "forbidden" : status === 404 ? "gone" : "failed"));
    this.code = answer.code ?? "";
    this.bars = answer.bars ?? null;
  }
}

const ask = async (url, options = {}) => {
  let response;
  try {
    response = await fetch(url, { credentials: "same-origin", headers: { Accept: "application/json" }, ...options });
  } catch {
    throw new Refusal(0, { detail: say("offline") });
  }
  if (response.status === 204) return null;
  // A session that has ended answers with the sign-in page.
  if (response.redirected) throw new Refusal(403, { detail: say("signedOut") });
  const isJson = response.headers.get("Content-Type")?.includes("json");
  const answer = isJson ? await response.json() : {};
  if (!response.ok) throw new Refusal(response.status, answer);
  return isJson ? answer : response;
};

export class Wire {
  constructor(root) {
    this.urls = root.dataset;
    this.token = root.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
  }

  units() {
    return ask(this.urls.unitsUrl);
  }

  bars(start, end) {
    return ask(`${this.urls.dataUrl}?start=${start}&end=${end}`);
  }

  changes(asOf) {
    return ask(`${this.urls.changesUrl}?as_of=${encodeURIComponent(asOf)}`);
  }

  preview(request) {
    return this.post(this.urls.previewUrl, request);
  }

  change(request) {
    return this.post(this.urls.changeUrl, request);
  }

  block(request) {
    return this.post(this.urls.blockUrl, request);
  }

  async card(bar) {
    const response = await fetch(`${this.urls.cardUrl}${bar.kind}/${bar.id}`, {
      credentials: "same-origin",
      headers: { "HX-Request": "true" },
    });
    if (!response.ok || response.redirected) throw new Refusal(response.status, {});
    return response.text();
  }

  post(url, request) {
    return ask(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json", "X-CSRFToken": this.token },
      body: JSON.stringify(request),
    });
  }
}
