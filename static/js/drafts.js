// What is typed in a form with `data-draft` stays in this browser until it was saved: through an expired session, a
// network that fails, a closed tab. It is put back when the form is opened again. With it goes the revision of the row
// that the form was opened with, so that the server sees when somebody else changed that row meanwhile.

const DAYS_KEPT = 14;
const PREFIX = "draft:";
const SUBMITTED = "draft-submitted";
const ignored = new Set(["csrfmiddlewaretoken"]);

const user = document.body.dataset.user;
const keyOf = (form) => `${PREFIX}${user}:${form.dataset.draft || location.pathname + location.search}`;

const read = (key) => {
  try {
    return JSON.parse(localStorage.getItem(key));
  } catch {
    return null; // storage is switched off, or holds something else
  }
};
const write = (key, draft) => {
  try {
    localStorage.setItem(key, JSON.stringify(draft));
  } catch {
    // Without storage the form works as any other.
  }
};
const forget = (key) => {
  try {
    localStorage.removeItem(key);
  } catch {
    // as above
  }
};
const keys = () => {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(PREFIX));
  } catch {
    return [];
  }
};

const typed = (form) => {
  const pairs = [];
  const files = [];
  for (const [name, value] of new FormData(form)) {
    if (value instanceof File) {
      if (value.name !== "") files.push(value.name);
    } else if (!ignored.has(name)) pairs.push([name, value]);
  }
  return { pairs, files };
};

const fill = (form, pairs) => {
  const values = grouped(pairs);
  for (const control of form.elements) {
    if (!control.name || ignored.has(control.name) || control.type === "file" || control.type === "submit") continue;
    const asked = (values.get(control.name) ?? []).map(([, value]) => value);
    if (control.type === "checkbox" || control.type === "radio") control.checked = asked.includes(control.value);
    else if (control.tagName === "SELECT") {
      for (const option of control.options) option.selected = asked.includes(option.value);
    } else if (asked.length > 0) control.value = asked[0];
  }
};

const grouped = (pairs) => {
  const groups = new Map();
  for (const pair of pairs) groups.set(pair[0], [...(groups.get(pair[0]) ?? []), pair]);
  return groups;
};

// The server says that it saved with `data-saved`; only then the draft of the form sent from this tab goes.
const sent = sessionStorage.getItem(SUBMITTED);
if (sent !== null && document.querySelector("[data-saved]") !== null) {
  forget(sent);
  sessionStorage.removeItem(SUBMITTED);
}
const oldest = Date.now() - DAYS_KEPT * 86_400_000;
for (const key of keys()) {
  const draft = read(key);
  if (draft === null || !(draft.at > oldest)) forget(key);
}
// Who logs out leaves nothing behind.
document.querySelector("[data-log-out]")?.addEventListener("submit", () => {
  for (const key of keys()) if (key.startsWith(`${PREFIX}${user}:`)) forget(key);
});

for (const form of document.querySelectorAll("form[data-draft]")) {
  const key = keyOf(form);
  const atFirst = typed(form);
  const keep = () => {
    const now = typed(form);
    if (JSON.stringify(now) === JSON.stringify(atFirst)) forget(key);
    else write(key, { at: Date.now(), ...now });
  };
  let timer;
  form.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(keep, 300);
  });
  form.addEventListener("change", keep);
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    keep();
    sessionStorage.setItem(SUBMITTED, key);
  });

  // A form that the server sent back holds what was typed already.
  const draft = form.hasAttribute("data-sent-back") ? null : read(key);
  if (draft === null || JSON.stringify(draft.pairs) === JSON.stringify(atFirst.pairs)) continue;
  const notice = document.getElementById("draft-notice")?.content.firstElementChild.cloneNode(true);
  if (notice === undefined) continue;
  fill(form, draft.pairs);
  const moment = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "long", timeStyle: "short" });
  notice.querySelector("[data-moment]").textContent = moment.format(draft.at);
  const files = notice.querySelector("[data-files]");
  files.hidden = draft.files.length === 0;
  notice.querySelector("button").addEventListener("click", () => {
    fill(form, atFirst.pairs);
    forget(key);
    notice.remove();
    form.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  });
  form.before(notice);
}
