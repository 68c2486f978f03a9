// What a seller sees, with and without JavaScript: a name for buyers, drafts, a preview, sales and money.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { browser, marketplace } from "./shared.js";
import { Visitor, inAYear } from "./visitor.js";

for (const javascript of [true, false]) {
  describe(javascript ? "sellers, with JavaScript" : "sellers, without JavaScript", () => {
    const mode = javascript ? "js" : "plain";
    const arrive = (name) => Visitor.arrive(browser, marketplace, name, javascript);

    it("choose a name, begin a listing, look at it, put it on sale, see what it sold, and sell it again", async () => {
      const seller = await (await arrive("mila")).signUp();
      await seller.go("/account");
      await seller.fill({ name: `The Old Mill ${mode}` });
      await seller.press("Save name");
      await seller.sees("Saved.");
      assert.equal(await seller.page.locator("#name").inputValue(), `The Old Mill ${mode}`);
      await seller.look("account-name");

      // A draft needs nothing to be right.
      await seller.go("/tickets/new");
      await seller.fill({ title: `Millers’ Ball ${mode}`, price: "a lot" });
      await seller.press("Save as draft");
      await seller.sees("Draft saved.");
      await seller.look("selling-draft");
      await seller.page.getByRole("link", { name: `Continue Millers’ Ball ${mode}` }).click();
      assert.equal(await seller.page.locator("#price").inputValue(), "a lot");
      await seller.fill({ price: "12.50", currency: "EUR", quantity: "8", venue: "The Mill", city: "Graz", category: "festival",
                          startsAt: `${inAYear}T20:00`, timeZone: "Europe/Vienna", description: "Bring shoes." });
      if (javascript) {
        const poster = seller.page.locator("#poster-so-far img");
        await poster.waitFor({ state: "visible" });
        await seller.page.waitForFunction(() => {
          const image = document.querySelector("#poster-so-far img");
          return image.complete && image.naturalWidth > 0 && image.src.includes("The+Mill");
        });
      } else {
        assert.equal(await seller.page.locator("#poster-so-far").isVisible(), false);
      }
      await seller.look("new-listing-filled");

      await seller.press("Preview");
      await seller.sees("Nothing has been saved yet.");
      await seller.sees("€12.50");
      await seller.sees("8 left");
      await seller.sees(/20:00 CES?T/);
      assert.ok(await seller.page.locator("img.event-poster").evaluate((image) => image.complete && image.naturalWidth > 0));
      assert.equal(await seller.page.getByRole("button", { name: "Hold now" }).isDisabled(), true);
      await seller.look("preview");
      await seller.follow("Back to the form");
      assert.equal(await seller.page.locator("#venue").inputValue(), "The Mill");
      await seller.press("Preview");
      await seller.sees("Nothing has been saved yet.");
      await seller.press("Put on sale");
      await seller.sees("Your tickets are on sale.");
      const listing = new URL(seller.page.url()).pathname;
      await seller.comesToSee(listing, `The Old Mill ${mode}`);
      await seller.go("/selling");
      await seller.doesNotSee("Drafts");

      const buyer = await (await arrive("nils")).signUp();
      const post = async (path, data) => (await buyer.context.request.post(path, { data })).json();
      const order = await post("/api/orders", { ticketId: listing.split("/").pop(), quantity: 3 });
      await post("/api/payments", { orderId: order.id, token: "tok_visa" });
      await post("/api/orders", { ticketId: listing.split("/").pop(), quantity: 1 });

      await seller.comesToSee("/selling", "Tickets sold in the last 30 days");
      await seller.look("selling-sold");
      await seller.follow("Sales and earnings");
      await seller.sees("€37.50");
      assert.equal(await seller.page.locator("svg path.bar-1").first().isVisible(), true);
      await seller.page.locator("summary", { hasText: "As a table" }).click();
      await seller.page.getByRole("rowheader").first().waitFor();
      await seller.sees(order.id);
      await seller.look("money");
      await seller.follow("Last 90 days");
      await seller.sees("€37.50");

      await seller.comesToSee(`${listing}/sales`, "3 tickets");
      await seller.sees("Paid");
      await seller.sees("Held");
      await seller.doesNotSee(buyer.email);
      await seller.look("sales");
      const file = await seller.context.request.get(`${listing}/sales.csv`);
      assert.match(await file.text(), new RegExp(`^order,time,tickets,total,currency,status\\r\\n[^]*${order.id},[^,]+,3,37.50,EUR,paid\\r\\n$`));
      const refused = await buyer.go(`${listing}/sales`, 403);
      assert.doesNotMatch(await refused.text(), /37\.50/);

      await seller.go("/selling");
      await seller.page.getByRole("link", { name: /^Sell again/ }).first().click();
      assert.equal(await seller.page.locator("#title").inputValue(), `Millers’ Ball ${mode}`);
      assert.equal(await seller.page.locator("#startsAt").inputValue(), "");
      await seller.look("sell-again");
      for (const each of [seller, buyer]) await each.leave();
    });
  });
}
