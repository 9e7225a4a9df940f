// Hears what has changed while a page is open, and says so on the document:
//   live:change { topic, ids }    something of this topic is another; ids is null for "some of them"
//   live:resync                   anything may be
// and <html data-live="on"> while it hears. What to do about it is for others (live-regions.js, the chart).
//
// All tabs of a browser share one stream, because it has few connections for each server: the tab that holds
// the lock has the stream and passes on what it hears. When it closes, the next one takes over.

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
// The server says something every 15 seconds; after so long in silence the line is dead.
const SILENCE = 40_000;
const SAID_AFTER = 4000;
const REMEMBERED = 100;

const root = document.querySelector("[data-live-stream]");
const { liveStream: url, liveSince: since, liveUser: user } = root?.dataset ?? {};
const me = crypto.getRandomValues(new Uint32Array(2)).join("-");
let channel;
let stopping;
let last = "";
let isConnected = false;
let remembered = [];
let saying;

const pause = (milliseconds, signal) =>
  new Promise((done) => {
    const timer = setTimeout(done, milliseconds);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      done();
    });
  });

const tell = (name, detail) => document.dispatchEvent(new CustomEvent(name, { detail }));

function show(connected) {
  isConnected = connected;
  clearTimeout(saying);
  if (connected) {
    document.documentElement.dataset.live = "on";
    root.hidden = true;
  } else if (document.documentElement.dataset.live) {
    document.documentElement.dataset.live = "off";
    saying = setTimeout(() => {
      root.hidden = false;
    }, SAID_AFTER);
  }
  tell("live:state", { isConnected });
}

// What is heard, from the stream or from the tab that has it.
function take(heard) {
  if (heard.id) last = heard.id;
  if (heard.kind === "state") show(heard.isConnected);
  else if (heard.kind === "resync") tell("live:resync");
  else if (heard.kind === "change") {
    remembered = [...remembered, heard].slice(-REMEMBERED);
    tell("live:change", heard);
  }
}

function passOn(heard) {
  take(heard);
  channel?.postMessage(heard);
}

// --- The stream ------------------------------------------------------------------------------------------------

// The lines of one event, as the server writes them.
function read(text) {
  const event = { kind: "", body: "{}" };
  for (const line of text.split("\n")) {
    if (line.startsWith("id: ")) event.id = line.slice(4);
    else if (line.startsWith("event: ")) event.kind = line.slice(7);
    else if (line.startsWith("data: ")) event.body = line.slice(6);
  }
  return event.kind ? { ...JSON.parse(event.body), id: event.id, kind: event.kind } : null;
}

// One connection, from beginning to end. Answers whether another attempt makes sense. Not an EventSource: that
// one hides why it was refused, and does not notice a line that has gone silent.
async function connect(signal) {
  const attempt = new AbortController();
  const end = () => attempt.abort();
  signal.addEventListener("abort", end);
  let watchdog = setTimeout(end, SILENCE);
  try {
    const query = last ? `last=${encodeURIComponent(last)}` : `since=${since}`;
    const options = { signal: attempt.signal, redirect: "manual", cache: "no-store", headers: { Accept: "text/event-stream" } };
    const answer = await fetch(`${url}?${query}`, options);
    // Signed out, a member no longer, or a server that holds no streams.
    if (answer.status < 500 && answer.status !== 200 && answer.status !== 429) return false;
    if (answer.status !== 200) return true;
    passOn({ kind: "state", isConnected: true });
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ; ) {
      const { value, done } = await reader.read();
      if (done) return true;
      clearTimeout(watchdog);
      watchdog = setTimeout(end, SILENCE);
      const events = (rest + value).split("\n\n");
      rest = events.pop();
      for (const heard of events.map(read)) {
        if (heard?.kind === "gone") return false;
        if (heard) passOn(heard);
      }
    }
  } catch {
    return !signal.aborted;
  } finally {
    clearTimeout(watchdog);
    signal.removeEventListener("abort", end);
    attempt.abort();
    if (isConnected && !signal.aborted) passOn({ kind: "state", isConnected: false });
  }
}

async function hold(signal) {
  let wait = FIRST_WAIT;
  while (!signal.aborted) {
    const began = performance.now();
    if (!(await connect(signal))) return;
    // A connection that stood for a while was a good one.
    wait = performance.now() - began > LONGEST_WAIT ? FIRST_WAIT : Math.min(wait * 2, LONGEST_WAIT);
    await pause(wait * (0.5 + Math.random() / 2), signal);
  }
}

// --- One stream for all tabs -----------------------------------------------------------------------------------

function begin() {
  stopping = new AbortController();
  const { signal } = stopping;
  const name = `villaops-live:${user}:${url}`;
  if (!navigator.locks || !window.BroadcastChannel) {
    // Plain HTTP on another machine: each tab for itself.
    hold(signal);
    return;
  }
  channel = new BroadcastChannel(name);
  let isHolder = false;
  channel.addEventListener("message", ({ data }) => {
    if (data.kind === "hello") {
      if (!isHolder) return;
      channel.postMessage({ kind: "welcome", to: data.from, isConnected, last, missed: remembered.filter((heard) => heard.at >= data.since) });
    } else if (data.kind === "welcome") {
      if (data.to !== me) return;
      last = data.last;
      for (const heard of data.missed) take(heard);
      show(data.isConnected);
    } else {
      take(data);
    }
  });
  channel.postMessage({ kind: "hello", from: me, since: Number(since) });
  navigator.locks
    .request(name, { signal }, () => {
      isHolder = true;
      return hold(signal);
    })
    .catch(() => {});
}

function end() {
  stopping?.abort();
  channel?.close();
  channel = null;
}

if (root) {
  begin();
  // A page that the browser puts aside lets another tab have the stream.
  window.addEventListener("pagehide", end);
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    tell("live:resync");
    begin();
  });
}
