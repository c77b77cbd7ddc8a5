// What a page cannot do with HTML and CSS alone. Every page works without this file.
import htmx from "htmx.org";
import "./drafts.js";

const typing = "input, select, textarea, [contenteditable]";

// `/` puts the cursor in the search for a municipality, unless somebody is typing.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.matches(typing)) return;
  const search = document.getElementById("site-search");
  if (search === null) return;
  event.preventDefault();
  search.focus();
  search.select();
});

// After a form was refused the list of errors gets the focus, so that it is read out and the keyboard starts there.
const focusErrors = (root) => root.querySelector("[data-error-summary]")?.focus();
focusErrors(document);
htmx.on("htmx:afterSettle", (event) => focusErrors(event.detail.elt));

// The account menu and the panels of filters close with Escape and when the focus or the pointer leaves them.
const opened = "details.pt-account[open], details.pt-pick[open]";
const closeOthers = (target) => {
  for (const panel of document.querySelectorAll(opened)) {
    if (!panel.contains(target)) panel.open = false;
  }
};
document.addEventListener("click", (event) => closeOthers(event.target));
document.addEventListener("focusin", (event) => closeOthers(event.target));
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const panel of document.querySelectorAll(opened)) {
    const hadFocus = panel.contains(document.activeElement);
    panel.open = false;
    if (hadFocus) panel.querySelector("summary").focus();
  }
});

// What is there to be copied is selected as a whole, and copied by the button beside it.
document.addEventListener("focusin", (event) => {
  if (event.target.matches("[data-select]")) event.target.select();
});
for (const button of document.querySelectorAll("[data-copy]")) {
  if (navigator.clipboard === undefined) continue; // only where the page came over a safe connection
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(document.getElementById(button.dataset.copy).value);
    button.textContent = button.dataset.copied;
  });
}

// A part of the page that could not be fetched says so, instead of nothing happening.
const failure = document.getElementById("request-failed");
if (failure !== null) {
  const show = (failed) => () => {
    failure.hidden = !failed;
  };
  htmx.on("htmx:beforeRequest", show(false));
  htmx.on("htmx:responseError", show(true));
  htmx.on("htmx:sendError", show(true));
}
