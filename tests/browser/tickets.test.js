// From the paid order through the door, with and without JavaScript, with and without a network.
import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, describe, it } from "node:test";
import { film, readWithZxing } from "./camera.js";
import { browser, marketplace } from "./shared.js";
import { Visitor, launch } from "./visitor.js";

const folder = mkdtempSync(join(tmpdir(), "stagedoor-tickets-"));
after(() => rmSync(folder, { recursive: true, force: true }));

const inAYear = new Date(Date.now() + 360 * 86_400_000).toISOString().slice(0, 10);
const arrive = (name, javascript = true) => Visitor.arrive(browser, marketplace, name, javascript);
const api = async (visitor, method, path, data) => {
  const response = await visitor.context.request[method](path, { data });
  assert.ok(response.ok(), `${method} ${path}: ${response.status()} ${await response.text()}`);
  return response.status() === 204 ? undefined : response.json();
};

// A listing, and a buyer who has paid for some of its tickets.
async function sold(seller, buyer, title, quantity) {
  const listing = await seller.lists({ title, price: 30, currency: "EUR", quantity: 50, venue: "Staatsoper", city: "Vienna",
                                       startsAt: `${inAYear}T18:30:00Z`, timeZone: "Europe/Vienna", seats: "Stalls, row F" });
  await buyer.comesToSee(`/tickets/${listing.id}`, "50 left");
  await buyer.fill({ quantity: String(quantity) });
  await buyer.press("Hold now");
  await buyer.sees("These tickets are held for you.");
  const order = buyer.path().replace("/pay", "");
  await buyer.press(`Pay €${quantity * 30}.00`);
  await buyer.comesToSee(order, "Paid. The tickets are yours.");
  await buyer.comesToSee("/my/tickets", title);
  return { listing, order };
}

const passesOf = (visitor, order) => api(visitor, "get", `/api/admissions/passes?orderId=${order.split("/").at(-1)}`);
const codeOf = async (visitor, pass) => (await api(visitor, "get", `/api/admissions/passes/${pass.id}`)).code;

async function doorLink(seller, listing, name, role = "steward") {
  await seller.go(`/tickets/${listing.id}/doors`);
  await seller.fill({ name, role });
  await seller.press("Add door");
  await seller.sees(`${name} is ready`);
  return seller.page.locator("#link").inputValue();
}

async function picture(visitor, name) {
  const file = join(folder, `${name}.png`);
  const png = await visitor.page.locator(".pass-code svg").screenshot({ path: file });
  return { file, png };
}

// The page at a door, on a phone.
async function atDoor(name, link, where = browser) {
  const steward = await Visitor.arrive(where, marketplace, name, true);
  await steward.page.setViewportSize({ width: 390, height: 844 });
  await steward.go(new URL(link).pathname + new URL(link).hash);
  await steward.page.locator("#work").waitFor();
  assert.ok(!steward.page.url().includes("#"), "the token doesn't stay in the address");
  return steward;
}

async function type(steward, code) {
  await steward.page.locator("#typed-code").fill(code);
  await steward.page.getByRole("button", { name: "Check", exact: true }).click();
}
async function expectResult(steward, tone, title, text = /^/) {
  const panel = steward.page.locator(`#result[data-tone=${tone}]`);
  await panel.getByText(title).waitFor();
  assert.match(await panel.locator("#result-text").textContent(), text);
}

const isKept = (path) => async (page) => {
  for (const end = Date.now() + 10_000; Date.now() < end; ) {
    const found = await page.evaluate(async (wanted) => Boolean(await caches.match(wanted)), path);
    if (found) return;
    await page.waitForTimeout(50);
  }
  throw new Error(`${path} is not kept`);
};

