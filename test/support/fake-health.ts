import type { Cluster } from '../../agent/desired/cluster.ts';
import type { Before, Health, Judged } from '../../agent/health/health.ts';
import type { Lived } from '../../agent/health/live.ts';
import { ROLE } from './desired.ts';
import { FakePower } from './fake-power.ts';

export const VIP_CHECK = 'https[10.1.233.1:6443]/answers';
export const WELL: Judged = {
  verdict: 'well',
  failed: [],
  vipWell: true,
  unwitnessed: null,
  tookMs: 10,
  samples: 3,
};
export const unwell = (seen = 'connection refused'): Judged => ({
  ...WELL,
  verdict: 'unwell',
  failed: [{ id: VIP_CHECK, seen }],
  vipWell: false,
});

/** What a test says of this host's health; without more, it is well before and after. */
export class FakeHealth implements Health {
  before: { passed: readonly string[]; failed: readonly { id: string; seen: string }[] } = {
    passed: [VIP_CHECK],
    failed: [],
  };
  lived: () => Lived = () => ({ live: true, failed: [], unproven: [], tookMs: 5 });
  /** Also told whether it is asked after a reboot. */
  judged: (afterBoot: boolean) => Judged | Promise<Judged> = () => WELL;
  insecure = false;
  /** What is to be waited for after a change. */
  live: Before['live'] = [];
  vip: string | null = 'the virtual IP answers at once';
  readonly asked: string[] = [];
  readonly #power: FakePower;
  constructor(power: FakePower = new FakePower()) {
    this.#power = power;
  }

  async look(): Promise<Before> {
    this.#ask('look');
    const health = { insecure: this.insecure };
    return {
      facts: {
        cluster: { vip: '10.1.233.1', health } as unknown as Cluster,
        role: ROLE,
        units: [],
        remoteCounts: false,
      },
      gate: {
        baseline: this.before,
        strict: false,
        consecutive: 3,
        withinMs: 60_000,
        steadyMs: 0,
        patienceMs: 6_000,
      },
      live: this.live,
    };
  }
  async waitUntilLive(): Promise<Lived> {
    this.#ask('live');
    return this.lived();
  }
  async passGate(_before: Before, afterBoot: boolean): Promise<Judged> {
    this.#ask(afterBoot ? 'gate after a reboot' : 'gate');
    return this.judged(afterBoot);
  }
  async vipAfter(): Promise<string | null> {
    this.#power.pass('health: the virtual IP', () => {});
    return this.vip;
  }
  /** From now on the gate sees this. */
  unwell(seen = 'connection refused'): this {
    this.judged = () => unwell(seen);
    return this;
  }
  well(): this {
    this.judged = () => WELL;
    return this;
  }

  #ask(what: string): void {
    this.#power.pass(`health: ${what}`, () => this.asked.push(what));
  }
}
