// What a page asks of Python over its model, and what it says where that was refused.

import { Client, Refused, type Listeners } from "./client";
import type { Line } from "./model";
import type { Command, Model } from "./protocol";
import { Told } from "./told.svelte";

export abstract class Asking extends Told {
  line = $state<Line>("connecting");
  complaint = $state<string | null>(null);

  protected client: Client;
  private refused: { do: Command["do"]; message: string } | null = null;

  constructor(model: Model) {
    super();
    this.client = new Client(model, this.listeners(), (then) => requestAnimationFrame(() => then()));
  }

  /** Who hears what Python says unasked. */
  protected abstract listeners(): Listeners;

  /** A request whose refusal is shown to the person; null where there is no answer to show. */
  async ask<Result>(command: Command, buffers: ArrayBuffer[] = []): Promise<Result | null> {
    try {
      const answer = await this.client.ask<Result>(command, buffers);
      // What was refused is done now: the complaint is settled.
      if (this.refused?.do === command.do && this.refused.message === this.complaint) this.complaint = null;
      return answer;
    } catch (problem) {
      if (!(problem instanceof Refused)) throw problem;
      this.complain(command.do, problem.message);
      return null;
    }
  }

  /** Say what is wrong with something that was asked for, until it is done or somebody has understood. */
  complain(what: Command["do"], message: string): void {
    this.complaint = message;
    this.refused = { do: what, message };
  }

  close(): void {
    this.client.close();
  }
}
