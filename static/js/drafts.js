// What is typed in a form with `data-draft` stays in this browser until it was saved: through an expired session, a
// network that fails, a closed tab. It is put back when the form is opened again. With it goes the revision of the row
// that the form was opened with, so that the server sees when somebody else changed that row meanwhile.
// A draft belongs to the address that its form is sent to: the same form may stand on more pages than one.

const DAYS_KEPT = 14;
const PREFIX = "draft:";
const SUBMITTED = "draft-submitted";
const ignored = new Set(["csrfmiddlewaretoken"]);

const user = document.body.dataset.user;
const keyOf = (form) => {
  const address = new URL(form.getAttribute("action") ?? "", location.href);
  return `${PREFIX}${user}:${address.pathname}${address.search}`;
};

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

// The draft of the form that was sent from this tab just now, if any.
const remember = (key) => {
  try {
    if (key === null) sessionStorage.removeItem(SUBMITTED);
    else sessionStorage.setItem(SUBMITTED, key);
  } catch {
    // as above
  }
};
const remembered = () => {
  try {
    return sessionStorage.getItem(SUBMITTED);
  } catch {
    return null;
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

const forms = [...document.querySelectorAll("form[data-draft]")];

// The server says that it saved with `data-saved`, on the page that comes right after the form. Any other page, the
// form with its errors or the way in after a session expired, says that it did not: then the draft stays, whatever
// is saved later.
const sent = remembered();
remember(null);
const isRefused = forms.some((form) => form.hasAttribute("data-sent-back") && keyOf(form) === sent);
if (sent !== null && !isRefused && document.querySelector("[data-saved]") !== null) forget(sent);
document.addEventListener("submit", ({ target }) => {
  remember(forms.includes(target) ? keyOf(target) : null);
});

const oldest = Date.now() - DAYS_KEPT * 86_400_000;
for (const key of keys()) {
  const draft = read(key);
  if (draft === null || !(draft.at > oldest)) forget(key);
}
// Who logs out leaves nothing behind.
document.querySelector("[data-log-out]")?.addEventListener("submit", () => {
  for (const key of keys()) if (key.startsWith(`${PREFIX}${user}:`)) forget(key);
});

for (const form of forms) {
  const key = keyOf(form);
  const atFirst = typed(form);
  const isSentBack = form.hasAttribute("data-sent-back");
  const keep = () => {
    const now = typed(form);
    if (!isSentBack && JSON.stringify(now) === JSON.stringify(atFirst)) forget(key);
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
  });

  // A form that the server sent back holds what was typed already.
  const draft = isSentBack ? null : read(key);
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
