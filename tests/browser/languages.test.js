// The shop in German: from the browser's preference to a paid order, and by hand to French.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { browser, marketplace } from "./shared.js";
import { Visitor, inAYear, password } from "./visitor.js";

for (const javascript of [true, false]) {
  describe(javascript ? "with JavaScript" : "without JavaScript", () => {
    const arrive = (name, locale) => Visitor.arrive(browser, marketplace, name, javascript, locale);
    const title = `Der Freischütz ${javascript ? "js" : "plain"}`;

    it("a seller sells in the language that the browser prefers", async () => {
      const seller = await arrive("gerda", "de-AT");
      await seller.go("/auth/signup?next=%2Ftickets%2Fnew");
      assert.equal(await seller.page.locator("html").getAttribute("lang"), "de");
      await seller.fill({ email: seller.email, password: "kurz" });
      await seller.page.locator("form.sheet").evaluate((form) => (form.noValidate = true));
      await seller.press("Konto anlegen");
      await seller.sees("Das Passwort muss mindestens 8 Zeichen haben");
      await seller.fill({ email: seller.email, password });
      await seller.press("Konto anlegen");
      await seller.sees("Tickets verkaufen");
      await seller.fill({ title, price: "49,90", currency: "EUR", city: "Wien", startsAt: `${inAYear}T19:30`,
                          timeZone: "Europe/Vienna", quantity: "4", maxPerOrder: "3" });
      await seller.press("Zum Verkauf anbieten");
      await seller.sees("Deine Tickets sind im Verkauf.");
      await seller.sees("49,90\u00A0€");
      await seller.look("listing-in-german");
      await seller.leave();
    });

    it("a buyer stays at addresses in a language, holds and pays", async () => {
      const buyer = await arrive("berta", "en-GB");
      await buyer.go("/de/auth/signup");
      await buyer.fill({ email: buyer.email, password });
      await buyer.press("Konto anlegen");
      assert.equal(buyer.path(), "/de/");
      await buyer.page.locator("main").getByRole("link", { name: title }).first().click();
      assert.match(buyer.path(), /^\/de\/tickets\//);
      await buyer.sees("Noch 4");
      await buyer.press("Jetzt reservieren");
      await buyer.sees("Diese Tickets sind für dich reserviert.");
      assert.match(buyer.path(), /^\/de\/orders\//);
      await buyer.press(/bezahlen/);
      await buyer.sees("Bezahlt");
      await buyer.look("order-in-german");
      await buyer.leave();
    });

    if (javascript) {
      it("a door is in the language of its device", async () => {
        const steward = await arrive("dora", "de-AT");
        await steward.go("/door");
        await steward.page.locator("#door-link").fill("nonsense");
        await steward.press("Starten");
        await steward.page.locator("#problem", { hasText: "Eingang" }).waitFor();
        await steward.leave();
      });
    }

    it("the footer changes the language, and it stays", async () => {
      const visitor = await arrive("chloe", "en-GB");
      await visitor.go("/auth/signin?next=%2Forders");
      await visitor.page.locator("footer").getByRole("button", { name: "Français" }).click();
      await visitor.sees("Mot de passe oublié");
      assert.equal(visitor.path(), "/auth/signin");
      await visitor.go("/");
      assert.equal(await visitor.page.locator("html").getAttribute("lang"), "fr");
      await visitor.go("/nowhere", 404);
      await visitor.sees("Nous n’avons pas trouvé cette page");
      await visitor.leave();
    });
  });
}
