// A purchase through the API, from sign-up to the money in the seller's balance, with some requests that must be rejected.
import assert from "node:assert/strict";
import http from "node:http";
import https from "node:https";

// Sends one request to `at`: { url, ca?, connect? }; `connect` is the address to use instead of resolving the name.
export function request(at, method, path, { body, cookie, headers = {} } = {}) {
  const url = new URL(path, at.url);
  const text = body === undefined ? undefined : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const sent = (url.protocol === "https:" ? https : http).request({
      method, path: url.pathname + url.search, host: at.connect?.host ?? url.hostname, port: at.connect?.port ?? url.port,
      servername: url.hostname, ca: at.ca, agent: false, timeout: 20_000,
      headers: { host: url.host, ...(text && { "content-type": "application/json", "content-length": Buffer.byteLength(text) }), ...(cookie && { cookie }), ...headers },
    }, (response) => {
      const parts = [];
      response.on("data", (part) => parts.push(part));
      response.on("error", reject);
      response.on("end", () => {
        const all = Buffer.concat(parts).toString();
        let json;
        try { json = JSON.parse(all); } catch { /* a page */ }
        resolve({ status: response.statusCode, headers: response.headers, text: all, json, cookie: response.headers["set-cookie"]?.[0].split(";")[0], setCookie: response.headers["set-cookie"]?.[0] });
      });
    });
    sent.on("timeout", () => sent.destroy(new Error(`${method} ${path}: no response`)));
    sent.on("error", reject);
    sent.end(text);
  });
}

export async function buyTickets(at) {
  const expect = async (status, ...parts) => {
    const response = await request(at, ...parts);
    assert.equal(response.status, status, `${parts[0]} ${parts[1]} returned ${response.status}: ${response.text.slice(0, 300)}`);
    return response;
  };
  const suffix = Math.random().toString(36).slice(2, 10);
  const signUp = async (name) => (await expect(201, "POST", "/api/users/signup", { body: { email: `${name}-${suffix}@example.com`, password: `${name}s-long-password` } }));
  const seller = await signUp("ada"), buyer = await signUp("eve");
  if (at.url.startsWith("https:")) assert.match(seller.setCookie, /^__Host-session=.*Secure/);

  const ticket = (await expect(201, "POST", "/api/tickets", { cookie: seller.cookie, body: { title: `Kites ${suffix}`, price: 19.99, quantity: 2 } })).json;
  const key = { "idempotency-key": `order-${suffix}` }, items = { items: [{ ticketId: ticket.id, quantity: 2 }] };
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
  assert.match(page.text, new RegExp(`Kites ${suffix}`));
  await expect(200, "GET", `/orders/${order.id}`, { cookie: buyer.cookie });
  await expect(401, "POST", "/api/orders", { body: { ticketId: ticket.id } });
  assert.match((await expect(200, "GET", "/api/openapi.json")).text, /api\/payments/);
  return ticket.id;
}
