import { addressRange, isInRange } from './address-range.ts';
import type { ClusterFile } from './cluster-schema.ts';
import type { Diagnostic } from './diagnostics.ts';
import type { YamlSource } from './yaml-source.ts';

/** MetalLB's speaker answers for every address that a Service is given, whoever else has it. */
export function metallb(file: ClusterFile, source: YamlSource): readonly Diagnostic[] {
  const pools = file.metallb?.addressPools ?? [];
  const taken = [
    { address: file.vip, whose: 'the virtual IP' },
    ...[...Object.entries(file.nodes), ...Object.entries(file.workers)].map(([name, { address }]) => ({
      address,
      whose: `the address of ${name}`,
    })),
  ];
  return pools.flatMap((pool, index) =>
    taken
      .filter(({ address }) => isInRange(address, addressRange(pool) ?? null))
      .map(({ address, whose }) =>
        source.diagnose(
          ['metallb', 'addressPools', index],
          `${pool} holds ${address}, ${whose}: MetalLB gives it to a Service one day, and then two answer for it. Take it out of the pool, here and in MetalLB's IPAddressPool.`,
        ),
      ),
  );
}
