// Stripe's own card field. Card details go to Stripe only; the form submits the id of the payment method.
"use strict";

function mountCard(form) {
  const button = form.querySelector("button");
  const error = document.getElementById("card-error");
  const showError = (text) => {
    error.textContent = text;
    error.hidden = !text;
  };
  if (!window.Stripe) {
    showError(form.dataset.missing);
    return;
  }
  const stripe = window.Stripe(form.dataset.stripe);
  const computed = window.getComputedStyle(form);
  const style = { base: { fontSize: "16px", fontFamily: computed.fontFamily, color: computed.color } };
  const card = stripe.elements().create("card", { style });
  card.mount("#card");
  card.on("change", (event) => showError(event.error ? event.error.message : ""));
  button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    try {
      const { error: problem, paymentMethod } = await stripe.createPaymentMethod({ type: "card", card });
      if (!problem) {
        form.elements.token.value = paymentMethod.id;
        form.dataset.sent = "yes"; // see live.js
        form.submit();
        return;
      }
      showError(problem.message);
    } catch {
      showError(form.dataset.unreachable);
    }
    button.disabled = false;
  });
  // Back from the next page: the form may be submitted again.
  window.addEventListener("pageshow", () => {
    button.disabled = false;
    delete form.dataset.sent;
  });
}

const mountCards = (root) => root.querySelectorAll("form[data-stripe]").forEach(mountCard);
mountCards(document);
document.addEventListener("stagedoor:replaced", (event) => mountCards(event.detail));
