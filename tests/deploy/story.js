// A purchase, as a client of the API sees it: from sign-up to the money in the seller's balance, and what must be refused.
import assert from "node:assert/strict";
import http from "node:http";
import https from "node:https";

// One request; `at` says where: { url, ca?, connect? }, of which `connect` is the address when the name is not to be looked up.
export function request(at, method, path, { body, cookie, headers = {} } = {}) {
  const url = new URL(path, at.url);
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const asked = (url.protocol === "https:" ? https : http).request({
      method, path: url.pathname + url.search, host: at.connect?.host ?? url.hostname, port: at.connect?.port ?? url.port,
      servername: url.hostname, ca: at.ca, agent: false, timeout: 20_000,
      headers: { host: url.host, ...(text && { "content-type": "application/json", "content-length": Buffer.byteLength(text) }), ...(cookie && { cookie }), ...headers },
    }, (answer) => {
      const parts = [];
      answer.on("data", (part) => parts.push(part));
      answer.on("error", reject);
      answer.on("end", () => {
        const all = Buffer.concat(parts).toString();
        let json;
        try { json = JSON.parse(all); } catch { /* a page */ }
        resolve({ status: answer.statusCode, headers: answer.headers, text: all, json, cookie: answer.headers["set-cookie"]?.[0].split(";")[0], setCookie: answer.headers["set-cookie"]?.[0] });
      });
    });
    asked.on("timeout", () => asked.destroy(new Error(`${method} ${path}: no answer`)));
    asked.on("error", reject);
    asked.end(text);
  });
}

export async function tellStory(at) {
  const expect = async (status, ...asked) => {
    const answer = await request(at, ...asked);
    assert.equal(answer.status, status, `${asked[0]} ${asked[1]} answered ${answer.status}: ${answer.text.slice(0, 300)}`);
    return answer;
  };
  const turn = Math.random().toString(36).slice(2, 10);
  const signUp = async (name) => (await expect(201, "POST", "/api/users/signup", { body: { email: `${name}-${turn}@example.com`, password: `${name}s-long-password` } }));
  const seller = await signUp("ada"), buyer = await signUp("eve");
  if (at.url.startsWith("https:")) assert.match(seller.setCookie, /^__Host-session=.*Secure/);

  const ticket = (await expect(201, "POST", "/api/tickets", { cookie: seller.cookie, body: { title: `Kites ${turn}`, price: 19.99, quantity: 2 } })).json;
  const key = { "idempotency-key": `order-${turn}` }, items = { items: [{ ticketId: ticket.id, quantity: 2 }] };
  const order = (await expect(201, "POST", "/api/orders", { cookie: buyer.cookie, body: items, headers: key })).json;
  assert.equal((await expect(201, "POST", "/api/orders", { cookie: buyer.cookie, body: items, headers: key })).json.id, order.id, "the same order for the same key");
  await expect(409, "POST", "/api/orders", { cookie: buyer.cookie, body: { ticketId: ticket.id } });
  await expect(402, "POST", "/api/payments", { cookie: buyer.cookie, body: { orderId: order.id, token: "tok_chargeDeclined" } });
  await expect(201, "POST", "/api/payments", { cookie: buyer.cookie, body: { orderId: order.id, token: "tok_visa" } });

  const eventually = async (what, attempt) => {
    for (const end = Date.now() + 15_000; !(await attempt()); ) {
      assert.ok(Date.now() < end, `${what}: not within 15 s`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  };
  await eventually("the order is complete", async () => (await expect(200, "GET", `/api/orders/${order.id}`, { cookie: buyer.cookie })).json.status === "complete");
  await eventually("the seller has the money", async () => /39\.98/.test((await expect(200, "GET", "/api/payments/balance", { cookie: seller.cookie })).text));
  await eventually("the listing is sold out", async () => (await expect(200, "GET", `/api/tickets/${ticket.id}`)).json.available === 0);
  const page = await expect(200, "GET", `/tickets/${ticket.id}`, { cookie: buyer.cookie });
  assert.match(page.text, new RegExp(`Kites ${turn}`));
  await expect(200, "GET", `/orders/${order.id}`, { cookie: buyer.cookie });
  await expect(401, "POST", "/api/orders", { body: { ticketId: ticket.id } });
  assert.match((await expect(200, "GET", "/api/openapi.json")).text, /api\/payments/);
  return ticket.id;
}
