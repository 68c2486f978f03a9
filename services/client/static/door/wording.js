// The page's words, in its language: `main` brings them along (door.cpp), so that they work without a network. Colour is never the
// only difference between results: each tone has a shape, a sound and a vibration of its own (door.js).

// good: in. stop: this ticket doesn't get anybody in. ask: something else has to happen first.
const tones = { elsewhere: "ask", needsNetwork: "ask", expiredCode: "ask", notAllowed: "ask", needsShop: "ask" };

let texts = {};
let language = "en";

export function useTexts(all, tag) {
  texts = all;
  language = tag;
}

// A name with several forms has "name.one" and "name.other": `values.count` decides (CLDR).
export function words(name, values = {}) {
  const form = values.count === undefined ? undefined : `${name}.${new Intl.PluralRules(language).select(values.count)}`;
  const text = texts[form] ?? texts[`${name}.other`] ?? texts[name];
  if (text === undefined) throw new Error(`There is no text ${name}`);
  return text.replace(/\{(\w+)\}/g, (all, key) => values[key] ?? all);
}

export function clockTime(at) {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? "" : new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" }).format(time);
}

const deviceOf = (owner) => (owner ? words("device", owner) : words("another_device"));
const hasText = (name) => name in texts;

// {tone, title, text} of a scan's result.
export function inWords({ result, reason, first, owner, seats }) {
  if (result === "admitted") return { tone: "good", title: words("admitted"), text: seats ?? "" };
  if (result === "checkedOut") return { tone: "good", title: words("checked_out"), text: words("checked_out_text") };
  if (result === "undone") return { tone: "good", title: words("undone"), text: words("undone_text") };
  const tone = tones[reason] ?? "stop";
  const title = reason === "elsewhere" && owner ? words("elsewhere_at", owner) : words(hasText(reason) ? reason : "refused");
  if (reason === "elsewhere") return { tone, title, text: words("owner", { device: deviceOf(owner) }) };
  if (reason === "alreadyRedeemed" && first) return { tone, title, text: words("first", { time: clockTime(first.at), door: first.door }) };
  return { tone, title, text: hasText(`${reason}_text`) ? words(`${reason}_text`) : "" };
}