describe("tickets with JavaScript", () => {
  it("are shown without a network once opened, read by any reader, and gone after sign-out", async () => {
    const seller = await (await arrive("agnes")).signUp();
    const buyer = await (await arrive("bruno")).signUp();
    const { order } = await sold(seller, buyer, "Così fan tutte", 2);
    await buyer.look("tickets");
    await buyer.go(order);
    await buyer.look("order-with-tickets");
    const [pass] = await passesOf(buyer, order);
    await buyer.go(`/my/tickets/${pass.id}`);
    await buyer.look("ticket");
    const code = await codeOf(buyer, pass);
    assert.equal(readWithZxing((await picture(buyer, "ticket")).file), code);

    await isKept(`/my/tickets/${pass.id}`)(buyer.page);
    await buyer.context.setOffline(true);
    await buyer.page.reload();
    await buyer.sees("You’re offline.");
    assert.equal(readWithZxing((await picture(buyer, "offline")).file), code);
    await buyer.page.setViewportSize({ width: 390, height: 844 });
    await buyer.look("ticket-offline-phone");
    await buyer.page.setViewportSize({ width: 1280, height: 900 });
    await buyer.context.setOffline(false);
    await buyer.go(`/de/my/tickets/${pass.id}`);
    await isKept(`/de/my/tickets/${pass.id}`)(buyer.page);
    await buyer.context.setOffline(true);
    await buyer.page.reload();
    await buyer.sees("Du bist offline.");
    await buyer.context.setOffline(false);
    await buyer.go("/de/");
    assert.ok(await buyer.page.evaluate(async (path) => Boolean(await caches.match(path)), `/my/tickets/${pass.id}`), "other pages leave them");

    await buyer.go(`/orders/${order.split("/").at(-1)}/tickets`);
    await buyer.look("ticket-sheet");
    await buyer.page.emulateMedia({ media: "print" });
    await buyer.page.screenshot({ path: join(process.env.STAGEDOOR_RESULTS ?? "results", "ticket-sheet-print.png"), fullPage: true });
    await buyer.page.emulateMedia({ media: "screen" });
    await buyer.go("/");
    await buyer.page.getByRole("button", { name: "Sign out" }).click();
    await buyer.sees("Sign in");
    await buyer.page.waitForFunction(async () => !(await caches.keys()).some((name) => name.startsWith("tickets-")));
    for (const each of [seller, buyer]) await each.leave();
  });

  it("are passed on by a link; the old code dies", async () => {
    const seller = await (await arrive("clara")).signUp();
    const buyer = await (await arrive("dirk")).signUp();
    const { listing, order } = await sold(seller, buyer, "Fidelio", 1);
    const [pass] = await passesOf(buyer, order);
    const old = await codeOf(buyer, pass);
    await buyer.go(`/my/tickets/${pass.id}`);
    await buyer.press("Create a link");
    await buyer.sees("Send this link to your friend");
    await buyer.look("ticket-link");
    const link = await buyer.page.locator("#link").inputValue();
    await buyer.go(`/my/tickets/${pass.id}`);
    await buyer.sees("Waiting to be claimed");
    await buyer.look("ticket-offered");

    const friend = await arrive("erika");
    await friend.open(new URL(link).pathname + new URL(link).hash);
    await friend.sees("Sign in to claim it");
    await friend.look("transfer-signed-out");
    await friend.page.locator("main").getByRole("link", { name: "Create an account" }).click();
    await friend.fill({ email: friend.email, password: "the show must go on" });
    await friend.press("Create account");
    await friend.press("Claim this ticket");
    await friend.sees("This ticket is yours now.");
    await friend.look("ticket-claimed");
    await friend.page.waitForFunction(() => !sessionStorage.getItem("transfer"));
    await buyer.go(`/my/tickets/${pass.id}`, 403);
    assert.ok(!(await buyer.page.evaluate(async (path) => Boolean(await caches.match(path)), `/my/tickets/${pass.id}`)), "no copy is kept");
    const fresh = await codeOf(friend, pass);
    assert.notEqual(fresh, old);

    const steward = await atDoor("fritz", await doorLink(seller, listing, "Main entrance"));
    await type(steward, old);
    await expectResult(steward, "stop", "No longer valid");
    await type(steward, fresh);
    await expectResult(steward, "good", "Come in");
    await friend.comesToSee(`/my/tickets/${pass.id}`, "Came in");
    for (const each of [seller, buyer, friend, steward]) await each.leave();
  });

  it("open the door to the camera once; the second scan says when and where", async () => {
    const seller = await (await arrive("gustav")).signUp();
    const buyer = await (await arrive("hedwig")).signUp();
    const { listing, order } = await sold(seller, buyer, "Hamlet", 1);
    const [pass] = await passesOf(buyer, order);
    await buyer.go(`/my/tickets/${pass.id}`);
    const video = join(folder, "ticket.y4m");
    await film(buyer.page, (await picture(buyer, "filmed")).png, video);
    const link = await doorLink(seller, listing, "North gate");
    await seller.look("door-created");

    const camera = await launch(["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream", `--use-file-for-fake-video-capture=${video}`]);
    try {
      const steward = await atDoor("ingrid", link, camera);
      await steward.look("door-ready");
      await steward.page.getByRole("button", { name: "Scan with the camera" }).click();
      await expectResult(steward, "good", "Come in", /Stalls, row F/);
      await steward.look("door-admitted");
      await expectResult(steward, "stop", "Already used", /\d\d:\d\d:\d\d at North gate/);
      await steward.look("door-refused");
      await steward.leave();
    } finally {
      await camera.close();
    }
    await seller.comesToSee(`/tickets/${listing.id}/doors`, "Arrivals, per 5 minutes");
    await seller.look("doors");
    await seller.page.setViewportSize({ width: 390, height: 844 });
    await seller.look("doors-phone");
    for (const each of [seller, buyer]) await each.leave();
  });

  it("open the door without a network, once, and the admissions are uploaded later", async () => {
    const seller = await (await arrive("jakob")).signUp();
    const buyer = await (await arrive("karla")).signUp();
    const { listing, order } = await sold(seller, buyer, "Macbeth", 3);
    const codes = await Promise.all((await passesOf(buyer, order)).map((pass) => codeOf(buyer, pass)));
    const steward = await atDoor("lorenz", await doorLink(seller, listing, "Stage door"));
    await steward.page.getByRole("button", { name: "Take over tickets" }).click();
    await steward.sees(/decides about \d+ of 64 groups/);
    await steward.page.evaluate(() => navigator.serviceWorker.ready);
    await isKept("/door")(steward.page);
    await steward.context.setOffline(true);
    await type(steward, codes[0]);
    await expectResult(steward, "good", "Come in");
    await steward.page.locator("#connection[data-online=false]").waitFor();
    await type(steward, codes[0]);
    await expectResult(steward, "stop", "Already used", /\d\d:\d\d:\d\d at Stage door/);
    await steward.look("door-offline");

    await steward.page.reload();
    await steward.page.locator("#work").waitFor();
    await type(steward, codes[0]);
    await expectResult(steward, "stop", "Already used", /at Stage door/);
    await type(steward, codes[1]);
    await expectResult(steward, "good", "Come in");
    assert.equal(await steward.page.locator("#pending").textContent(), "2");
    await type(steward, "https://example.com");
    await expectResult(steward, "stop", "Not one of our tickets");
    await steward.context.setOffline(false);
    await steward.page.waitForFunction(() => document.getElementById("pending").textContent === "0");
    await steward.page.getByRole("button", { name: "Give them back" }).click();
    await steward.sees("can’t admit anybody yet");

    // Another door, by the server: it knows what happened at the first.
    const chief = await atDoor("moritz", await doorLink(seller, listing, "Back door", "supervisor"));
    await type(chief, codes[1]);
    await expectResult(chief, "stop", "Already used", /at Stage door/);
    await type(chief, codes[2]);
    await expectResult(chief, "good", "Come in");
    await chief.page.getByRole("button", { name: /^Undo/ }).click();
    await expectResult(chief, "good", "Undone");
    await type(chief, codes[2]);
    await expectResult(chief, "good", "Come in");
    await chief.look("door-supervisor");
    // A USB scanner, while no input has the focus.
    await chief.page.evaluate(() => document.activeElement.blur());
    await chief.page.keyboard.type(codes[0]);
    await chief.page.keyboard.press("Enter");
    await expectResult(chief, "stop", "Already used", /at Stage door/);
    await seller.comesToSee(`/tickets/${listing.id}/doors`, "Stage door: 2");

    await seller.page.locator("summary[aria-label='Close Back door']").click();
    await seller.press("Close door (Back door)");
    await seller.sees("The door is closed.");
    await chief.sees("This door is closed");
    await chief.look("door-closed");
    for (const each of [seller, buyer, steward, chief]) await each.leave();
  });

  it("come in twice at lenient doors without a network, which is reported; people come back after checking out", async () => {
    const seller = await (await arrive("tamara")).signUp();
    const buyer = await (await arrive("ulrich")).signUp();
    const { listing, order } = await sold(seller, buyer, "Othello", 2);
    await seller.go(`/tickets/${listing.id}/doors`);
    await seller.fill({ mode: "lenient", reentry: "allowed" });
    await seller.press("Save rules");
    await seller.sees("Saved.");
    const [code, other] = await Promise.all((await passesOf(buyer, order)).map((pass) => codeOf(buyer, pass)));
    const north = await atDoor("vroni", await doorLink(seller, listing, "North gate"));
    const south = await atDoor("wenzel", await doorLink(seller, listing, "South gate"));
    for (const steward of [north, south]) {
      await steward.sees("this device keeps admitting people");
      await steward.context.setOffline(true);
      await type(steward, code);
      await expectResult(steward, "good", "Come in");
    }
    await north.context.setOffline(false);
    await north.page.waitForFunction(() => document.getElementById("pending").textContent === "0");
    await south.context.setOffline(false);
    await south.sees(/had already come in at North gate/);
    await south.look("door-duplicate");
    await seller.comesToSee(`/tickets/${listing.id}/doors`, "Duplicates");
    await seller.look("doors-duplicate");

    await type(south, other);
    await expectResult(south, "good", "Come in");
    await south.page.getByLabel("Going out").check();
    await type(south, other);
    await expectResult(south, "good", "Checked out");
    await type(south, other);
    await expectResult(south, "stop", "Not inside");
    await south.page.getByLabel("Coming in").check();
    await type(south, other);
    await expectResult(south, "good", "Come in");
    for (const each of [seller, buyer, north, south]) await each.leave();
  });

  it("of a lost device are freed by a supervisor", async () => {
    const seller = await (await arrive("xenia")).signUp();
    const buyer = await (await arrive("yvonne")).signUp();
    const { listing, order } = await sold(seller, buyer, "Elektra", 1);
    const [code] = await Promise.all((await passesOf(buyer, order)).map((pass) => codeOf(buyer, pass)));
    const lost = await atDoor("zacharias", await doorLink(seller, listing, "North gate"));
    await lost.page.getByRole("button", { name: "Take over tickets" }).click();
    await lost.sees(/decides about 64 of 64 groups/);
    await lost.context.setOffline(true);
    const chief = await atDoor("alma", await doorLink(seller, listing, "South gate", "supervisor"));
    await type(chief, code);
    await expectResult(chief, "ask", "North gate, please", /Only North gate \(device \d+\) decides/);
    await chief.look("door-elsewhere");
    chief.page.once("dialog", (dialog) => dialog.accept());
    const pack = chief.page.waitForResponse((response) => response.url().endsWith("/scanner/pack"));
    await chief.page.getByRole("button", { name: "That device is lost" }).click();
    await pack;
    await type(chief, code);
    await expectResult(chief, "good", "Come in");
    for (const each of [seller, buyer, lost, chief]) await each.leave();
  });

  it("with codes that change every 15 seconds, drawn by the page without a network", async () => {
    const seller = await (await arrive("nina")).signUp();
    const buyer = await (await arrive("otto")).signUp();
    const listing = await seller.lists({ title: "Tosca", price: 30, currency: "EUR", quantity: 50, startsAt: `${inAYear}T18:30:00Z` });
    await seller.comesToSee(`/tickets/${listing.id}/doors`, "Rules");
    await seller.page.locator("[name=rotating]").check();
    await seller.press("Save rules");
    await seller.sees("Saved.");
    await buyer.comesToSee(`/tickets/${listing.id}`, "50 left");
    await buyer.press("Hold now");
    const order = buyer.path().replace("/pay", "");
    await buyer.press("Pay €30.00");
    await buyer.comesToSee("/my/tickets", "Tosca");
    const [pass] = await passesOf(buyer, order);
    await buyer.go(`/my/tickets/${pass.id}`);
    await buyer.page.locator(".pass-code svg path[d^=M]").waitFor();
    await buyer.look("ticket-rotating");
    await isKept(`/my/tickets/${pass.id}`)(buyer.page);
    await buyer.context.setOffline(true);
    await buyer.page.reload();
    await buyer.page.locator(".pass-code svg path[d^=M]").waitFor();
    const shown = readWithZxing((await picture(buyer, "rotating")).file);
    assert.equal(shown.length, 138);
    await buyer.context.setOffline(false);
    const steward = await atDoor("paula", await doorLink(seller, listing, "Main entrance"));
    await type(steward, await codeOf(buyer, pass));
    await expectResult(steward, "ask", "Old code");
    await steward.look("door-old-code");
    await type(steward, shown);
    await expectResult(steward, "good", "Come in");
    for (const each of [seller, buyer, steward]) await each.leave();
  });
});

