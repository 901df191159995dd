import { hostLint } from './lint.ts';

type Facts = { readonly addresses: readonly string[] };

/** When the virtual IP is broken, the commit that mends it must still be had. */
export const gitRemote = hostLint<Facts>({
  about: 'where the Git remote is',
  concerns: ({ remoteHost, intent }) => remoteHost !== null && (intent === null || intent.takesVip !== null),
  ask: async (probes, { remoteHost }) => ({ addresses: await probes.addressesOf(remoteHost ?? '') }),
  judge: ({ addresses }, { cluster: { vip }, remoteHost, intent }) => {
    if (!addresses.includes(vip)) return [];
    const where =
      remoteHost === vip ? `The Git remote is ${vip}` : `The Git remote's name ${remoteHost} is ${vip}`;
    const why = `${where}, the virtual IP: when that breaks, this host cannot fetch the commit that mends it. Give the Git server an address of its own, and write it as repository.url in agent.yaml.`;
    if (intent === null) return [{ notice: why }];
    return intent.takesVip === null ? [] : [{ refuses: intent.takesVip, of: 'vip', why }];
  },
});
