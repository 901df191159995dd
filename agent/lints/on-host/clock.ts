import { hostLint } from './lint.ts';

type Facts = { readonly isSynchronised: boolean | null };

/**
 * A Pi has no clock of its own while it is off. A wrong one makes good certificates bad, and a moment that all hosts
 * agreed on another moment here; lockstep compares the clocks itself, and waits. So it is said and stops nothing.
 */
export const clock = hostLint<Facts>({
  about: 'whether the clock is synchronised',
  concerns: ({ intent }) => intent === null,
  ask: async (probes) => ({ isSynchronised: await probes.isClockSynchronised() }),
  judge: ({ isSynchronised }) =>
    isSynchronised === false
      ? [
          {
            notice:
              'The clock of this host is not synchronised: certificates and a commit with rollout.at need the right time. Run "timedatectl set-ntp true", and look at "timedatectl timesync-status".',
          },
        ]
      : [],
});