describe("tickets without JavaScript, on a phone", () => {
  it("are shown, printed, passed on and claimed; doors are made", async () => {
    const seller = await (await arrive("quirin", false)).signUp();
    const buyer = await (await arrive("resi", false)).signUp();
    const { listing, order } = await sold(seller, buyer, "Carmen", 1);
    await buyer.look("tickets");
    const [pass] = await passesOf(buyer, order);
    await buyer.go(`/my/tickets/${pass.id}`);
    await buyer.look("ticket");
    assert.equal(readWithZxing((await picture(buyer, "plain")).file), await codeOf(buyer, pass));
    await buyer.go(`${order}/tickets`);
    await buyer.look("ticket-sheet");
    const calendar = await buyer.context.request.get(`/my/tickets/${pass.id}/calendar.ics`);
    assert.match(await calendar.text(), /^BEGIN:VCALENDAR[^]*DTSTART:\d{8}T183000Z/);
    await buyer.go(`/my/tickets/${pass.id}`);
    await buyer.press("Create a link");
    const link = await buyer.page.locator("#link").inputValue();
    await buyer.look("ticket-link");
    const friend = await (await arrive("sophie", false)).signUp();
    await friend.go("/transfer");
    await friend.look("transfer");
    await friend.fill({ token: link });
    await friend.press("Show the ticket");
    await friend.sees("Carmen");
    await friend.look("transfer-shown");
    await friend.press("Claim this ticket");
    await friend.sees("This ticket is yours now.");
    await doorLink(seller, listing, "Main entrance");
    await seller.look("door-created");
    await seller.go("/door");
    assert.match(await seller.page.locator("noscript").innerText(), /needs JavaScript/);
    for (const each of [seller, buyer, friend]) await each.leave();
  });
});

it("the marketplace logged no errors", () => assert.deepEqual(marketplace.errors(), []));
