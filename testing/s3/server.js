// A small S3 for tests, in memory: objects of one bucket are put, got and deleted in path style, by requests whose
// signature AWS's own signer would have made, too.
//
//     node server.js BUCKET ACCESS_KEY SECRET_KEY REGION        writes its port as the first line
import { createHash, createHmac } from "node:crypto";
import { createServer } from "node:http";
import { SignatureV4 } from "@smithy/signature-v4";

const [bucket, accessKeyId, secretAccessKey, region] = process.argv.slice(2);
const objects = new Map();

class Sha256 {
  constructor(secret) {
    this.hash = secret === undefined ? createHash("sha256") : createHmac("sha256", secret);
  }
  update(data) {
    this.hash.update(data);
  }
  async digest() {
    return new Uint8Array(this.hash.digest());
  }
}

const signer = new SignatureV4({
  service: "s3",
  region,
  credentials: { accessKeyId, secretAccessKey },
  sha256: Sha256,
  uriEscapePath: false,
  applyChecksum: false,
});

class Refused extends Error {
  constructor(status, code, message) {
    super(message);
    Object.assign(this, { status, code });
  }
}

const authorization =
  /^AWS4-HMAC-SHA256 Credential=([^/,]+)\/(\d{8})\/([^/,]+)\/s3\/aws4_request, ?SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})$/;

async function verify(request, body) {
  const [, key, day, inRegion, names, signature] = authorization.exec(request.headers.authorization ?? "") ?? [];
  if (!key) throw new Refused(403, "AccessDenied", "Access Denied");
  if (key !== accessKeyId) throw new Refused(403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist");
  if (inRegion !== region) throw new Refused(400, "AuthorizationHeaderMalformed", `the region '${inRegion}' is wrong; expecting '${region}'`);
  const [, year, month, date, hour, minute, second] =
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(request.headers["x-amz-date"] ?? "") ?? [];
  if (!year || day !== year + month + date) throw new Refused(403, "AccessDenied", "X-Amz-Date is missing or of another day");
  const signed = names.split(";");
  for (const name of Object.keys(request.headers)) {
    if ((name === "host" || name.startsWith("x-amz-")) && !signed.includes(name)) throw new Refused(403, "AccessDenied", `${name} is not signed`);
  }
  const again = await signer.sign(
    {
      method: request.method,
      protocol: "http:",
      hostname: request.headers.host,
      path: request.url,
      query: {},
      headers: Object.fromEntries(signed.map((name) => [name, request.headers[name]])),
    },
    { signingDate: new Date(Date.UTC(year, month - 1, date, hour, minute, second)) },
  );
  if (authorization.exec(again.headers.authorization)?.[5] !== signature)
    throw new Refused(403, "SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided");
  if (createHash("sha256").update(body).digest("hex") !== request.headers["x-amz-content-sha256"])
    throw new Refused(400, "XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed");
}

async function handle(request, response) {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  await verify(request, body);
  if (!request.url.startsWith(`/${bucket}/`)) throw new Refused(404, "NoSuchBucket", "The specified bucket does not exist");
  if (request.method === "PUT") {
    objects.set(request.url, body);
    response.end();
  } else if (request.method === "DELETE") {
    objects.delete(request.url);
    response.writeHead(204).end();
  } else if (request.method !== "GET") {
    throw new Refused(405, "MethodNotAllowed", "The specified method is not allowed against this resource");
  } else if (!objects.has(request.url)) {
    throw new Refused(404, "NoSuchKey", "The specified key does not exist.");
  } else {
    response.writeHead(200, { "Content-Type": "application/octet-stream", "Content-Length": objects.get(request.url).length });
    response.end(objects.get(request.url));
  }
}

const server = createServer((request, response) => {
  handle(request, response).catch((error) => {
    const code = error.code ?? "InternalError";
    response.writeHead(error.status ?? 500, { "Content-Type": "application/xml" });
    response.end(`<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${error.message}</Message></Error>`);
  });
});
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
