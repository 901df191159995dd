import type { Sealed } from '../desired/recipients.ts';
import { secretFile } from '../desired/secret-name.ts';
import type { Age } from '../host/age.ts';
import { CommandRefused, EXIT, type Environment } from './environment.ts';
import { openSecretFolder, type SecretFolder, type UnlockingOptions } from './secret-folder.ts';
import { identityPath } from './secret-identity.ts';

/** `holdfast secret rotate`: the same contents, encrypted to those whom recipients.yaml names now. */
export async function secretRotateCommand(
  options: UnlockingOptions,
  environment: Environment,
): Promise<number> {
  const { machine, out } = environment;
  const folder = await openSecretFolder(options, environment);
  const path = identityPath(options, environment);
  const identities = machine.readIdentities(path);
  if (identities === null)
    throw new CommandRefused(
      `${path} does not exist, and without a private key no secret can be read. Name yours with --identity FILE, or do this on a host.`,
    );
  const sealed = await folder.sealed();
  // All are opened before the first is written: half of them encrypted anew would help nobody.
  const opened = await openAll(sealed, folder, await machine.openAge(), identities);
  const set = new Date(machine.clock.now()).toISOString();
  for (const [{ name, record }, bytes] of opened) {
    const only = record?.for?.filter((host) => folder.recipients.hosts[host] !== undefined);
    const readers = await folder.seal(name, bytes, {
      set: record?.set ?? set,
      ...(only ? { for: only } : {}),
    });
    out(`${secretFile(name)} is encrypted to ${readers.join(', ')}.\n`);
  }
  out(
    opened.size === 0
      ? 'There is no secret yet.\n'
      : 'Commit secrets/. The contents are the same: whoever was removed still knows them.\n',
  );
  return EXIT.ok;
}

async function openAll(
  sealed: readonly Sealed[],
  { tree }: SecretFolder,
  age: Age,
  identities: readonly string[],
): Promise<ReadonlyMap<Sealed, Uint8Array>> {
  const opened = new Map<Sealed, Uint8Array>();
  for (const one of sealed) {
    const file = secretFile(one.name);
    const found = await age.open((await tree.read(file)) ?? new Uint8Array(), identities);
    if ('problem' in found) throw new CommandRefused(`${file} ${found.problem} Nothing was changed.`);
    opened.set(one, found.bytes);
  }
  return opened;
}
