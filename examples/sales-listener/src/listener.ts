// Receives every event of every order from JetStream: first the whole history, then new events. At least once and in any
// order; the tally handles duplicates and gaps.
import { AckPolicy, DeliverPolicy, nanos, type ConsumerMessages, type JsMsg, type NatsConnection } from "nats";
import { setTimeout as pause } from "node:timers/promises";
import { readEvent } from "./events.js";
import { handle, keepUnreadable, waiting, type Tally } from "./tally.js";
import type { TallyFile } from "./tally_file.js";

const ordersSubject = "order.>";  // all events of an order, or versions would have gaps
const durable = "listener-order";  // the one that the user `listener` may have for orders
const batchSize = 200;
const retryMs = 1000;

export class Listener {
  private messages: ConsumerMessages | undefined;
  private stopping = false;
  private previouslyWaiting = new Set<string>();  // the events waiting at the last check
  private reread = new Set<string>();  // the events for which the history was read again

  constructor(
    private readonly connection: NatsConnection,
    private readonly tally: Tally,
    private readonly file: TallyFile,
    private readonly options: { fromBeginning: boolean; gapTimeoutMs: number; log: (line: string) => void },
  ) {}

  // Returns after stop(). Waits for a missing stream, and recreates a missing consumer.
  async run() {
    const { log, gapTimeoutMs } = this.options;
    const gaps = setInterval(() => this.checkForGaps(), gapTimeoutMs);
    for (let logged = ""; !this.stopping; await pause(this.stopping ? 0 : retryMs)) {
      try {
        await this.subscribe();
        logged = "";
        await this.receive();
      } catch (error) {
        const reason = (error as Error).message;
        if (reason !== logged) log(`can't subscribe: ${reason}; retrying`);
        logged = reason;
      }
    }
    clearInterval(gaps);
  }

  stop() {
    this.stopping = true;
    this.messages?.stop();
  }

  // A broker that lost its last minutes is refilled, possibly with new events before the position it recorded for our
  // consumer. So if an event waits for long, the history is read once more.
  private checkForGaps() {
    const all = waiting(this.tally);
    const stuck = all.some((event) => this.previouslyWaiting.has(event) && !this.reread.has(event));
    this.previouslyWaiting = new Set(all);
    if (!stuck) return;
    this.reread = this.previouslyWaiting;
    this.options.log("an event waits for an earlier one; reading the history again");
    this.options.fromBeginning = true;
    this.messages?.stop();
  }

  // JetStream stores the position of our durable consumer. A new tally needs a new consumer.
  private async subscribe() {
    const manager = await this.connection.jetstreamManager();
    const stream = await manager.streams.find("order.completed");
    if (this.options.fromBeginning) await manager.consumers.delete(stream, durable).catch(() => false);  // it may not exist
    await manager.consumers.add(stream, {
      durable_name: durable,
      filter_subject: ordersSubject,
      deliver_policy: DeliverPolicy.All,
      ack_policy: AckPolicy.Explicit,
      ack_wait: nanos(30_000),
    });
    const consumer = await this.connection.jetstream().consumers.get(stream, durable);
    this.messages = await consumer.consume({ max_messages: 2 * batchSize, expires: 5000, abort_on_missing_resource: true });
    if (this.stopping) this.messages.stop();
    this.options.fromBeginning = false;
    this.options.log(`subscribed to ${ordersSubject} in the stream ${stream}`);
  }

  // Acknowledges a message only after its effect is stored. Waiting messages share a write.
  private async receive() {
    const messages = this.messages!;
    let unstored: JsMsg[] = [];
    try {
      for await (const message of messages) {
        this.handleMessage(message);
        unstored.push(message);
        const moreWaiting = messages.getPending() > 1;  // counts this one too
        if (moreWaiting && unstored.length < batchSize) continue;
        this.file.write(this.tally);
        for (const each of unstored) each.ack();
        unstored = [];
      }
    } finally {
      messages.stop();
    }
  }

  private handleMessage(message: JsMsg) {
    const text = message.string();
    let event;
    try {
      event = readEvent(text);
    } catch (error) {
      this.options.log(`message ${message.seq} can't be read: ${(error as Error).message}`);
      keepUnreadable(this.tally, text, (error as Error).message);
      return;
    }
    handle(this.tally, event);
  }
}
