// Does what a Gateway API implementation does with the rendered Gateway and HTTPRoutes: ends TLS with the Secret that the
// listener names, takes the most specific rule, and passes the request on to the Service's pods.
import http from "node:http";
import https from "node:https";
import { named, ofKind } from "./manifests.js";

const decoded = (secret, key) => Buffer.from(secret.data[key], "base64").toString();

// The rule that wins: an exact path before the longest prefix; a prefix ends at a slash.
export function ruleFor(route, path) {
  const fits = ({ type, value }) => (type === "Exact" ? path === value : path === value || path.startsWith(value.endsWith("/") ? value : `${value}/`));
  const weight = ({ type, value }) => (type === "Exact" ? 1e6 : value.length);
  const all = route.spec.rules.flatMap((rule) => rule.matches.filter((match) => fits(match.path)).map((match) => ({ rule, weight: weight(match.path) })));
  return all.sort((one, other) => other.weight - one.weight)[0]?.rule;
}

// `addressOf(service name, its port)` gives the host and port that a Service stands for now.
export async function openGateway(manifests, addressOf) {
  const listener = ofKind(manifests, "Gateway")[0].spec.listeners.find(({ protocol }) => protocol === "HTTPS");
  const secret = named(manifests, "Secret", listener.tls.certificateRefs[0].name);
  const route = ofKind(manifests, "HTTPRoute").find(({ spec }) => spec.parentRefs[0].sectionName === listener.name);
  const server = https.createServer({ cert: decoded(secret, "tls.crt"), key: decoded(secret, "tls.key") }, (asked, answer) => {
    const refuse = (status) => answer.writeHead(status).end();
    if (asked.headers.host.split(":")[0] !== listener.hostname) return refuse(404);
    const url = new URL(asked.url, "http://any");
    const rule = ruleFor(route, url.pathname);
    if (!rule) return refuse(404);
    for (const { type, urlRewrite } of rule.filters ?? [])
      if (type === "URLRewrite" && urlRewrite.path.type === "ReplaceFullPath") url.pathname = urlRewrite.path.replaceFullPath;
    const { name, port } = rule.backendRefs[0];
    const service = named(manifests, "Service", name);
    const passed = http.request({
      method: asked.method, path: url.pathname + url.search, ...addressOf(name, service.spec.ports.find((each) => each.port === port).port),
      headers: { ...asked.headers, "x-forwarded-for": asked.socket.remoteAddress, "x-forwarded-proto": "https" },
      timeout: rule.timeouts ? Number.parseInt(rule.timeouts.request) * 1000 : undefined,
    }, (response) => {
      answer.writeHead(response.statusCode, response.headers);
      response.pipe(answer);
    });
    passed.on("timeout", () => passed.destroy());
    passed.on("error", () => (answer.headersSent ? answer.destroy() : refuse(503)));
    asked.pipe(passed);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    at: { url: `https://${listener.hostname}`, ca: decoded(secret, "tls.crt"), connect: { host: "127.0.0.1", port: server.address().port } },
    close: () => new Promise((resolve) => { server.close(resolve); server.closeAllConnections(); }),
  };
}
