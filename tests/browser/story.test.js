// Buyers and sellers in the browser, each test with and without JavaScript.
import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { openMarketplace } from "./marketplace.js";
import { browser, marketplace } from "./shared.js";
import { Visitor, inAYear, password } from "./visitor.js";

for (const javascript of [true, false]) {
  describe(javascript ? "with JavaScript, on a desktop" : "without JavaScript, on a phone", () => {
    const mode = javascript ? "js" : "plain";
    const arrive = (name, at = marketplace) => Visitor.arrive(browser, at, name, javascript);

    it("a seller signs up and puts tickets on sale", async () => {
      const seller = await arrive("anna");
      await seller.go("/tickets/new");
      assert.equal(seller.path(), "/auth/signin");
      await seller.look("sign-in");
      await seller.page.locator("main").getByRole("link", { name: "Create an account" }).click();
      await seller.fill({ email: "anna", password: "short" });
      await seller.page.locator("form.sheet").evaluate((form) => (form.noValidate = true));
      await seller.press("Create account");
      await seller.sees("Please fix the following");
      await seller.look("sign-up-rejected");
      assert.equal(await seller.page.locator("#email").inputValue(), "anna");
      assert.equal(await seller.page.locator("#password").inputValue(), "");
      await seller.fill({ email: seller.email, password });
      await seller.press("Create account");

      await seller.sees("Sell tickets");
      assert.equal(seller.path(), "/tickets/new");
      if (javascript) assert.equal(await seller.page.locator("#timeZone").inputValue(), "Europe/Vienna");
      await seller.look("new-listing");
      await seller.fill({ title: `Così fan tutte ${mode}`, price: "a lot", venue: "Staatsoper", city: "Vienna", category: "theatre",
                          startsAt: `${inAYear}T19:30`, timeZone: "Europe/Vienna", quantity: "4", maxPerOrder: "3",
                          description: "Two rows.\n\n<b>Good</b> view." });
      await seller.press("Put on sale");
      await seller.look("new-listing-rejected");
      assert.equal(await seller.page.locator("#price").getAttribute("aria-invalid"), "true");
      assert.match(await seller.page.locator("#price-error").textContent(), /Enter a price/);
      await seller.page.getByRole("link", { name: /Enter a price/ }).click();
      assert.equal(await seller.page.locator("#venue").inputValue(), "Staatsoper");
      await seller.fill({ price: "1,250.00" });
      await seller.press("Put on sale");

      await seller.sees("Your tickets are on sale.");
      await seller.sees("$1,250.00");
      await seller.sees(/19:30 CES?T/);
      assert.match(await seller.page.locator(".long").innerText(), /Two rows\.\n\n<b>Good<\/b> view\./);
      await seller.look("own-listing");
      await seller.leave();
    });

    it("a visitor searches, filters, sorts and turns pages", async () => {
      const seller = await (await arrive("berta")).signUp();
      for (let i = 1; i <= 30; ++i) {
        await seller.lists({ title: `Jazz ${mode} No. ${i}`, price: i, currency: "EUR", category: i % 2 ? "concert" : "comedy",
                             city: "Graz", startsAt: `${inAYear}T18:00:00Z` });
      }
      const visitor = await arrive("visitor");
      await visitor.go("/");
      await visitor.look("landing");
      await visitor.page.getByRole("combobox", { name: "Search" }).fill(`jazz ${mode}`);
      await visitor.page.getByRole("combobox", { name: "Search" }).press("Enter");
      await visitor.sees(`Tickets for “jazz ${mode}”`);
      assert.equal(await visitor.page.locator(".ticket").count(), 20);

      const titles = async () => visitor.page.locator(".ticket h3").allTextContents();
      const first = await titles();
      await visitor.follow("More tickets");
      await visitor.sees("Back to first page");
      const second = await titles();
      assert.equal(second.length, 10);
      assert.equal(new Set([...first, ...second]).size, 30, "no ticket repeated, none missed");

      await visitor.follow("Concerts");
      await visitor.sees(`Tickets for “jazz ${mode}”`);
      assert.equal(await visitor.page.locator(".ticket").count(), 15);
      const summary = visitor.page.locator("summary", { hasText: "Dates, price" });
      if (await summary.isVisible()) await summary.click();
      await visitor.fill({ minPrice: "10", maxPrice: "20", currency: "EUR", sort: "-price" });
      await visitor.press("Apply");
      await visitor.page.waitForURL(/sort=-price/);
      assert.deepEqual(await visitor.page.locator(".ticket .price").allTextContents(), ["€19.00", "€17.00", "€15.00", "€13.00", "€11.00"]);
      assert.equal(await visitor.page.locator("#minPrice").inputValue(), "10");
      assert.equal(await visitor.page.getByRole("combobox", { name: "Search" }).inputValue(), `jazz ${mode}`);
      await visitor.look("filtered");

      await visitor.go("/?q=jasz+graz");
      await visitor.sees("Showing tickets for “jazz graz”");
      await visitor.look("corrected");
      if (javascript) {
        await visitor.page.getByRole("combobox", { name: "Search" }).fill("");
        await visitor.page.getByRole("combobox", { name: "Search" }).pressSequentially("gra");
        await visitor.page.locator("#suggestions option[value=Graz]").waitFor({ state: "attached" });
      }

      await visitor.go("/?q=jazz&minPrice=cheap", 400);
      await visitor.look("filter-rejected");
      await visitor.go("/?q=nothing+like+this");
      await visitor.sees("No tickets match your search");
      await visitor.look("nothing-found");
      await visitor.go("/no/such/page", 404);
      await visitor.look("not-found");
      await visitor.leave();
      await seller.leave();
    });

    it("a buyer holds tickets of two sellers at once, and cancels", async () => {
      const [one, other] = [await (await arrive("carl")).signUp(), await (await arrive("dora")).signUp()];
      const play = await one.lists({ title: `Hamlet ${mode}`, price: 20, quantity: 5, maxPerOrder: 4, startsAt: `${inAYear}T18:00:00Z` });
      const match = await other.lists({ title: `Rapid v Austria ${mode}`, price: 35.5, quantity: 2 });

      const buyer = await arrive("emil");
      await buyer.go(`/tickets/${play.id}`);
      await buyer.look("listing");
      await buyer.fill({ quantity: "2" });
      await buyer.press("Add to basket");
      await buyer.sees("Added to your basket.");
      await buyer.go(`/?q=rapid+${mode}`);
      await buyer.press(`Add ${match.title} to basket`);
      await buyer.sees("$75.50");
      await buyer.look("basket");

      // More than available, and not signed in yet: nothing is held after signing up, and the line says so.
      await buyer.page.getByLabel(`Quantity of ${match.title}`).fill("3");
      await buyer.press("Hold these tickets");
      assert.equal(buyer.path(), "/auth/signin");
      await buyer.sees("We’ll then hold your tickets.");
      await buyer.page.locator("main").getByRole("link", { name: "Create an account" }).click();
      await buyer.fill({ email: buyer.email, password });
      await buyer.press("Create account");
      await buyer.sees("Nothing was held – we hold all of them or none.");
      await buyer.sees(/Only 2 of .* left/);
      await buyer.look("basket-rejected");
      await buyer.page.getByLabel(`Quantity of ${match.title}`).fill("1");
      await buyer.press("Update");
      await buyer.sees("$75.50");
      await buyer.press("Hold these tickets");

      await buyer.sees("These tickets are held for you.");
      assert.match(buyer.path(), /^\/orders\/[0-9a-f-]{36}\/pay$/);
      await buyer.sees(/Held for you for/);
      const left = await buyer.page.locator("[data-countdown]").textContent();
      assert.match(left, javascript ? /^1[45]:\d\d$/ : /^1[45] minutes$/);
      const until = await buyer.page.locator(".hold time").getAttribute("datetime");
      assert.ok(Math.abs(Date.parse(until) - Date.now() - 900_000) < 60_000, until);
      await buyer.look("check-out");
      const order = buyer.path().replace("/pay", "");
      await buyer.go(order);
      await buyer.look("order");
      await buyer.go("/orders");
      await buyer.sees(`Hamlet ${mode} and 1 other`);
      await buyer.look("orders");
      await buyer.go("/basket");
      await buyer.sees("Your basket is empty");
      await buyer.look("basket-empty");
      await buyer.comesToSee(`/tickets/${match.id}`, "Last one");

      await buyer.go(order);
      await buyer.page.getByText("Cancel this order").click();
      await buyer.press("Cancel order");
      await buyer.sees("Order cancelled.");
      await buyer.look("order-cancelled");
      await buyer.comesToSee(`/tickets/${match.id}`, "Only 2 left");

      const stranger = await (await arrive("fred")).signUp();
      await stranger.go(order, 403);
      await stranger.look("forbidden");
      for (const each of [one, other, buyer, stranger]) await each.leave();
    });

    it("a visitor's tickets are held after signing up", async () => {
      const seller = await (await arrive("udo")).signUp();
      const show = await seller.lists({ title: `Cats ${mode}`, price: 9, quantity: 8, maxPerOrder: 2 });
      const buyer = await arrive("vera");
      await buyer.go(`/tickets/${show.id}`);
      await buyer.fill({ quantity: "2" });
      await buyer.press("Hold now");
      assert.equal(buyer.path(), "/auth/signin");
      await buyer.look("sign-in-to-hold");
      await buyer.page.locator("main").getByRole("link", { name: "Create an account" }).click();
      await buyer.fill({ email: buyer.email, password });
      await buyer.press("Create account");
      await buyer.sees("These tickets are held for you.");
      await buyer.comesToSee(`/tickets/${show.id}`, "6 left");
      await buyer.go("/basket");
      await buyer.sees("Your basket is empty");
      for (const each of [seller, buyer]) await each.leave();
    });

    it("a form keeps its input across sign-in and the back button", async () => {
      const seller = await (await arrive("wanda")).signUp();
      await seller.go("/tickets/new");
      const typed = { title: `Nabucco ${mode}`, venue: "Arena", price: "30", timeZone: "Asia/Calcutta", description: "Bring a cushion." };
      const expectTyped = async () => {
        for (const [id, value] of Object.entries(typed)) assert.equal(await seller.page.locator(`#${id}`).inputValue(), value, id);
      };
      await seller.fill(typed);
      await seller.page.goto("/");
      await seller.page.goBack();
      await expectTyped();

      const signedIn = await seller.context.cookies();
      await seller.context.clearCookies({ name: "session" });
      await seller.press("Put on sale");
      await seller.sees("We kept what you entered.");
      assert.ok(signedIn.some(({ name }) => name === "session"));
      await seller.fill({ email: seller.email, password });
      await seller.press("Sign in");
      assert.equal(seller.path(), "/tickets/new");
      await expectTyped();
      await seller.fill({ price: "a lot" });
      await seller.press("Put on sale");
      await seller.page.locator("#price-error").waitFor();
      await seller.page.reload();  // sends nothing again
      await seller.page.locator("#price-error").waitFor();
      await seller.fill({ price: "30" });
      await seller.press("Put on sale");
      await seller.sees("Your tickets are on sale.");
      await seller.leave();
    });

    it("a double click makes one order", async () => {
      const seller = await (await arrive("gerda")).signUp();
      const film = await seller.lists({ title: `Metropolis ${mode}`, price: 9, quantity: 8 });
      const buyer = await (await arrive("hans")).signUp();
      await buyer.go(`/tickets/${film.id}`);
      await buyer.page.getByRole("button", { name: "Hold now" }).dblclick();
      await buyer.sees("These tickets are held for you.");
      await buyer.go("/orders");
      assert.equal(await buyer.page.locator(".rows .row").count(), 1);
      await buyer.comesToSee(`/tickets/${film.id}`, "7 left");
      for (const each of [seller, buyer]) await each.leave();
    });

    it("a buyer's card is declined, another works, and the money is refunded when the seller cancels the event", async () => {
      const seller = await (await arrive("olga")).signUp();
      const opera = await seller.lists({ title: `Fidelio ${mode}`, price: 40, currency: "EUR", quantity: 5, startsAt: `${inAYear}T18:00:00Z` });
      const other = await seller.lists({ title: `Programme ${mode}`, price: 5, currency: "EUR", quantity: 5 });
      const buyer = await (await arrive("paul")).signUp();
      const held = await buyer.context.request.post("/api/orders", {
        data: { items: [{ ticketId: opera.id, quantity: 2 }, { ticketId: other.id, quantity: 1 }] },
      });
      const order = `/orders/${(await held.json()).id}`;
      await buyer.comesToSee(order, "Pay €85.00");
      await buyer.follow("Pay €85.00");
      await buyer.sees("no money moves");
      await buyer.look("pay");
      await buyer.choose("Card is declined");
      await buyer.press("Pay €85.00");
      await buyer.sees("You were not charged");
      assert.equal(buyer.path(), `${order}/pay`);
      await buyer.sees(/Held for you for/);
      await buyer.look("pay-declined");
      await buyer.page.reload();  // sends nothing again
      await buyer.sees("You were not charged");
      await buyer.page.goBack();
      assert.equal(buyer.path(), `${order}/pay`);
      await buyer.sees(/Held for you for/);

      await buyer.choose("Payment succeeds");
      await buyer.page.getByRole("button", { name: "Pay €85.00" }).dblclick();
      await buyer.sees("Thank you.");
      assert.equal(buyer.path(), order);
      await buyer.sees("Paid. The tickets are yours.");  // updates by itself, with and without JavaScript
      assert.equal(await buyer.page.locator(".badge", { hasText: "Not charged" }).count(), 1);
      assert.equal(await buyer.page.locator(".row .badge", { hasText: /^Paid$/ }).count(), 1, "charged once");
      await buyer.look("order-paid");
      await buyer.go(`${order}/pay`);
      assert.equal(buyer.path(), order);
      await buyer.go("/orders");
      await buyer.look("orders-paid");

      await seller.comesToSee("/selling", "€80.00");
      await seller.comesToSee("/selling", "Earnings");
      await seller.look("selling-earned");
      await seller.follow(`Cancel event (${opera.title})`);
      await seller.sees(`Cancel “${opera.title}”?`);
      await seller.look("cancel-event");
      await seller.press("Cancel event and refund everyone");
      await seller.sees("Event cancelled.");
      await seller.sees("Cancelled");
      await seller.look("selling-cancelled");

      await buyer.comesToSee(order, "was refunded on");
      await buyer.sees("part of your order was cancelled by the seller");
      await buyer.sees("€80.00");
      assert.equal(await buyer.page.locator("tr.void").count(), 1);
      await buyer.look("order-void");
      await buyer.go(`/tickets/${opera.id}`);
      await buyer.sees("This event was cancelled.");
      await buyer.look("listing-cancelled");
      await seller.comesToSee("/selling", "€5.00");
      for (const each of [seller, buyer]) await each.leave();
    });

    it("a buyer returns tickets of an event that the seller has changed", async () => {
      const seller = await (await arrive("ulla")).signUp();
      const concert = await seller.lists({ title: `Fado ${mode}`, price: 25, quantity: 4, venue: "Coliseu", city: "Porto",
                                           startsAt: `${inAYear}T20:00:00Z`, timeZone: "Europe/Lisbon", seats: "Stalls, row F" });
      const buyer = await (await arrive("viktor")).signUp();
      await buyer.go(`/tickets/${concert.id}`);
      await buyer.fill({ quantity: "2" });
      await buyer.press("Hold now");
      const order = buyer.path().replace("/pay", "");
      await buyer.press("Pay $50.00");
      await buyer.comesToSee(order, "Paid. The tickets are yours.");
      await seller.go(`/tickets/${concert.id}/edit`);
      await seller.sees("buyers get an email and can return their tickets");
      await seller.fill({ venue: "A car park" });
      await seller.press("Save");
      await buyer.comesToSee(order, "The seller has changed");
      await buyer.sees("Coliseu, Porto");
      await buyer.look("order-changed");
      await buyer.press("Return these tickets");
      await buyer.sees("Tickets returned.");
      await buyer.comesToSee(order, "was refunded on");
      await buyer.sees("You returned them");
      await buyer.look("order-returned");
      for (const each of [seller, buyer]) await each.leave();
    });

    it("a browser works for a hold while many tickets are held", async () => {
      const limited = await openMarketplace({ STAGEDOOR_RATE_LIMITS: "on" });
      try {
        const seller = await (await arrive("wanda", limited)).signUp();
        const rush = await seller.lists({ title: "The rush", price: 9, quantity: 40, maxPerOrder: 20 });
        const first = await (await arrive("xaver", limited)).signUp();
        await first.go(`/tickets/${rush.id}`);
        await first.fill({ quantity: "20" });
        await first.press("Hold now");
        await first.sees("Held for you");
        const second = await (await arrive("yara", limited)).signUp();
        await second.comesToSee(`/tickets/${rush.id}`, "20 left");
        const asked = second.page.waitForRequest((request) => /draft=/.test(request.url()));
        await second.press("Hold now");
        await asked;
        if (javascript) {
          await second.sees("Held for you");
        } else {
          await second.sees("your browser has to do a short calculation first");
          await second.look("hold-needs-work");
        }
        for (const each of [seller, first, second]) await each.leave();
        assert.deepEqual(limited.errors(), []);
      } finally {
        await limited.close();
      }
    });

    it("a charge whose response is lost is found again, and made once", async () => {
      const seller = await (await arrive("rosa")).signUp();
      const ballet = await seller.lists({ title: `Giselle ${mode}`, price: 12, quantity: 2 });
      const buyer = await (await arrive("sepp")).signUp();
      await buyer.go(`/tickets/${ballet.id}`);
      await buyer.press("Hold now");
      const order = buyer.path().replace("/pay", "");
      await buyer.choose("Bank’s reply is lost");
      buyer.context.setDefaultTimeout(60_000);  // the provider is queried again after a while, not at once
      await buyer.press("Pay $12.00");
      await buyer.sees(/Thank you\.|We’re still checking your payment/);
      await buyer.comesToSee(order, "Paid. The tickets are yours.", 60_000);
      assert.equal(await buyer.page.locator(".row .badge").count(), 1, "one payment");
      for (const each of [seller, buyer]) await each.leave();
    });

    it("a user confirms the email, forgets the password and chooses a new one", async () => {
      const user = await (await arrive("quinn")).signUp();
      await user.go("/account");
      await user.sees("isn’t confirmed yet");
      await user.look("account-unconfirmed");
      const first = await marketplace.mailedLink(user.email, "/auth/confirm");
      await user.press("Resend email");
      await user.sees("We’ve sent you an email with a link.");
      await user.open(first);
      await user.press("Confirm email");
      await user.sees("This link has expired");
      await user.look("confirm-expired");
      const second = await marketplace.mailedLink(user.email, "/auth/confirm", first);
      for (let i = 0; i < 2; ++i) await user.open(second);  // opening the link does not use it up
      await user.look("confirm");
      await user.press("Confirm email");
      await user.sees("Your email is confirmed");
      await user.look("confirmed");
      await user.go("/account");
      await user.doesNotSee("isn’t confirmed yet");
      await user.press("Sign out");

      await user.go("/auth/signin");
      await user.follow("Forgot your password?");
      await user.look("forgot");
      await user.fill({ email: user.email });
      await user.press("Send link");
      await user.sees("If there’s an account with that address");
      await user.look("forgot-sent");
      const link = await marketplace.mailedLink(user.email, "/auth/reset");
      await user.open(link);
      await user.look("reset");
      await user.page.locator("form.sheet").evaluate((form) => (form.noValidate = true));
      await user.fill({ password: "short" });
      await user.press("Update password");
      await user.page.locator("#password-error").waitFor();
      await user.look("reset-rejected");
      await user.copyLink(link);
      await user.fill({ password: "the curtain falls" });
      await user.press("Update password");
      await user.sees("Password updated.");
      await user.look("sign-in-after-reset");
      await user.fill({ email: user.email, password: "the curtain falls" });
      await user.press("Sign in");
      await user.open(link);
      await user.fill({ password: "an encore perhaps" });
      await user.press("Update password");
      await user.sees("This link has expired");
      await user.look("reset-expired");
      await user.leave();
    });

    it("an expired hold goes back on sale by itself", async () => {
      const brief = await openMarketplace({ STAGEDOOR_HOLD_SECONDS: "3" });
      try {
        const seller = await (await arrive("ida", brief)).signUp();
        const last = await seller.lists({ title: "The last seat", price: 12 });
        const buyer = await (await arrive("jan", brief)).signUp();
        await buyer.go(`/tickets/${last.id}`);
        await buyer.press("Hold now");
        await buyer.sees("These tickets are held for you.");
        const order = buyer.path();
        if (javascript) {
          await buyer.sees("The hold expired");  // the page updates by itself
        } else {
          await buyer.comesToSee(order, "The hold expired");
        }
        await buyer.look("order-expired");
        const other = await (await arrive("kurt", brief)).signUp();
        await other.comesToSee(`/tickets/${last.id}`, "Last one");
        await other.press("Hold now");
        await other.sees("These tickets are held for you.");
        await buyer.go(`/tickets/${last.id}`);
        for (const each of [seller, buyer, other]) await each.leave();
        assert.deepEqual(brief.errors(), []);
      } finally {
        await brief.close();
      }
    });

    it("a seller edits, runs into an edit from another window, and withdraws", async () => {
      const seller = await (await arrive("lisa")).signUp();
      const show = await seller.lists({ title: `Circus ${mode}`, price: 15, quantity: 6, venue: "Big Top" });
      const stranger = await (await arrive("max")).signUp();
      await stranger.go(`/tickets/${show.id}/edit`, 403);
      await stranger.leave();

      await seller.go("/selling");
      await seller.look("selling");
      await seller.follow(`Edit ${show.title}`);
      await seller.look("edit");
      const otherWindow = await seller.context.newPage();
      seller.watch(otherWindow);
      await otherWindow.goto(`/tickets/${show.id}/edit`);
      await otherWindow.locator("#venue").fill("Small Top");
      await otherWindow.getByRole("button", { name: "Save" }).click();
      await otherWindow.getByText("Saved.").waitFor();
      await otherWindow.close();

      await seller.fill({ price: "17.5" });
      await seller.press("Save");
      await seller.sees("This listing was changed in the meantime");
      await seller.sees("Small Top");
      assert.equal(await seller.page.locator("#price").inputValue(), "17.5");
      assert.equal(await seller.page.locator("#venue").inputValue(), "Small Top", "a field that wasn't touched");
      await seller.look("edit-conflict");
      await seller.press("Save");
      await seller.sees("Saved.");
      await seller.sees("$17.50");
      await seller.sees("Small Top");

      await seller.go("/selling");
      await seller.page.locator(`summary[aria-label="Withdraw ${show.title}"]`).click();
      await seller.look("selling-withdraw");
      await seller.press(`Withdraw listing (${show.title})`);
      await seller.sees("Listing withdrawn.");
      await seller.sees("Withdrawn");
      await seller.look("selling-withdrawn");
      await seller.go(`/tickets/${show.id}`);
      await seller.look("listing-withdrawn");
      await seller.leave();
    });

    it("a user signs out another device, changes the password and signs out", async () => {
      const user = await (await arrive("nora")).signUp();
      const elsewhere = await arrive("elsewhere");
      elsewhere.email = user.email;
      await elsewhere.go("/account");
      await elsewhere.fill({ email: user.email, password: "not this one" });
      await elsewhere.press("Sign in");
      await elsewhere.sees("Couldn’t sign you in");
      await elsewhere.look("sign-in-rejected");
      await elsewhere.fill({ password });
      await elsewhere.press("Sign in");
      await elsewhere.sees("This device");
      assert.equal(elsewhere.path(), "/account");

      await user.go("/account");
      await user.look("account");
      const others = user.page.getByRole("radio", { name: /^Sign out/ });
      await others.first().check();
      await user.fill({ password: "not this one" });
      await user.press("Sign out device");
      assert.equal(await user.page.locator("#password").getAttribute("aria-invalid"), "true");
      await others.first().check();
      await user.fill({ password });
      await user.press("Sign out device");
      await user.sees("Device signed out.");
      assert.equal(await others.count(), 0);
      await elsewhere.comesToSee("/account", "Sign in to continue.");

      await user.fill({ currentPassword: "wrong one here", newPassword: "another good one" });
      await user.press("Update password");
      assert.equal(await user.page.locator("#currentPassword").getAttribute("aria-invalid"), "true");
      await user.look("account-rejected");
      await user.fill({ currentPassword: password, newPassword: "another good one" });
      await user.press("Update password");
      await user.sees("Password updated.");
      await user.press("Sign out");
      await user.sees("Sign in");
      assert.equal(user.path(), "/");
      await user.go("/account");
      assert.equal(user.path(), "/auth/signin");
      await user.fill({ email: user.email, password: "another good one" });
      await user.press("Sign in");
      await user.sees("This device");
      for (const each of [user, elsewhere]) await each.leave();
    });
  });
}

it("the marketplace logged no errors", () => assert.deepEqual(marketplace.errors(), []));
