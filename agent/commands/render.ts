import { candidateOf } from '../desired/candidate.ts';
import { formatDiagnostics } from '../desired/diagnostics.ts';
import { openRepository } from '../desired/load.ts';
import { renderedFiles } from '../desired/rendered-files.ts';
import { namesNoHost } from '../desired/role.ts';
import { MASK_BEGINS, type Unlock } from '../desired/secrets.ts';
import { KINDS } from '../resources/index.ts';
import { parts } from '../resources/kind.ts';
import { identityPath } from './secret-identity.ts';
import { CommandRefused, EXIT, type CommonOptions, type Environment } from './environment.ts';

export type RenderOptions = CommonOptions & { readonly host: string; readonly out: string };

/** `holdfast render DIR --host NAME --out DIR`: the files that one host would get, to look at or to compare. */
export async function renderCommand(
  directory: string,
  options: RenderOptions,
  environment: Environment,
): Promise<number> {
  const { machine, out, err, colour } = environment;
  const { unlock, whyMasked } = unlocking(options, environment);
  const found = await candidateOf({
    tree: machine.openTree(directory),
    from: { directory },
    identity: { hostname: options.host.toLowerCase(), addresses: new Map() },
    checkAddress: false,
    kinds: KINDS,
    unlock,
  });
  if ('noDesiredState' in found) {
    const { cluster } = await openRepository(machine.openTree(directory)).cluster();
    throw new CommandRefused(
      cluster === null ? found.noDesiredState : namesNoHost(cluster, options.host),
      EXIT.usage,
    );
  }
  if ('diagnostics' in found)
    throw new CommandRefused(`\n${formatDiagnostics(found.diagnostics, { colour })}`);
  const files = renderedFiles(found);
  machine.writeRendered(options.out, files);
  const masked = [...files].filter(([, file]) => file.secret && holdsMask(file.bytes)).map(([path]) => path);
  if (masked.length > 0)
    err(
      `${masked.join(', ')}: what this machine cannot open stands there as [secret NAME]. ${whyMasked()}\n`,
    );
  const others = found.resources
    .filter(({ id }) => parts(id)[0] !== 'file')
    .map(({ id, spec }) => ({ id, spec }));
  if (options.json === true)
    out(`${JSON.stringify({ role: found.role, files: [...files.keys()], others }, null, 2)}\n`);
  else
    out(
      `${[...files.keys()].map((path) => `${options.out}${path}`).join('\n')}\nand beside files: ${others.map(({ id }) => id).join(', ')}\n`,
    );
  return EXIT.ok;
}

/** Whoever only looks need not be able to open secrets: masks stand in their place, and the first reason is kept. */
function unlocking(
  options: RenderOptions,
  environment: Environment,
): { readonly unlock: Unlock; readonly whyMasked: () => string } {
  let why = '';
  return {
    unlock: async (file) => {
      const found = await environment.machine.openUnlock(identityPath(options, environment))(file);
      if ('bytes' in found) return found;
      why ||= `It ${found.problem}`;
      return 'mask';
    },
    whyMasked: () => why,
  };
}

const holdsMask = (bytes: Uint8Array): boolean => new TextDecoder().decode(bytes).includes(MASK_BEGINS);
