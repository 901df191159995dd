import type { Before, Health } from './health.ts';

/** A person has said that the virtual IP may go with this change: nobody asks for it afterwards. */
export function withoutVip(health: Health): Health {
  return { ...health, look: async (plan) => givingItUp(await health.look(plan)) };
}

const givingItUp = ({ facts, ...before }: Before): Before => ({
  ...before,
  facts: { ...facts, givenUp: [...(facts.givenUp ?? []), 'vip'] },
});
