// A minimal Gateway API implementation for the rendered Gateway and HTTPRoutes: terminates TLS with the listener's Secret,
// selects the most specific rule, and forwards the request to the Service's pods.
import http from "node:http";
import https from "node:https";
import { named, ofKind } from "./manifests.js";

const decoded = (secret, key) => Buffer.from(secret.data[key], "base64").toString();

// The matching rule: an exact path takes precedence over a regular expression of the whole path, that over the longest prefix;
// prefixes match whole path segments.
export function ruleFor(route, path) {
  const expression = (value) => new RegExp(`^(?:${value.replace(/^\(\?i\)/, "")})$`, value.startsWith("(?i)") ? "i" : "");
  const fits = ({ type, value }) => {
    if (type === "RegularExpression") return expression(value).test(path);
    return path === value || (type === "PathPrefix" && path.startsWith(value.endsWith("/") ? value : `${value}/`));
  };
  const weight = ({ type, value }) => ({ Exact: 2e6, RegularExpression: 1e6 })[type] ?? value.length;
  const all = route.spec.rules.flatMap((rule) => rule.matches.filter((match) => fits(match.path)).map((match) => ({ rule, weight: weight(match.path) })));
  return all.sort((one, other) => other.weight - one.weight)[0]?.rule;
}

// `addressOf(service, port)` returns the host and port that the Service resolves to now.
export async function openGateway(manifests, addressOf) {
  const listener = ofKind(manifests, "Gateway")[0].spec.listeners.find(({ protocol }) => protocol === "HTTPS");
  const secret = named(manifests, "Secret", listener.tls.certificateRefs[0].name);
  const route = ofKind(manifests, "HTTPRoute").find(({ spec }) => spec.parentRefs[0].sectionName === listener.name);
  const server = https.createServer({ cert: decoded(secret, "tls.crt"), key: decoded(secret, "tls.key") }, (incoming, response) => {
    const reject = (status) => response.writeHead(status).end();
    if (incoming.headers.host.split(":")[0] !== listener.hostname) return reject(404);
    const url = new URL(incoming.url, "http://any");
    const rule = ruleFor(route, url.pathname);
    if (!rule) return reject(404);
    const { name, port } = rule.backendRefs[0];
    const service = named(manifests, "Service", name);
    const forwarded = http.request({
      method: incoming.method, path: url.pathname + url.search, ...addressOf(name, service.spec.ports.find((each) => each.port === port).port),
      headers: { ...incoming.headers, "x-forwarded-for": incoming.socket.remoteAddress, "x-forwarded-proto": "https" },
      timeout: rule.timeouts ? Number.parseInt(rule.timeouts.request) * 1000 : undefined,
    }, (upstream) => {
      response.writeHead(upstream.statusCode, upstream.headers);
      upstream.pipe(response);
    });
    forwarded.on("timeout", () => forwarded.destroy());
    forwarded.on("error", () => (response.headersSent ? response.destroy() : reject(503)));
    incoming.pipe(forwarded);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    at: { url: `https://${listener.hostname}`, ca: decoded(secret, "tls.crt"), connect: { host: "127.0.0.1", port: server.address().port } },
    close: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }),
  };
}
