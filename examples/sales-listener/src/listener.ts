// Brings every event of every order from JetStream: the whole history at first, then what is told. At least once, and
// in any order: the tally sees to the rest.
import { AckPolicy, DeliverPolicy, nanos, type ConsumerMessages, type JsMsg, type NatsConnection } from "nats";
import { setTimeout as pause } from "node:timers/promises";
import { readEvent } from "./events.js";
import { hear, keepUnreadable, waiting, type Tally } from "./tally.js";
import type { TallyFile } from "./tally_file.js";

const ordersSubject = "order.>";  // who hears one event of an order hears them all, else versions would have gaps
const durable = "sales-listener";
const storedTogether = 200;
const retryMs = 1000;

export class Listener {
  private messages: ConsumerMessages | undefined;
  private stopping = false;
  private waited = new Set<string>();  // for an earlier event, when they were last looked at
  private sought = new Set<string>();  // those for which the history was read again

  constructor(
    private readonly connection: NatsConnection,
    private readonly tally: Tally,
    private readonly file: TallyFile,
    private readonly options: { fromTheBeginning: boolean; gapLimitMs: number; say: (line: string) => void },
  ) {}

  // Returns after stop(). What is missing or goes away, the stream or our consumer of it, is waited for.
  async run() {
    const { say, gapLimitMs } = this.options;
    const gaps = setInterval(() => this.lookForGaps(), gapLimitMs);
    for (let said = ""; !this.stopping; await pause(this.stopping ? 0 : retryMs)) {
      try {
        await this.subscribe();
        said = "";
        await this.receive();
      } catch (error) {
        const reason = (error as Error).message;
        if (reason !== said) say(`can't listen: ${reason}; trying again`);
        said = reason;
      }
    }
    clearInterval(gaps);
  }

  stop() {
    this.stopping = true;
    this.messages?.stop();
  }

  // A broker that lost its last minutes is filled again, and what it had not given us before can then stand where it
  // believes that we have been. So the history is read once more for an event that waits long for an earlier one.
  private lookForGaps() {
    const all = waiting(this.tally);
    const stuck = all.some((event) => this.waited.has(event) && !this.sought.has(event));
    this.waited = new Set(all);
    if (!stuck) return;
    this.sought = this.waited;
    this.options.say("an event waits for an earlier one; reading the history again");
    this.options.fromTheBeginning = true;
    this.messages?.stop();
  }

  // JetStream remembers how far our durable consumer has come. A tally that begins anew needs it to begin anew as well.
  private async subscribe() {
    const manager = await this.connection.jetstreamManager();
    const stream = await manager.streams.find("order.completed");
    if (this.options.fromTheBeginning) await manager.consumers.delete(stream, durable).catch(() => false);  // there may be none
    await manager.consumers.add(stream, {
      durable_name: durable,
      filter_subject: ordersSubject,
      deliver_policy: DeliverPolicy.All,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(30_000),
    });
    const consumer = await this.connection.jetstream().consumers.get(stream, durable);
    this.messages = await consumer.consume({ max_messages: 2 * storedTogether, expires: 5000, abort_on_missing_resource: true });
    if (this.stopping) this.messages.stop();
    this.options.fromTheBeginning = false;
    this.options.say(`listening to ${ordersSubject} in the stream ${stream}`);
  }

  // Acknowledges a message when its effect is stored, and not before. Many share a write while many wait.
  private async receive() {
    const messages = this.messages!;
    let unstored: JsMsg[] = [];
    try {
      for await (const message of messages) {
        this.take(message);
        unstored.push(message);
        const moreWait = messages.getPending() > 1;  // it counts this one
        if (moreWait && unstored.length < storedTogether) continue;
        this.file.write(this.tally);
        for (const each of unstored) each.ack();
        unstored = [];
      }
    } finally {
      messages.stop();
    }
  }

  private take(message: JsMsg) {
    const text = message.string();
    let event;
    try {
      event = readEvent(text);
    } catch (error) {
      this.options.say(`message ${message.seq} can't be read: ${(error as Error).message}`);
      keepUnreadable(this.tally, text, (error as Error).message);
      return;
    }
    hear(this.tally, event);
  }
}
