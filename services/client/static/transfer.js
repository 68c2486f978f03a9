// The link by which a ticket is passed on has its token in the fragment, so that no server's log has it. It is kept for this tab
// until the visitor has signed in.
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
document.querySelector("form:has([name=claim])")?.addEventListener("submit", () => sessionStorage.removeItem(storageKey));
