// The server writes every section; this only asks for them again and sends what a button says.
"use strict";

const said = document.querySelector("#said");
let newest = null;

function say(text) {
  said.textContent = text;
}

async function call(method, path, body) {
  const answer = await fetch(`/_sandbox${path}`, {
    method,
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const found = await answer.json();
  if (!answer.ok) {
    const reasons = (found.suberrors || []).map((fault) => fault.message);
    throw new Error(reasons.join(" ") || found.message);
  }
  return found;
}

// Replaces sections in place; what is being typed, and the focus, stay.
async function refresh(...ids) {
  const answer = await fetch(`/?only=${ids.join(",")}`);
  const found = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const id of ids) {
    const now = document.querySelector(`#${id} [data-live]`);
    const next = found.querySelector(`#${id} [data-live]`);
    if (!now || !next) continue;
    enable(next);
    if (now.innerHTML === next.innerHTML) continue;
    const focused = now.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const scrolled = now.scrollTop;
    now.replaceChildren(...next.childNodes);
    now.scrollTop = scrolled;
    if (focused) now.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }
}

function enable(part) {
  for (const element of part.querySelectorAll("[data-script][hidden]")) element.hidden = false;
}

async function act(work, done) {
  try {
    say("Working…");
    await work();
    say(done);
  } catch (error) {
    say(`Refused: ${error.message}`);
  }
}

const PRESETS = {
  "503": { status: 503 },
  "burst": { status: 500, burst: { size: 3, every_seconds: 60 } },
  "429": { status: 429, retry_after: 5 },
  "429-silent": { status: 429 },
  "slow": { latency_ms: { lognormal: { median: 1500, sigma: 0.6 } } },
  "drop": { drop: "after" },
  "midway": { drop: "midway" },
  "malformed": { malformed: true },
  "expired": { expired_token: true },
  "skew": { skew_seconds: 300 },
  "late": { log_lag_seconds: 60, hidden_seconds: 30 },
};

async function addFault(form) {
  const body = { ...PRESETS[form.get("kind")] };
  if (form.get("path")) body.path = form.get("path");
  if (form.get("times")) body.times = Number(form.get("times"));
  await call("POST", "/faults", body);
  await refresh("faults");
}

async function startOver(form) {
  const body = { seed: Number(form.get("seed")) };
  if (form.get("plan")) body.plan = form.get("plan");
  await call("POST", "/reset", body);
  newest = null;
  await refresh("clock", "start", "world", "runs", "requests", "faults");
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-do]");
  if (!button) return;
  const value = button.dataset.value;
  switch (button.dataset.do) {
    case "advance":
      act(async () => {
        await call("POST", "/clock", { advance: Number(value) });
        await refresh("clock", "runs", "world");
      }, "Time moved on.");
      break;
    case "release":
      act(async () => {
        await call("POST", "/clock", { release: true });
        await refresh("clock");
      }, "The clock runs by itself.");
      break;
    case "remove":
      act(async () => {
        await call("DELETE", `/faults/${value}`);
        await refresh("faults");
      }, "Fault removed.");
      break;
    case "clear-requests":
      act(async () => {
        await call("DELETE", "/requests");
        await refresh("requests");
      }, "Log emptied.");
      break;
    case "close":
      document.querySelector("#sure").close();
      break;
  }
});

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = new FormData(event.target);
  if (event.target.id === "new-fault") act(() => addFault(form), "Fault installed.");
  if (event.target.id === "over") document.querySelector("#sure").showModal();
  if (event.target.id === "really") {
    document.querySelector("#sure").close();
    act(() => startOver(new FormData(document.querySelector("#over"))), "The world starts over.");
  }
});

async function watch() {
  try {
    const found = await call("GET", "/requests?limit=1");
    const last = found.requests.length ? found.requests[0].id : 0;
    if (newest !== null && last !== newest) await refresh("requests", "runs", "faults");
    if (document.querySelector("#clock [data-mode=real]")) await refresh("clock");
    newest = last;
    if (said.dataset.lost) {
      delete said.dataset.lost;
      say("");
    }
  } catch {
    said.dataset.lost = "yes";
    say("The sandbox does not answer.");
  }
  setTimeout(watch, document.hidden ? 10000 : 1500);
}

enable(document);
watch();
