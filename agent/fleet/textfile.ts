import type { Clock } from '../host/host.ts';
import type { Log } from '../report/log.ts';

export type TextfilePort = {
  /** Whether node_exporter looks for such files here. */
  wantsTextfile(): boolean;
  /** Atomic; `false`: there is no folder for it any more. Throws a sentence. */
  writeTextfile(text: string): Promise<boolean>;
};

/** So long a file that says the same but for times stays as it is: it lies on an SD card. */
const SAME_NEWS_MS = 5 * 60_000;

/** Keeps node_exporter's copy of the metrics. Never rejects: reporting changes no outcome. */
export class Textfile {
  readonly #port: TextfilePort;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #log: Pick<Log, 'warn'>;
  #last: { readonly news: string; readonly atMs: number } | null = null;
  #said: string | null = null;
  constructor(port: TextfilePort, clock: Pick<Clock, 'monotonicMs'>, log: Pick<Log, 'warn'>) {
    this.#port = port;
    this.#clock = clock;
    this.#log = log;
  }

  /** `metrics`: made only where somebody wants them. */
  async keep(metrics: () => Promise<string>): Promise<void> {
    try {
      if (!this.#port.wantsTextfile()) return;
      const text = await metrics();
      const news = text.replaceAll(TIMES, '');
      const nowMs = this.#clock.monotonicMs();
      if (this.#last?.news === news && nowMs - this.#last.atMs < SAME_NEWS_MS) return;
      await this.#port.writeTextfile(text);
      this.#last = { news, atMs: nowMs };
      this.#said = null;
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      if (why !== this.#said) this.#log.warn({ event: 'textfile-not-written', sentence: why });
      this.#said = why;
    }
  }
}

/** The samples that differ after every cycle. */
const TIMES = /^holdfast_\w+_(?:timestamp|duration)_seconds .*$/gm;
