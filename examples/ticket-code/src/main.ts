// Verifies a ticket code given as an argument and prints one line. Exit status 0: valid; 1: not valid; 2: it
// could not be checked, which a script must not take for a forged ticket.
import { readFile } from "node:fs/promises";
import { decodeKey, publicKey, readKeys } from "./keys.js";
import { verify, type Listing, type Verdict } from "./ticket_code.js";

const usage = `usage: run CODE --listing ID --key KEY [--door-key KEY]
       run CODE --keys URL-or-file [--door-key KEY]`;

class UsageError extends Error {}

const optionNames = ["listing", "key", "keys", "door-key"] as const;
type Options = Partial<Record<(typeof optionNames)[number], string>>;

function parseOptions(words: string[]): Options {
  const options: Options = {};
  for (let at = 0; at < words.length; at += 2) {
    const name = optionNames.find((each) => words[at] === `--${each}`);
    const value = words[at + 1];
    if (name === undefined || value === undefined || options[name] !== undefined) throw new UsageError(usage);
    options[name] = value;
  }
  return options;
}

async function fetchText(place: string): Promise<string> {
  if (!/^https?:/.test(place)) return readFile(place, "utf8");
  const response = await fetch(place, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new Error(`${place} answered ${response.status}`);
  return response.text();
}

async function listingOf({ listing, key, keys, "door-key": doorKey }: Options): Promise<Listing> {
  const rotating = doorKey === undefined ? {} : { doorKey: decodeKey(doorKey) };
  if (keys !== undefined && listing === undefined && key === undefined) {
    return { ...readKeys(await fetchText(keys)), ...rotating };
  }
  if (keys !== undefined || listing === undefined || key === undefined) throw new UsageError(usage);
  const onlyKey = publicKey(decodeKey(key));
  return { id: listing, key: () => onlyKey, ...rotating }; // the caller chose the key, whatever its id
}

function describe(verdict: Verdict, doorKeyKnown: boolean): string {
  if (verdict.is === "malformed") return "malformed";
  const { serial, generation, keyId, rotating } = verdict.code;
  const line = `${verdict.is}: serial ${serial.toString("hex")} generation ${generation} key ${keyId}`;
  return rotating !== undefined && !doorKeyKnown ? `${line}, rotating part not checked` : line;
}

async function main() {
  // A code may begin with a hyphen or a space, so the first argument is the code, whatever it looks like.
  const [text, ...words] = process.argv.slice(2);
  if (text === undefined) throw new UsageError(usage);
  const listing = await listingOf(parseOptions(words));
  const verdict = verify(text, listing, new Date());
  console.log(describe(verdict, listing.doorKey !== undefined));
  process.exitCode = verdict.is === "valid" ? 0 : 1;
}

main().catch((error: Error) => {
  console.error(error instanceof UsageError ? error.message : `ticket-code: ${error.message}`);
  process.exitCode = 2;
});
