// One request under way at a time, and of those that come meanwhile only the newest: a hand moves faster than answers.

export class Latest<Argument> {
  private next: { argument: Argument } | null = null;
  private busy = false;
  private wake = () => {};
  private working = Promise.resolve();

  /** `pause`: milliseconds to leave between an answer and the next request. */
  constructor(private ask: (argument: Argument) => Promise<unknown>, private pause: () => number = () => 0) {}

  run(argument: Argument): void {
    this.next = { argument };
    if (!this.busy) this.working = this.work();
  }

  /** As `run`, without what is left of the pause; resolves when nothing is under way. */
  async now(argument: Argument): Promise<void> {
    this.run(argument);
    this.wake();
    await this.working;
  }

  get idle(): boolean {
    return !this.busy;
  }

  private async work(): Promise<void> {
    this.busy = true;
    try {
      while (this.next) {
        const { argument } = this.next;
        this.next = null;
        await this.ask(argument);
        const wait = this.pause();
        if (wait > 0) await new Promise<void>((then) => {
          this.wake = then;
          setTimeout(then, wait);
        });
      }
    } finally {
      this.busy = false;
    }
  }
}
