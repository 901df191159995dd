import type { Clock } from '../host/host.ts';
import type { Log } from '../report/log.ts';

/** Atomic; `false`: there is no folder for it. Throws a sentence. */
export type WriteTextfile = (text: string) => Promise<boolean>;

/** So long a file that says the same but for times stays as it is: it lies on an SD card. */
const SAME_NEWS_MS = 5 * 60_000;

/** Keeps node_exporter's copy of the metrics. Never rejects: reporting changes no outcome. */
export class Textfile {
  readonly #write: WriteTextfile;
  readonly #clock: Pick<Clock, 'monotonicMs'>;
  readonly #log: Pick<Log, 'warn'>;
  #last: { readonly news: string; readonly atMs: number } | null = null;
  #said: string | null = null;
  constructor(write: WriteTextfile, clock: Pick<Clock, 'monotonicMs'>, log: Pick<Log, 'warn'>) {
    this.#write = write;
    this.#clock = clock;
    this.#log = log;
  }

  async keep(metrics: string): Promise<void> {
    const news = metrics.replaceAll(TIMES, '');
    const nowMs = this.#clock.monotonicMs();
    if (this.#last?.news === news && nowMs - this.#last.atMs < SAME_NEWS_MS) return;
    try {
      await this.#write(metrics);
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
