// Results in words. Colour is never the only difference: each tone has a shape, a sound and a vibration of its own (door.js).

// good: in. stop: this ticket doesn't get anybody in. ask: something else has to happen first.
const tones = { elsewhere: "ask", needsNetwork: "ask", expiredCode: "ask", notAllowed: "ask" };

const refusals = {
  alreadyRedeemed: "Already used",
  revoked: "No longer valid",
  invalid: "Not one of our tickets",
  wrongEvent: "For another event",
  unpaid: "Not paid",
  blocked: "Blocked by the organiser",
  cancelled: "Cancelled",
  notInside: "Not inside",
  elsewhere: "Another door, please",
  expiredCode: "Old code",
  notAllowed: "Supervisors only",
  needsNetwork: "No connection",
};

const advice = {
  alreadyRedeemed: "Before this device took these tickets over.",
  revoked: "It was refunded, or passed on to somebody who has a new code.",
  invalid: "The code was not issued by Stagedoor, or is not readable.",
  wrongEvent: "It is a ticket, but not for this event.",
  notInside: "Nobody is inside with this ticket, so nobody can check out.",
  expiredCode: "Probably a picture. Ask for the ticket itself on the phone; its code changes every 15 seconds.",
  notAllowed: "Ask a supervisor.",
  needsNetwork: "This ticket can be checked only with a connection. Try again in a moment.",
};

export function clockTime(iso) {
  const time = new Date(iso);
  return Number.isNaN(time.getTime()) ? "" : new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit", second: "2-digit" }).format(time);
}

const deviceOf = (owner) => (owner ? `${owner.door} (device ${owner.number})` : "another device");

export function pendingInWords(pending) {
  return pending === 1 ? "1 scan is not uploaded yet" : `${pending} scans are not uploaded yet`;
}

export function requestedInWords(groups) {
  return groups === 1
    ? "Other doors ask for 1 group. Give it back if you can."
    : `Other doors ask for ${groups} groups. Give them back if you can.`;
}

// {tone, title, text} of a scan's result.
export function inWords({ result, reason, first, owner, seats }) {
  if (result === "admitted") return { tone: "good", title: "Come in", text: seats ?? "" };
  if (result === "checkedOut") return { tone: "good", title: "Checked out", text: "They can come in again." };
  if (result === "undone") return { tone: "good", title: "Undone", text: "As if it had not been scanned." };
  const tone = tones[reason] ?? "stop";
  const title = reason === "elsewhere" && owner ? `${owner.door}, please` : refusals[reason] ?? "Refused";
  if (reason === "elsewhere") return { tone, title, text: `Only ${deviceOf(owner)} decides about this ticket.` };
  if (reason === "alreadyRedeemed" && first) return { tone, title, text: `${clockTime(first.at)} at ${first.door}` };
  return { tone, title, text: advice[reason] ?? "" };
}
