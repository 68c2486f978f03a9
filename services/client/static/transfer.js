// The link by which a ticket is passed on has its token in the fragment, so that no server's log has it. It is kept for this tab
// until the ticket is the visitor's (ticket.js): before, a session may end, or a service be down.
const form = document.querySelector("[data-transfer]");
const storageKey = "transfer";

if (form) {
  const show = () => {
    const fragment = window.location.hash.slice(1);
    const token = fragment || sessionStorage.getItem(storageKey);
    if (!token) return;
    sessionStorage.setItem(storageKey, token);
    form.querySelector("[name=token]").value = token;
    if (fragment) window.history.replaceState(null, "", window.location.pathname + window.location.search);
    // After an error, the visitor decides what is sent next.
    if (fragment || !document.querySelector("[role=alert]")) form.requestSubmit();
  };
  window.addEventListener("hashchange", show);
  show();
}
// A link that no longer works would be shown at each visit.
if (document.querySelector("[data-over]")) sessionStorage.removeItem(storageKey);
