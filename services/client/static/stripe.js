// Stripe's own field for the card. What is typed there goes to Stripe alone; the form sends the name of what Stripe made
// of it.
"use strict";

function takeCard(form) {
  const button = form.querySelector("button");
  const wrong = document.getElementById("card-error");
  const tell = (text) => {
    wrong.textContent = text;
    wrong.hidden = !text;
  };
  if (!window.Stripe) {
    tell("The field for the card could not be loaded. Please try again in a moment.");
    return;
  }
  const stripe = window.Stripe(form.dataset.stripe);
  const look = window.getComputedStyle(form);
  const style = { base: { fontSize: "16px", fontFamily: look.fontFamily, color: look.color } };
  const card = stripe.elements().create("card", { style });
  card.mount("#card");
  card.on("change", (event) => tell(event.error ? event.error.message : ""));
  button.disabled = false;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    try {
      const { error, paymentMethod } = await stripe.createPaymentMethod({ type: "card", card });
      if (!error) {
        form.elements.token.value = paymentMethod.id;
        form.submit();
        return;
      }
      tell(error.message);
    } catch {
      tell("Stripe could not be reached. Nothing was charged.");
    }
    button.disabled = false;
  });
  // Back from the next page: the form may be sent again.
  window.addEventListener("pageshow", () => { button.disabled = false; });
}

document.querySelectorAll("form[data-stripe]").forEach(takeCard);
